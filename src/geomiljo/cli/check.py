"""`geomiljo check`: a planning area against all layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geomiljo.cli.context import database, error_document, note, read_registers, read_settings, tell_error
from geomiljo.cli.words import language, say
from geomiljo.errors import InputError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomiljo.analysis.area import PlanArea
    from geomiljo.analysis.assumptions import Assumptions
    from geomiljo.analysis.results import Assessment
    from geomiljo.catalogue import Catalogue
    from geomiljo.layers.readers import Reader

HELP = say(_("Check a planning area: which layers and objectives it touches, and what could not be checked."))
EXIT_INPUT, EXIT_UNANSWERED = 2, 3

_File = Annotated[
    Path,
    typer.Argument(metavar="FILE", help=say(_("GeoPackage, Shapefile, GeoJSON, GML, KML, DXF or plan schema 4.1"))),
]
_Features = Annotated[
    list[str] | None, typer.Option("--feature", metavar="ID", help=say(_("Only this feature; repeat for several")))
]
_Each = Annotated[
    bool, typer.Option("--each", help=say(_("One assessment for each feature instead of one for all together")))
]
_Crs = Annotated[
    str | None, typer.Option("--crs", metavar="EPSG", help=say(_("Coordinate system, where the file states none")))
]
_Uses = Annotated[str | None, typer.Option("--use", metavar="B,S", help=say(_("Land uses of the whole area, by code")))]
_Table = Annotated[str | None, typer.Option("--table", help=say(_("Table of a file with several")))]
_Set = Annotated[str | None, typer.Option("--layer-set", metavar="ID", help=say(_("Layers that must answer")))]
_Layers = Annotated[
    list[str] | None,
    typer.Option("--layer", metavar="ID=FILE", help=say(_("Add or replace a layer from a file, for this run"))),
]
_Assume = Annotated[
    Path | None,
    typer.Option("--assume", metavar="FILE", help=say(_("What the ground becomes, in place of the registers' word"))),
]
_Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help=say(_("Write the results as files here"))),
]
_Json = Annotated[bool, typer.Option("--json", help=say(_("Print JSON instead of a table")))]
_Strict = Annotated[
    bool, typer.Option("--strict", help=say(_("End with code 3 when a layer of the set did not answer")))
]


def check(
    file: _File,
    feature: _Features = None,
    each: _Each = False,
    crs: _Crs = None,
    use: _Uses = None,
    table: _Table = None,
    layer_set: _Set = None,
    layer: _Layers = None,
    assume: _Assume = None,
    out: _Out = None,
    as_json: _Json = False,
    strict: _Strict = False,
) -> None:
    """Check a planning area and present the assessment."""
    from geomiljo.assessments import Assessor
    from geomiljo.layers.readers import LayeredReader, open_reader

    settings = read_settings()
    registers = read_registers(settings)
    assumptions = _assumptions(assume, registers)
    assessor = Assessor.of(registers)
    overlay = _overlay(registers, layer or [])
    uses = [code.strip() for code in use.split(",") if code.strip()] if use else None
    options = {"crs": crs, "features": feature, "uses": uses, "table": table}
    code = 0
    with database(settings) as engine:
        for plan in _areas(file, registers, settings, options, each=each):
            if isinstance(plan, InputError):
                _tell_refused(plan, as_json=as_json)
                code = EXIT_INPUT
                continue
            with open_reader(engine) as stored:
                reader: Reader = LayeredReader(overlay, stored) if overlay else stored
                assessment = assessor.assess(plan, reader, layer_set, assumptions=assumptions)
                _present(assessment, assessor.catalogue, plan, reader, out, each=each, as_json=as_json)
            if strict and assessment.unanswered_in_set and code == 0:
                code = EXIT_UNANSWERED
    raise typer.Exit(code)


def _areas(
    file: Path, registers: Catalogue, settings: Any, options: dict[str, Any], *, each: bool
) -> Iterator[PlanArea | InputError]:
    from geomiljo.plans import read_each_plan_area, read_plan_area

    if each:
        yield from read_each_plan_area(file, catalogue=registers, settings=settings, **options)
    else:
        yield read_plan_area(file, catalogue=registers, settings=settings, **options)


def _overlay(registers: Catalogue, stated: list[str]) -> Reader | None:
    """Return a reader over the files of ``--layer ID=FILE``; None without any."""
    if not stated:
        return None
    from geomiljo.layers.overlay import read_overlay

    files = {}
    for item in stated:
        layer_id, sign, name = item.partition("=")
        if not (layer_id and sign and name):
            raise InputError(
                _("--layer {item} is not ID=FILE."),
                remedy=_("Write for example --layer naturreservat=reservat.gpkg."),
                item=item,
            )
        files[layer_id] = Path(name)
    return read_overlay(registers, files)


def _tell_refused(error: InputError, *, as_json: bool) -> None:
    if as_json:
        import orjson

        typer.echo(orjson.dumps(error_document(error)))
    tell_error(error)


def _assumptions(path: Path | None, registers: Catalogue) -> Assumptions:
    from geomiljo.analysis.assumptions import NO_ASSUMPTIONS

    if path is None:
        return NO_ASSUMPTIONS
    from geomiljo.plans.assumptions import read_assumptions

    return read_assumptions(path, registers)


def _present(
    assessment: Assessment,
    registers: Catalogue,
    plan: PlanArea,
    reader: Reader,
    out: Path | None,
    *,
    each: bool,
    as_json: bool,
) -> None:
    from geomiljo.analysis.document import to_json

    if as_json:
        typer.echo(to_json(assessment))
    else:
        from geomiljo.reports.terminal import print_assessment

        print_assessment(assessment, language())
    if out is not None:
        folder = out / _folder_name(plan.name, out) if each else out
        _write(folder, assessment, plan, reader, registers)


def _folder_name(name: str, out: Path) -> str:
    """Return a folder name that no earlier assessment of this run has taken."""
    safe = "".join(c if c.isalnum() or c in "-_" else "_" for c in name).strip("_") or "plan"
    candidate, number = safe, 1
    while (out / candidate / "assessment.json").exists():
        number += 1
        candidate = f"{safe}_{number}"
    return candidate


def _write(folder: Path, assessment: Assessment, plan: PlanArea, reader: Reader, registers: Catalogue) -> None:
    from geomiljo.analysis.document import to_json
    from geomiljo.assessments import shapes_of
    from geomiljo.maps import map_page
    from geomiljo.reports.geojson import findings_geojson

    shapes = shapes_of(assessment, plan, reader)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "assessment.json").write_bytes(to_json(assessment))
    (folder / "findings.geojson").write_bytes(findings_geojson(assessment, shapes))
    page = map_page(assessment, shapes, catalogue=registers, language=language())
    (folder / "map.html").write_text(page, encoding="utf-8")
    names = ["assessment.json", "findings.geojson", "map.html"]
    if assessment.account.cover_layer is not None:
        names.append("landcover.geojson")
        _write_land_cover(folder / names[-1], assessment.account.cover_layer, plan, reader, registers)
    note(say(_("Written to {folder}: {names}"), folder=folder, names=", ".join(names)))


def _write_land_cover(path: Path, layer: str, plan: PlanArea, reader: Reader, registers: Catalogue) -> None:
    """Write the land cover inside the plan as a map layer."""
    from geomiljo.assessments.cover_map import cover_map
    from geomiljo.reports.cover_geojson import cover_geojson

    raster = reader.layers()[layer].raster
    drawn = cover_map(registers, raster, plan.geometry) if raster is not None else ()
    path.write_bytes(cover_geojson((shape.cover, shape.geometry) for shape in drawn))
