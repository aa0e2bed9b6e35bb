"""Plans in the database: made, given new versions, edited, withdrawn, read. Nothing that was delivered is overwritten.

Whether a caller may do it is decided before; see `geomiljo.access`.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from geomiljo.database.case_tables import Plan, PlanEvent, PlanVersionRow
from geomiljo.errors import NotFound, StaleRevision, Withdrawn
from geomiljo.plans.case import (
    EventKind,
    PlanChange,
    PlanMetadata,
    PlanSource,
    PlanVersion,
    StoredPlan,
)
from geomiljo.plans.listing import ListedPlan, Page, PlanQuery, list_plans
from geomiljo.plans.versions import get_source, get_version, insert_version, list_versions, version_by_id
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from geomiljo.access import Caller
    from geomiljo.analysis.area import PlanArea

__all__ = [
    "ListedPlan",
    "Page",
    "PlanChange",
    "PlanMetadata",
    "PlanQuery",
    "PlanSource",
    "PlanVersion",
    "StoredPlan",
    "add_version",
    "create_plan",
    "get_plan",
    "get_source",
    "get_version",
    "list_plans",
    "list_versions",
    "plan_changes",
    "update_plan",
    "version_by_id",
    "withdraw_plan",
]


def create_plan(
    connection: Connection, caller: Caller, metadata: PlanMetadata, area: PlanArea, source: PlanSource
) -> StoredPlan:
    """Keep a plan with its first version.

    Parameters
    ----------
    area : PlanArea
        As read from `source`.
    source : PlanSource
        What was delivered, byte for byte.
    """
    plan_id = uuid.uuid4()
    connection.execute(
        insert(Plan).values(id=plan_id, **_columns(metadata), state="active", revision=1, created_by=caller.id)
    )
    insert_version(connection, caller, plan_id, 1, area, source)
    _log(connection, caller, plan_id, 1, "created", metadata)
    return get_plan(connection, plan_id)


def add_version(
    connection: Connection,
    caller: Caller,
    plan_id: uuid.UUID,
    area: PlanArea,
    source: PlanSource,
    *,
    expected_revision: int | None = None,
) -> PlanVersion:
    """Give a plan a new geometry, which becomes its current version; the old ones stay.

    Raises
    ------
    NotFound, StaleRevision, Withdrawn
        There is no such plan; it has changed since `expected_revision`; it is withdrawn.
    """
    revision = _step(connection, plan_id, expected_revision, {})
    number = connection.scalar(select(func.max(PlanVersionRow.number)).where(PlanVersionRow.plan_id == plan_id))
    connection.execute(
        update(PlanVersionRow)
        .where(PlanVersionRow.plan_id == plan_id, PlanVersionRow.is_current)
        .values(is_current=False)
    )
    insert_version(connection, caller, plan_id, (number or 0) + 1, area, source)
    _log(connection, caller, plan_id, revision, "new_version", get_plan(connection, plan_id).metadata)
    return get_version(connection, plan_id)


def update_plan(
    connection: Connection, caller: Caller, plan_id: uuid.UUID, metadata: PlanMetadata, *, expected_revision: int
) -> StoredPlan:
    """Replace what is known about a plan.

    Raises
    ------
    NotFound, StaleRevision, Withdrawn
        There is no such plan; it has changed since `expected_revision`; it is withdrawn.
    """
    revision = _step(connection, plan_id, expected_revision, _columns(metadata))
    _log(connection, caller, plan_id, revision, "edited", metadata)
    return get_plan(connection, plan_id)


def withdraw_plan(
    connection: Connection, caller: Caller, plan_id: uuid.UUID, *, expected_revision: int | None = None
) -> StoredPlan | None:
    """Withdraw a plan: kept and hidden. One that was never assessed is deleted.

    Returns
    -------
    StoredPlan or None
        None: it was deleted.
    """
    revision = _step(connection, plan_id, expected_revision, {"state": "withdrawn"})
    try:
        with connection.begin_nested():
            connection.execute(delete(Plan).where(Plan.id == plan_id))
    except IntegrityError:  # an assessment refers to it, perhaps one that the caller may not see
        plan = get_plan(connection, plan_id)
        _log(connection, caller, plan_id, revision, "withdrawn", plan.metadata)
        return plan
    return None


def get_plan(connection: Connection, plan_id: uuid.UUID, *, where: ColumnElement[bool] | None = None) -> StoredPlan:
    """Return a plan.

    Parameters
    ----------
    where : condition on `Plan`, optional
        What the caller may see; a plan outside it is told as not there.

    Raises
    ------
    NotFound
    """
    from geomiljo.plans.listing import PLAN_COLUMNS, plan_of

    query = select(*PLAN_COLUMNS).join(PlanVersionRow, _is_current()).where(Plan.id == plan_id)
    row = connection.execute(query if where is None else query.where(where)).mappings().one_or_none()
    if row is None:
        raise _no_plan()
    return plan_of(row)


def _is_current() -> ColumnElement[bool]:
    return (PlanVersionRow.plan_id == Plan.id) & PlanVersionRow.is_current


def plan_changes(connection: Connection, plan_id: uuid.UUID) -> tuple[PlanChange, ...]:
    """Return what was done to a plan, oldest first."""
    columns = (
        PlanEvent.plan_id,
        PlanEvent.revision,
        PlanEvent.at,
        PlanEvent.by_id,
        PlanEvent.by_name,
        PlanEvent.kind,
        PlanEvent.plan_metadata,
    )
    rows = connection.execute(select(*columns).where(PlanEvent.plan_id == plan_id).order_by(PlanEvent.revision))
    return tuple(PlanChange(*row) for row in rows)


def _no_plan() -> NotFound:
    return NotFound(_("There is no such plan, or it is not open to you."))


def _columns(metadata: PlanMetadata) -> dict[str, Any]:
    return {**metadata.model_dump(), "county": metadata.county}


def _step(connection: Connection, plan_id: uuid.UUID, expected_revision: int | None, values: dict[str, Any]) -> int:
    """Change a plan's row and return its new revision; only one of several editors of a revision gets through."""
    row = connection.execute(
        select(Plan.revision, Plan.state).where(Plan.id == plan_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise _no_plan()
    if row.state == "withdrawn":
        raise Withdrawn(_("The plan is withdrawn; it is kept as it was."))
    if expected_revision not in (None, row.revision):
        raise StaleRevision(
            _("The plan has been changed since you read it: it is at revision {current}, you sent {expected}."),
            remedy=_("Read it again, and make your change on what it says now."),
            current=row.revision,
            expected=expected_revision,
        )
    revision: int = row.revision + 1
    change = update(Plan).where(Plan.id == plan_id).values(**values, revision=revision, changed_at=func.now())
    connection.execute(change)
    return revision


def _log(
    connection: Connection, caller: Caller, plan_id: uuid.UUID, revision: int, kind: EventKind, metadata: PlanMetadata
) -> None:
    connection.execute(
        insert(PlanEvent).values(
            plan_id=plan_id,
            revision=revision,
            by_id=caller.id,
            by_name=caller.name,
            kind=kind,
            plan_metadata=metadata.document(),
        )
    )
