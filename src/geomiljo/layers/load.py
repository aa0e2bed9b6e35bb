"""Loading a layer: file → staged objects → pieces → a new version, swapped in as one transaction.

A load that fails half way, or a process that is killed, leaves the active version as it was.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely
from geoalchemy2.shape import from_shape

from geomiljo.database.engine import database_errors
from geomiljo.database.tables import SRID
from geomiljo.errors import LayerDataError, NotFound
from geomiljo.layers.coverage import extent_geometry, stated_coverage
from geomiljo.layers.cut import pieces_of
from geomiljo.layers.files import read_layer_file
from geomiljo.layers.settle import Arrival, settle
from geomiljo.layers.stage import LoadReport, StagedLayer, classification_hash, stage
from geomiljo.layers.versions import active_versions, lock_layer
from geomiljo.placement import require_some_in_sweden
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    import datetime as dt

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Engine

    from geomiljo.analysis.pieces import Pieces
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer
    from geomiljo.layers.doubts import Doubt


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What the caller states about a file.

    Attributes
    ----------
    table : str or None
        Table of a file with several.
    crs : str or None
        Where the file states none.
    mapping : dict
        Column for an attribute; an empty column: the file has none.
    source_date : date or None
        Date of the data; unknown without it.
    coverage : str or None
        ``sweden``, ``county:NN,NN`` or a file; unknown without it.
    accept_rejected : bool
        The caller knows that objects which cannot be loaded are of no importance; without it the layer cannot say no.
    allow_empty : bool
        The source holds no object, and that is right.
    accept : bool
        A person has looked: the version is used however it differs from the active one.
    harvest : dict or None
        How a harvest brought the file: address, state, counts; None: a file of the caller's.
    """

    table: str | None = None
    crs: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    source_date: dt.date | None = None
    coverage: str | None = None
    accept_rejected: bool = False
    allow_empty: bool = False
    accept: bool = False
    harvest: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """Outcome of a load.

    Attributes
    ----------
    is_new : bool
        A version was made; otherwise the same content was there already.
    state : str
        ``active``; ``suspicious``: it waits for a person, for `doubts`; ``rejected``: a person has rejected it before.
    """

    layer: str
    version: str
    is_new: bool
    report: LoadReport
    state: str = "active"
    doubts: tuple[Doubt, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the outcome as JSON has it, without the report."""
        outcome = {"layer": self.layer, "version": self.version, "isNew": self.is_new, "state": self.state}
        return {**outcome, "doubts": [doubt.document() for doubt in self.doubts]}


def require_vector(layer: Layer) -> None:
    """Refuse a layer that is a raster.

    Raises
    ------
    LayerDataError
        Rasters are loaded in a way of their own.
    """
    if layer.is_raster_only:
        raise LayerDataError(
            _("Layer {layer} is a raster, which is loaded before it is used."),
            remedy=_("Load it: geomiljo layer load {layer} FILE."),
            layer=layer.id,
        )


def stage_file(
    layer: Layer, path: Path, options: LoadOptions, outline: BaseGeometry | None = None
) -> tuple[StagedLayer, Pieces]:
    """Read, check, repair and classify a file, and cut it into pieces, without a database.

    Parameters
    ----------
    outline : (Multi)Polygon, optional
        Sweden with its margin, EPSG:3006; a file that lies wholly outside it is refused.

    Raises
    ------
    InputError
        The file cannot be used for the layer, see :func:`geomiljo.layers.stage.stage`, or nothing of it lies in Sweden.
    """
    require_vector(layer)
    raw = read_layer_file(path, options.table, options.crs)
    if outline is not None:
        require_some_in_sweden(raw.geometry, raw.crs, outline, raw.source)
    staged = stage(layer, raw, options.mapping)
    return staged, pieces_of(staged)


def load_layer(
    engine: Engine, catalogue: Catalogue, layer_id: str, path: Path, options: LoadOptions | None = None
) -> Loaded:
    """Load a file as the new active version of a layer.

    Content that is active already makes no new version; content of a kept version makes that one active again. Content
    that is too unlike the active version's waits for a person, unless the options accept it.

    Raises
    ------
    InputError
        The file, the layer or what is stated about them is at fault; nothing is changed.
    DatabaseError
        The database refused; nothing is changed.
    """
    options = options or LoadOptions()
    layer = catalogue.layer(layer_id)
    with engine.connect() as connection:
        coverage = stated_coverage(options.coverage, catalogue, connection) if options.coverage else None
    staged, pieces = stage_file(layer, path, options, extent_geometry(catalogue, "sverige"))
    if not staged.report.read and not options.allow_empty:
        raise LayerDataError(
            _("{file} holds no objects; with it layer {layer} would say that there is nothing anywhere."),
            remedy=_("Check the file; where it is right that there are none, say so with --allow-empty."),
            file=path.name,
            layer=layer_id,
        )
    unknown = 0 if options.accept_rejected else len(staged.report.rejected)
    arrived = Arrived(staged, pieces, coverage, unknown, _statements(path, options))
    return take_in(engine, layer, arrived, accept=options.accept)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A layer's content, from wherever it came.

    Attributes
    ----------
    coverage : MultiPolygon or None
        None: unknown.
    unknown_count : int
        Objects that are known to exist and could not be loaded.
    statements : dict
        Columns of the version's row that tell where it came from and what was stated about it.
    """

    staged: StagedLayer
    pieces: Pieces
    coverage: BaseGeometry | None
    unknown_count: int
    statements: dict[str, Any]


def take_in(engine: Engine, layer: Layer, arrived: Arrived, *, accept: bool) -> Loaded:
    """Settle content that has arrived, in one transaction; see :func:`geomiljo.layers.settle.settle`."""
    staged, pieces, coverage = arrived.staged, arrived.pieces, arrived.coverage
    checksum = _checksum(staged, coverage, arrived.unknown_count)
    facts = {
        **_facts(staged, pieces, arrived.unknown_count),
        **arrived.statements,
        "version": checksum[:12],
        "checksum": checksum,
        "coverage": from_shape(coverage, SRID) if coverage is not None else None,
    }
    with database_errors(), engine.begin() as connection:
        lock_layer(connection, layer.id)
        settled = settle(connection, layer, Arrival(facts, staged, pieces), accept=accept)
    return Loaded(layer.id, checksum[:12], settled.is_new, staged.report, settled.state, settled.doubts)


def _checksum(staged: StagedLayer, coverage: BaseGeometry | None, unknown: int) -> str:
    digest = hashlib.sha256(staged.content_hash().encode())
    digest.update(classification_hash(staged.layer).encode())
    digest.update(shapely.to_wkb(shapely.normalize(coverage)) if coverage is not None else b"unknown")
    digest.update(str(unknown).encode())
    return digest.hexdigest()


def _facts(staged: StagedLayer, pieces: Pieces, unknown: int) -> dict[str, Any]:
    """Return what a version is known to hold."""
    flat = shapely.get_dimensions(staged.geometry) == 2
    return {
        "layer": staged.layer.id,
        "state": "kept",
        "classification": classification_hash(staged.layer),
        "feature_count": staged.report.stored,
        "rejected_count": len(staged.report.rejected),
        "unknown_count": unknown,
        "unclassified_count": staged.unclassified_count,
        "repaired_count": len(staged.report.repaired),
        "piece_count": len(pieces),
        "area_m2": float(staged.size[flat].sum()),
        "largest_error_m": staged.largest_error_m,
        "extent": [float(v) for v in shapely.total_bounds(staged.geometry)] if len(staged.ids) else None,
        "fields": staged.fields,
    }


def _statements(path: Path, options: LoadOptions) -> dict[str, Any]:
    """Return what the load was told, with whole paths where a refresh needs them and file names where people read."""
    is_file = options.coverage is not None and not options.coverage.startswith(("sweden", "county:"))
    coverage = Path(options.coverage or "")
    date = options.source_date.isoformat() if options.source_date else None
    stated = {**asdict(options), "source_date": date, "path": str(path.resolve())}
    return {
        "source": options.harvest["address"] if options.harvest else path.name,
        "source_date": options.source_date,
        "coverage_stated": coverage.name if is_file else options.coverage,
        "options": {**stated, "coverage": str(coverage.resolve())} if is_file else stated,
    }


def refresh_layer(engine: Engine, catalogue: Catalogue, layer_id: str) -> Loaded:
    """Load a layer again from the file that its active version came from, as it was stated then.

    The date of the data stays where the content does; new content is of unknown date until somebody states it.

    Raises
    ------
    NotFound
        The layer is not loaded.
    UnreadableFile
        The file is no longer there; the active version stays.
    """
    catalogue.layer(layer_id)
    with engine.connect() as connection:
        active = active_versions(connection).get(layer_id)
    if active is None:
        raise NotFound(
            _("Layer {layer} is not loaded."),
            remedy=_("Load it first: geomiljo layer load {layer} FILE."),
            layer=layer_id,
        )
    stated = dict(active.options)
    path = Path(stated.pop("path"))
    return load_layer(
        engine, catalogue, layer_id, path, LoadOptions(**{**stated, "source_date": None, "accept": False})
    )
