"""The queue of a county board: plans to answer, what their assessments found, and what is still unsaid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from sqlalchemy import text

from geomiljo.access import PUBLISHED_STAGES
from geomiljo.assessments.standing import NOTHING_REPLACED, standing_places
from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.database.engine import query

if TYPE_CHECKING:
    import datetime as dt
    import uuid

    from sqlalchemy import Connection, RowMapping

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.rules import Ground, Severity
    from geomiljo.plans.case import Stage

QueueSort = Literal["deadline", "severity", "name", "changed"]
QUEUE_SORTS: tuple[QueueSort, ...] = get_args(QueueSort)
TO_ANSWER: tuple[Stage, ...] = ("samråd", "granskning")
"""Stages in which the board is asked."""
SOON_DAYS = 7
_KEYS: dict[QueueSort, tuple[str, str]] = {
    "deadline": ("cases.due", "date"),
    "severity": ("cases.rank", "integer"),
    "name": ("cases.name", "varchar"),
    "changed": ("cases.changed_at", "timestamptz"),
}


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """What is asked of the queue.

    Attributes
    ----------
    county : str or None
        Two digits; None: the country.
    hidden : frozenset of str
        Layers that the caller may not see.
    stages : tuple of str
        Stages from consultation on.
    municipality, severity, grounds : tuple of str
        Empty: any. `severity` is the plan's worst; one of the grounds suffices.
    objective : int or None
        Touched in the latest assessment.
    levels : tuple of str
        Worst severities of the plan in that objective; empty: any.
    within_days : int or None
        Days from `today` by which the answer is due; what is overdue counts.
    unreviewed, stale, changed, unclear, answered : bool
        Only plans with findings that no county board has said anything of; whose assessment no longer answers; that
        differ from the consultation; with objectives that cannot be decided, or never assessed; that the municipality
        has spoken of.
    words : str
        Part of name, designation or case number.
    after : tuple or None
        `QueuePage.next` of the page before.
    """

    today: dt.date
    county: str | None = None
    hidden: frozenset[str] = frozenset()
    stages: tuple[Stage, ...] = TO_ANSWER
    municipality: tuple[str, ...] = ()
    severity: tuple[Severity, ...] = ()
    grounds: tuple[Ground, ...] = ()
    objective: int | None = None
    levels: tuple[Severity, ...] = ()
    within_days: int | None = None
    unreviewed: bool = False
    stale: bool = False
    changed: bool = False
    unclear: bool = False
    answered: bool = False
    words: str = ""
    sort: QueueSort = "deadline"
    is_descending: bool = False
    limit: int = 50
    after: tuple[Any, uuid.UUID] | None = None


@dataclass(frozen=True, slots=True)
class Since:
    """How many findings differ from the assessment of the consultation's geometry."""

    new: int
    gone: int
    changed: int


@dataclass(frozen=True, slots=True)
class QueuedPlan:
    """A plan in the queue.

    Attributes
    ----------
    assessment : str or None
        Id of the latest assessment that counts for the caller; None: it was never assessed.
    findings : mapping of str to int
        Number of findings by severity.
    unreviewed : int
        Findings that no county board has said anything of, now or of the same finding earlier.
    unknown : tuple of int
        Objectives that cannot be decided.
    since : Since or None
        None: still in consultation, or the consultation was not assessed.
    """

    id: uuid.UUID
    name: str
    designation: str
    municipality: str
    county: str
    county_case: str | None
    stage: Stage
    answer_by: dt.date | None
    changed_at: dt.datetime
    area_m2: float
    assessment: str | None
    assessed_at: dt.datetime | None
    severity: Severity | None
    findings: dict[Severity, int]
    grounds: tuple[Ground, ...]
    touched: tuple[int, ...]
    unknown: tuple[int, ...]
    unanswered_layers: int
    unreviewed: int
    is_stale: bool
    has_answer: bool
    since: Since | None

    def days_left(self, today: dt.date) -> int | None:
        """Return the days until the answer is due, below zero when it is overdue; None: no day is stated."""
        return None if self.answer_by is None else (self.answer_by - today).days

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON has it."""
        since = self.since
        return {
            "plan": str(self.id),
            "name": self.name,
            "designation": self.designation,
            "municipality": self.municipality,
            "county": self.county,
            "countyCase": self.county_case,
            "stage": self.stage,
            "answerBy": self.answer_by and self.answer_by.isoformat(),
            "changedAt": self.changed_at.isoformat(),
            "areaM2": self.area_m2,
            "assessment": self.assessment,
            "assessedAt": self.assessed_at and self.assessed_at.isoformat(),
            "severity": self.severity,
            "findings": self.findings,
            "grounds": list(self.grounds),
            "touched": list(self.touched),
            "unknown": list(self.unknown),
            "unansweredLayers": self.unanswered_layers,
            "unreviewed": self.unreviewed,
            "isStale": self.is_stale,
            "municipalityHasAnswered": self.has_answer,
            "sinceConsultation": since and {"new": since.new, "gone": since.gone, "changed": since.changed},
        }


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of the queue; `next` asks for the one after it, None where there is none."""

    items: tuple[QueuedPlan, ...]
    next: tuple[Any, uuid.UUID] | None = field(default=None)


