"""Reports to the owners of the data: this object is wrong. A report is a task with a status; its steps are kept."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import insert, select, text

from geomiljo.analysis.values import CAMEL_CASE
from geomiljo.assessments.reviews import ObjectId, Said
from geomiljo.database.review_tables import ObjectReport, ObjectReportEvent
from geomiljo.database.tables import Feature, LayerVersion
from geomiljo.errors import Conflict, NotFound
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import ColumnElement, Connection

    from geomiljo.access import Caller

ReportStatus = Literal["open", "forwarded", "corrected", "rejected"]
STEPS: dict[ReportStatus, frozenset[ReportStatus]] = {
    "open": frozenset({"forwarded", "corrected", "rejected"}),
    "forwarded": frozenset({"corrected", "rejected", "open"}),
    "corrected": frozenset({"open"}),
    "rejected": frozenset({"open"}),
}
"""Which status can follow which."""


class NewReport(BaseModel):
    """What somebody wants to report."""

    model_config = {**CAMEL_CASE, "extra": "forbid", "frozen": True}

    layer: ObjectId = Field(description="Id of the layer")
    version: ObjectId | None = Field(default=None, description="Layer version it was seen in; absent: the active one")
    object_id: ObjectId = Field(alias="object", description="Id of the object in its source")
    plan: uuid.UUID | None = Field(default=None, description="The plan that it came up in")
    reason: Said = Field(description="What is wrong with the object")


class NewStep(BaseModel):
    """What was done with a report."""

    model_config = {**CAMEL_CASE, "extra": "forbid", "frozen": True}

    status: ReportStatus
    comment: Said | None = None


@dataclass(frozen=True, slots=True)
class ReportStep:
    """A step in the handling of a report."""

    number: int
    status: ReportStatus
    comment: str | None
    by_id: str
    by_name: str
    by_role: str
    at: dt.datetime

    def document(self) -> dict[str, Any]:
        """Return the step as JSON has it."""
        return {
            "number": self.number,
            "status": self.status,
            "comment": self.comment,
            "by": {"name": self.by_name, "role": self.by_role},
            "at": self.at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A report with its steps, oldest first; the last one's status is the report's."""

    id: uuid.UUID
    layer: str
    version: str
    object_id: str
    object_name: str | None
    plan_id: uuid.UUID | None
    reason: str
    by_id: str
    by_name: str
    by_role: str
    at: dt.datetime
    steps: tuple[ReportStep, ...]

    @property
    def status(self) -> ReportStatus:
        """Of the last step."""
        return self.steps[-1].status

    def document(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        return {
            "id": str(self.id),
            "layer": self.layer,
            "version": self.version,
            "object": self.object_id,
            "objectName": self.object_name,
            "plan": str(self.plan_id) if self.plan_id else None,
            "reason": self.reason,
            "status": self.status,
            "by": {"name": self.by_name, "role": self.by_role},
            "at": self.at.isoformat(),
            "steps": [step.document() for step in self.steps],
        }


def add_report(
    connection: Connection, caller: Caller, new: NewReport, *, hidden: frozenset[str] = frozenset()
) -> Report:
    """Report an object; the report is open.

    Parameters
    ----------
    hidden : frozenset of str
        Layers that the caller may not see; their objects are told as not there.

    Raises
    ------
    NotFound
        There is no such object in that version of the layer.
    """
    wanted = LayerVersion.state == "active" if new.version is None else LayerVersion.version == new.version
    seen = connection.execute(
        select(LayerVersion.version, Feature.name)
        .join(Feature, Feature.version_id == LayerVersion.id)
        .where(LayerVersion.layer == new.layer, wanted, Feature.id == new.object_id)
    ).one_or_none()
    if seen is None or new.layer in hidden:
        raise NotFound(
            _("Layer {layer} has no object {object} in that version."),
            remedy=_("Findings name their layer and the ids of its objects; `version` is the one of the assessment."),
            location="/object",
            layer=new.layer,
            object=new.object_id,
        )
    report_id = uuid.uuid4()
    connection.execute(
        insert(ObjectReport).values(
            id=report_id,
            layer=new.layer,
            version=seen.version,
            object_id=new.object_id,
            object_name=seen.name,
            plan_id=new.plan,
            reason=new.reason,
            **_by(caller),
        )
    )
    _insert_step(connection, caller, report_id, 1, NewStep(status="open"))
    return get_report(connection, report_id)


def add_step(
    connection: Connection, caller: Caller, report_id: uuid.UUID, step: NewStep, *, hidden: frozenset[str] = frozenset()
) -> Report:
    """Tell what was done with a report.

    Raises
    ------
    NotFound
        There is no such report.
    Conflict
        The status cannot follow the one that the report has.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"geomiljo.report.{report_id}"})
    report = get_report(connection, report_id, hidden=hidden)
    if step.status not in STEPS[report.status]:
        raise Conflict(
            _("The report is {was}; it cannot become {wanted}."),
            remedy=_("It can become: {possible}."),
            location="/status",
            was=report.status,
            wanted=step.status,
            possible=", ".join(sorted(STEPS[report.status])),
        )
    _insert_step(connection, caller, report_id, len(report.steps) + 1, step)
    return get_report(connection, report_id)


def get_report(connection: Connection, report_id: uuid.UUID, *, hidden: frozenset[str] = frozenset()) -> Report:
    """Return a report.

    Raises
    ------
    NotFound
        There is none, or it is about a `hidden` layer.
    """
    found = _select(connection, (ObjectReport.id == report_id) & ObjectReport.layer.not_in(hidden))
    if not found:
        raise NotFound(_("There is no such report, or it is not open to you."))
    return found[0]


def list_reports(
    connection: Connection,
    *,
    layer: str | None = None,
    status: ReportStatus | None = None,
    plan_id: uuid.UUID | None = None,
    hidden: frozenset[str] = frozenset(),
    limit: int | None = None,
) -> tuple[Report, ...]:
    """Return reports, newest first, without those about `hidden` layers."""
    condition: ColumnElement[bool] = ObjectReport.layer.not_in(hidden)
    if layer is not None:
        condition &= ObjectReport.layer == layer
    if plan_id is not None:
        condition &= ObjectReport.plan_id == plan_id
    if status is not None:
        condition &= _last_status() == status
    return tuple(_select(connection, condition, limit))


def _last_status() -> ColumnElement[str]:
    return (
        select(ObjectReportEvent.status)
        .where(ObjectReportEvent.report_id == ObjectReport.id)
        .order_by(ObjectReportEvent.number.desc())
        .limit(1)
        .scalar_subquery()
    )


def _insert_step(connection: Connection, caller: Caller, report_id: uuid.UUID, number: int, step: NewStep) -> None:
    values = {"report_id": report_id, "number": number, **step.model_dump(), **_by(caller)}
    connection.execute(insert(ObjectReportEvent).values(values))


def _by(caller: Caller) -> dict[str, str]:
    return {"by_id": caller.id, "by_name": caller.name, "by_role": caller.role}


def _select(connection: Connection, condition: ColumnElement[bool], limit: int | None = None) -> list[Report]:
    query = select(*ObjectReport.__table__.columns).where(condition)
    rows = connection.execute(query.order_by(ObjectReport.at.desc(), ObjectReport.id).limit(limit)).mappings().all()
    steps: dict[uuid.UUID, list[ReportStep]] = {row["id"]: [] for row in rows}
    event = ObjectReportEvent
    columns: tuple[Any, ...] = (
        event.number,
        event.status,
        event.comment,
        event.by_id,
        event.by_name,
        event.by_role,
        event.at,
    )
    of_these = select(event.report_id, *columns).where(event.report_id.in_(list(steps))).order_by(event.number)
    for row in connection.execute(of_these):
        steps[row[0]].append(ReportStep(*row[1:]))
    return [Report(**row, steps=tuple(steps[row["id"]])) for row in rows]
