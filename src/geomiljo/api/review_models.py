"""Form of the answers about statements, reports, decision logs and ledgers, for the service's description."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from geomiljo.access import Role
from geomiljo.analysis.values import Words
from geomiljo.assessments.decision_log import LogKind
from geomiljo.assessments.object_reports import ReportStatus
from geomiljo.assessments.reviews import Stance
from geomiljo.catalogue.rules import Ground
from geomiljo.plans.case import Stage


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class SpeakerDocument(_Answer):
    """Who said it."""

    name: str
    role: Role


class StatementDocument(_Answer):
    """A statement beside a result."""

    id: int
    assessment: str = Field(description="Assessment that it was made on")
    finding: str | None = Field(description="Finding of that assessment; null: the whole assessment")
    object_id: str | None = Field(alias="object", description="One object of the finding; null: all of them")
    rule: str | None
    layer: str | None
    conditional: bool | None
    stance: Stance
    ground: Ground | None = Field(description="County review ground; null: advice")
    reason: str | None
    reference: str | None
    comment: str | None
    included: bool = Field(description="Whether the county board's answer takes it in")
    by: SpeakerDocument
    at: dt.datetime


class EarlierDocument(StatementDocument):
    """A statement on another assessment of the plan, about a finding that stands unchanged in this one."""

    finding_here: str = Field(description="Id of the finding in this assessment")


class ReviewsDocument(_Answer):
    """What has been said of an assessment."""

    statements: list[StatementDocument] = Field(description="Made on this assessment, oldest first")
    earlier: list[EarlierDocument]
    disputed: list[str] = Field(description="Findings that somebody's last word disputes")


class StepDocument(_Answer):
    """A step in the handling of a report."""

    number: int
    status: ReportStatus
    comment: str | None
    by: SpeakerDocument
    at: dt.datetime


class ReportDocument(_Answer):
    """A report to the owner of the data."""

    id: uuid.UUID
    layer: str
    version: str = Field(description="Layer version in which the object was seen")
    object_id: str = Field(alias="object")
    object_name: str | None
    plan: uuid.UUID | None = Field(description="Plan that it came up in")
    reason: str
    status: ReportStatus
    by: SpeakerDocument
    at: dt.datetime
    steps: list[StepDocument]


class ReportList(_Answer):
    """Reports, newest first."""

    reports: list[ReportDocument]


class LogEntryDocument(_Answer):
    """Something that happened to a plan."""

    at: dt.datetime
    kind: LogKind
    by_id: str
    by_name: str
    by_role: str
    assessment: str | None
    finding: str | None
    object_id: str | None = Field(alias="object")
    summary: str
    details: dict[str, Any]


class DecisionLogDocument(_Answer):
    """What happened to a plan, oldest first."""

    entries: list[LogEntryDocument]


class LedgerRowDocument(_Answer):
    """What a group of findings adds up to."""

    group: Literal["rule", "class", "objective"]
    rule: str | None
    layer: str | None
    class_id: str | None = Field(alias="class")
    objective: int | None
    conditional: bool = Field(description="Holds only under a condition; flags no objective")
    plans: int
    plans_unknown: int = Field(description="Plans whose assessment cannot tell")
    area_ha: float = Field(description="Hectares of the union: ground that plans share counts once")
    length_m: float = Field(description="Metres of the union")
    class_area_ha: float | None = Field(description="The class's own hectares in the territory; null: not known")
    share_of_class: float | None = Field(description="How much of them the ground takes, 0 to 1; null: not known")


class LedgerDocument(_Answer):
    """A cumulative ledger."""

    municipality: str | None
    county: str | None
    stages: list[Stage]
    since: dt.date | None
    until: dt.date | None
    plans: int
    not_assessed: int = Field(description="Plans without an assessment: nothing is known of their ground")
    outdated: int = Field(description="Plans that were assessed with an earlier geometry")
    layers_unanswered: dict[str, int] = Field(description="In how many assessments a layer did not answer")
    rows: list[LedgerRowDocument]
    notes: list[Words] = Field(description="Why shares are missing")
