"""Form of the answers about a county's queue, drafts, answer and sums, for the service's description."""

from __future__ import annotations

import datetime as dt
import uuid

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from geomiljo.api.review_models import StatementDocument
from geomiljo.assessments.reviews import Stance
from geomiljo.catalogue.rules import Ground, Severity
from geomiljo.plans.case import Stage


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class SinceDocument(_Answer):
    """How many findings differ from the assessment of the consultation's geometry."""

    new: int
    gone: int
    changed: int


class QueuedDocument(_Answer):
    """A plan that the county board answers."""

    plan: uuid.UUID
    name: str
    designation: str
    municipality: str
    county: str
    county_case: str | None
    stage: Stage
    answer_by: dt.date | None
    changed_at: dt.datetime
    area_m2: float
    assessment: str | None = Field(description="Latest assessment; null: it was never assessed")
    assessed_at: dt.datetime | None
    severity: Severity | None = Field(description="Worst of an objective")
    findings: dict[Severity, int]
    grounds: list[Ground] = Field(description="County review grounds of the findings")
    touched: list[int]
    unknown: list[int] = Field(description="Objectives that cannot be decided")
    unanswered_layers: int
    unreviewed: int = Field(description="Findings that no county board has said anything of, now or unchanged earlier")
    is_stale: bool
    municipality_has_answered: bool
    since_consultation: SinceDocument | None = Field(description="Null: still in consultation, or not assessed there")


class QueueTotalsDocument(_Answer):
    """How many plans of the queue, whatever the filters."""

    plans: int
    due_within_a_week: int
    with_prohibition: int
    with_unknown_objectives: int
    unreviewed: int
    changed_since_consultation: int
    municipality_has_answered: int


class QueueDocument(_Answer):
    """A page of the queue."""

    plans: list[QueuedDocument]
    totals: QueueTotalsDocument
    next: str | None = Field(description="Address of the next page; null: this is the last")


class DraftDocument(_Answer):
    """A statement that is not submitted; only its writer sees it."""

    finding: str
    finding_has_changed: bool = Field(description="Whether the finding is another than when it was written")
    stance: Stance | None
    text: str
    included: bool
    revision: int
    changed_at: dt.datetime


class DraftList(_Answer):
    """One's own drafts on a plan's latest assessment."""

    drafts: list[DraftDocument]


class SubmittedDocument(_Answer):
    """Statements that drafts have become."""

    statements: list[StatementDocument]


class OpinionPointDocument(_Answer):
    """What the answer says of a finding."""

    number: str
    finding: str
    title: str
    statement: str
    question: str
    stance: Stance
    text: str
    references: list[str]
    by: str
    is_draft: bool


class OpinionSectionDocument(_Answer):
    """The points under a ground; null: advice."""

    ground: Ground | None
    title: str
    points: list[OpinionPointDocument]


class OpinionDocument(_Answer):
    """The county board's answer on a plan, in Swedish."""

    title: str
    facts: list[str]
    assessment: str
    sections: list[OpinionSectionDocument]
    remarks: list[str] = Field(description="What the answer does not say")


class CellDocument(_Answer):
    """An objective in a municipality."""

    municipality: str
    objective: int
    plans: int
    not_assessed: int
    unknown: int = Field(description="Plans whose assessment cannot tell")
    touched: dict[Severity, int] = Field(description="Plans by their worst severity there")
    area_ha: dict[Severity, float] | None = Field(
        description="Hectares by the worst on them, once; null: not asked for"
    )


class MatrixDocument(_Answer):
    """Objectives by municipality."""

    cells: list[CellDocument]


class MonthDocument(_Answer):
    """What plans touch together at the end of a month."""

    month: dt.date = Field(description="Its first day")
    plans: int
    area_ha: float = Field(description="Of all objectives, once")
    objectives: dict[int, float] = Field(description="Hectares by objective, once each")


class MonthsDocument(_Answer):
    """The ledger, month by month."""

    months: list[MonthDocument]
