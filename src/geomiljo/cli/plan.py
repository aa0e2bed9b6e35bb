"""`geomiljo plan`: plans that are kept, and their assessments."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geomiljo.cli.context import database, note, read_registers, read_settings
from geomiljo.cli.words import language, say
from geomiljo.errors import InputError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomiljo.assessments.store import StoredAssessment
    from geomiljo.plans.case import PlanMetadata
    from geomiljo.settings import Settings

app = typer.Typer(no_args_is_help=True, help=say(_("Plans that are kept, and their assessments.")))

_Id = Annotated[str, typer.Argument(metavar="ID", help=say(_("Id of the plan")))]
_Json = Annotated[bool, typer.Option("--json", help=say(_("Print JSON instead of a table")))]
_Strict = Annotated[
    bool, typer.Option("--strict", help=say(_("End with code 3 when a layer of the set did not answer")))
]
_EXIT_UNANSWERED = 3
_PAGE = 200


@contextmanager
def _plan_file(file: Path, settings: Settings) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield a plan file and what is known of the plan: a designation is looked up in the national plan search."""
    import tempfile

    from geomiljo.plans.national import fetch_plan, is_designation

    if file.exists() or not is_designation(str(file)):
        yield file, {}
        return
    with tempfile.TemporaryDirectory(prefix="geomiljo-") as folder:
        found = fetch_plan(str(file), settings, Path(folder))
        yield found.path, found.stated


_File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE|DESIGNATION",
        help=say(_("Any plan file that `geomiljo check` reads, or a designation of the national plan search")),
    ),
]
_Municipality = Annotated[
    str | None, typer.Option("--municipality", metavar="NNNN", help=say(_("Code of the municipality")))
]
_Name = Annotated[str | None, typer.Option("--name", help=say(_("Name of the plan; else that in the file")))]
_Designation = Annotated[str, typer.Option("--designation", help=say(_("The municipality's designation")))]
_Type = Annotated[
    str | None,
    typer.Option("--type", help=say(_("detaljplan, områdesbestämmelser, översiktsplan, program or other"))),
]
_Stage = Annotated[
    str | None, typer.Option("--stage", help=say(_("planbesked, program, påbörjad, samråd, granskning, antagen …")))
]
_Case = Annotated[str | None, typer.Option("--case", help=say(_("Case number of the municipality")))]
_CountyCase = Annotated[str | None, typer.Option("--county-case", help=say(_("Case number of the county board")))]
_AnswerBy = Annotated[
    str | None,
    typer.Option("--answer-by", metavar="YYYY-MM-DD", help=say(_("Day by which the county board must answer"))),
]
_OfPlan = Annotated[
    str | None, typer.Option("--plan", metavar="ID", help=say(_("Make it a new geometry of this plan")))
]
_Features = Annotated[
    list[str] | None, typer.Option("--feature", metavar="ID", help=say(_("Only this feature; repeat for several")))
]
_Crs = Annotated[
    str | None, typer.Option("--crs", metavar="EPSG", help=say(_("Coordinate system, where the file states none")))
]
_Uses = Annotated[str | None, typer.Option("--use", metavar="B,S", help=say(_("Land uses of the whole area, by code")))]
_Table = Annotated[str | None, typer.Option("--table", help=say(_("Table of a file with several")))]


