"""`geomiljo layer`: layers and their versions."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geomiljo.cli import layer_refresh, layer_versions, new_layer
from geomiljo.cli.context import database, note, read_registers, read_settings
from geomiljo.cli.layer_told import print_json, tell_loaded
from geomiljo.cli.layer_versions import tell_rebuilt
from geomiljo.cli.words import language, say
from geomiljo.errors import InputError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from geomiljo.catalogue import Catalogue
    from geomiljo.layers.load import Loaded, LoadOptions
    from geomiljo.layers.raster_load import LoadedRaster
    from geomiljo.settings import Settings

app = typer.Typer(no_args_is_help=True, help=say(_("Layers and their versions.")))

app.command("new", help=new_layer.HELP)(new_layer.new)
for _command, _help in (*layer_versions.COMMANDS.items(), *layer_refresh.COMMANDS.items()):
    app.command(_command.__name__, help=_help)(_command)

_Id = Annotated[
    str, typer.Argument(metavar="ID", help=say(_("Layer of the registers; your own are called local.<name>")))
]
_Number = Annotated[
    int | None,
    typer.Option(
        "--source", metavar="N", min=1, help=say(_("Which of the layer's registered sources; else the first"))
    ),
]
_Json = Annotated[bool, typer.Option("--json", help=say(_("Print JSON instead of a table")))]


@app.command("load", help=say(_("Load a file, or what the registered source holds, as the new active version.")))
def load(
    layer_id: _Id,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help=say(
                _(
                    "GeoPackage, Shapefile, GeoJSON, FlatGeobuf, GeoParquet, GML …, also zipped; of a raster layer a "
                    "raster. Without it the source is read"
                )
            ),
        ),
    ] = None,
    table: Annotated[str | None, typer.Option("--table", help=say(_("Table of a file with several")))] = None,
    crs: Annotated[
        str | None, typer.Option("--crs", metavar="EPSG", help=say(_("Coordinate system, where the file states none")))
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="ATTRIBUTE=COLUMN",
            help=say(_("Column that holds an attribute; ATTRIBUTE= states that the file has none")),
        ),
    ] = None,
    source_date: Annotated[
        str | None, typer.Option("--source-date", metavar="YYYY-MM-DD", help=say(_("Date of the data")))
    ] = None,
    coverage: Annotated[
        str | None,
        typer.Option(
            "--coverage", metavar="FILE|county:NN,NN|sweden", help=say(_("What the file maps; unknown without it"))
        ),
    ] = None,
    accept_rejected: Annotated[
        bool,
        typer.Option(
            "--accept-rejected",
            help=say(_("Objects that cannot be loaded are of no importance; without it the layer cannot say no")),
        ),
    ] = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help=say(_("It is right that the file holds no objects")))
    ] = False,
    class_table: Annotated[
        str | None, typer.Option("--class-table", help=say(_("Rasters: class table of the values (nmd2018, umep …)")))
    ] = None,
    nodata: Annotated[float | None, typer.Option("--nodata", help=say(_("Rasters: value that says nothing")))] = None,
    at_least: Annotated[
        float | None,
        typer.Option("--at-least", help=say(_("Rasters: make shares, 100 % where a cell reaches this value"))),
    ] = None,
    accept: Annotated[
        bool,
        typer.Option("--accept", help=say(_("I have looked at it: use it however it differs from the active version"))),
    ] = False,
    source: _Number = None,
    as_json: _Json = False,
) -> None:
    """Load a layer and tell what happened to its objects."""
    from geomiljo.layers.load import LoadOptions

    settings = read_settings()
    registers = read_registers(settings)
    if registers.layer(layer_id).is_raster_only:
        stated = {"crs": crs, "nodata": nodata, "at_least": at_least}
        about = (class_table, _date(source_date), coverage)
        loaded: Loaded | LoadedRaster = _load_raster(settings, registers, layer_id, file, source, stated, about)
    else:
        options = LoadOptions(
            table=table,
            crs=crs,
            mapping=_pairs(mapping or []),
            source_date=_date(source_date),
            coverage=coverage,
            accept_rejected=accept_rejected,
            allow_empty=allow_empty,
            accept=accept,
        )
        loaded = _load_objects(settings, registers, layer_id, file, source, options)
    tell_loaded(loaded, coverage if file is not None else "", as_json=as_json)


def _load_objects(
    settings: Settings,
    registers: Catalogue,
    layer_id: str,
    file: Path | None,
    number: int | None,
    options: LoadOptions,
) -> Loaded:
    from geomiljo.layers.fetch import load_from_source
    from geomiljo.layers.load import load_layer

    with database(settings) as engine:
        loaded = (
            load_from_source(engine, registers, layer_id, settings, options, number=number, told=_tell_progress)
            if file is None
            else load_layer(engine, registers, layer_id, file, options)
        )
        tell_rebuilt(engine, registers, layer_id)
    return loaded


def _tell_progress(done: int, total: int | None) -> None:
    """Tell on a terminal how far a harvest has come, on one line that is written over."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done}{f' / {total}' if total is not None else ''} ")


