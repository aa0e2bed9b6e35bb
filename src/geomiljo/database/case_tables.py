"""Tables of cases: plans, their versions, and assessments with their findings.

Versions, assessments and findings are written once; triggers refuse to change them.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geomiljo.database.tables import SRID, Base


def _shape() -> Geometry:
    return Geometry("GEOMETRY", srid=SRID, spatial_index=False)


class Plan(Base):
    """A plan as a case; its geometry is in its versions."""

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint(
            "type IN ('detaljplan', 'områdesbestämmelser', 'översiktsplan', 'program', 'other')",
            name="plan_type_is_known",
        ),
        CheckConstraint(
            "stage IN ('planbesked', 'program', 'påbörjad', 'samråd', 'granskning', 'antagen', 'överklagad', "
            "'tillsyn', 'laga kraft', 'upphävd', 'avslutad')",
            name="plan_stage_is_known",
        ),
        CheckConstraint("state IN ('active', 'withdrawn')", name="plan_state_is_known"),
        CheckConstraint(
            "municipality ~ '^[0-9]{4}$' AND county = left(municipality, 2)", name="plan_county_of_municipality"
        ),
        Index("plan_municipality", "municipality"),
        Index("plan_county", "county"),
        Index("plan_stage", "stage"),
        Index("plan_by_changed_at", "changed_at", "id"),
        Index("plan_by_name", "name", "id"),
        Index("plan_by_designation", "designation", "id"),
        Index("plan_by_answer_by", "answer_by", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    municipality: Mapped[str] = mapped_column(doc="Four digits")
    county: Mapped[str] = mapped_column(doc="Two digits")
    designation: Mapped[str]
    name: Mapped[str]
    type: Mapped[str]
    stage: Mapped[str]
    state: Mapped[str] = mapped_column(doc="active; withdrawn: kept and hidden")
    municipality_case: Mapped[str | None] = mapped_column(doc="Case number of the municipality")
    county_case: Mapped[str | None] = mapped_column(doc="Case number of the county board")
    consultation_from: Mapped[dt.date | None]
    consultation_to: Mapped[dt.date | None]
    review_from: Mapped[dt.date | None]
    review_to: Mapped[dt.date | None]
    answer_by: Mapped[dt.date | None] = mapped_column(doc="Date by which the county board must answer")
    revision: Mapped[int] = mapped_column(doc="Counts up with every change; the entity tag is made from it")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[str]
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class PlanVersionRow(Base):
    """A geometry of a plan, as it was delivered and as it is measured."""

    __tablename__ = "plan_version"
    __table_args__ = (
        UniqueConstraint("plan_id", "number"),
        CheckConstraint("geometrytype(geom) IN ('POLYGON', 'MULTIPOLYGON')", name="plan_is_area"),
        Index("one_current_plan_version", "plan_id", unique=True, postgresql_where=text("is_current")),
        Index("plan_version_geom", "geom", postgresql_using="gist"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(doc="1, 2 … within the plan")
    is_current: Mapped[bool]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[str]
    area_name: Mapped[str] = mapped_column(doc="Name of the area, as delivered")
    source_crs: Mapped[str]
    repairs: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    provisions: Mapped[list[dict[str, str]]] = mapped_column(
        JSONB, server_default="[]", doc="Kind and ground, as hexadecimal WKB, of what else the plan says of its ground"
    )
    geometry_hash: Mapped[str]
    area_m2: Mapped[float]
    source_name: Mapped[str] = mapped_column(doc="Name of the delivered file")
    source_hash: Mapped[str] = mapped_column(doc="SHA-256 of `source`")
    source: Mapped[bytes] = mapped_column(doc="The delivered file, byte for byte")
    geom: Mapped[WKBElement] = mapped_column(_shape())


class PlanPartRow(Base):
    """A part of a plan version with its land uses."""

    __tablename__ = "plan_part"

    version_id: Mapped[int] = mapped_column(ForeignKey("plan_version.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, doc="Position within the version")
    id: Mapped[str]
    uses: Mapped[list[str] | None] = mapped_column(ARRAY(String), doc="Null: unknown")
    wordings: Mapped[list[str]] = mapped_column(ARRAY(String))
    geom: Mapped[WKBElement] = mapped_column(_shape())


class PlanEvent(Base):
    """What was done to a plan, by whom; `metadata` is the plan's afterwards."""

    __tablename__ = "plan_event"
    __table_args__ = (
        CheckConstraint("kind IN ('created', 'edited', 'new_version', 'withdrawn')", name="plan_event_kind_is_known"),
    )

    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    by_id: Mapped[str]
    by_name: Mapped[str]
    kind: Mapped[str]
    plan_metadata: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB)