@dataclass(frozen=True, slots=True)
class QueueTotals:
    """How many plans of the queue, whatever the filters.

    Attributes
    ----------
    plans, soon, prohibited, unclear, unreviewed, changed, answered : int
        All; due within a week or overdue; with a prohibition; with objectives that cannot be decided; with findings
        without a word of a county board; that differ from the consultation; that the municipality has spoken of.
    """

    plans: int
    soon: int
    prohibited: int
    unclear: int
    unreviewed: int
    changed: int
    answered: int

    def document(self) -> dict[str, int]:
        """Return the numbers as JSON has them."""
        return {
            "plans": self.plans,
            "dueWithinAWeek": self.soon,
            "withProhibition": self.prohibited,
            "withUnknownObjectives": self.unclear,
            "unreviewed": self.unreviewed,
            "changedSinceConsultation": self.changed,
            "municipalityHasAnswered": self.answered,
        }


_HAS_ANSWER = "EXISTS (SELECT FROM review_statement AS r WHERE r.plan_id = cases.id AND r.by_role = 'planner')"
_IS_UNCLEAR = "(cases.key IS NULL OR cardinality(cases.unknown) > 0)"
_IS_CHANGED = "cases.id IN (SELECT id FROM since WHERE new + gone + changed > 0)"
_LEVEL = """(
    SELECT severity FROM finding
    WHERE assessment_key = cases.key AND NOT background AND NOT conditional AND :objective = ANY(objectives)
    ORDER BY array_position(ARRAY['prohibition', 'permit', 'consider', 'opportunity'], severity::text) LIMIT 1
)"""
_FILTERS: dict[str, str] = {
    "municipality": "cases.municipality = ANY(:municipality)",
    "severity": "cases.severity = ANY(:severity)",
    "grounds": "EXISTS (SELECT FROM finding WHERE assessment_key = cases.key AND ground = ANY(:grounds))",
    "objective": ":objective = ANY(cases.touched)",
    "levels": _LEVEL + " = ANY(:levels)",
    "within_days": "cases.answer_by <= CAST(:today AS date) + :within_days",
    "unreviewed": "cases.id IN (SELECT id FROM judged WHERE unreviewed > 0)",
    "stale": "cases.id IN (SELECT id FROM stale)",
    "changed": _IS_CHANGED,
    "unclear": _IS_UNCLEAR,
    "answered": _HAS_ANSWER,
    "words": "concat_ws(E'\\n', cases.name, cases.designation, cases.municipality_case, cases.county_case)"
    " ILIKE :words",
}
_UNASKED = ((), None, "", False)
_PAGE = """
SELECT cases.id, {key} AS sort_key FROM cases WHERE {where} ORDER BY {key} {direction}, cases.id {direction} LIMIT :most
"""
_DETAILS = f"""
SELECT cases.*, j.prohibition, j.permit, j.consider, j.opportunity, j.grounds, j.unreviewed, s.new, s.gone, s.changed,
    cases.id IN (SELECT id FROM stale) AS is_stale, {_HAS_ANSWER} AS has_answer
FROM cases
LEFT JOIN judged AS j USING (id)
LEFT JOIN since AS s USING (id)
"""  # noqa: S608 - texts of our own
_TOTALS = f"""
SELECT count(*) AS plans,
    count(*) FILTER (WHERE cases.answer_by <= CAST(:today AS date) + {SOON_DAYS}) AS soon,
    count(*) FILTER (WHERE cases.severity = 'prohibition') AS prohibited,
    count(*) FILTER (WHERE {_IS_UNCLEAR}) AS unclear,
    count(*) FILTER (WHERE cases.id IN (SELECT id FROM judged WHERE unreviewed > 0)) AS unreviewed,
    count(*) FILTER (WHERE {_IS_CHANGED}) AS changed,
    count(*) FILTER (WHERE {_HAS_ANSWER}) AS answered
FROM cases
"""  # noqa: S608 - texts of our own


