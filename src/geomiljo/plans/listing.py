"""Lists of plans: filtered, sorted, page by page by key."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from sqlalchemy import Date, and_, exists, func, literal, select, tuple_

from geomiljo.database.case_tables import AssessmentRow, FindingRow, LatestAssessment, Plan, PlanVersionRow
from geomiljo.database.tables import SRID
from geomiljo.plans.case import PlanMetadata, PlanState, StoredPlan

if TYPE_CHECKING:
    import uuid

    from sqlalchemy import ColumnElement, Connection, RowMapping, Select
    from sqlalchemy.orm import InstrumentedAttribute

    from geomiljo.catalogue.rules import Severity

SortKey = Literal["changedAt", "createdAt", "name", "designation", "answerBy"]
SORT_KEYS: tuple[SortKey, ...] = get_args(SortKey)
_SORTED: dict[SortKey, ColumnElement[Any]] = {
    "changedAt": Plan.changed_at.expression,
    "createdAt": Plan.created_at.expression,
    "name": Plan.name.expression,
    "designation": Plan.designation.expression,
    "answerBy": func.coalesce(Plan.answer_by, literal(dt.date.max, Date)),
}
_METADATA: tuple[InstrumentedAttribute[Any], ...] = tuple(getattr(Plan, name) for name in PlanMetadata.model_fields)
PLAN_COLUMNS: tuple[Any, ...] = (
    Plan.id,
    *_METADATA,
    Plan.state,
    Plan.revision,
    Plan.created_at,
    Plan.created_by,
    Plan.changed_at,
    PlanVersionRow.id.label("version_id"),
    PlanVersionRow.number.label("version"),
    PlanVersionRow.area_m2,
)
"""What :func:`plan_of` reads, of `Plan` and its current version."""


@dataclass(frozen=True, slots=True)
class PlanQuery:
    """What is asked of the list.

    Attributes
    ----------
    municipality, county, stage, severity : tuple of str
        Codes; empty: any. `severity` is the worst of the latest assessment.
    objective : int or None
        Touched in the latest assessment.
    rule : str or None
        Of which the latest assessment has a finding.
    bbox : tuple of float or None
        xmin, ymin, xmax, ymax, EPSG:3006.
    text : str
        Part of name, designation or a case number.
    states : tuple of str
        Withdrawn plans are hidden unless asked for.
    sort, is_descending
    limit : int
    after : tuple or None
        `Page.next` of the page before.
    where : condition on `Plan`, or None
        What the caller may see.
    hidden : frozenset of str
        Layers that the caller may not see: only assessments made without them count.
    """

    municipality: tuple[str, ...] = ()
    county: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    severity: tuple[Severity, ...] = ()
    objective: int | None = None
    rule: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    text: str = ""
    states: tuple[PlanState, ...] = ("active",)
    sort: SortKey = "changedAt"
    is_descending: bool = True
    limit: int = 50
    after: tuple[Any, uuid.UUID] | None = None
    where: ColumnElement[bool] | None = None
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LatestSummary:
    """The latest assessment of a plan in short; `version` is the plan version that it is about."""

    id: str
    created_at: dt.datetime
    version_id: int
    severity: Severity | None
    touched: tuple[int, ...]
    unknown: tuple[int, ...]
    finding_count: int
    unanswered_count: int


@dataclass(frozen=True, slots=True)
class ListedPlan:
    """A plan with its latest assessment; None: it was never assessed."""

    plan: StoredPlan
    latest: LatestSummary | None

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON has it."""
        latest = self.latest
        return {
            **self.plan.document(),
            "latestAssessment": latest
            and {
                "id": latest.id,
                "createdAt": latest.created_at.isoformat(),
                "isOfCurrentVersion": latest.version_id == self.plan.version_id,
                "severity": latest.severity,
                "touched": list(latest.touched),
                "unknown": list(latest.unknown),
                "findings": latest.finding_count,
                "unansweredLayers": latest.unanswered_count,
            },
        }


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list; `next` asks for the one after it, None where there is none."""

    items: tuple[ListedPlan, ...]
    next: tuple[Any, uuid.UUID] | None = field(default=None)


def plan_of(row: RowMapping) -> StoredPlan:
    """Return the plan that a row of `PLAN_COLUMNS` is."""
    metadata = PlanMetadata.model_construct(**{name: row[name] for name in PlanMetadata.model_fields})
    return StoredPlan(
        row["id"],
        metadata,
        row["state"],
        row["revision"],
        row["created_at"],
        row["created_by"],
        row["changed_at"],
        row["version_id"],
        row["version"],
        row["area_m2"],
    )


def list_plans(connection: Connection, query: PlanQuery) -> Page:
    """Return one page of plans, each with its latest assessment that the caller may see.

    The plans of the page are found first, by keys; what is shown of them is looked up for them alone.
    """
    key = _SORTED[query.sort]
    found = _page(select(Plan.id, key.label("sort_key")).where(*_conditions(query)), query, key).subquery("page")
    latest = _latest(query.hidden)
    order = (found.c.sort_key, found.c.id)
    statement = (
        select(*PLAN_COLUMNS, *latest.c, found.c.sort_key)
        .select_from(found)
        .join(Plan, Plan.id == found.c.id)
        .join(PlanVersionRow, and_(PlanVersionRow.plan_id == Plan.id, PlanVersionRow.is_current))
        .outerjoin(latest, literal(value=True))
        .order_by(*((column.desc() for column in order) if query.is_descending else order))
    )
    rows = connection.execute(statement).mappings().all()
    shown = rows[: query.limit]
    after = (shown[-1]["sort_key"], shown[-1]["id"]) if len(rows) > query.limit else None
    return Page(tuple(ListedPlan(plan_of(row), _summary(row)) for row in shown), after)


def _page(statement: Select[Any], query: PlanQuery, key: ColumnElement[Any]) -> Select[Any]:
    order = (key, Plan.id)
    if query.after is not None:
        place, here = tuple_(*order), tuple_(literal(query.after[0], key.type), literal(query.after[1]))
        statement = statement.where(place < here if query.is_descending else place > here)
    ordered = (column.desc() for column in order) if query.is_descending else order
    return statement.order_by(*ordered).limit(query.limit + 1)


def _latest(hidden: frozenset[str]) -> Any:
    """Return the latest assessment of each plan that was made without what the caller may not see."""
    columns = (
        AssessmentRow.id.label("assessment"),
        AssessmentRow.created_at.label("assessed_at"),
        AssessmentRow.plan_version_id.label("assessed_version"),
        AssessmentRow.severity,
        AssessmentRow.touched,
        AssessmentRow.unknown,
        AssessmentRow.finding_count,
        AssessmentRow.unanswered_count,
    )
    joined = select(*columns).join(LatestAssessment, LatestAssessment.assessment_key == AssessmentRow.key)
    return _counting(joined, hidden).lateral("latest")


def _counting(statement: Any, hidden: frozenset[str]) -> Any:
    """Keep, of a plan's latest assessments, the one that counts for a caller."""
    return (
        statement.where(LatestAssessment.plan_id == Plan.id, LatestAssessment.hidden.contains(sorted(hidden)))
        .order_by(*latest_first())
        .limit(1)
        .correlate(Plan)
    )


