"""Loading a raster layer: file → checked, cloud-optimised copy → a new version, swapped in as one transaction."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely
from geoalchemy2.shape import from_shape

from geomiljo.analysis.cover import CoverTable
from geomiljo.database.engine import database_errors
from geomiljo.database.tables import SRID
from geomiljo.errors import InputError, LayerDataError
from geomiljo.geometry import geometry_array, polygonal
from geomiljo.layers.coverage import extent_geometry, stated_coverage
from geomiljo.layers.raster_file import (
    NOTHING_STATED,
    RasterContent,
    RasterStatements,
    refuse_unknown_values,
    write_raster,
)
from geomiljo.layers.settle import Arrival, settle
from geomiljo.layers.stage import classification_hash
from geomiljo.layers.versions import lock_layer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Engine

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer
    from geomiljo.layers.doubts import Doubt
    from geomiljo.settings import Settings


@dataclass(frozen=True, slots=True)
class RasterOptions:
    """What the caller states about a raster file and its load.

    Attributes
    ----------
    statements : RasterStatements
    class_table : str or None
        Which of the layer's class tables the values are of; needed where it has several.
    source_date : date or None
    coverage : str or None
        What has been mapped; without it all cells with data.
    """

    statements: RasterStatements = NOTHING_STATED
    class_table: str | None = None
    source_date: dt.date | None = None
    coverage: str | None = None


@dataclass(frozen=True, slots=True)
class LoadedRaster:
    """Outcome of a load.

    Attributes
    ----------
    is_new : bool
        A version was made; otherwise the same content was there already.
    report : mapping
        What the raster holds.
    state, doubts
        See :class:`geomiljo.layers.load.Loaded`.
    """

    layer: str
    version: str
    is_new: bool
    report: Mapping[str, Any]
    state: str = "active"
    doubts: tuple[Doubt, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the outcome as JSON has it, without what the raster holds."""
        outcome = {"layer": self.layer, "version": self.version, "isNew": self.is_new, "state": self.state}
        return {**outcome, "doubts": [doubt.document() for doubt in self.doubts]}


def raster_folder(settings: Settings) -> Path:
    """Return the folder of the raster files."""
    return (settings.raster_dir or settings.state_dir / "rasters").resolve()


def load_raster(
    engine: Engine,
    catalogue: Catalogue,
    layer_id: str,
    path: Path,
    folder: Path,
    options: RasterOptions | None = None,
    *,
    made_from: Mapping[str, str] | None = None,
    harvest: Mapping[str, Any] | None = None,
    accept: bool = False,
) -> LoadedRaster:
    """Load a raster as the new active version of a layer, or as one that waits for a person.

    Parameters
    ----------
    folder : Path
        Where rasters are kept, see :func:`raster_folder`.
    made_from : mapping of str to str, optional
        Layers that it was made from by its recipe, with their versions.
    harvest : mapping, optional
        How the file was fetched: address, state, definition and number of the source.
    accept : bool
        A person has looked: the version is used however it differs from the active one.

    Raises
    ------
    InputError
        The file, the layer or what is stated about them is at fault; nothing is changed.
    DatabaseError
        The database refused; nothing is changed.
    """
    options = options or RasterOptions()
    layer = catalogue.layer(layer_id)
    cover_set = _class_table(layer, options.class_table)
    outline = extent_geometry(catalogue, "sverige")
    with engine.connect() as connection:
        stated = stated_coverage(options.coverage, catalogue, connection) if options.coverage else None
    place = folder / layer_id
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place, prefix="incoming-") as work:
        written = Path(work) / "raster.tif"
        content = write_raster(path, written, options.statements, outline)
        _require_known_classes(catalogue, layer, cover_set, content, path.name)
        coverage = shapely.intersection(content.footprint, stated) if stated is not None else content.footprint
        checksum = _checksum(content, coverage, cover_set)
        kept = place / f"{checksum[:12]}.tif"
        if not kept.exists():
            written.replace(kept)
    told = {
        **_facts(layer, content, coverage, kept, cover_set),
        **_origin(path, options, made_from, harvest),
        "source_date": options.source_date,
        "coverage_stated": options.coverage or "cells",
        "checksum": checksum,
        "version": checksum[:12],
    }
    with database_errors(), engine.begin() as connection:
        lock_layer(connection, layer_id)
        settled = settle(connection, layer, Arrival(told), accept=accept)
    return LoadedRaster(layer_id, checksum[:12], settled.is_new, content.document(), settled.state, settled.doubts)


