"""Cutting the pieces of a stored version from its objects: everything that is large stays in the database.

The objects come from south to north. Pieces that overlap others wait in a temporary table until all have passed; then
they are dissolved, group by group.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy import text, update

from geomiljo.analysis.pieces import COVER, Pieces
from geomiljo.batches import BATCH_BYTES, row_batches
from geomiljo.database.engine import query
from geomiljo.database.tables import LayerVersion
from geomiljo.geometry import plain_wkb
from geomiljo.layers.cover import dissolve, grid_step_m, within_cells
from geomiljo.layers.cut import ObjectRows, available_threads, cells_of, feature_pieces
from geomiljo.layers.store import copy_rows, numbers, values, write_pieces
from geomiljo.layers.sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from numpy.typing import NDArray
    from sqlalchemy import Connection

_ROWS = 4_000
_FETCHED_ROWS = 250


def cut_version(connection: Connection, version_id: int, sliver_width_m: float, table: str = "feature") -> None:
    """Cut and write the pieces of a version whose objects are in a table."""
    connection.execute(text(query("overlapping_pieces")))
    cutting = _Cutting(connection, version_id, sliver_width_m, table, available_threads())
    count = cutting.objects() + cutting.polygons() + cutting.lines()
    connection.execute(text("DROP TABLE overlapping_piece, line_group"))
    connection.execute(update(LayerVersion).where(LayerVersion.id == version_id).values(piece_count=count))


class _Cutting:
    """The steps of cutting one version; while a batch is cut another is written and the next one fetched."""

    def __init__(
        self, connection: Connection, version_id: int, sliver_width_m: float, table: str, threads: int
    ) -> None:
        self._connection = connection
        self._version_id = version_id
        self._sliver_width_m = sliver_width_m
        self._table = table
        self._threads = threads
        self._sweep = Sweep(threads)

    def objects(self) -> int:
        """Write the pieces of all objects."""
        count = 0
        writing: Future[None] | None = None
        with ThreadPoolExecutor(1) as database:
            for pieces, serials in self._told(database):
                count += len(pieces)
                if writing is not None:
                    writing.result()
                writing = database.submit(self._write, pieces, serials)
            if writing is not None:
                writing.result()
        return count

    def _told(self, database: ThreadPoolExecutor) -> Iterator[tuple[Pieces, NDArray[np.int64]]]:
        with self._cursor("objects_from_south", version=self._version_id) as cursor:
            cursor.itersize = _FETCHED_ROWS
            batches = row_batches(cursor, _ROWS, BATCH_BYTES)
            coming = database.submit(next, batches, None)
            while rows := coming.result():
                coming = database.submit(next, batches, None)
                yield self._sweep.take(self._cut(rows), south_m=rows[-1][1])
        yield self._sweep.take(Pieces.empty(), np.inf)

    def _cut(self, rows: Sequence[Any]) -> Pieces:
        objects = ObjectRows.of([row[2:] for row in rows])
        pieces = feature_pieces(objects.geometry, objects.bits, self._sliver_width_m, self._threads)
        return replace(objects.named(pieces), feature=np.array([row[0] for row in rows])[pieces.feature])

    def _write(self, pieces: Pieces, serials: NDArray[np.int64]) -> None:
        wkb = plain_wkb(pieces.geometry)
        write_pieces(self._connection, self._version_id, pieces, wkb)
        chosen = np.flatnonzero(pieces.flags & COVER == 0)
        dimension, shapes = pieces.dimension[chosen], wkb[chosen]

        def encode(rows: slice) -> list[list[list[bytes]]]:
            return [
                numbers(serials[chosen[rows]], "i4"),
                numbers(dimension[rows], "i2"),
                numbers(pieces.classes[chosen[rows]], "i4"),
                values(shapes[rows].tolist()),
            ]

        statement = "COPY overlapping_piece (serial, dimension, classes, geom) FROM STDIN (FORMAT BINARY)"
        copy_rows(self._connection, statement, len(chosen), encode)

    def polygons(self) -> int:
        """Write the cells of overlapping polygons, which are dissolved square by square of a grid."""
        extent_m = self._connection.scalar(text(query("median_extent_of_overlapping")))
        if extent_m is None:
            return 0
        step_m = grid_step_m(float(extent_m))
        count = 0
        with self._cursor("overlapping_by_square", step_m=step_m) as cursor:
            for rows in _whole_groups(cursor):
                column, line, classes, geometry = _arrays(rows)
                parts = within_cells(geometry, column, line, step_m)
                there = ~shapely.is_empty(parts)
                group = np.cumsum((np.diff(column, prepend=column[0]) != 0) | (np.diff(line, prepend=line[0]) != 0))
                count += self._dissolved(parts[there], classes[there], group[there], 2)
        return count

    def lines(self) -> int:
        """Write the cells of overlapping lines."""
        serials, group = self._sweep.groups_of_lines()
        if not serials.size:
            return 0

        def encode(rows: slice) -> list[list[list[bytes]]]:
            return [numbers(serials[rows], "i4"), numbers(group[rows], "i4")]

        copy_rows(self._connection, "COPY line_group FROM STDIN (FORMAT BINARY)", len(serials), encode)
        count = 0
        with self._cursor("overlapping_by_line_group") as cursor:
            for rows in _whole_groups(cursor):
                group, _one, classes, geometry = _arrays(rows)
                count += self._dissolved(geometry, classes, group, 1)
        return count

    def _dissolved(
        self, geometry: NDArray[np.object_], classes: NDArray[np.int64], group: NDArray[np.int64], dimension: int
    ) -> int:
        cells = cells_of(*dissolve(geometry, classes, group, dimension, self._threads))
        write_pieces(self._connection, self._version_id, cells, plain_wkb(cells.geometry))
        return len(cells)

    def _cursor(self, name: str, **parameters: float) -> Any:
        """Return the rows of a query, which are fetched bit by bit, with numbers and WKB in binary."""
        driver: Any = self._connection.connection.driver_connection
        cursor = driver.cursor(name=name, binary=True)
        return cursor.execute(query(name).replace(":objects", self._table), parameters)


def _whole_groups(cursor: Any) -> Iterator[list[Any]]:
    """Yield rows in batches that hold whole groups, which the first two columns name."""
    kept: list[Any] = []
    while rows := cursor.fetchmany(_ROWS):
        kept += rows
        last = next(n for n in range(len(kept), -1, -1) if not n or kept[n - 1][:2] != kept[-1][:2])
        if last:
            yield kept[:last]
            kept = kept[last:]
    if kept:
        yield kept


def _arrays(
    rows: Sequence[Any],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.object_]]:
    """Return the two numbers of the group, the classes and the geometry of each row."""
    one, two, classes, wkb = zip(*rows, strict=True)
    geometry = shapely.from_wkb(np.array(wkb, dtype=object))
    first, second, masks = (np.array(column, dtype=np.int64) for column in (one, two, classes))
    return first, second, masks, geometry
