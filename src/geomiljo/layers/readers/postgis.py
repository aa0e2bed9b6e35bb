"""Layers in PostGIS: one query finds the pieces of all layers near a planning area."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from geoalchemy2.shape import to_shape
from psycopg import Error as PsycopgError
from sqlalchemy import select, text

from geomiljo.analysis.pieces import Pieces
from geomiljo.database.engine import query
from geomiljo.database.tables import LayerVersion
from geomiljo.errors import SourceUnavailable
from geomiljo.geometry import prepared_here
from geomiljo.layers.readers.base import VERSION_COLUMNS, Found, LoadedLayer
from geomiljo.layers.versions import switched_off
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Connection, Engine

    from geomiljo.analysis.pieces import LayerSearch

_SAVEPOINT = "geomiljo_reader"
_coverages: dict[tuple[str, str], bytes | None] = {}
"""Coverage, as WKB, of versions seen by this process; a version never changes."""
_distinct: dict[bytes, bytes] = {}


def _one_of(wkb: bytes) -> bytes:
    """Return the same object for the same content, so that it is found again without comparing it."""
    return _distinct.setdefault(wkb, wkb)


@contextmanager
def open_reader(engine: Engine) -> Iterator[PostgisReader]:
    """Open a reader on one unchanging view of the database, without the right to write."""
    with engine.connect() as connection:
        bound = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with bound.begin():
            yield PostgisReader(bound)


class PostgisReader:
    """Reads active layer versions through a connection.

    Parameters
    ----------
    connection : Connection
        In a transaction that sees one state of the database throughout.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._versions: dict[str, Any] | None = None
        self._has_savepoint = False

    def _active(self) -> dict[str, Any]:
        if self._versions is None:
            rows = self._connection.execute(select(*VERSION_COLUMNS).where(LayerVersion.state == "active"))
            self._versions = {row.layer: row for row in rows}
        return self._versions

    def layers(self) -> Mapping[str, LoadedLayer]:
        """Return the layers with an active version."""
        return {row.layer: LoadedLayer.of(row, self.coverage(row)) for row in self._active().values()}

    def coverage(self, row: Any) -> BaseGeometry | None:
        """Return what a version has mapped, prepared for this thread; `row` has its layer, id and checksum.

        Versions that have mapped the same share the shape.
        """
        key = (row.layer, row.checksum)
        if key not in _coverages:
            stored = self._connection.scalar(select(LayerVersion.coverage).where(LayerVersion.id == row.id))
            _coverages[key] = None if stored is None else _one_of(bytes(shapely.to_wkb(to_shape(stored))))
        wkb = _coverages[key]
        return None if wkb is None else prepared_here(wkb)

    def off(self) -> Mapping[str, str]:
        """Return the layers that this installation has switched off, and why."""
        return switched_off(self._connection)

    def pieces(self, areas: NDArray[np.object_], searches: Sequence[LayerSearch]) -> Found:
        """Return the pieces within reach; see :class:`Reader`.

        Should the one query for all layers fail, each layer is asked by itself and only the faulty ones are left out.
        """
        wanted = [(i, s) for i, s in enumerate(searches) if s.layer in self._active()]
        try:
            return Found(self._find(areas, wanted))
        except PsycopgError:
            self._go_back()
            return self._find_one_by_one(areas, wanted)

    def _find_one_by_one(self, areas: NDArray[np.object_], wanted: Sequence[tuple[int, LayerSearch]]) -> Found:
        batches, failures = [], {}
        for position, search in wanted:
            try:
                batches.append(self._find(areas, [(position, search)]))
            except PsycopgError as error:
                self._go_back()
                failures[search.layer] = SourceUnavailable(
                    _("The database could not read layer {layer} ({kind})."),
                    remedy=_("Load the layer again, or look into the database's log."),
                    layer=search.layer,
                    kind=type(error).__name__,
                )
        return Found(Pieces.concatenate(batches), failures)

    def _find(self, areas: NDArray[np.object_], wanted: Sequence[tuple[int, LayerSearch]]) -> Pieces:
        position = {self._active()[search.layer].id: index for index, search in wanted}
        by_reach: dict[float, list[int]] = defaultdict(list)
        for _index, search in wanted:
            by_reach[search.reach_m].append(self._active()[search.layer].id)
        boxes = _outermost(shapely.bounds(areas)).tolist()
        parts: list[str] = []
        parameters: dict[str, Any] = {}
        for bucket, (box, (reach, versions)) in enumerate(product(boxes, by_reach.items())):
            parts.append(query("pieces_near").replace("{bucket}", str(bucket)))
            xmin, ymin, xmax, ymax = box
            around = {"xmin": xmin - reach, "ymin": ymin - reach, "xmax": xmax + reach, "ymax": ymax + reach}
            parameters |= {f"{name}_{bucket}": value for name, value in around.items()}
            parameters[f"versions_{bucket}"] = versions
        if not parts:
            return Pieces.empty()
        union = "\nUNION ALL\n" if len(boxes) == 1 else "\nUNION\n"
        with self._driver().cursor(binary=True) as cursor:
            return _as_pieces(cursor.execute(union.join(parts), parameters).fetchall(), position)

    def _driver(self) -> Any:
        """Return the driver's connection: binary results spare the way through text.

        A savepoint at the first use keeps the transaction, and what it sees, through a query that fails.
        """
        if not self._has_savepoint:
            self._connection.exec_driver_sql(f"SAVEPOINT {_SAVEPOINT}")
            self._has_savepoint = True
        return self._connection.connection.driver_connection

    def _go_back(self) -> None:
        self._connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")

    def objects(self, layer: str, ids: Sequence[str]) -> dict[str, BaseGeometry]:
        """Return whole objects of a layer by id."""
        wanted = {"version": self._active()[layer].id, "ids": list(ids)}
        rows = self._connection.execute(text(query("objects_by_id")), wanted)
        return {row.id: shapely.from_wkb(bytes(row.geom)) for row in rows}


def _outermost(bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the boxes that no other covers: the parts of a plan lie inside the plan's box and need no search."""
    if len(bounds) == 1:
        return bounds
    distinct = np.unique(bounds, axis=0)
    boxes = shapely.box(*distinct.T)
    inner, outer = shapely.STRtree(boxes).query(boxes, predicate="covered_by")
    return np.delete(distinct, inner[inner != outer], axis=0)


def _as_pieces(rows: Sequence[tuple[Any, ...]], position: Mapping[int, int]) -> Pieces:
    if not rows:
        return Pieces.empty()
    version, feature, flags, classes, size, geometry, ids, names, sizes, errors_m = zip(*rows, strict=True)
    return Pieces(
        layer=np.array([position[v] for v in version], dtype=np.int64),
        feature=np.array(feature, dtype=np.int64),
        flags=np.array(flags, dtype=np.uint8),
        classes=np.array(classes, dtype=np.int64),
        size=np.array(size, dtype=np.float64),
        geometry=shapely.from_wkb(np.array(geometry, dtype=object)),
        object_id=np.array(ids, dtype=object),
        object_name=np.array(names, dtype=object),
        object_size=np.array(sizes, dtype=np.float64),
        object_error_m=np.array(errors_m, dtype=np.float64),
    )