def _load_raster(
    settings: Settings,
    registers: Catalogue,
    layer_id: str,
    file: Path | None,
    number: int | None,
    stated: dict[str, Any],
    about: tuple[str | None, dt.date | None, str | None],
) -> LoadedRaster:
    from geomiljo.layers.raster_fetch import load_raster_from_source
    from geomiljo.layers.raster_file import RasterStatements
    from geomiljo.layers.raster_load import RasterOptions, load_raster, raster_folder

    options = RasterOptions(RasterStatements(**stated), *about)
    with database(settings) as engine:
        loaded = (
            load_raster_from_source(engine, registers, layer_id, settings, options, number=number)
            if file is None
            else load_raster(engine, registers, layer_id, file, raster_folder(settings), options)
        )
        tell_rebuilt(engine, registers, layer_id)
    return loaded


def _pairs(stated: list[str]) -> dict[str, str]:
    pairs = {}
    for item in stated:
        attribute, sign, column = item.partition("=")
        if not sign or not attribute:
            raise InputError(
                _("--map {item} is not ATTRIBUTE=COLUMN."),
                remedy=_("Write for example --map BESLUTSMYNDIGHET=BESLMYND."),
                item=item,
            )
        pairs[attribute] = column
    return pairs


def _date(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            _("{text} is not a date."), remedy=_("Write it as year, month and day, for example 2026-03-31."), text=text
        ) from error


@app.command("list", help=say(_("All layers: version, date, age against cadence, count, coverage.")))
def list_layers(
    loaded_only: Annotated[bool, typer.Option("--loaded", help=say(_("Only layers that are loaded")))] = False,
    as_json: _Json = False,
) -> None:
    """List the layers of the registers with what is loaded."""
    from geomiljo.layers.overview import layer_overview

    settings = read_settings()
    registers = read_registers(settings)
    with database(settings) as engine, engine.connect() as connection:
        rows = layer_overview(connection, registers)
    chosen = [row for row in rows if row.version is not None or not loaded_only]
    if as_json:
        print_json([row.as_json() for row in chosen])
        return
    from geomiljo.reports.layers_terminal import print_layers

    print_layers(chosen, language())


@app.command("show", help=say(_("What is known about a layer, and how its last load went.")))
def show(layer_id: _Id) -> None:
    """Print a layer's register entry and its active version as JSON."""
    from geomiljo.layers.overview import layer_details

    settings = read_settings()
    registers = read_registers(settings)
    with database(settings) as engine, engine.connect() as connection:
        print_json(layer_details(connection, registers, layer_id))


@app.command("versions", help=say(_("The kept versions of a layer.")))
def versions(layer_id: _Id, as_json: _Json = False) -> None:
    """List the kept versions of a layer, newest first."""
    from geomiljo.layers.overview import version_rows

    settings = read_settings()
    read_registers(settings).layer(layer_id)
    with database(settings) as engine, engine.connect() as connection:
        rows = version_rows(connection, layer_id)
    if as_json:
        print_json(rows)
        return
    from geomiljo.reports.layers_terminal import print_versions

    print_versions(rows, language())


@app.command("activate", help=say(_("Make a kept version the active one.")))
def activate(layer_id: _Id, version: Annotated[str, typer.Argument(metavar="VERSION")]) -> None:
    """Activate a kept version of a layer."""
    from geomiljo.layers import versions as store

    settings = read_settings()
    registers = read_registers(settings)
    with database(settings) as engine:
        active = store.activate(engine, registers, layer_id, version)
        tell_rebuilt(engine, registers, layer_id)
    note(say(_("{layer}: version {version} is active."), layer=layer_id, version=active.version))


@app.command("probe", help=say(_("Ask the sources of a layer what they hold, and load nothing.")))
def probe(layer_id: _Id, source: _Number = None, as_json: _Json = False) -> None:
    """Test a layer's sources; end with code 1 when one of them fails."""
    from geomiljo.layers.probe import probe_layer

    settings = read_settings()
    probes = probe_layer(read_registers(settings).layer(layer_id), settings, source)
    if as_json:
        print_json([found.document(language()) for found in probes])
    else:
        from geomiljo.reports.layer_terminal import print_probes

        print_probes(probes, language())
    if any(found.error is not None for found in probes):
        raise typer.Exit(1)


@app.command("off", help=say(_("Leave a layer out of assessments, with the reason that users are shown.")))
def off(layer_id: _Id, why: Annotated[str, typer.Option("--why", help=say(_("The reason")))]) -> None:
    """Switch a layer off."""
    from geomiljo.layers.versions import switch_off

    settings = read_settings()
    registers = read_registers(settings)
    with database(settings) as engine:
        switch_off(engine, registers, layer_id, why)
    note(say(_("{layer} is switched off: {why}"), layer=layer_id, why=why))


@app.command("on", help=say(_("Take a layer back into assessments.")))
def on(layer_id: _Id) -> None:
    """Switch a layer on again."""
    from geomiljo.layers.versions import switch_on

    settings = read_settings()
    read_registers(settings).layer(layer_id)
    with database(settings) as engine:
        switch_on(engine, layer_id)
    note(say(_("{layer} is in use."), layer=layer_id))