def latest_first() -> tuple[ColumnElement[Any], ...]:
    """Return the order of a plan's latest assessments: newest geometry, then fewest hidden layers, then newest."""
    return (
        LatestAssessment.plan_version_id.desc(),
        func.cardinality(LatestAssessment.hidden),
        LatestAssessment.at.desc(),
    )


def _conditions(query: PlanQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Plan.state.in_(query.states), *_judged(query)]
    if query.where is not None:
        conditions.append(query.where)
    for column, wanted in (
        (Plan.municipality, query.municipality),
        (Plan.county, query.county),
        (Plan.stage, query.stage),
    ):
        if wanted:
            conditions.append(column.in_(wanted))
    if query.bbox is not None:
        meets = func.ST_Intersects(PlanVersionRow.geom, func.ST_MakeEnvelope(*query.bbox, SRID))
        conditions.append(Plan.id.in_(select(PlanVersionRow.plan_id).where(PlanVersionRow.is_current, meets)))
    if query.text.strip():
        searched = func.concat_ws("\n", Plan.name, Plan.designation, Plan.municipality_case, Plan.county_case)
        conditions.append(searched.icontains(query.text.strip(), autoescape=True))
    return conditions


def _judged(query: PlanQuery) -> list[ColumnElement[bool]]:
    """Return the conditions on what the latest assessment found.

    The first is wider and cheap: any latest assessment of the plan; the second asks the one that counts.
    """
    found: list[ColumnElement[bool]] = []
    if query.severity:
        found.append(LatestAssessment.severity.in_(query.severity))
    if query.objective is not None:
        found.append(LatestAssessment.touched.contains([query.objective]))
    if query.rule is not None:
        flagged = FindingRow.assessment_key == LatestAssessment.assessment_key, FindingRow.rule == query.rule
        found.append(exists().where(*flagged))
    if not found:
        return []
    counting = _counting(select(and_(*found)), query.hidden).scalar_subquery()
    return [Plan.id.in_(select(LatestAssessment.plan_id).where(*found)), counting]


def _summary(row: RowMapping) -> LatestSummary | None:
    if row["assessment"] is None:
        return None
    return LatestSummary(
        row["assessment"],
        row["assessed_at"],
        row["assessed_version"],
        row["severity"],
        tuple(row["touched"]),
        tuple(row["unknown"]),
        row["finding_count"],
        row["unanswered_count"],
    )
