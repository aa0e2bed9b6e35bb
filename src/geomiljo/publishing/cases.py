"""Plans, the findings of their latest assessments, and the pieces of conflicts, as collections.

A plan's latest assessment is the one that counts for the caller: made without the layers that are hidden from them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import String, cast, func, select, true

from geomiljo.catalogue.base import in_both
from geomiljo.database.case_tables import (
    AssessmentRow,
    ConflictPieceRow,
    FindingRow,
    LatestAssessment,
    Plan,
    PlanVersionRow,
)
from geomiljo.database.check_tables import CheckPieceRow
from geomiljo.plans.listing import latest_first
from geomiljo.plans.visibility import visible
from geomiljo.publishing.collections import Collection, Kind, Property
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.wording import SEVERITY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, Connection, FromClause

    from geomiljo.access import Caller

_SEVERITIES = {code: translate(name, "sv") for code, name in SEVERITY.items()}


@dataclass(frozen=True, slots=True)
class _Case:
    """What a collection of cases is made of."""

    title: str
    description: str
    properties: tuple[Property, ...]
    source: FromClause
    where: ColumnElement[bool]
    geometry: ColumnElement[Any]
    geometry_type: str | None
    id_columns: tuple[ColumnElement[Any], ...]
    key: tuple[ColumnElement[Any], ...]
    changed: ColumnElement[Any]
    moment: str


def case_collection(connection: Connection, collection_id: str, caller: Caller, hidden: frozenset[str]) -> Collection:
    """Return one of `CASES` as `caller` sees it, without extent and interval; see :func:`with_reach`."""
    case = CASES[collection_id](caller, hidden)
    facts = select(func.count(), func.max(case.changed)).select_from(case.source).where(case.where)
    count, changed_at = connection.execute(facts).one()
    scope = orjson.dumps([caller.role, caller.municipality, sorted(hidden), count, changed_at])
    return Collection(
        id=collection_id,
        title=in_both(case.title),
        description=in_both(case.description),
        properties=case.properties,
        source=case.source,
        where=case.where,
        geometry=case.geometry,
        geometry_type=case.geometry_type,
        dimension=2 if case.geometry_type is not None else None,
        id_columns=case.id_columns,
        key=case.key,
        document=None,
        moment=next(p for p in case.properties if p.name == case.moment),
        version=hashlib.sha256(scope).hexdigest()[:12],
        count=count,
        extent=None,
        interval=None,
        last_modified=None,
        is_public=False,
    )


def with_reach(connection: Connection, collection: Collection) -> Collection:
    """Return one of `CASES` with its extent and interval, for which every row is read."""
    assert collection.moment is not None  # noqa: S101 - every case has one
    box = func.ST_Extent(collection.geometry)
    corners = (func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box))
    span = (func.min(collection.moment.column), func.max(collection.moment.column))
    query = select(*span, *corners).select_from(collection.source).where(collection.where)
    first, last, xmin, ymin, xmax, ymax = connection.execute(query).one()
    return replace(
        collection,
        extent=None if xmin is None else (xmin, ymin, xmax, ymax),
        interval=None if first is None else (first, last),
    )


def _latest(hidden: frozenset[str]) -> Any:
    """Return the latest assessment of each plan that counts for the caller."""
    columns = (
        LatestAssessment.assessment_key,
        LatestAssessment.plan_version_id,
        LatestAssessment.severity,
        LatestAssessment.touched,
        LatestAssessment.at,
    )
    return (
        select(*columns)
        .where(LatestAssessment.plan_id == Plan.id, LatestAssessment.hidden.contains(sorted(hidden)))
        .order_by(*latest_first())
        .limit(1)
        .correlate(Plan)
        .lateral("latest")
    )


def _plans(caller: Caller, hidden: frozenset[str]) -> _Case:
    latest = _latest(hidden)
    current = (PlanVersionRow.plan_id == Plan.id) & PlanVersionRow.is_current
    properties = (
        *_of_plan("name", "designation", "municipality", "county", "type", "stage"),
        *_of_plan("municipality_case", "county_case"),
        *_of_plan("consultation_from", "consultation_to", "review_from", "review_to", "answer_by", kind="date"),
        Property("version", "integer", in_both(_("Version of the area")), PlanVersionRow.number.expression),
        Property("area_m2", "number", in_both(_("Area, m²")), PlanVersionRow.area_m2.expression),
        Property("severity", "string", in_both(_("Worst severity of an objective")), latest.c.severity, _SEVERITIES),
        Property("touched", "array", in_both(_("Objectives that are touched")), latest.c.touched),
        Property("assessed_at", "datetime", in_both(_("Last assessed")), latest.c.at),
        Property(
            "assessment_is_current",
            "boolean",
            in_both(_("The assessment is of this version of the area")),
            latest.c.plan_version_id == PlanVersionRow.id,
        ),
        *_of_plan("created_at", "changed_at", kind="datetime"),
    )
    return _Case(
        title=_("Plans"),
        description=_("Planning areas with the outcome of their latest assessment"),
        properties=properties,
        source=Plan.__table__.join(PlanVersionRow.__table__, current).outerjoin(latest, true()),
        where=_shown(caller),
        geometry=PlanVersionRow.geom.expression,
        geometry_type="MultiPolygon",
        id_columns=(Plan.id.expression,),
        key=(Plan.id.expression,),
        changed=func.greatest(Plan.changed_at, latest.c.at),
        moment="changed_at",
    )


def _findings(caller: Caller, hidden: frozenset[str]) -> _Case:
    latest = _latest(hidden)
    source = _assessed(latest).join(FindingRow.__table__, FindingRow.assessment_key == AssessmentRow.key)
    properties = (
        *_of_case(latest),
        *_of_finding(),
        Property("background", "boolean", in_both(_("Informs; flags no objective")), FindingRow.background.expression),
        Property("area_m2", "number", in_both(_("Area inside the plan, m²")), FindingRow.area_m2.expression),
        _assessed_at(),
    )
    return _Case(
        title=_("Findings"),
        description=_("What the rules found in each plan's latest assessment, with the objects' parts inside the plan"),
        properties=properties,
        source=source,
        where=_shown(caller),
        geometry=FindingRow.geom.expression,
        geometry_type=None,
        id_columns=(FindingRow.assessment_key.expression, FindingRow.id.expression),
        key=(Plan.id.expression, FindingRow.id.expression),
        changed=func.greatest(Plan.changed_at, latest.c.at),
        moment="assessed_at",
    )


def _pieces(caller: Caller, hidden: frozenset[str]) -> _Case:
    latest = _latest(hidden)
    piece = ConflictPieceRow
    of_finding = (piece.assessment_key == FindingRow.assessment_key) & (piece.finding == FindingRow.id)
    source = (
        _assessed(latest)
        .join(FindingRow.__table__, FindingRow.assessment_key == AssessmentRow.key)
        .join(piece.__table__, of_finding)
    )
    properties = (
        *_of_case(latest),
        *_of_finding(),
        Property("class", "string", in_both(_("Class of the object")), piece.class_id.expression),
        Property("object_id", "string", in_both(_("Id of the object in its layer")), piece.object_id.expression),
        Property("object_name", "string", in_both(_("Name of the object")), piece.object_name.expression),
        Property("area_m2", "number", in_both(_("Area inside the plan, m²")), piece.area_m2.expression),
        Property("length_m", "number", in_both(_("Length inside the plan, m")), piece.length_m.expression),
        _assessed_at(),
    )
    return _Case(
        title=_("Pieces of conflicts"),
        description=_("Each object's part inside the plan, for each finding of the plan's latest assessment"),
        properties=properties,
        source=source,
        where=_shown(caller),
        geometry=piece.geom.expression,
        geometry_type=None,
        id_columns=(piece.assessment_key.expression, piece.finding.expression, piece.number.expression),
        key=(Plan.id.expression, piece.finding.expression, piece.number.expression),
        changed=func.greatest(Plan.changed_at, latest.c.at),
        moment="assessed_at",
    )


def pieces_of(assessment_key: int) -> Collection:
    """Return the pieces of one kept assessment, with no more than a map needs; whoever asks may read it."""
    piece = ConflictPieceRow
    of_finding = (piece.assessment_key == FindingRow.assessment_key) & (piece.finding == FindingRow.id)
    return _for_maps(
        piece,
        severity=FindingRow.severity.expression,
        source=FindingRow.__table__.join(piece.__table__, of_finding),
        where=FindingRow.assessment_key == assessment_key,
        version=str(assessment_key),
    )


def pieces_of_check(check_id: str) -> Collection:
    """Return the pieces of one kept check, likewise."""
    piece = CheckPieceRow
    severity, where = piece.severity.expression, piece.check_id == check_id
    return _for_maps(piece, severity=severity, source=piece.__table__, where=where, version=check_id)


def _for_maps(
    piece: type[ConflictPieceRow | CheckPieceRow],
    *,
    severity: ColumnElement[str],
    source: Any,
    where: ColumnElement[bool],
    version: str,
) -> Collection:
    title = in_both(_("Pieces of conflicts"))
    return Collection(
        id="pieces",
        title=title,
        description=title,
        properties=(
            Property("finding", "string", in_both(_("Number of the finding")), piece.finding.expression),
            Property("severity", "string", in_both(_("Severity")), severity, _SEVERITIES),
            Property("area_m2", "number", in_both(_("Area inside the plan, m²")), piece.area_m2.expression),
        ),
        source=source,
        where=where,
        geometry=piece.geom.expression,
        geometry_type=None,
        dimension=None,
        id_columns=(piece.finding.expression, piece.number.expression),
        key=(piece.finding.expression, piece.number.expression),
        document=None,
        moment=None,
        version=version,
        count=None,
        extent=None,
        interval=None,
        last_modified=None,
        is_public=False,
    )


CASES: Mapping[str, Callable[[Caller, frozenset[str]], _Case]] = {
    "plans": _plans,
    "findings": _findings,
    "conflict-pieces": _pieces,
}
"""The collections of cases by their ids."""
_PLAN_TITLES: Mapping[str, str] = {
    "name": _("Name of the plan"),
    "designation": _("Designation"),
    "municipality": _("Municipality, code"),
    "county": _("County, code"),
    "type": _("Kind of plan"),
    "stage": _("Stage of the plan"),
    "municipality_case": _("Case number of the municipality"),
    "county_case": _("Case number of the county board"),
    "consultation_from": _("Consultation from"),
    "consultation_to": _("Consultation to"),
    "review_from": _("Review from"),
    "review_to": _("Review to"),
    "answer_by": _("Answer by"),
    "created_at": _("Created"),
    "changed_at": _("Changed"),
}


def _shown(caller: Caller) -> ColumnElement[bool]:
    return visible(caller) & (Plan.state == "active")


def _assessed(latest: Any) -> Any:
    joined = Plan.__table__.join(latest, true())
    return joined.join(AssessmentRow.__table__, AssessmentRow.key == latest.c.assessment_key)


def _of_plan(*names: str, kind: Kind = "string") -> tuple[Property, ...]:
    return tuple(Property(name, kind, in_both(_PLAN_TITLES[name]), getattr(Plan, name).expression) for name in names)


def _of_case(latest: Any) -> tuple[Property, ...]:
    current = select(PlanVersionRow.is_current).where(PlanVersionRow.id == latest.c.plan_version_id)
    return (
        Property("plan", "string", in_both(_("Id of the plan")), cast(Plan.id, String)),
        Property("plan_name", "string", in_both(_("Name of the plan")), Plan.name.expression),
        *_of_plan("designation", "municipality"),
        Property("assessment", "string", in_both(_("Id of the assessment")), AssessmentRow.id.expression),
        Property(
            "assessment_is_current",
            "boolean",
            in_both(_("The assessment is of the plan's current area")),
            current.correlate(latest).scalar_subquery(),
        ),
    )


def _of_finding() -> tuple[Property, ...]:
    row = FindingRow
    return (
        Property("finding", "string", in_both(_("Number of the finding")), row.id.expression),
        Property("rule", "string", in_both(_("Rule")), row.rule.expression),
        Property("layer", "string", in_both(_("Layer")), row.layer.expression),
        Property("severity", "string", in_both(_("Severity")), row.severity.expression, _SEVERITIES),
        Property("ground", "string", in_both(_("Ground of county review")), row.ground.expression),
        Property("objectives", "array", in_both(_("Environmental quality objectives")), row.objectives.expression),
        Property("conditional", "boolean", in_both(_("Holds only for some land uses")), row.conditional.expression),
    )


def _assessed_at() -> Property:
    return Property("assessed_at", "datetime", in_both(_("Assessed")), AssessmentRow.created_at.expression)
