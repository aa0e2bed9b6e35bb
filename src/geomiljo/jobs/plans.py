"""Jobs over many plans, done with the rights of who asked for them."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections import defaultdict
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement, and_, select

from geomiljo.access import Action, Subject, allows
from geomiljo.assessments.freshness import recheck, stale_plans
from geomiljo.assessments.store import StoredAssessment, assess_plan, latest_assessment, stored_shapes
from geomiljo.database.case_tables import Plan, PlanVersionRow
from geomiljo.errors import GeomiljoError
from geomiljo.jobs.files import write_file
from geomiljo.jobs.work import Outcome
from geomiljo.plans.visibility import visible
from geomiljo.reports.geojson import findings_geojson
from geomiljo.reports.tables import assessment_csv, assessment_xlsx
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Connection, Row

    from geomiljo.assessments.freshness import StalePlan
    from geomiljo.jobs.kinds import ExportAssessments, OfPlans, RecheckStale
    from geomiljo.jobs.work import Work

EXPORT = "assessments.zip"


def assess(work: Work, asked: OfPlans) -> Outcome:
    """Assess the current version of each plan."""
    hidden = work.hidden
    with work.as_caller(), work.tools.service.connect() as connection:
        chosen = _chosen(connection, work, asked, "assessment.create")

    def one(row: Row[Any]) -> StoredAssessment:
        tools = work.tools
        return assess_plan(tools.service, tools.assessor, row.version_id, caller=work.caller, hidden=hidden)

    return _each(work, asked, chosen, one)


def recheck_stale(work: Work, asked: RecheckStale) -> Outcome:
    """Assess again each plan whose latest assessment is stale."""
    catalogue = work.tools.assessor.catalogue
    with work.as_caller(), work.tools.service.connect() as connection:
        chosen = {row.id: row for row in _chosen(connection, work, asked, "assessment.create")}
        seen = stale_plans(connection, catalogue, hidden=work.hidden, where=_wanted(work, asked))
        stale: defaultdict[uuid.UUID, list[StalePlan]] = defaultdict(list)
        for plan in seen:
            if plan.plan_id in chosen:
                stale[plan.plan_id].append(plan)

    def one(row: Row[Any]) -> StoredAssessment:
        tools = work.tools
        first, *_rest = [recheck(tools.service, tools.assessor, p, caller=work.caller) for p in stale[row.id]]
        return first

    return _each(work, asked, [chosen[plan_id] for plan_id in stale], one, are_all_wanted=False)


def export(work: Work, asked: ExportAssessments) -> Outcome:
    """Put the latest assessment of each plan into a zip file; plans without one are told in the log."""
    hidden = work.hidden
    without = []
    with tempfile.TemporaryFile() as target, work.as_caller(), work.tools.service.connect() as connection:
        chosen = _chosen(connection, work, asked, "plan.read")
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, row in enumerate(chosen):
                work.progress.step(number, len(chosen))
                stored = latest_assessment(connection, row.id, hidden=hidden)
                if stored is None:
                    without.append(str(row.id))
                    work.progress.say(_("Plan {plan} has not been assessed."), "warning", plan=str(row.id))
                    continue
                archive.writestr(_file_name(row, asked.format), _content(connection, stored, asked.format))
        target.seek(0)
        with work.tools.engine.begin() as owned:
            size = write_file(owned, work.progress.job_id, EXPORT, target)
    work.progress.step(len(chosen), len(chosen))
    file = {"name": EXPORT, "bytes": size, "mediaType": "application/zip"}
    return Outcome({"file": file, "plans": len(chosen), "withoutAssessment": without})


def _content(connection: Connection, stored: StoredAssessment, form: str) -> bytes:
    if form == "geojson":
        return findings_geojson(stored.assessment, stored_shapes(connection, stored))
    if form == "csv":
        return assessment_csv(stored.assessment)
    if form == "xlsx":
        return assessment_xlsx(stored.assessment)
    return stored.document


def _file_name(row: Row[Any], form: str) -> str:
    """Return a name that no plan's designation can lead astray."""
    readable = re.sub(r"[^\w-]+", "_", f"{row.municipality}-{row.designation or row.name}").strip("_")[:60]
    return f"{readable}-{str(row.id)[:8]}.{form}"


def _each(
    work: Work,
    asked: OfPlans,
    rows: Iterable[Row[Any]],
    one: Callable[[Row[Any]], StoredAssessment],
    *,
    are_all_wanted: bool = True,
) -> Outcome:
    """Do one thing for each plan; one that fails does not stop the others."""
    rows = list(rows)
    made: list[dict[str, Any]] = []
    missing = {str(plan) for plan in asked.plans or ()} - {str(row.id) for row in rows} if are_all_wanted else set()
    for plan in sorted(missing):
        work.progress.say(_("There is no plan {plan}, or it is not yours to assess."), "error", plan=plan)
    failed = len(missing)
    for number, row in enumerate(rows):
        work.progress.step(number, len(rows))
        try:
            with work.as_caller():
                stored = one(row)
        except GeomiljoError as error:
            failed += 1
            work.progress.say_error(error)
            continue
        made.append({"plan": str(row.id), "assessment": stored.id, "href": f"/api/v1/assessments/{stored.id}"})
    work.progress.step(len(rows), len(rows))
    return Outcome({"assessments": made}, failed, len(rows) + len(missing))


def _chosen(connection: Connection, work: Work, asked: OfPlans, action: Action) -> list[Row[Any]]:
    """Return the plans that are asked for and that the caller may do `action` to."""
    query = (
        select(
            Plan.id,
            Plan.name,
            Plan.designation,
            Plan.municipality,
            Plan.county,
            Plan.stage,
            Plan.state,
            PlanVersionRow.id.label("version_id"),
        )
        .join(PlanVersionRow, and_(PlanVersionRow.plan_id == Plan.id, PlanVersionRow.is_current))
        .where(_wanted(work, asked))
        .order_by(Plan.id)
    )
    rows = cast("Sequence[Row[Any]]", connection.execute(query).all())
    return [row for row in rows if allows(work.caller, action, cast("Subject", row))]


def _wanted(work: Work, asked: OfPlans) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [visible(work.caller), Plan.state == "active"]
    if asked.plans is not None:
        ids: tuple[uuid.UUID, ...] = asked.plans
        conditions.append(Plan.id.in_(ids))
    for column, values in (
        (Plan.municipality, asked.municipality),
        (Plan.county, asked.county),
        (Plan.stage, asked.stage),
    ):
        if values:
            conditions.append(column.in_(values))
    return and_(*conditions)
