"""Assessments that are kept: made once for each answer, never changed, found again by their id."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from geomiljo.analysis.document import from_json, to_json
from geomiljo.analysis.shapes import cut_shapes, wanted_objects
from geomiljo.assessments.assess import Assessor, shapes_of
from geomiljo.assessments.registers import keep_registers
from geomiljo.assessments.rows import assessment_values, finding_values, piece_values
from geomiljo.database.case_tables import (
    AssessmentRow,
    ConflictPieceRow,
    FindingClassRow,
    FindingRow,
    LatestAssessment,
    Plan,
    PlanVersionRow,
)
from geomiljo.errors import NotFound
from geomiljo.layers.readers import open_reader
from geomiljo.layers.versions import objects_of_version
from geomiljo.plans.listing import latest_first
from geomiljo.plans.store import PlanVersion, version_by_id
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    import datetime as dt
    import uuid
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Select

    from geomiljo.access import Caller
    from geomiljo.analysis.area import PlanArea
    from geomiljo.analysis.results import Assessment
    from geomiljo.analysis.shapes import Shapes
    from geomiljo.catalogue.rules import Severity

_COLUMNS: tuple[Any, ...] = (
    AssessmentRow.key,
    AssessmentRow.id,
    AssessmentRow.plan_id,
    AssessmentRow.plan_version_id,
    PlanVersionRow.number.label("plan_version"),
    AssessmentRow.hidden,
    AssessmentRow.layer_set,
    AssessmentRow.created_at,
    AssessmentRow.created_by,
    AssessmentRow.method_version,
    AssessmentRow.catalogue_version,
    AssessmentRow.layer_versions,
    AssessmentRow.has_failed,
    AssessmentRow.severity,
    AssessmentRow.touched,
    AssessmentRow.unknown,
    AssessmentRow.finding_count,
    AssessmentRow.unanswered_count,
    AssessmentRow.document,
)


@dataclass(frozen=True)
class StoredAssessment:
    """An assessment that is kept.

    Attributes
    ----------
    key : int
        Unique in the database; findings and statements refer to it.
    id : str
        The published id. Versions of the same outline and uses can share it.
    plan_version : int
        Number of the version within the plan.
    hidden : frozenset of str
        Layers that it was made without, because the asker may not see them.
    layer_versions : dict of str to (str or None)
        Version that answered, by layer.
    has_failed : bool
        Some layer could not be read: never taken for an answer to a new question.
    document : bytes
        The published JSON.
    """

    key: int
    id: str
    plan_id: uuid.UUID
    plan_version_id: int
    plan_version: int
    hidden: frozenset[str]
    layer_set: str
    created_at: dt.datetime
    created_by: str
    method_version: str
    catalogue_version: str
    layer_versions: dict[str, str | None]
    has_failed: bool
    severity: Severity | None
    touched: tuple[int, ...]
    unknown: tuple[int, ...]
    finding_count: int
    unanswered_count: int
    document: bytes

    @cached_property
    def assessment(self) -> Assessment:
        """The frozen value."""
        return from_json(self.document)

    def summary(self) -> dict[str, Any]:
        """Return what lists show, as JSON has it."""
        return {
            "id": self.id,
            "plan": str(self.plan_id),
            "planVersion": self.plan_version,
            "createdAt": self.created_at.isoformat(),
            "createdBy": self.created_by,
            "layerSet": self.layer_set,
            "hiddenLayers": sorted(self.hidden),
            "severity": self.severity,
            "touched": list(self.touched),
            "unknown": list(self.unknown),
            "findings": self.finding_count,
            "unansweredLayers": self.unanswered_count,
            "hasFailed": self.has_failed,
        }


def assess_plan(
    engine: Engine,
    assessor: Assessor,
    plan_version_id: int,
    *,
    caller: Caller,
    hidden: frozenset[str] = frozenset(),
    layer_set: str | None = None,
) -> StoredAssessment:
    """Assess a plan version and keep the assessment; return the kept one when nothing has changed since.

    Parameters
    ----------
    hidden : frozenset of str
        Layers that the caller may not see.

    Raises
    ------
    NotFound
        There is no such version or layer set.
    """
    with engine.connect() as connection:
        version = version_by_id(connection, plan_version_id)
    with open_reader(engine) as reader:
        expected = assessor.expected_id(version.area, reader, layer_set, hidden)
        with engine.begin() as connection:
            kept = _find(connection, _of_version(plan_version_id, expected) & ~AssessmentRow.has_failed)
            if kept is not None:
                _note_latest(connection, kept)
                return kept
        assessment = assessor.assess(version.area, reader, layer_set, hidden)
        shapes = shapes_of(assessment, version.area, reader)
    with engine.begin() as connection:
        keep_registers(connection, assessor.catalogue)
        return _keep(connection, caller, version, assessment, shapes, hidden)


def get_assessment(
    connection: Connection,
    assessment_id: str,
    *,
    plan_id: uuid.UUID | None = None,
    hidden: frozenset[str] = frozenset(),
    where: ColumnElement[bool] | None = None,
) -> StoredAssessment:
    """Return a kept assessment.

    Parameters
    ----------
    assessment_id : str
        The published id. Plans with the same outline and uses share it; of several the newest is returned.
    plan_id : UUID, optional
        Only that plan's.
    hidden : frozenset of str
        Layers that the caller may not see; assessments that were made with one of them are told as not there.
    where : condition on `Plan`, optional
        Which plans the caller may see.

    Raises
    ------
    NotFound
    """
    condition = (AssessmentRow.id == assessment_id) & AssessmentRow.hidden.contains(sorted(hidden))
    if plan_id is not None:
        condition &= AssessmentRow.plan_id == plan_id
    if where is not None:
        condition &= where
    found = _find(connection, condition)
    if found is None:
        raise NotFound(
            _("There is no assessment {id}, or it is not open to you."),
            id=assessment_id,
        )
    return found


def assessment_by_key(connection: Connection, key: int) -> StoredAssessment:
    """Return the kept assessment of this key.

    Raises
    ------
    NotFound
    """
    found = _find(connection, AssessmentRow.key == key)
    if found is None:
        raise NotFound(_("There is no assessment {id}, or it is not open to you."), id=key)
    return found


def latest_assessment(
    connection: Connection, plan_id: uuid.UUID, *, hidden: frozenset[str] = frozenset()
) -> StoredAssessment | None:
    """Return the plan's latest assessment made without `hidden` layers; None where there is none."""
    query = (
        _selected()
        .join(LatestAssessment, LatestAssessment.assessment_key == AssessmentRow.key)
        .where(LatestAssessment.plan_id == plan_id, LatestAssessment.hidden.contains(sorted(hidden)))
        .order_by(*latest_first())
        .limit(1)
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _stored(row)


def list_assessments(
    connection: Connection, plan_id: uuid.UUID, *, hidden: frozenset[str] = frozenset()
) -> tuple[StoredAssessment, ...]:
    """Return the plan's assessments that were made without `hidden` layers, newest first."""
    query = _selected().where(AssessmentRow.plan_id == plan_id, AssessmentRow.hidden.contains(sorted(hidden)))
    rows = connection.execute(query.order_by(AssessmentRow.created_at.desc(), AssessmentRow.key.desc()))
    return tuple(map(_stored, rows.mappings()))


def stored_shapes(connection: Connection, stored: StoredAssessment) -> Shapes:
    """Return the shapes that go with a kept assessment, from the layer versions that it names."""
    area = version_by_id(connection, stored.plan_version_id).area
    return shapes_from_versions(connection, stored.assessment, area, stored.layer_versions)


def shapes_from_versions(
    connection: Connection, assessment: Assessment, area: PlanArea, versions: Mapping[str, str | None]
) -> Shapes:
    """Return the shapes that go with an assessment of an area, from kept versions of its layers."""
    objects = {
        layer: objects_of_version(connection, layer, versions[layer] or "", ids)
        for layer, ids in wanted_objects(assessment).items()
    }
    return cut_shapes(assessment, area, objects)


def _of_version(plan_version_id: int, assessment_id: str) -> ColumnElement[bool]:
    return (AssessmentRow.plan_version_id == plan_version_id) & (AssessmentRow.id == assessment_id)


def _selected() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(PlanVersionRow, PlanVersionRow.id == AssessmentRow.plan_version_id)
        .join(Plan, Plan.id == AssessmentRow.plan_id)
    )


