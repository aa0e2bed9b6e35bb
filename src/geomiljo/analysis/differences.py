"""The values of a comparison of two assessments, and the JSON they are written as."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from geomiljo.analysis.results import Flag, LayerReason, LayerStatus, ObjectiveReason
from geomiljo.analysis.values import CAMEL_CASE, BasisResult, EvidenceResult, LegalResult, MeasureResult, Words
from geomiljo.catalogue.rules import Ground, Severity, Stage

DifferenceKind = Literal["new", "gone", "changed"]
CauseKind = Literal["plan", "layer", "rules", "several"]


@dataclass(frozen=True, slots=True)
class Edition:
    """How a layer stood in an assessment."""

    __pydantic_config__ = CAMEL_CASE
    version: Annotated[str | None, Field(description="Content version; null: none was there, or it may not be seen")]
    source_date: Annotated[str | None, Field(description="Date of the data, ISO 8601")]
    reason: Annotated[LayerReason | None, Field(description="Why the layer did not answer; null: no more to say")]


@dataclass(frozen=True, slots=True)
class LayerChange:
    """A layer that two assessments found in different versions or standings."""

    __pydantic_config__ = CAMEL_CASE
    layer: Annotated[str, Field(description="Id of the layer")]
    before: Annotated[Edition, Field(description="In the earlier assessment")]
    after: Annotated[Edition, Field(description="In the later assessment")]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why there is a difference."""

    __pydantic_config__ = CAMEL_CASE
    kind: Annotated[
        CauseKind,
        Field(description="The one thing that makes the difference alone, whichever way; several: no one thing does"),
    ]
    layer: Annotated[LayerChange | None, Field(description="The layer, from which version to which; else null")] = None


@dataclass(frozen=True, slots=True)
class FindingState:
    """A finding at one of its objects, in one assessment."""

    __pydantic_config__ = CAMEL_CASE
    finding: Annotated[str, Field(description="Id of the finding in that assessment")]
    layer: Annotated[str, Field(description="Id of the layer")]
    title: Annotated[Words, Field(description="What was found, in a few words")]
    severity: Annotated[Severity, Field(description="How severe the finding is")]
    ground: Annotated[Ground | None, Field(description="County review ground; null: advice")]
    objectives: Annotated[tuple[int, ...], Field(description="Objectives that the rule carries")]
    background: Annotated[bool, Field(description="Informs; flags no objective")]
    parts: Annotated[tuple[str, ...], Field(description="Parts of the planning area that are concerned")]
    name: Annotated[str | None, Field(description="Name of the object; null: it has none")]
    class_id: Annotated[str, Field(alias="class", description="Class of the object")]
    area_m2: Annotated[float, Field(description="The object's part inside, m²")]
    length_m: Annotated[float, Field(description="The object's part inside, m")]
    share_plan: Annotated[float, Field(description="Of the planning area, 0 to 1")]
    share_feature: Annotated[float | None, Field(description="Of the object, 0 to 1; null for points")]
    distance_m: Annotated[float, Field(description="To the object, m; 0 where it meets or touches")]
    sliver: Annotated[bool, Field(description="The part inside is too thin to count")]
    question: Annotated[Words, Field(description="What the plan description must answer")]
    measures: Annotated[tuple[MeasureResult, ...], Field(description="What can be done")]
    evidence: Annotated[tuple[EvidenceResult, ...], Field(description="Investigations that are normally needed")]
    before: Annotated[Stage, Field(description="When the evidence must exist")]
    legal: Annotated[tuple[LegalResult, ...], Field(description="Sections that the rule stands on")]
    basis: Annotated[BasisResult, Field(description="How sure the rule is")]


@dataclass(frozen=True, slots=True)
class LayerState:
    """How far a layer answered, in one assessment."""

    __pydantic_config__ = CAMEL_CASE
    version: Annotated[str | None, Field(description="Content version; null: none")]
    status: Annotated[LayerStatus, Field(description="What became of the layer")]
    reason: Annotated[LayerReason | None, Field(description="Why it did not answer; null: no more to say")]
    answered: Annotated[bool, Field(description="Whether it can be taken at its word")]
    in_layer_set: Annotated[bool, Field(description="Whether it must answer")]
    covered_share: Annotated[float | None, Field(description="Of the planning area that it maps; null: unknown")]
    ring_covered_share: Annotated[float | None, Field(description="Of the search zone that it maps; null: unknown")]