def list_queue(connection: Connection, catalogue: Catalogue, asked: QueueQuery) -> QueuePage:
    """Return one page of the queue."""
    key, kind = _KEYS[asked.sort]
    where = [
        "true",
        *(condition for name, condition in _FILTERS.items() if getattr(asked, name) not in ((), None, "", False)),
    ]
    if asked.after is not None:
        sign = "<" if asked.is_descending else ">"
        where.append(f"({key}, cases.id) {sign} (CAST(:after_key AS {kind}), CAST(:after_id AS uuid))")
    statement = query("review_queue") + _PAGE.format(
        key=key, where=" AND ".join(where), direction="DESC" if asked.is_descending else "ASC"
    )
    values = parameters_of(asked) | standing_places(connection, catalogue, asked.county)
    rows = connection.execute(text(statement), values).all()
    shown = rows[: asked.limit]
    after = (shown[-1].sort_key, shown[-1].id) if len(rows) > asked.limit else None
    details = connection.execute(
        text(query("review_queue") + _DETAILS), {**values, "only": [row.id for row in shown]}
    ).mappings()
    found = {row["id"]: _queued(row) for row in details}
    return QueuePage(tuple(found[row.id] for row in shown), after)


def queue_totals(connection: Connection, asked: QueueQuery) -> QueueTotals:
    """Count the plans of the county in the stages that are asked for."""
    statement = text(query("review_queue") + _TOTALS)
    return QueueTotals(**connection.execute(statement, parameters_of(asked)).mappings().one())


def conditions_of(asked: QueueQuery) -> list[str]:
    """Return the conditions on `cases` that hold for what is asked for; at least one."""
    return ["true", *(condition for name, condition in _FILTERS.items() if getattr(asked, name) not in _UNASKED)]


def parameters_of(asked: QueueQuery) -> dict[str, Any]:
    """Return the parameters of `review_queue.sql` and of the conditions; nothing counts as stale."""
    words = asked.words.strip().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return {
        "county": asked.county,
        "hidden": sorted(asked.hidden),
        "stages": [stage for stage in asked.stages if stage in PUBLISHED_STAGES],
        "only": None,
        "today": asked.today,
        "municipality": list(asked.municipality),
        "severity": list(asked.severity),
        "grounds": list(asked.grounds),
        "objective": asked.objective,
        "levels": list(asked.levels),
        "within_days": asked.within_days,
        "words": f"%{words}%",
        "most": asked.limit + 1,
        "after_key": asked.after and asked.after[0],
        "after_id": asked.after and asked.after[1],
        **NOTHING_REPLACED,
    }


def _queued(row: RowMapping) -> QueuedPlan:
    since = None if row["new"] is None else Since(row["new"], row["gone"], row["changed"])
    return QueuedPlan(
        id=row["id"],
        name=row["name"],
        designation=row["designation"],
        municipality=row["municipality"],
        county=row["county"],
        county_case=row["county_case"],
        stage=row["stage"],
        answer_by=row["answer_by"],
        changed_at=row["changed_at"],
        area_m2=row["area_m2"],
        assessment=row["assessment"],
        assessed_at=row["assessed_at"],
        severity=row["severity"],
        findings={severity: row[severity] or 0 for severity in SEVERITIES},
        grounds=tuple(row["grounds"] or ()),
        touched=tuple(row["touched"] or ()),
        unknown=tuple(row["unknown"] or ()),
        unanswered_layers=row["unanswered_count"] or 0,
        unreviewed=row["unreviewed"] or 0,
        is_stale=row["is_stale"],
        has_answer=row["has_answer"],
        since=since,
    )