@app.command("import", help=say(_("Keep a plan file as a plan, or as a new geometry of one.")))
def import_plan(
    file: _File,
    municipality: _Municipality = None,
    name: _Name = None,
    designation: _Designation = "",
    kind: _Type = None,
    stage: _Stage = None,
    case: _Case = None,
    county_case: _CountyCase = None,
    answer_by: _AnswerBy = None,
    plan: _OfPlan = None,
    feature: _Features = None,
    crs: _Crs = None,
    use: _Uses = None,
    table: _Table = None,
    as_json: _Json = False,
) -> None:
    """Keep a plan with the file that it came in."""
    from geomiljo.access import LOCAL
    from geomiljo.plans import read_plan_area
    from geomiljo.plans.files import source_file
    from geomiljo.plans.store import add_version, create_plan, get_plan

    settings = read_settings()
    registers = read_registers(settings)
    uses = [code.strip() for code in use.split(",") if code.strip()] if use else None
    with _plan_file(file, settings) as (path, known):
        area = read_plan_area(
            path, catalogue=registers, settings=settings, crs=crs, features=feature, uses=uses, table=table
        )
        source = source_file(path)
    with database(settings) as engine, engine.begin() as connection:
        if plan is not None:
            plan_id = _plan_id(plan)
            add_version(connection, LOCAL, plan_id, area, source)
            kept = get_plan(connection, plan_id)
        else:
            stated = {
                "municipality": municipality or known.get("municipality"),
                "name": name or known.get("name") or area.name,
                "designation": designation or known.get("designation", ""),
                "type": kind or known.get("type") or "detaljplan",
                "stage": stage or known.get("stage") or "påbörjad",
                "municipalityCase": case,
                "countyCase": county_case,
                "answerBy": answer_by,
            }
            kept = create_plan(connection, LOCAL, _metadata(registers, stated), area, source)
    if as_json:
        _print_json(kept.document())
    else:
        typer.echo(str(kept.id))
        note(say(_("Kept: {name}, version {version}."), name=kept.metadata.name, version=kept.version))


def _metadata(registers: Any, stated: dict[str, Any]) -> PlanMetadata:
    from pydantic import ValidationError

    from geomiljo.plans.case import PlanMetadata, require_known_municipality

    if stated["municipality"] is None:
        raise InputError(
            _("The municipality is not stated."), remedy=_("State its code, for example --municipality 0115.")
        )
    try:
        metadata = PlanMetadata.model_validate(stated)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise InputError(
            _("What is stated about the plan is at fault: {member}: {reason}."),
            remedy=_("`geomiljo plan import --help` tells what can be stated."),
            member=".".join(map(str, fault["loc"])),
            reason=fault["msg"],
        ) from error
    require_known_municipality(registers, metadata.municipality)
    return metadata


def _plan_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise InputError(
            _("{id} is no id of a plan."), remedy=_("`geomiljo plan list` shows the ids."), id=text
        ) from error


@app.command("list", help=say(_("Plans with their latest assessment.")))
def list_all(
    municipality: Annotated[
        list[str] | None, typer.Option("--municipality", metavar="NNNN", help=say(_("Only this municipality")))
    ] = None,
    county: Annotated[list[str] | None, typer.Option("--county", metavar="NN", help=say(_("Only this county")))] = None,
    stage: Annotated[list[str] | None, typer.Option("--stage", help=say(_("Only this stage")))] = None,
    objective: Annotated[
        int | None, typer.Option("--objective", min=1, max=16, help=say(_("Only plans that touch this objective")))
    ] = None,
    text: Annotated[str, typer.Option("--text", help=say(_("Part of name, designation or case number")))] = "",
    withdrawn: Annotated[bool, typer.Option("--withdrawn", help=say(_("Withdrawn plans instead")))] = False,
    as_json: _Json = False,
) -> None:
    """List plans, last changed first."""
    from dataclasses import replace

    from geomiljo.plans.store import PlanQuery, list_plans

    query = PlanQuery(
        municipality=tuple(municipality or ()),
        county=tuple(county or ()),
        stage=tuple(stage or ()),
        objective=objective,
        text=text,
        states=("withdrawn",) if withdrawn else ("active",),
        limit=_PAGE,
    )
    rows: list[dict[str, Any]] = []
    with database(read_settings()) as engine, engine.connect() as connection:
        while True:
            page = list_plans(connection, query)
            rows += [item.document() for item in page.items]
            if page.next is None:
                break
            query = replace(query, after=page.next)
    if as_json:
        _print_json(rows)
        return
    from geomiljo.reports.plan_terminal import print_plans

    print_plans(rows, language())


