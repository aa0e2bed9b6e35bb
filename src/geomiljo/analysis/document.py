"""Assessments as JSON, their published schema, and whether two of them give the same answer."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from geomiljo.analysis.results import Assessment


@cache
def _adapter() -> TypeAdapter[Assessment]:
    return TypeAdapter(Assessment)


def to_json(assessment: Assessment) -> bytes:
    """Return the assessment as a JSON document."""
    return _adapter().dump_json(assessment, by_alias=True)


def from_json(document: bytes | str) -> Assessment:
    """Return the assessment that :func:`to_json` wrote."""
    return _adapter().validate_json(document)


def json_schema() -> dict[str, Any]:
    """Return the published JSON Schema of assessments."""
    schema = _adapter().json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "geomiljo assessment", **schema}


def same_answer(one: Assessment, other: Assessment) -> bool:
    """Tell whether two assessments differ in nothing but when, by what and how fast they were made."""
    return _timeless(one) == _timeless(other)


def _timeless(assessment: Assessment) -> dict[str, Any]:
    layers = tuple(replace(layer, ms=0.0) for layer in assessment.layers)
    bare = replace(assessment, created_at="", software="", layers=layers)
    document: dict[str, Any] = json.loads(to_json(bare))
    return document
