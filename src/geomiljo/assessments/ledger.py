"""The cumulative ledger: what the plans of a municipality, a county or the country touch together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely
from sqlalchemy import Date, and_, cast, func, select, text

from geomiljo.analysis.ledger import LedgerRow, TouchedGround, add_up
from geomiljo.assessments.territory import territory_of
from geomiljo.database.case_tables import (
    AssessmentRow,
    FindingClassRow,
    FindingRow,
    LatestAssessment,
    Plan,
    PlanEvent,
    PlanVersionRow,
)
from geomiljo.database.engine import query
from geomiljo.plans.listing import latest_first

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

    from geomiljo.analysis.values import Words
    from geomiljo.assessments.assess import Assessor
    from geomiljo.plans.case import Stage


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """Which plans are added up.

    Attributes
    ----------
    municipality, county : str or None
        Code; none of them: the country.
    stages : tuple of str
        Empty: every stage.
    since, until : date or None
        First and last day on which a plan came to its stage.
    where : condition on `Plan`, or None
        What the caller may see.
    hidden : frozenset of str
        Layers that the caller may not see.
    """

    municipality: str | None = None
    county: str | None = None
    stages: tuple[Stage, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None
    where: ColumnElement[bool] | None = None
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger.

    Attributes
    ----------
    plans : int
        Plans that were asked for.
    not_assessed, outdated : int
        How many of them have no assessment, or only one of an earlier version; nothing is known of their ground now.
    rows : tuple of LedgerRow
    layers_unanswered : mapping of str to int
        In how many of the assessed plans a layer did not answer.
    notes : tuple of Words
        Why shares are missing.
    """

    query: LedgerQuery
    plans: int
    not_assessed: int
    outdated: int
    rows: tuple[LedgerRow, ...]
    layers_unanswered: dict[str, int]
    notes: tuple[Words, ...]


def ledger(connection: Connection, assessor: Assessor, asked: LedgerQuery) -> Ledger:
    """Add up the latest assessments of plans.

    Ground that several plans touch counts once. Where an assessment was made with an older layer version, the ground
    is that of then; shares are of the class's area now.

    Parameters
    ----------
    connection : Connection
        In a transaction that sees one state of the database throughout.

    Raises
    ------
    NotFound
        There is no such municipality or county.
    """
    plans = connection.execute(asked_plans(asked)).all()
    latest = {row.assessment_key: row for row in plans if row.assessment_key is not None}
    grounds = touched_grounds(connection, list(latest))
    unanswered = _unanswered(connection, list(latest), asked.hidden)
    classes = {(g.layer, g.class_id) for g in grounds if g.geometry is not None}
    territory, notes = territory_of(connection, assessor, asked.municipality, asked.county, classes)
    unknown = Counter(number for row in latest.values() for number in row.unknown)
    return Ledger(
        query=asked,
        plans=len(plans),
        not_assessed=len(plans) - len(latest),
        outdated=sum(row.assessed_version != row.current_version for row in latest.values()),
        rows=add_up(grounds, territory, unanswered, unknown),
        layers_unanswered=unanswered,
        notes=notes,
    )


def asked_plans(asked: LedgerQuery) -> Any:
    """Return the plans that are asked for, each with its latest assessment made without hidden layers.

    Rows have the day on which the plan came to its stage as `came`.
    """
    latest = (
        select(
            AssessmentRow.key,
            AssessmentRow.unknown,
            AssessmentRow.plan_version_id,
        )
        .join(LatestAssessment, LatestAssessment.assessment_key == AssessmentRow.key)
        .where(LatestAssessment.plan_id == Plan.id, LatestAssessment.hidden.contains(sorted(asked.hidden)))
        .order_by(*latest_first())
        .limit(1)
        .correlate(Plan)
        .lateral("latest")
    )
    statement = (
        select(
            Plan.id,
            PlanVersionRow.id.label("current_version"),
            latest.c.key.label("assessment_key"),
            latest.c.unknown,
            latest.c.plan_version_id.label("assessed_version"),
            _day_of_stage().label("came"),
        )
        .join(PlanVersionRow, and_(PlanVersionRow.plan_id == Plan.id, PlanVersionRow.is_current))
        .outerjoin(latest, text("true"))
        .where(Plan.state == "active", *_conditions(asked))
    )
    return statement.order_by(Plan.id)


def _conditions(asked: LedgerQuery) -> list[ColumnElement[bool]]:
    conditions = [] if asked.where is None else [asked.where]
    if asked.municipality is not None:
        conditions.append(Plan.municipality == asked.municipality)
    if asked.county is not None:
        conditions.append(Plan.county == asked.county)
    if asked.stages:
        conditions.append(Plan.stage.in_(asked.stages))
    if asked.since is not None:
        conditions.append(_day_of_stage() >= asked.since)
    if asked.until is not None:
        conditions.append(_day_of_stage() <= asked.until)
    return conditions


def _day_of_stage() -> ColumnElement[Any]:
    """Return the day on which a plan came to the stage that it is in, in Sweden."""
    stage = PlanEvent.plan_metadata["stage"].astext
    before = (
        select(func.coalesce(func.max(PlanEvent.revision), 0))
        .where(PlanEvent.plan_id == Plan.id, stage != Plan.stage)
        .correlate(Plan)
        .scalar_subquery()
    )
    came = (
        select(func.min(PlanEvent.at))
        .where(PlanEvent.plan_id == Plan.id, PlanEvent.revision > before)
        .correlate(Plan)
        .scalar_subquery()
    )
    return cast(func.timezone("Europe/Stockholm", came), Date)


def touched_grounds(connection: Connection, keys: Sequence[int]) -> list[TouchedGround]:
    """Return the ground of the findings of assessments, class by class."""
    columns = (
        AssessmentRow.plan_id,
        FindingRow.rule,
        FindingRow.layer,
        FindingClassRow.class_id.label("class_id"),
        FindingRow.conditional,
        FindingRow.background,
        FindingRow.objectives,
        func.ST_AsBinary(FindingClassRow.geom).label("shape"),
    )
    of_finding = (FindingRow.assessment_key == FindingClassRow.assessment_key) & (
        FindingRow.id == FindingClassRow.finding
    )
    rows = connection.execute(
        select(*columns)
        .select_from(FindingClassRow)
        .join(FindingRow, of_finding)
        .join(AssessmentRow, AssessmentRow.key == FindingRow.assessment_key)
        .where(FindingRow.assessment_key.in_(keys))
    )
    return [
        TouchedGround(
            plan=str(row.plan_id),
            rule=row.rule,
            layer=row.layer,
            class_id=row.class_id,
            conditional=row.conditional,
            background=row.background,
            objectives=tuple(row.objectives),
            geometry=None if row.shape is None else shapely.from_wkb(bytes(row.shape)),
        )
        for row in rows
    ]


def _unanswered(connection: Connection, keys: Sequence[int], hidden: frozenset[str]) -> dict[str, int]:
    rows = connection.execute(text(query("layers_unanswered")), {"keys": list(keys)})
    return {row.layer: row.assessments for row in rows if row.layer not in hidden}