def _find(connection: Connection, condition: ColumnElement[bool]) -> StoredAssessment | None:
    query = _selected().where(condition).order_by(AssessmentRow.key.desc()).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _stored(row)


def _stored(row: RowMapping) -> StoredAssessment:
    values = dict(row)
    values["hidden"] = frozenset(values["hidden"])
    values["document"] = bytes(values["document"])
    return StoredAssessment(**values | {name: tuple(values[name]) for name in ("touched", "unknown")})


def _keep(
    connection: Connection,
    caller: Caller,
    version: PlanVersion,
    assessment: Assessment,
    shapes: Shapes,
    hidden: frozenset[str],
) -> StoredAssessment:
    """Insert an assessment with its findings; where another process was faster, its row stands."""
    key = connection.scalar(
        insert(AssessmentRow)
        .values(
            **assessment_values(assessment),
            plan_id=version.plan_id,
            plan_version_id=version.id,
            hidden=sorted(hidden),
            created_by=caller.id,
            document=to_json(assessment),
        )
        .on_conflict_do_nothing()
        .returning(AssessmentRow.key)
    )
    if key is not None:
        findings, classes = finding_values(assessment, shapes)
        pieces = piece_values(shapes)
        for table, rows in ((FindingRow, findings), (FindingClassRow, classes), (ConflictPieceRow, pieces)):
            if rows:
                connection.execute(insert(table), [{"assessment_key": key, **row} for row in rows])
    kept = _find(connection, _of_version(version.id, assessment.id))
    assert kept is not None  # noqa: S101 - just inserted, or there before
    _note_latest(connection, kept)
    return kept


def _note_latest(connection: Connection, kept: StoredAssessment) -> None:
    """Point the plan's latest assessment to this one, unless there is one of a newer version."""
    new = insert(LatestAssessment).values(
        plan_id=kept.plan_id,
        hidden=sorted(kept.hidden),
        plan_version_id=kept.plan_version_id,
        assessment_key=kept.key,
        severity=kept.severity,
        touched=list(kept.touched),
    )
    connection.execute(
        new.on_conflict_do_update(
            index_elements=["plan_id", "hidden"],
            set_={
                "plan_version_id": new.excluded.plan_version_id,
                "assessment_key": new.excluded.assessment_key,
                "severity": new.excluded.severity,
                "touched": new.excluded.touched,
                "at": func.now(),
            },
            where=LatestAssessment.plan_version_id <= new.excluded.plan_version_id,
        )
    )
