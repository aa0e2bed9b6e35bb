"""The frozen values of an assessment; :mod:`geomiljo.analysis.document` writes them as JSON.

Attribute names are in snake case here and in camel case in JSON. The published JSON Schema is made from these classes,
so each field says type, unit, whether it can be null, and what it means.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from geomiljo.analysis.account_results import AccountResult
from geomiljo.analysis.raster_results import RasterResult
from geomiljo.analysis.values import CAMEL_CASE, BasisResult, EvidenceResult, LegalResult, MeasureResult, Words

if TYPE_CHECKING:
    from collections.abc import Collection

SCHEMA_VERSION: Literal["1"] = "1"

Flag = Literal["touched", "not_touched", "unknown"]
LayerStatus = Literal[
    "failed",
    "not_checked",
    "hit",
    "not_covered",
    "partly_covered",
    "adjacent",
    "near",
    "below_threshold",
    "no_hit",
]
LAYER_STATUSES: tuple[LayerStatus, ...] = (
    "failed",
    "not_checked",
    "hit",
    "not_covered",
    "partly_covered",
    "adjacent",
    "near",
    "below_threshold",
    "no_hit",
)
"""The first that applies is a layer's status."""
LayerReason = Literal[
    "not_loaded",
    "switched_off",
    "restricted",
    "not_supported",
    "register_changed",
    "coverage_unknown",
    "objects_rejected",
    "outside_extent",
    "source_error",
]
ObjectiveReason = Literal["layer_unanswered", "no_layer_bearing", "no_spatial_evidence", "conditional_only"]

_Area = Annotated[float, Field(ge=0, description="Square metres in the plane of EPSG:3006")]
_Share = Annotated[float, Field(ge=0, le=1, description="Share, 0 to 1")]


@dataclass(frozen=True, slots=True)
class PartResult:
    """A part of the planning area."""

    __pydantic_config__ = CAMEL_CASE
    id: Annotated[str, Field(description="Name of the part within the assessment: p1, p2 …")]
    uses: Annotated[
        tuple[str, ...] | None, Field(description="Codes of the land use register; null: the use is unknown")
    ]
    wordings: Annotated[tuple[str, ...], Field(description="Plan provisions as the file words them")]
    area_m2: _Area


@dataclass(frozen=True, slots=True)
class RepairResult:
    """Something that was mended in the delivered geometry."""

    __pydantic_config__ = CAMEL_CASE
    kind: Annotated[str, Field(description="Stable word for what was wrong")]
    detail: Annotated[Words, Field(description="What was mended, and where")]
    location: Annotated[tuple[float, float] | None, Field(description="Easting and northing, EPSG:3006")]
    area_before_m2: _Area
    area_after_m2: _Area


@dataclass(frozen=True, slots=True)
class AreaResult:
    """The planning area that was assessed."""

    __pydantic_config__ = CAMEL_CASE
    name: Annotated[str, Field(description="Name of the plan, as delivered")]
    municipality: Annotated[
        str | None,
        Field(description="Code of the municipality with most of the area; null: the layer kommun is not loaded"),
    ]
    municipality_name: Annotated[str | None, Field(description="Name of the municipality; null: not known")]
    crs: Annotated[Literal["EPSG:3006"], Field(description="What everything is measured in")]
    source_crs: Annotated[str, Field(description="What the area was delivered in")]
    area_m2: _Area
    geometry_hash: Annotated[str, Field(description="SHA-256 of the outline on a 1 mm grid")]
    repairs: Annotated[tuple[RepairResult, ...], Field(description="What was mended in the delivered geometry")]
    parts: Annotated[
        tuple[PartResult, ...], Field(description="Parts with land uses of their own; empty: the area has none")
    ]


@dataclass(frozen=True, slots=True)
class LayerSetResult:
    """The layers that had to answer."""

    __pydantic_config__ = CAMEL_CASE
    id: Annotated[str, Field(description="Id of the layer set in the registers")]
    version: Annotated[str, Field(description="Hash of the set's layers")]
    title: Annotated[Words, Field(description="Name of the layer set")]


