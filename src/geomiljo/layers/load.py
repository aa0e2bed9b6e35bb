"""Loading a layer: file → staged objects → pieces → a new version, swapped in as one transaction.

A load that fails half way, or a process that is killed, leaves the active version as it was.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoalchemy2.shape import from_shape
from sqlalchemy import text

from geomiljo.database.engine import database_errors
from geomiljo.database.tables import SRID
from geomiljo.errors import InputError, LayerDataError, NotFound
from geomiljo.layers.coverage import extent_geometry, stated_coverage
from geomiljo.layers.cut import pieces_of
from geomiljo.layers.files import layer_batches, read_layer_file
from geomiljo.layers.intake import Intake, require_usable, take_objects
from geomiljo.layers.settle import Arrival, settle
from geomiljo.layers.stage import StagedLayer, stage
from geomiljo.layers.store import next_version_id
from geomiljo.layers.versions import active_versions, lock_layer
from geomiljo.placement import require_some_in_sweden
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Engine

    from geomiljo.analysis.pieces import Pieces
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer
    from geomiljo.layers.doubts import Doubt
    from geomiljo.layers.files import RawLayer
    from geomiljo.layers.load_report import LoadReport


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
    """Read, check, repair and classify a file, and cut it into pieces, in memory and without a database.

    Parameters
    ----------
    outline : (Multi)Polygon, optional
        Sweden with its margin, EPSG:3006; a file that lies wholly outside it is refused.

    Raises
    ------
    InputError
        The file cannot be used for the layer, see :func:`geomiljo.layers.intake.take_objects`, or nothing of it lies
        in Sweden.
    """
    require_vector(layer)
    raw = read_layer_file(path, options.table, options.crs)
    if outline is not None:
        require_some_in_sweden(raw.geometry, raw.crs, outline, raw.source)
    staged = stage(layer, raw, options.mapping).with_unique_ids()
    require_usable(layer, raw.source, staged.report)
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
    require_vector(layer)
    with engine.connect() as connection:
        coverage = stated_coverage(options.coverage, catalogue, connection) if options.coverage else None
    batches = layer_batches(path, options.table, options.crs)
    arriving = Arriving(
        _some_in_sweden(batches, extent_geometry(catalogue, "sverige")),
        options.mapping,
        coverage,
        _statements(path, options),
        accept_rejected=options.accept_rejected,
        empty_file=None if options.allow_empty else path.name,
    )
    return take_in(engine, layer, arriving, accept=options.accept)


def _some_in_sweden(batches: Iterable[RawLayer], outline: BaseGeometry) -> Iterator[RawLayer]:
    """Yield the batches of a file, and refuse it at the end where nothing of it lies in Sweden."""
    outside: InputError | None = None
    is_told = False
    for raw in batches:
        if not is_told:
            try:
                is_told = require_some_in_sweden(raw.geometry, raw.crs, outline, raw.source)
            except InputError as error:
                outside = outside or error
        yield raw
    if outside is not None and not is_told:
        raise outside


@dataclass(frozen=True, slots=True)
class Arriving:
    """A layer's content on its way in, from wherever it comes.

    Attributes
    ----------
    batches : iterable of RawLayer
        At least one; read once.
    mapping : dict
        Column for an attribute.
    coverage : MultiPolygon or None
        None: unknown.
    statements : dict
        Columns of the version's row that tell where it came from and what was stated about it.
    accept_rejected : bool
        Objects that cannot be loaded are of no importance.
    unknown_count : int
        Other objects that are known to exist and are not there.
    empty_file : str or None
        File that must hold objects.
    """

    batches: Iterable[RawLayer]
    mapping: dict[str, str]
    coverage: BaseGeometry | None
    statements: dict[str, Any]
    accept_rejected: bool = False
    unknown_count: int = 0
    empty_file: str | None = None


def take_in(engine: Engine, layer: Layer, arriving: Arriving, *, accept: bool) -> Loaded:
    """Write content that arrives and settle it, in one transaction; see :func:`geomiljo.layers.settle.settle`."""
    with database_errors(), engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        version_id = next_version_id(connection)
        intake = take_objects(connection, version_id, layer, arriving.batches, arriving.mapping)
        facts = _facts(intake, arriving)
        lock_layer(connection, layer.id)
        settled = settle(connection, layer, Arrival(facts, intake.report, version_id), accept=accept)
    return Loaded(layer.id, facts["version"], settled.is_new, intake.report, settled.state, settled.doubts)


def _facts(intake: Intake, arriving: Arriving) -> dict[str, Any]:
    """Return the columns of the version's row."""
    report = intake.report
    if not report.read and arriving.empty_file is not None:
        raise LayerDataError(
            _("{file} holds no objects; with it layer {layer} would say that there is nothing anywhere."),
            remedy=_("Check the file; where it is right that there are none, say so with --allow-empty."),
            file=arriving.empty_file,
            layer=intake.layer.id,
        )
    unknown_count = arriving.unknown_count + (0 if arriving.accept_rejected else len(report.rejected))
    checksum = intake.checksum(arriving.coverage, unknown_count)
    return {
        **intake.facts(),
        **arriving.statements,
        "state": "kept",
        "piece_count": 0,
        "unknown_count": unknown_count,
        "version": checksum[:12],
        "checksum": checksum,
        "coverage": from_shape(arriving.coverage, SRID) if arriving.coverage is not None else None,
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
