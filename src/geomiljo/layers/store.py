"""Writing objects and pieces to PostGIS with binary COPY, and reading pieces back."""

from __future__ import annotations

import struct
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy import delete, text

from geomiljo.database.engine import query
from geomiljo.database.tables import SRID, Piece
from geomiljo.layers.cut import pieces_of_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from geomiljo.analysis.pieces import Pieces
    from geomiljo.layers.stage import StagedLayer

_COPY_HEADER = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
_COPY_END = struct.pack(">h", -1)
_NULL = struct.pack(">i", -1)
_ROWS_PER_WRITE = 4_000


def ewkb(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return geometries as PostGIS stores them, with their reference system."""
    encoded: NDArray[np.object_] = shapely.to_wkb(shapely.set_srid(geometry, SRID), include_srid=True, byte_order=1)
    return encoded


def copy_rows(connection: Connection, statement: str, fields: Sequence[Sequence[list[bytes]]]) -> None:
    """Run ``COPY … FROM STDIN (FORMAT BINARY)``.

    Parameters
    ----------
    fields : sequence of sequences of lists of bytes
        For each column what :func:`numbers` or :func:`values` returned, all of the same length.
    """
    columns = [column for field in fields for column in field]
    head = struct.pack(">h", len(fields))
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(statement) as copy:
        copy.write(_COPY_HEADER)
        for start in range(0, len(columns[0]), _ROWS_PER_WRITE):
            rows = zip(repeat(head), *(column[start : start + _ROWS_PER_WRITE] for column in columns), strict=False)
            copy.write(b"".join(chain.from_iterable(rows)))
        copy.write(_COPY_END)


def numbers(found: Iterable[float | int], kind: str) -> list[list[bytes]]:
    """Return numbers as fields of a binary COPY: ``i2``, ``i4`` or ``f8``; NaN is null."""
    given = np.asarray(found)
    fields = np.empty(len(given), dtype=[("length", ">i4"), ("value", f">{kind}")])
    fields["length"], fields["value"] = int(kind[1]), given
    data, width = fields.tobytes(), fields.itemsize
    encoded = [data[start : start + width] for start in range(0, len(data), width)]
    for index in np.flatnonzero(given != given).tolist():  # NaN alone differs from itself
        encoded[index] = _NULL
    return [encoded]


def values(found: Sequence[bytes | None]) -> list[list[bytes]]:
    """Return values that are encoded already as fields of a binary COPY; None is null."""
    lengths = np.array([-1 if value is None else len(value) for value in found], dtype=">i4").tobytes()
    return [[lengths[at : at + 4] for at in range(0, len(lengths), 4)], [value or b"" for value in found]]


def _texts(found: NDArray[np.object_]) -> list[list[bytes]]:
    return values([None if value is None else str(value).encode() for value in found])


def write_features(connection: Connection, version_id: int, staged: StagedLayer) -> None:
    """Write a version's objects into a partition of its own."""
    partition = f"feature_v{int(version_id)}"
    connection.execute(text(f"CREATE TABLE {partition} (LIKE feature INCLUDING DEFAULTS)"))
    count = len(staged.ids)
    copy_rows(
        connection,
        f"COPY {partition} (version_id, number, id, name, class_bit, size, error_m, attributes, geom)"
        " FROM STDIN (FORMAT BINARY)",
        [
            numbers(np.full(count, version_id), "i4"),
            numbers(np.arange(count), "i4"),
            _texts(staged.ids),
            _texts(staged.names),
            numbers(staged.class_bits, "i4"),
            numbers(staged.size, "f8"),
            numbers(staged.errors_m, "f8"),
            values([b"\x01" + document for document in staged.attributes]),
            values(ewkb(staged.geometry).tolist()),
        ],
    )
    connection.execute(text(f"ALTER TABLE feature ATTACH PARTITION {partition} FOR VALUES IN ({int(version_id)})"))
    connection.execute(text(f"ANALYZE {partition}"))  # at once: without statistics a tile costs ten times as much


def write_pieces(connection: Connection, version_id: int, pieces: Pieces) -> None:
    """Write the pieces of a version."""
    copy_rows(
        connection,
        "COPY piece (version_id, feature, flags, classes, size, geom, object_id, object_name, object_size,"
        " object_error_m)"
        " FROM STDIN (FORMAT BINARY)",
        [
            numbers(np.full(len(pieces), version_id), "i4"),
            numbers(pieces.feature, "i4"),
            numbers(pieces.flags, "i2"),
            numbers(pieces.classes, "i4"),
            numbers(pieces.size, "f8"),
            values(ewkb(pieces.geometry).tolist()),
            _texts(pieces.object_id),
            _texts(pieces.object_name),
            numbers(pieces.object_size, "f8"),
            numbers(pieces.object_error_m, "f8"),
        ],
    )


def drop_pieces(connection: Connection, version_id: int) -> None:
    """Delete the pieces of a version that is no longer active."""
    connection.execute(delete(Piece).where(Piece.version_id == version_id))


def cut_version(connection: Connection, version_id: int, sliver_width_m: float) -> Pieces:
    """Cut the pieces of a stored version again, from its objects."""
    rows = connection.execute(text(query("objects_of_version")), {"version": version_id}).all()
    return pieces_of_rows(rows, sliver_width_m)