@app.command("show", help=say(_("A plan, its assessments, and what has changed since they were made.")))
def show(plan: _Id, as_json: _Json = False) -> None:
    """Print a plan with its versions and assessments."""
    from geomiljo.assessments.freshness import Standing, since_document
    from geomiljo.assessments.store import list_assessments
    from geomiljo.plans.store import get_plan, list_versions

    settings = read_settings()
    registers = read_registers(settings)
    with database(settings) as engine, engine.connect() as connection:
        kept = get_plan(connection, _plan_id(plan))
        versions = [version.document() for version in list_versions(connection, kept.id)]
        standing = Standing.now(connection, registers)
        assessments = [
            {**stored.summary(), **since_document(standing.changes(connection, stored, kept.version))}
            for stored in list_assessments(connection, kept.id)
        ]
    if as_json:
        _print_json({**kept.document(), "versions": versions, "assessments": assessments})
        return
    from geomiljo.reports.plan_terminal import print_plan

    print_plan(kept.document(), assessments, language())


@app.command("check", help=say(_("Assess a plan's current version and keep the assessment.")))
def check(
    plan: _Id,
    layer_set: Annotated[
        str | None, typer.Option("--layer-set", metavar="ID", help=say(_("Layers that must answer")))
    ] = None,
    as_json: _Json = False,
    strict: _Strict = False,
) -> None:
    """Assess a plan; nothing changed: the kept assessment."""
    from geomiljo.access import LOCAL
    from geomiljo.assessments import Assessor
    from geomiljo.assessments.store import assess_plan
    from geomiljo.plans.store import get_plan

    settings = read_settings()
    assessor = Assessor.of(read_registers(settings))
    with database(settings) as engine:
        with engine.connect() as connection:
            version_id = get_plan(connection, _plan_id(plan)).version_id
        stored = assess_plan(engine, assessor, version_id, caller=LOCAL, layer_set=layer_set)
    _present(stored, as_json=as_json)
    if strict and stored.unanswered_count:
        raise typer.Exit(_EXIT_UNANSWERED)


def _present(stored: StoredAssessment, *, as_json: bool) -> None:
    if as_json:
        typer.echo(stored.document)
        return
    from geomiljo.reports.terminal import print_assessment

    print_assessment(stored.assessment, language())


@app.command("recheck", help=say(_("Assess again the plans whose latest assessment no longer holds.")))
def recheck(
    stale: Annotated[
        bool, typer.Option("--stale", help=say(_("All plans whose layers, registers or geometry have changed")))
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=say(_("Only tell which, and why")))] = False,
    as_json: _Json = False,
) -> None:
    """Re-run stale assessments, for every set of hidden layers that there are assessments for."""
    from geomiljo.access import LOCAL
    from geomiljo.assessments import Assessor
    from geomiljo.assessments.freshness import recheck as assess_again
    from geomiljo.assessments.freshness import stale_plans

    if not stale:
        raise InputError(_("Which plans are to be assessed again?"), remedy=_("Write --stale."))
    settings = read_settings()
    assessor = Assessor.of(read_registers(settings))
    rows: list[dict[str, Any]] = []
    with database(settings) as engine:
        with engine.connect() as connection:
            found = list(stale_plans(connection, assessor.catalogue))
        for plan in found:
            row: dict[str, Any] = {"plan": str(plan.plan_id), "was": plan.assessment_id}
            row["changes"] = [change.document() for change in plan.changes]
            if not dry_run:
                row["now"] = assess_again(engine, assessor, plan, caller=LOCAL).id
            rows.append(row)
            if not as_json:
                _tell(row)
    if as_json:
        _print_json(rows)


def _tell(row: dict[str, Any]) -> None:
    from geomiljo.reports.plan_terminal import changes_in_words

    typer.echo(" ".join([row["plan"], row["was"], *([row["now"]] if "now" in row else [])]))
    for text in changes_in_words(row["changes"], language()):
        note(f"  {text}")


def _print_json(document: Any) -> None:
    import orjson

    typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
