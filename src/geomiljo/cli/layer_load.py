"""`geomiljo layer load`: a file, or what the registered source holds."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geomiljo.cli.context import database, read_registers, read_settings
from geomiljo.cli.layer_told import tell_loaded
from geomiljo.cli.layer_versions import tell_rebuilt
from geomiljo.cli.words import say
from geomiljo.errors import InputError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geomiljo.catalogue import Catalogue
    from geomiljo.layers.load import Loaded, LoadOptions
    from geomiljo.layers.raster_load import LoadedRaster
    from geomiljo.settings import Settings

_Id = Annotated[
    str, typer.Argument(metavar="ID", help=say(_("Layer of the registers; your own are called local.<name>")))
]
_File = Annotated[
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
]
_Table = Annotated[str | None, typer.Option("--table", help=say(_("Table of a file with several")))]
_Crs = Annotated[
    str | None, typer.Option("--crs", metavar="EPSG", help=say(_("Coordinate system, where the file states none")))
]
_Mapping = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="ATTRIBUTE=COLUMN",
        help=say(_("Column that holds an attribute; ATTRIBUTE= states that the file has none")),
    ),
]
_SourceDate = Annotated[
    str | None, typer.Option("--source-date", metavar="YYYY-MM-DD", help=say(_("Date of the data")))
]
_Coverage = Annotated[
    str | None,
    typer.Option(
        "--coverage", metavar="FILE|county:NN,NN|sweden", help=say(_("What the file maps; unknown without it"))
    ),
]
_AcceptRejected = Annotated[
    bool,
    typer.Option(
        "--accept-rejected",
        help=say(_("Objects that cannot be loaded are of no importance; without it the layer cannot say no")),
    ),
]
_AllowEmpty = Annotated[bool, typer.Option("--allow-empty", help=say(_("It is right that the file holds no objects")))]
_ClassTable = Annotated[
    str | None, typer.Option("--class-table", help=say(_("Rasters: class table of the values (nmd2018, umep …)")))
]
_NoData = Annotated[float | None, typer.Option("--nodata", help=say(_("Rasters: value that says nothing")))]
_AtLeast = Annotated[
    float | None,
    typer.Option("--at-least", help=say(_("Rasters: make shares, 100 % where a cell reaches this value"))),
]
_Accept = Annotated[
    bool,
    typer.Option("--accept", help=say(_("I have looked at it: use it however it differs from the active version"))),
]
_Number = Annotated[
    int | None,
    typer.Option(
        "--source", metavar="N", min=1, help=say(_("Which of the layer's registered sources; else the first"))
    ),
]
_Json = Annotated[bool, typer.Option("--json", help=say(_("Print JSON instead of a table")))]


def load(
    layer_id: _Id,
    file: _File = None,
    table: _Table = None,
    crs: _Crs = None,
    mapping: _Mapping = None,
    source_date: _SourceDate = None,
    coverage: _Coverage = None,
    accept_rejected: _AcceptRejected = False,
    allow_empty: _AllowEmpty = False,
    class_table: _ClassTable = None,
    nodata: _NoData = None,
    at_least: _AtLeast = None,
    accept: _Accept = False,
    source: _Number = None,
    as_json: _Json = False,
) -> None:
    """Load a layer and tell what happened to its objects."""
    from geomiljo.layers.attributes import parse_mapping
    from geomiljo.layers.load import LoadOptions

    settings = read_settings()
    registers = read_registers(settings)
    if registers.layer(layer_id).is_raster_only:
        stated = {"crs": crs, "nodata": nodata, "at_least": at_least}
        about = (class_table, _date(source_date), coverage)
        loaded: Loaded | LoadedRaster = _load_raster(
            settings, registers, layer_id, file, source, stated, about, accept=accept
        )
    else:
        options = LoadOptions(
            table=table,
            crs=crs,
            mapping=parse_mapping(mapping or []),
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
    *,
    accept: bool,
) -> LoadedRaster:
    from geomiljo.layers.raster_fetch import load_raster_from_source
    from geomiljo.layers.raster_file import RasterStatements
    from geomiljo.layers.raster_load import RasterOptions, load_raster, raster_folder

    options = RasterOptions(RasterStatements(**stated), *about)
    with database(settings) as engine:
        loaded = (
            load_raster_from_source(engine, registers, layer_id, settings, options, number=number, accept=accept)
            if file is None
            else load_raster(engine, registers, layer_id, file, raster_folder(settings), options, accept=accept)
        )
        tell_rebuilt(engine, registers, layer_id)
    return loaded


def _date(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            _("{text} is not a date."), remedy=_("Write it as year, month and day, for example 2026-03-31."), text=text
        ) from error


COMMANDS: Mapping[Callable[..., None], str] = {
    load: say(_("Load a file, or what the registered source holds, as the new active version.")),
}
"""The commands, and what their help says."""