class AssessmentRow(Base):
    """An assessment of a plan version, frozen; `hidden` names the layers that it was made without."""

    __tablename__ = "assessment"
    __table_args__ = (
        UniqueConstraint("plan_version_id", "id"),
        Index("assessment_id", "id"),
        Index("assessment_plan", "plan_id"),
    )

    key: Mapped[int] = mapped_column(Identity(), primary_key=True)
    id: Mapped[str] = mapped_column(doc="The published id")
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id"))
    plan_version_id: Mapped[int] = mapped_column(ForeignKey("plan_version.id"))
    hidden: Mapped[list[str]] = mapped_column(ARRAY(String), doc="Layers that the asker may not see, sorted")
    layer_set: Mapped[str]
    created_at: Mapped[dt.datetime]
    created_by: Mapped[str]
    software: Mapped[str]
    method_version: Mapped[str]
    catalogue_version: Mapped[str]
    layer_versions: Mapped[dict[str, str | None]] = mapped_column(JSONB, doc="Version that answered, by layer")
    footing: Mapped[str] = mapped_column(
        Computed("md5(layer_versions::text || catalogue_version || method_version)", persisted=True),
        doc="Hash of what it stands on besides the plan",
    )
    has_failed: Mapped[bool] = mapped_column(doc="Some layer could not be read; never reused")
    severity: Mapped[str | None] = mapped_column(doc="Worst severity of a touched objective")
    touched: Mapped[list[int]] = mapped_column(ARRAY(Integer), doc="Objectives that are touched")
    unknown: Mapped[list[int]] = mapped_column(ARRAY(Integer), doc="Objectives that are unknown")
    finding_count: Mapped[int]
    unanswered_count: Mapped[int] = mapped_column(doc="Layers of the layer set that did not answer")
    document: Mapped[bytes] = mapped_column(doc="The published JSON")


class LatestAssessment(Base):
    """The newest assessment of a plan for each set of hidden layers."""

    __tablename__ = "latest_assessment"

    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    hidden: Mapped[list[str]] = mapped_column(ARRAY(String), primary_key=True)
    plan_version_id: Mapped[int] = mapped_column(ForeignKey("plan_version.id"))
    assessment_key: Mapped[int] = mapped_column(ForeignKey("assessment.key"))
    severity: Mapped[str | None] = mapped_column(doc="Of the assessment, so that lists are filtered without it")
    touched: Mapped[list[int]] = mapped_column(ARRAY(Integer), doc="Likewise")
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now(), doc="When it was last found to hold")


class FindingRow(Base):
    """A finding of an assessment; `geom` is the union of its objects' parts inside, null where there is none."""

    __tablename__ = "finding"
    __table_args__ = (
        Index("finding_geom", "geom", postgresql_using="gist"),
        Index("finding_rule", "rule"),
        Index(
            "finding_judged",
            "assessment_key",
            "rule",
            "conditional",
            postgresql_include=["id", "digest", "severity", "ground", "layer"],
        ),
    )

    assessment_key: Mapped[int] = mapped_column(ForeignKey("assessment.key"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str]
    layer: Mapped[str]
    severity: Mapped[str]
    ground: Mapped[str | None]
    objectives: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    background: Mapped[bool]
    conditional: Mapped[bool]
    digest: Mapped[str] = mapped_column(doc="The same for a finding of the same rule that stands unchanged")
    area_m2: Mapped[float]
    geom: Mapped[WKBElement | None] = mapped_column(_shape())


class FindingClassRow(Base):
    """A finding's ground, class by class."""

    __tablename__ = "finding_class"
    __table_args__ = (ForeignKeyConstraint(["assessment_key", "finding"], ["finding.assessment_key", "finding.id"]),)

    assessment_key: Mapped[int] = mapped_column(primary_key=True)
    finding: Mapped[str] = mapped_column(primary_key=True)
    class_id: Mapped[str] = mapped_column("class", primary_key=True)
    area_m2: Mapped[float]
    geom: Mapped[WKBElement | None] = mapped_column(_shape())


class ConflictPieceRow(Base):
    """An object's part inside the ground that a finding is about."""

    __tablename__ = "conflict_piece"
    __table_args__ = (
        ForeignKeyConstraint(["assessment_key", "finding"], ["finding.assessment_key", "finding.id"]),
        Index("conflict_piece_geom", "geom", postgresql_using="gist"),
    )

    assessment_key: Mapped[int] = mapped_column(primary_key=True)
    finding: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, doc="1, 2 … within the finding")
    class_id: Mapped[str] = mapped_column("class")
    object_id: Mapped[str | None] = mapped_column(doc="Null: the class as one piece, of older assessments")
    object_name: Mapped[str | None]
    area_m2: Mapped[float]
    length_m: Mapped[float]
    geom: Mapped[WKBElement] = mapped_column(_shape())
