"""Loading a raster layer from where the registers say that it comes from, and again from where it came from."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from geomiljo.catalogue.sources import StacSource
from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, transformer
from geomiljo.errors import InputError, NotFound, UnreadableFile
from geomiljo.layers.coverage import stated_coverage
from geomiljo.layers.fetch import source_of, touch
from geomiljo.layers.raster_file import RasterStatements
from geomiljo.layers.raster_load import LoadedRaster, RasterOptions, load_raster, raster_folder
from geomiljo.layers.raster_mosaic import join, require_readable
from geomiljo.layers.sources.folder import definition_hash, held
from geomiljo.layers.sources.rasters import RasterSource, opened_rasters
from geomiljo.layers.stage import classification_hash
from geomiljo.layers.versions import active_versions
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Engine

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer
    from geomiljo.database.tables import LayerVersion
    from geomiljo.layers.sources.folder import HarvestFolder
    from geomiljo.settings import Settings


def load_raster_from_source(
    engine: Engine,
    catalogue: Catalogue,
    layer_id: str,
    settings: Settings,
    options: RasterOptions,
    *,
    number: int | None = None,
    accept: bool = False,
) -> LoadedRaster:
    """Fetch the rasters of a source and load them, joined, as the layer's new active version.

    A source that says that nothing has changed is not fetched; only `checked_at` moves.

    Raises
    ------
    SourceUnavailable
        The source fails; the active version stays.
    InputError
        The source is of a protocol that brings no raster, or what came does not fit the register; the active version
        stays.
    """
    layer = catalogue.layer(layer_id)
    source = source_of(layer, number)
    if not isinstance(source, RasterSource):
        raise InputError(
            _("A raster is fetched from files, a feed or a STAC catalogue; source {protocol} of {layer} is none."),
            remedy=_("Choose another source with --source, or load a file: geomiljo layer load {layer} FILE."),
            protocol=source.protocol,
            layer=layer_id,
        )
    with engine.connect() as connection:
        active = active_versions(connection).get(layer_id)
    narrowed = _narrowed(engine, catalogue, source, options)
    with opened_rasters(narrowed, settings) as rasters, held(settings.state_dir, layer_id, source) as folder:
        found = rasters.inventory()
        if (
            active is not None
            and found.state is not None
            and found.state == _known_state(layer, source, active, options)
        ):
            touch(engine, active.id)
            return LoadedRaster(layer_id, active.version, is_new=False, report=active.report)
        told = {
            "address": rasters.address,
            "state": found.state,
            "definition": definition_hash(source),
            "number": number,
        }
        dated = replace(options, source_date=options.source_date or found.date)
        files = rasters.bring(folder.path)
        with _damaged_named(files, folder):
            mosaic = join(files, folder.path / f"{layer_id}.vrt", options.statements)
            harvest = {**told, **mosaic.document()}
            loaded = load_raster(
                engine, catalogue, layer_id, mosaic.path, raster_folder(settings), dated, harvest=harvest, accept=accept
            )
        folder.clear()
    return loaded


def _narrowed(engine: Engine, catalogue: Catalogue, source: RasterSource, options: RasterOptions) -> RasterSource:
    """Return a catalogue's source for those items alone that reach into the coverage that is stated."""
    if options.coverage is None or not isinstance(source, StacSource):
        return source
    with engine.connect() as connection:
        area = stated_coverage(options.coverage, catalogue, connection)
    west, south, east, north = transformer(ANALYSIS_CRS, WIRE_CRS).transform_bounds(*area.bounds)
    own = source.bbox or (west, south, east, north)
    bbox = (max(west, own[0]), max(south, own[1]), min(east, own[2]), min(north, own[3]))
    return source.model_copy(update={"bbox": bbox})


@contextmanager
def _damaged_named(files: Sequence[Path], folder: HarvestFolder) -> Iterator[None]:
    """Name the file that cannot be read, and fetch all anew the next time."""
    try:
        yield
    except UnreadableFile:
        try:
            require_readable(files)
        finally:
            folder.clear()
        raise


def refresh_raster(engine: Engine, catalogue: Catalogue, layer_id: str, settings: Settings) -> LoadedRaster:
    """Load a raster layer again from where its active version came from, as was stated then, but for the date.

    A layer that is not loaded yet is fetched.

    Raises
    ------
    UnreadableFile
        The file is no longer there; the active version stays.
    """
    with engine.connect() as connection:
        active = active_versions(connection).get(layer_id)
    if active is None:
        return load_raster_from_source(engine, catalogue, layer_id, settings, RasterOptions())
    before = active.options
    options = _stated(before)
    harvest = before.get("harvest")
    if harvest:
        return load_raster_from_source(engine, catalogue, layer_id, settings, options, number=harvest["number"])
    if "path" not in before:
        raise NotFound(
            _("Layer {layer} was made from others by a recipe that it no longer has."),
            remedy=_("Load a file: geomiljo layer load {layer} FILE."),
            layer=layer_id,
        )
    return load_raster(engine, catalogue, layer_id, Path(before["path"]), raster_folder(settings), options)


def _stated(before: dict[str, object]) -> RasterOptions:
    """Return what was stated at an earlier load; its date is that load's."""
    statements = before["statements"]
    class_table, coverage = before["class_table"], before["coverage"]
    return RasterOptions(
        RasterStatements(**statements) if isinstance(statements, dict) else RasterStatements(),
        class_table if isinstance(class_table, str) else None,
        None,
        coverage if isinstance(coverage, str) else None,
    )


def _known_state(layer: Layer, source: RasterSource, active: LayerVersion, options: RasterOptions) -> str | None:
    """Return the state of the source that is loaded, if loading it again would bring the same version."""
    harvest = active.options.get("harvest")
    if not harvest:
        return None
    same = (
        harvest["definition"] == definition_hash(source)
        and active.classification == classification_hash(layer)
        and _stated(active.options) == replace(options, source_date=None)
        and options.source_date in {None, active.source_date}
    )
    state: str | None = harvest["state"]
    return state if same else None