def _origin(
    path: Path, options: RasterOptions, made_from: Mapping[str, str] | None, harvest: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return where a version came from, for people, and what brings it again."""
    if made_from is not None:
        source = ", ".join(map(" ".join, made_from.items()))
        return {"source": source, "options": {"derived_from": dict(made_from)}}
    stated = {**asdict(options), "source_date": None}
    if harvest is not None:
        return {"source": harvest["address"], "options": {**stated, "harvest": dict(harvest)}}
    return {"source": path.name, "options": {**stated, "path": str(path.resolve())}}


def _class_table(layer: Layer, stated: str | None) -> str | None:
    if layer.raster is None:
        raise LayerDataError(
            _("Layer {layer} holds objects, not a raster."),
            remedy=_("Give a file with geometries."),
            layer=layer.id,
        )
    if not layer.raster.is_measured:
        raise LayerDataError(
            _("Layer {layer} is a picture; nothing in it can be measured."),
            remedy=_("Show it as a background map."),
            layer=layer.id,
        )
    tables = layer.raster.cover_sets
    if stated is None and len(tables) <= 1:
        return next(iter(tables), None)
    if stated is None or stated not in tables:
        raise InputError(
            _("Layer {layer} comes in several class tables: {tables}.")
            if tables
            else _("Layer {layer} has no class tables of land cover."),
            remedy=_("State with --class-table which one the values are of."),
            layer=layer.id,
            tables=", ".join(tables),
        )
    return stated


def _require_known_classes(
    catalogue: Catalogue, layer: Layer, cover_set: str | None, content: RasterContent, name: str
) -> None:
    if layer.raster is None or layer.raster.unit != "class":
        return
    if content.values is None:
        raise LayerDataError(
            _("{file} holds decimal or scaled numbers; the codes of classes are whole numbers."),
            remedy=_("Convert it to whole numbers (gdal_translate -ot Int16 -unscale)."),
            file=name,
        )
    unknown = (
        content.values - set(layer.raster.class_table)
        if cover_set is None
        else CoverTable.of(catalogue, cover_set).unknown_values(content.values)
    )
    refuse_unknown_values(unknown, name)


def _checksum(content: RasterContent, coverage: BaseGeometry, cover_set: str | None) -> str:
    digest = hashlib.sha256(content.checksum.encode())
    digest.update(shapely.to_wkb(shapely.normalize(coverage)))
    digest.update((cover_set or "").encode())
    return digest.hexdigest()


def _facts(
    layer: Layer, content: RasterContent, coverage: BaseGeometry, kept: Path, cover_set: str | None
) -> dict[str, Any]:
    areas = shapely.multipolygons(shapely.get_parts(polygonal(geometry_array([coverage]))[0]))
    return {
        "layer": layer.id,
        "state": "kept",
        "classification": classification_hash(layer),
        "feature_count": 0,
        "rejected_count": 0,
        "unknown_count": 0,
        "unclassified_count": 0,
        "repaired_count": 0,
        "piece_count": 0,
        "area_m2": float(content.footprint.area) * content.valid_cells / (content.rows * content.columns),
        "coverage": from_shape(areas, SRID),
        "extent": [float(value) for value in content.footprint.bounds],
        "report": content.document(),
        "fields": [],
        "raster": {"path": str(kept), "coverSet": cover_set},
    }
