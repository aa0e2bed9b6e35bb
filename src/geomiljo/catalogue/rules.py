"""Register entries about rules: when a touch matters, how much, why, and what a planner does next."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from geomiljo.catalogue.base import BasisStatus, Entry, NonEmpty, Owned, Text
from geomiljo.catalogue.layers import ClassId, LayerId

RuleId = Annotated[str, StringConstraints(pattern=r"^(local\.)?[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", max_length=100)]
Severity = Literal["prohibition", "permit", "consider", "opportunity"]
SEVERITIES: tuple[Severity, ...] = ("prohibition", "permit", "consider", "opportunity")
"""From worst to mildest."""
Ground = Literal["national_interest", "intermunicipal", "quality_norm", "shore", "health_safety"]
GROUNDS: tuple[Ground, ...] = (
    "national_interest",
    "intermunicipal",
    "quality_norm",
    "shore",
    "health_safety",
)
"""The five grounds in the order of 11 kap. 10 § PBL."""
Step = Literal["avoid", "minimise", "restore", "compensate"]
Stage = Literal["samrad", "granskning", "antagande"]
Short = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"[^.]$")]


class _Condition(Entry):
    classes: tuple[ClassId, ...] | None = Field(default=None, min_length=1, description="Absent: every class")
    uses: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="Only on plan parts with one of these land uses; absent: any use",
    )


class Overlap(_Condition):
    """Interiors meet.

    In a layer of several kinds each stated minimum speaks for its kind, and an unstated kind is not meant; without
    any minimum every kind is meant.
    """

    relation: Literal["overlap"]
    min_area_m2: float | None = Field(default=None, gt=0)
    min_length_m: float | None = Field(default=None, gt=0)
    min_count: int | None = Field(default=None, ge=1, description="Points inside")


class Near(_Condition):
    """No hit above threshold, and within the distance (0 included)."""

    relation: Literal["near"]
    within_m: float = Field(gt=0, le=5_000)


class Share(_Condition):
    """Share of the planning area covered."""

    relation: Literal["share"]
    min_share: float = Field(gt=0, le=1)


class Absent(_Condition):
    """Nothing inside, and nothing within the distance; fires only where plan and search zone are wholly covered."""

    relation: Literal["absent"]
    within_m: float = Field(gt=0, le=5_000)


class Count(_Condition):
    """Objects inside, or inside and within a distance."""

    relation: Literal["count"]
    min_count: int = Field(ge=1)
    within_m: float | None = Field(default=None, gt=0, le=5_000)


class Length(_Condition):
    """Length of lines inside; lines on top of each other count once."""

    relation: Literal["length"]
    min_length_m: float = Field(gt=0)


class ValueThreshold(Entry):
    """A statistic of a raster over the planning area against a threshold in the layer's unit."""

    statistic: Literal["share", "mean", "max", "sum"]
    unit: str = Field(description="Unit of the threshold: share, %, °C, ppm …")
    classes: tuple[int, ...] | None = Field(default=None, description="Cell values that count, for share")
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _has_a_threshold(self) -> ValueThreshold:
        if self.at_least is None and self.at_most is None:
            raise ValueError("at_least or at_most is needed")
        if (self.statistic == "share") != (self.classes is not None):
            raise ValueError("classes go with the statistic share, and only with it")
        return self


class Value(_Condition):
    """A statistic of a raster."""

    relation: Literal["value"]
    value: ValueThreshold


Condition = Annotated[Overlap | Near | Absent | Share | Count | Length | Value, Field(discriminator="relation")]


class LegalReference(Entry):
    """A section that the rule stands on; `ref` is an id of `legal.yaml`."""

    ref: NonEmpty
    about: Text


class Measure(Text):
    """A step of the mitigation hierarchy with the plan instrument that takes it."""

    step: Step


class Basis(Entry):
    """How sure the rule is: its thresholds and relation, and its legal references."""

    status: BasisStatus
    source: str | None = None
    legal: Literal["verified", "partly", "unverified", "none"]

    @model_validator(mode="after")
    def _verified_has_a_source(self) -> Basis:
        if self.status == "verified" and not self.source:
            raise ValueError("a verified rule names its source")
        return self


class RuleTitle(Entry):
    """A short title without full stop."""

    sv: Short
    en: Short


class Rule(Owned):
    """A rule of the registers."""

    id: RuleId
    layer: LayerId
    title: RuleTitle
    when: Condition
    severity: Severity
    background: bool = Field(default=False, description="Informs, but does not flag its objectives")
    ground: Ground | None = Field(description="County review ground, 11 kap. 10 § PBL; null: advice")
    objectives: tuple[Annotated[int, Field(ge=1, le=16)], ...] = Field(min_length=1, description="Most direct first")
    precisering: dict[int, tuple[str, ...]] = Field(default_factory=dict)
    legal: tuple[LegalReference, ...] = ()
    statement: Text
    question: Text
    measures: tuple[Measure, ...] = Field(min_length=1, max_length=4)
    evidence: tuple[str, ...] = ()
    before: Stage
    guidance: str
    basis: Basis
    note: str | None = None

    @property
    def relation(self) -> str:
        """The relation of the condition."""
        return self.when.relation

    @property
    def is_near(self) -> bool:
        """Whether the rule is about objects outside the planning area."""
        return isinstance(self.when, Near)

    @property
    def is_inside(self) -> bool:
        """Whether the rule is about objects that meet the planning area."""
        return isinstance(self.when, (Overlap, Share, Count, Length))

    @property
    def within_m(self) -> float:
        """How far outside the planning area the rule looks; 0 for inside rules."""
        return getattr(self.when, "within_m", None) or 0.0
