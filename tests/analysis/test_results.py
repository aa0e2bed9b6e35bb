"""The published form of an assessment: every field described, nothing lost on the way out and in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from maps.world import lakeside

from geomiljo.analysis.document import from_json, json_schema, same_answer, to_json
from geomiljo.analysis.results import Assessment
from geomiljo.catalogue import Catalogue


@pytest.fixture(scope="module")
def assessment(catalogue: Catalogue) -> Assessment:
    """One with findings of every severity and layers of every status."""
    return lakeside(catalogue).assessment


def fields() -> Iterator[tuple[str, dict[str, Any]]]:
    schema = json_schema()
    for kind, definition in {"Assessment": schema, **schema["$defs"]}.items():
        assert definition["description"], kind
        for name, field in definition["properties"].items():
            yield f"{kind}.{name}", field


def test_every_field_says_what_it_means() -> None:
    described = dict(fields())
    assert len(described) > 100
    assert [name for name, field in described.items() if not field.get("description")] == []


def test_every_field_says_its_type() -> None:
    kinds = {"type", "$ref", "anyOf", "const", "enum"}
    assert [name for name, field in fields() if not kinds & set(field)] == []


def test_assessment_fits_its_schema(assessment: Assessment) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    validator.check_schema(validator.schema)
    document = json.loads(to_json(assessment))
    assert {error.json_path: error.message for error in validator.iter_errors(document)} == {}
    document["layers"][0]["coveredShare"] = 1.5
    del document["area"]["areaM2"]
    assert {error.json_path for error in validator.iter_errors(document)} == {"$.layers[0].coveredShare", "$.area"}


def test_json_is_in_camel_case(assessment: Assessment) -> None:
    def keys(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from value
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from keys(item)

    found = set(keys(json.loads(to_json(assessment))))
    assert {"createdAt", "areaM2", "class", "layersAnswered"} <= found
    assert [key for key in found if "_" in key] == []


def test_what_is_written_is_read_back(assessment: Assessment) -> None:
    document = to_json(assessment)
    assert from_json(document) == assessment
    assert from_json(document.decode()) == assessment
    assert to_json(from_json(document)) == document


def test_same_answer_ignores_only_when_and_how_fast(assessment: Assessment) -> None:
    later = replace(
        assessment,
        created_at="2030-01-01T00:00:00+00:00",
        software="geomiljo 9",
        layers=tuple(replace(layer, ms=layer.ms + 1) for layer in assessment.layers),
    )
    assert later != assessment
    assert same_answer(assessment, later)
    larger = replace(assessment, area=replace(assessment.area, area_m2=assessment.area.area_m2 + 1e-6))
    assert not same_answer(assessment, larger)
    assert not same_answer(assessment, replace(assessment, findings=assessment.findings[1:]))
    assert not same_answer(assessment, replace(assessment, catalogue_version="other"))
