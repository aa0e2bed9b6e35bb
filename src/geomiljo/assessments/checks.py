"""Checks of areas that are no plans: kept for a day under an address that nobody can guess.

What was sent is kept first, so that a file with several features is sent once however many of them are checked.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from geomiljo.access import ANONYMOUS
from geomiljo.analysis.document import from_json, to_json
from geomiljo.assessments.rows import assessment_values
from geomiljo.assessments.store import shapes_from_versions
from geomiljo.database.check_tables import KeptCheckRow, UploadRow
from geomiljo.errors import NotFound, TooManyRequests
from geomiljo.plans.area_document import area_document, area_of_document
from geomiljo.plans.case import PlanSource
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from geomiljo.access import Caller
    from geomiljo.analysis.area import PlanArea
    from geomiljo.analysis.results import Assessment
    from geomiljo.analysis.shapes import Shapes
    from geomiljo.catalogue.rules import Severity
    from geomiljo.plans.case import Stage
    from geomiljo.settings import Settings

MOST_RECENT = 6
_SUMMARY = ("severity", "touched", "unknown", "finding_count", "layer_versions")


@dataclass(frozen=True)
class KeptCheck:
    """A check of an area that is no plan.

    Attributes
    ----------
    id : str
        32 hexadecimal digits.
    upload_id : str
        What was sent.
    expires_at : datetime
        When it goes.
    area : PlanArea
        As it was read from what was sent.
    stage : str or None
        Stage of the plan, where it was stated.
    hidden : frozenset of str
        Layers that it was made without, because the asker may not see them.
    layer_versions : dict of str to (str or None)
        Version that answered, by layer.
    document : bytes
        The published JSON.
    """

    id: str
    upload_id: str
    created_at: dt.datetime
    expires_at: dt.datetime
    area: PlanArea
    stage: Stage | None
    hidden: frozenset[str]
    layer_versions: dict[str, str | None]
    document: bytes

    @cached_property
    def assessment(self) -> Assessment:
        """The frozen value."""
        return from_json(self.document)


@dataclass(frozen=True, slots=True)
class RecentCheck:
    """A check as a list shows it."""

    id: str
    name: str
    area_m2: float
    created_at: dt.datetime
    severity: Severity | None
    touched: tuple[int, ...]
    unknown: tuple[int, ...]
    finding_count: int


def keep_upload(connection: Connection, caller: Caller, source: PlanSource, settings: Settings) -> str:
    """Keep what somebody has sent; return its id.

    Raises
    ------
    TooManyRequests
        Callers without a key have sent more than is kept of them together.
    """
    size = len(source.content)
    if caller.id == ANONYMOUS.id:
        kept = select(func.coalesce(func.sum(UploadRow.size_bytes), 0)).where(UploadRow.caller_id == caller.id)
        if int(connection.scalar(kept) or 0) + size > settings.uploads_anonymous_bytes:
            raise TooManyRequests(
                _("The service keeps as many files of people who are not signed in as it may."),
                remedy=_("Sign in, or try again tomorrow; GEOMILJO_UPLOADS_ANONYMOUS_BYTES sets the limit."),
            )
    upload_id = uuid.uuid4().hex
    connection.execute(
        insert(UploadRow).values(
            id=upload_id,
            caller_id=caller.id,
            expires_at=_expiry(settings),
            name=source.name,
            size_bytes=size,
            content=source.content,
        )
    )
    return upload_id


def get_upload(connection: Connection, upload_id: str) -> PlanSource:
    """Return what was sent.

    Raises
    ------
    NotFound
        Never sent, sent by somebody else, or no longer kept.
    """
    wanted = select(UploadRow.name, UploadRow.content).where(UploadRow.id == upload_id, UploadRow.expires_at > _now())
    row = connection.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(_("The file is no longer kept."), remedy=_("Send it again."))
    return PlanSource(row.name, bytes(row.content))


def keep_check(
    connection: Connection,
    caller: Caller,
    upload_id: str,
    area: PlanArea,
    assessment: Assessment,
    *,
    settings: Settings,
    hidden: frozenset[str] = frozenset(),
    stage: Stage | None = None,
    check_id: str | None = None,
) -> str:
    """Keep a check, and what was sent as long as the check; return its id.

    Parameters
    ----------
    hidden : frozenset of str
        Layers that the assessment was made without.
    check_id : str, optional
        Id that it gets, unless there is a check with that id already; otherwise a new one.
    """
    expires_at = _expiry(settings)
    connection.execute(update(UploadRow).where(UploadRow.id == upload_id).values(expires_at=expires_at))
    check_id = check_id or uuid.uuid4().hex
    summary = assessment_values(assessment)
    connection.execute(
        insert(KeptCheckRow)
        .values(
            id=check_id,
            upload_id=upload_id,
            caller_id=caller.id,
            expires_at=expires_at,
            name=area.name,
            area_m2=assessment.area.area_m2,
            area=area_document(area),
            stage=stage,
            hidden=sorted(hidden),
            document=to_json(assessment),
            **{name: summary[name] for name in _SUMMARY},
        )
        .on_conflict_do_nothing(index_elements=["id"])
    )
    return check_id


def is_open(hidden: frozenset[str]) -> ColumnElement[bool]:
    """Return the condition that a check is still kept, and was made without the layers that its reader may not see."""
    return KeptCheckRow.hidden.contains(sorted(hidden)) & (KeptCheckRow.expires_at > _now())


def get_check(connection: Connection, check_id: str, hidden: frozenset[str]) -> KeptCheck:
    """Return a kept check.

    Parameters
    ----------
    hidden : frozenset of str
        Layers that the caller may not see; a check that was made with one of them is told as not there.

    Raises
    ------
    NotFound
    """
    columns = (
        KeptCheckRow.id,
        KeptCheckRow.upload_id,
        KeptCheckRow.created_at,
        KeptCheckRow.expires_at,
        KeptCheckRow.area,
        KeptCheckRow.stage,
        KeptCheckRow.hidden,
        KeptCheckRow.layer_versions,
        KeptCheckRow.document,
    )
    row = connection.execute(select(*columns).where(KeptCheckRow.id == check_id, is_open(hidden))).mappings()
    found = row.one_or_none()
    if found is None:
        raise NotFound(
            _("There is no such check, or it is no longer kept."),
            remedy=_("Checks are kept for a day; check the area again, or keep it as a plan."),
        )
    return KeptCheck(
        **{
            **found,
            "area": area_of_document(found["area"]),
            "hidden": frozenset(found["hidden"]),
            "document": bytes(found["document"]),
        }
    )


def recent_checks(connection: Connection, caller: Caller, hidden: frozenset[str]) -> tuple[RecentCheck, ...]:
    """Return the caller's newest checks; none of a caller who is nobody in particular."""
    if caller.id == ANONYMOUS.id:
        return ()
    query = (
        select(
            KeptCheckRow.id,
            KeptCheckRow.name,
            KeptCheckRow.area_m2,
            KeptCheckRow.created_at,
            KeptCheckRow.severity,
            KeptCheckRow.touched,
            KeptCheckRow.unknown,
            KeptCheckRow.finding_count,
        )
        .where(KeptCheckRow.caller_id == caller.id, is_open(hidden))
        .order_by(KeptCheckRow.created_at.desc(), KeptCheckRow.id)
        .limit(MOST_RECENT)
    )
    rows = connection.execute(query).mappings()
    return tuple(
        RecentCheck(**{**row, "touched": tuple(row["touched"]), "unknown": tuple(row["unknown"])}) for row in rows
    )


def shapes_of_check(connection: Connection, check: KeptCheck) -> Shapes:
    """Return the shapes that go with a kept check, from the layer versions that it names."""
    return shapes_from_versions(connection, check.assessment, check.area, check.layer_versions)


def drop_old_checks(connection: Connection) -> None:
    """Delete what is to be kept no longer."""
    connection.execute(delete(KeptCheckRow).where(KeptCheckRow.expires_at <= _now()))
    connection.execute(delete(UploadRow).where(UploadRow.expires_at <= _now()))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _expiry(settings: Settings) -> dt.datetime:
    return _now() + dt.timedelta(hours=settings.result_retention_hours)
