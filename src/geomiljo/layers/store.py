"""Writing objects and pieces to PostGIS with binary COPY."""

from __future__ import annotations

import struct
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import delete, text

from geomiljo.database.engine import query
from geomiljo.database.tables import Piece

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from geomiljo.analysis.pieces import Pieces
    from geomiljo.layers.stage import StagedLayer

_COPY_HEADER = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
_COPY_END = struct.pack(">h", -1)
_NULL = struct.pack(">i", -1)
_ROWS_PER_WRITE = 4_000


Fields = list[list[bytes]]
"""A column of a binary COPY as lists of bytes, which stand one after the other in each row."""


def copy_rows(connection: Connection, statement: str, count: int, encode: Callable[[slice], list[Fields]]) -> None:
    """Run ``COPY … FROM STDIN (FORMAT BINARY)``, some thousand rows at a time.

    Parameters
    ----------
    count : int
        Rows in all.
    encode : callable
        Returns the columns of some rows, each as :func:`numbers` or :func:`values` made it.
    """
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(statement) as copy:
        copy.write(_COPY_HEADER)
        for start in range(0, count, _ROWS_PER_WRITE):
            columns = encode(slice(start, min(start + _ROWS_PER_WRITE, count)))
            head = repeat(struct.pack(">h", len(columns)))
            rows = zip(head, *(each for column in columns for each in column), strict=False)
            copy.write(b"".join(chain.from_iterable(rows)))
        copy.write(_COPY_END)


def numbers(found: NDArray[Any], kind: str) -> Fields:
    """Return numbers as fields of a binary COPY: ``i2``, ``i4`` or ``f8``; NaN is null."""
    fields = np.empty(len(found), dtype=[("length", ">i4"), ("value", f">{kind}")])
    fields["length"], fields["value"] = int(kind[1]), found
    data, width = fields.tobytes(), fields.itemsize
    encoded = [data[start : start + width] for start in range(0, len(data), width)]
    for index in np.flatnonzero(found != found).tolist():  # NaN alone differs from itself
        encoded[index] = _NULL
    return [encoded]


def values(found: Sequence[bytes | None]) -> Fields:
    """Return values that are encoded already as fields of a binary COPY; None is null."""
    lengths = np.array([-1 if value is None else len(value) for value in found], dtype=">i4").tobytes()
    return [[lengths[at : at + 4] for at in range(0, len(lengths), 4)], [value or b"" for value in found]]


def _texts(found: NDArray[np.object_]) -> Fields:
    return values([None if value is None else str(value).encode() for value in found])


def next_version_id(connection: Connection) -> int:
    """Return the id of the next version, whose objects are written before its row."""
    return int(connection.scalar(text("SELECT nextval(pg_get_serial_sequence('layer_version', 'id'))")) or 0)


def create_partition(connection: Connection, version_id: int) -> None:
    """Make the table of a version's objects, without indexes and in nobody's sight."""
    connection.execute(text(f"CREATE TABLE {partition_of(version_id)} (LIKE feature INCLUDING DEFAULTS)"))


def attach_partition(connection: Connection, version_id: int) -> None:
    """Let a version's objects be seen; their indexes are built now. Other loads wait here until this one ends."""
    table = partition_of(version_id)
    connection.execute(text(f"ALTER TABLE feature ATTACH PARTITION {table} FOR VALUES IN ({int(version_id)})"))
    connection.execute(text(f"ANALYZE {table}"))  # at once: without statistics a tile costs ten times as much


def drop_partition(connection: Connection, version_id: int) -> None:
    """Remove the objects of a version that is not wanted."""
    connection.execute(text(f"DROP TABLE {partition_of(version_id)}"))


def partition_of(version_id: int) -> str:
    """Return the name of the table of a version's objects."""
    return f"feature_v{int(version_id)}"


def write_features(connection: Connection, version_id: int, first: int, staged: StagedLayer) -> None:
    """Write objects of a version, numbered from `first`."""

    def encode(rows: slice) -> list[Fields]:
        number = np.arange(first + rows.start, first + rows.stop)
        return [
            numbers(np.full(len(number), version_id), "i4"),
            numbers(number, "i4"),
            _texts(staged.ids[rows]),
            _texts(staged.names[rows]),
            numbers(staged.class_bits[rows], "i4"),
            numbers(staged.size[rows], "f8"),
            numbers(staged.errors_m[rows], "f8"),
            values([b"\x01" + document for document in staged.attributes[rows]]),
            values(staged.wkb[rows].tolist()),
        ]

    columns = "version_id, number, id, name, class_bit, size, error_m, attributes, geom"
    statement = f"COPY {partition_of(version_id)} ({columns}) FROM STDIN (FORMAT BINARY)"
    copy_rows(connection, statement, len(staged.ids), encode)


def make_ids_unique(connection: Connection, version_id: int) -> list[str]:
    """Give all but the first of objects that share an id ``~2``, ``~3`` behind it; return what tells them apart."""
    statement = query("make_ids_unique").replace(":partition", partition_of(version_id))
    return list(connection.scalars(text(statement)))


def write_pieces(connection: Connection, version_id: int, pieces: Pieces, wkb: NDArray[np.object_]) -> None:
    """Write the pieces of a version, with the geometry of each as WKB."""

    def encode(rows: slice) -> list[Fields]:
        return [
            numbers(np.full(rows.stop - rows.start, version_id), "i4"),
            numbers(pieces.feature[rows], "i4"),
            numbers(pieces.flags[rows], "i2"),
            numbers(pieces.classes[rows], "i4"),
            numbers(pieces.size[rows], "f8"),
            values(wkb[rows].tolist()),
            _texts(pieces.object_id[rows]),
            _texts(pieces.object_name[rows]),
            numbers(pieces.object_size[rows], "f8"),
            numbers(pieces.object_error_m[rows], "f8"),
        ]

    columns = "version_id, feature, flags, classes, size, geom, object_id, object_name, object_size, object_error_m"
    copy_rows(connection, f"COPY piece ({columns}) FROM STDIN (FORMAT BINARY)", len(pieces), encode)


def drop_pieces(connection: Connection, version_id: int) -> None:
    """Delete the pieces of a version that is no longer active."""
    connection.execute(delete(Piece).where(Piece.version_id == version_id))