@dataclass(frozen=True, slots=True)
class ObjectiveState:
    """An objective's flag, in one assessment."""

    __pydantic_config__ = CAMEL_CASE
    flag: Annotated[Flag, Field(description="touched, not_touched or unknown")]
    severity: Annotated[Severity | None, Field(description="Worst severity; null unless touched")]
    reasons: Annotated[tuple[ObjectiveReason, ...], Field(description="Why the flag is unknown")]


@dataclass(frozen=True, slots=True)
class FindingDifference:
    """A finding, by rule and object, that is new, gone or changed."""

    __pydantic_config__ = CAMEL_CASE
    kind: Annotated[DifferenceKind, Field(description="new: only later; gone: only earlier; changed: both")]
    rule: Annotated[str, Field(description="Id of the rule")]
    layer: Annotated[str, Field(description="Id of the layer")]
    object_id: Annotated[str, Field(alias="object", description="Id of the object in its source")]
    conditional: Annotated[bool, Field(description="On ground of unknown use; else on all ground that the rule means")]
    before: Annotated[FindingState | None, Field(description="In the earlier assessment; null: not there")]
    after: Annotated[FindingState | None, Field(description="In the later assessment; null: not there")]
    fields: Annotated[tuple[str, ...], Field(description="What differs, where the finding is in both")]
    cause: Annotated[Cause, Field(description="Why")]


@dataclass(frozen=True, slots=True)
class LayerDifference:
    """A layer that answers otherwise, or that only one of the assessments knows."""

    __pydantic_config__ = CAMEL_CASE
    kind: Annotated[DifferenceKind, Field(description="new: only later; gone: only earlier; changed: both")]
    layer: Annotated[str, Field(description="Id of the layer")]
    before: Annotated[LayerState | None, Field(description="In the earlier assessment; null: not there")]
    after: Annotated[LayerState | None, Field(description="In the later assessment; null: not there")]
    fields: Annotated[tuple[str, ...], Field(description="What differs, where the layer is in both")]
    cause: Annotated[Cause, Field(description="Why")]


@dataclass(frozen=True, slots=True)
class ObjectiveDifference:
    """An objective whose flag differs."""

    __pydantic_config__ = CAMEL_CASE
    number: Annotated[int, Field(description="Number of the objective, 1 to 16")]
    before: Annotated[ObjectiveState, Field(description="In the earlier assessment")]
    after: Annotated[ObjectiveState, Field(description="In the later assessment")]
    fields: Annotated[tuple[str, ...], Field(description="What differs")]
    cause: Annotated[Cause, Field(description="Why")]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two assessments."""

    __pydantic_config__ = CAMEL_CASE
    id: Annotated[str, Field(description="Id of the assessment")]
    created_at: Annotated[str, Field(description="ISO 8601 with zone")]
    name: Annotated[str, Field(description="Name of the planning area")]
    area_m2: Annotated[float, Field(description="Planning area, m²")]
    geometry_hash: Annotated[str, Field(description="Hash of its outline")]
    catalogue_version: Annotated[str, Field(description="Hash of the registers")]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two assessments side by side: what differs, and why."""

    __pydantic_config__ = CAMEL_CASE
    before: Annotated[Side, Field(description="The earlier assessment")]
    after: Annotated[Side, Field(description="The later assessment")]
    plan_changed: Annotated[bool, Field(description="Whether the planning area, its parts or their uses differ")]
    rules_changed: Annotated[bool, Field(description="Whether registers, layer set or method differ")]
    layers_changed: Annotated[tuple[LayerChange, ...], Field(description="Layers in different versions or standings")]
    findings: Annotated[tuple[FindingDifference, ...], Field(description="Findings by rule and object")]
    layers: Annotated[tuple[LayerDifference, ...], Field(description="Layers that answer otherwise")]
    objectives: Annotated[tuple[ObjectiveDifference, ...], Field(description="Objectives whose flag differs")]
    unchanged: Annotated[int, Field(description="Findings, by rule and object, that are the same in both")]
    notes: Annotated[tuple[Words, ...], Field(description="What could not be measured again")]


@cache
def _adapter() -> TypeAdapter[Comparison]:
    return TypeAdapter(Comparison)


def comparison_json(comparison: Comparison) -> bytes:
    """Return the comparison as a JSON document."""
    return _adapter().dump_json(comparison, by_alias=True)


def comparison_schema() -> dict[str, Any]:
    """Return the JSON Schema of comparisons."""
    return _adapter().json_schema(by_alias=True, mode="serialization")