@dataclass(frozen=True, slots=True)
class ObjectResult:
    """An object of a layer, measured at the planning area or, in a finding, at the part the rule is about."""

    __pydantic_config__ = CAMEL_CASE
    id: Annotated[str, Field(description="Stable id from the source")]
    name: Annotated[str | None, Field(description="Name from the source; null: it has none")]
    class_id: Annotated[str, Field(alias="class", description="Class of the layer, or unclassified")]
    area_m2: _Area
    length_m: Annotated[float, Field(ge=0, description="Metres inside")]
    share_plan: Annotated[float, Field(ge=0, le=1, description="The object's part as a share of the planning area")]
    share_feature: Annotated[
        float | None, Field(ge=0, le=1, description="The object's part as a share of the object; null for points")
    ]
    distance_m: Annotated[float, Field(ge=0, description="0 where the object meets or touches")]
    sliver: Annotated[bool, Field(description="The part inside is too thin to count")] = False
    zone_m: Annotated[
        float | None,
        Field(
            gt=0,
            description="Radius of the derived zone by which an object outside was judged, since its position is "
            "uncertain, m; its geometry and distance are those of the object as drawn; null: no zone",
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that fired."""

    __pydantic_config__ = CAMEL_CASE
    id: Annotated[str, Field(description="f1, f2 … in the order of severity, share and title")]
    rule: Annotated[str, Field(description="Id of the rule in the registers")]
    layer: Annotated[str, Field(description="Id of the layer")]
    relation: Annotated[
        Literal["overlap", "near", "absent", "share", "count", "length", "value"],
        Field(description="What the rule measures between the planning area and the objects"),
    ]
    severity: Annotated[
        Literal["prohibition", "permit", "consider", "opportunity"],
        Field(description="How severe the finding is; the first is the worst"),
    ]
    ground: Annotated[
        Literal["national_interest", "intermunicipal", "quality_norm", "shore", "health_safety"] | None,
        Field(description="County review ground, 11 kap. 10 § PBL; null: advice"),
    ]
    objectives: Annotated[
        tuple[int, ...], Field(description="Numbers of the environmental quality objectives that the rule carries")
    ]
    background: Annotated[bool, Field(description="Informs; flags no objective")]
    conditional: Annotated[
        bool, Field(description="Holds only if the plan allows one of `uses` where uses are unknown")
    ]
    uses: Annotated[
        tuple[str, ...] | None, Field(description="Codes of the land uses that the rule is about; null: any use")
    ]
    condition: Annotated[
        Words | None,
        Field(description="Under what condition a conditional finding holds; null: it holds unconditionally"),
    ]
    area_m2: Annotated[float, Field(ge=0, description="Union of the objects' parts without slivers, m²")]
    share: Annotated[float | None, Field(ge=0, le=1, description="Of the whole planning area; null where no area")]
    length_m: Annotated[float | None, Field(ge=0, description="Metres; null where the objects are no lines")]
    count: Annotated[int, Field(ge=0, description="Objects that made the rule fire")]
    distance_m: Annotated[
        float | None, Field(ge=0, description="To the nearest of them, for objects outside; else null")
    ]
    value: Annotated[
        float | None, Field(description="Raster statistic in the unit of the rule; null for vector layers")
    ]
    unit: Annotated[str | None, Field(description="Unit of the value; null: there is no value")]
    unclassified: Annotated[int, Field(ge=0, description="How many of the objects no class of the layer takes")]
    parts: Annotated[tuple[str, ...], Field(description="Parts of the planning area that are concerned")]
    title: Annotated[Words, Field(description="What was found, in a few words")]
    statement: Annotated[Words, Field(description="What was found, with what was measured")]
    question: Annotated[Words, Field(description="What the plan description must answer")]
    measures: Annotated[
        tuple[MeasureResult, ...], Field(description="What can be done, in the order of the mitigation hierarchy")
    ]
    evidence: Annotated[tuple[EvidenceResult, ...], Field(description="Investigations that are normally needed")]
    before: Annotated[Literal["samrad", "granskning", "antagande"], Field(description="When the evidence must exist")]
    guidance: Annotated[str, Field(description="Chapter of the guide")]
    legal: Annotated[tuple[LegalResult, ...], Field(description="Sections that the rule stands on")]
    basis: Annotated[BasisResult, Field(description="How sure the rule is")]
    owner: Annotated[str, Field(description="Who stands behind the rule")]
    features: Annotated[
        tuple[ObjectResult, ...],
        Field(
            description="Objects that made the rule fire, measured at the part that the rule is about; where none did "
            "(value, absent) the ground itself, under the id `plan`"
        ),
    ]


@dataclass(frozen=True, slots=True)
class ObjectiveResult:
    """An environmental quality objective and whether the planning area touches it. Evidence, not a verdict."""

    __pydantic_config__ = CAMEL_CASE
    number: Annotated[int, Field(ge=1, le=16, description="Number of the objective, 1 to 16")]
    name: Annotated[Words, Field(description="Name of the objective")]
    flag: Annotated[
        Flag,
        Field(description="touched: a rule fired; not_touched: all bearing layers answered, none fired; else unknown"),
    ]
    severity: Annotated[
        Literal["prohibition", "permit", "consider", "opportunity"] | None,
        Field(description="Worst severity of its unconditional findings; null unless touched"),
    ]
    reasons: Annotated[tuple[ObjectiveReason, ...], Field(description="Why the flag is unknown")]
    findings: Annotated[tuple[str, ...], Field(description="Ids of the findings that carry the objective")]
    layers_bearing: Annotated[int, Field(ge=0, description="Layers of the set with a rule that carries the objective")]
    layers_answered: Annotated[int, Field(ge=0, description="How many of the bearing layers answered")]
    unanswered_layers: Annotated[tuple[str, ...], Field(description="Ids of the bearing layers that did not")]


@dataclass(frozen=True, slots=True)
class RingResult:
    """Area of a class outside the planning area but within a distance of it."""

    __pydantic_config__ = CAMEL_CASE
    within_m: Annotated[float, Field(description="Distance from the planning area, m")]
    area_m2: _Area


@dataclass(frozen=True, slots=True)
class ClassResult:
    """A class of a layer at the planning area."""

    __pydantic_config__ = CAMEL_CASE
    class_id: Annotated[str, Field(alias="class", description="Class of the layer, or unclassified")]
    title: Annotated[Words, Field(description="Name of the class")]
    area_m2: Annotated[float, Field(ge=0, description="Area of the union of the class inside, m²: overlaps count once")]
    share: _Share
    length_m: Annotated[
        float, Field(ge=0, description="Length of lines inside, m: lines on top of each other count once")
    ]
    count: Annotated[int, Field(ge=0, description="Objects that meet the planning area")]
    distance_m: Annotated[
        float | None, Field(ge=0, description="To the nearest object; 0: inside; null: none within the search distance")
    ]
    rings: Annotated[tuple[RingResult, ...], Field(description="Area outside the planning area, by distance")]


@dataclass(frozen=True, slots=True)
class LayerResult:
    """What became of a layer. Every layer of the registers is here, whatever happened to it."""

    __pydantic_config__ = CAMEL_CASE
    id: Annotated[str, Field(description="Id of the layer in the registers")]
    title: Annotated[Words, Field(description="Name of the layer")]
    theme: Annotated[str, Field(description="Theme of the layer in the registers")]
    owner: Annotated[str, Field(description="Who stands behind the register entry")]
    version: Annotated[str | None, Field(description="Content version that answered; null: none")]
    source_date: Annotated[str | None, Field(description="Date of the data, ISO 8601")]
    status: Annotated[LayerStatus, Field(description="The first that applies, in the order of the list")]
    reason: Annotated[
        LayerReason | None, Field(description="Why the layer did not answer, or why it need not; null: no more to say")
    ]
    message: Annotated[Words | None, Field(description="The reason in words, where there is more to say")]
    in_layer_set: Annotated[bool, Field(description="Whether the layer must answer")]
    answered: Annotated[
        bool, Field(description="Checked, and plan and search zone wholly covered or outside its extent")
    ]
    covered_share: Annotated[
        _Share | None, Field(description="Of the planning area mapped by the layer; null: unknown")
    ]
    ring_covered_share: Annotated[_Share | None, Field(description="Of the search zone mapped; null: unknown")]
    search_m: Annotated[float, Field(ge=0, description="How far outside the planning area was searched, m")]
    area_m2: Annotated[float, Field(ge=0, description="Union of the layer inside, m²")]
    share: _Share
    classes: Annotated[tuple[ClassResult, ...], Field(description="Classes with objects in or near the planning area")]
    hits: Annotated[tuple[ObjectResult, ...], Field(description="Objects above threshold")]
    below_threshold: Annotated[
        tuple[ObjectResult, ...], Field(description="Objects that meet the area but do not count")
    ]
    adjacent: Annotated[
        tuple[ObjectResult, ...], Field(description="Objects within the layer's tolerance, not meeting")
    ]
    near: Annotated[tuple[ObjectResult, ...], Field(description="Other objects within the search distance")]
    feature_count: Annotated[int, Field(ge=0, description="Objects that meet the area, below threshold included")]
    raster: Annotated[RasterResult | None, Field(description="What the cells say, of a raster layer that was read")]
    ms: Annotated[
        float,
        Field(
            ge=0,
            description="The layer's share of the time, ms: all layers are measured together, so by its pieces",
        ),
    ]
    position_error_m: Annotated[
        float,
        Field(
            ge=0,
            description="How far points and lines may at most lie from where they are drawn, m: near is judged on the "
            "derived zone that each one's error makes around it; distances are those of the objects as drawn",
        ),
    ] = 0.0


@dataclass(frozen=True, slots=True)
class Assessment:
    """A planning area against all layers and objectives, frozen with the versions it stands on."""

    __pydantic_config__ = CAMEL_CASE
    id: Annotated[str, Field(description="Hash of everything the answer depends on")]
    schema: Annotated[Literal["1"], Field(description="Version of this schema")]
    created_at: Annotated[str, Field(description="ISO 8601 with zone")]
    software: Annotated[str, Field(description="Program and version that made the assessment")]
    method_version: Annotated[str, Field(description="Version of the method; docs/method.md")]
    catalogue_version: Annotated[str, Field(description="Hash of the registers")]
    area: Annotated[AreaResult, Field(description="The planning area")]
    layer_set: Annotated[LayerSetResult, Field(description="The layers that had to answer")]
    objectives: Annotated[
        tuple[ObjectiveResult, ...], Field(description="The sixteen environmental quality objectives, in their order")
    ]
    findings: Annotated[tuple[Finding, ...], Field(description="Rules that fired, worst first")]
    layers: Annotated[
        tuple[LayerResult, ...], Field(description="Every layer of the registers, whatever happened to it")
    ]
    account: Annotated[AccountResult, Field(description="Ecosystem services before and after, from land cover")]

    @property
    def unanswered_in_set(self) -> tuple[LayerResult, ...]:
        """Layers of the layer set that did not answer."""
        return tuple(layer for layer in self.layers if layer.in_layer_set and not layer.answered)


def only_findings(assessment: Assessment, ids: Collection[str]) -> Assessment:
    """Return the assessment with these findings alone, for a document that shows what somebody has selected."""
    return replace(assessment, findings=tuple(finding for finding in assessment.findings if finding.id in ids))
