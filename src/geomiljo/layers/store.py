"""Writing objects and pieces to PostGIS with binary COPY, and reading pieces back."""

from __future__ import annotations

import struct
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
_ROWS_PER_WRITE = 4_000


def ewkb(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return geometries as PostGIS stores them, with their reference system."""
    encoded: NDArray[np.object_] = shapely.to_wkb(shapely.set_srid(geometry, SRID), include_srid=True, byte_order=1)
    return encoded


def copy_rows(connection: Connection, statement: str, columns: Sequence[Sequence[bytes | None]]) -> None:
    """Run ``COPY … FROM STDIN (FORMAT BINARY)`` with values that are encoded already.

    Parameters
    ----------
    columns : sequence of sequences of bytes
        One sequence for each column, all of the same length; None is null.
    """
    cursor: Any = connection.connection.cursor()
    head = struct.pack(">h", len(columns))
    null = struct.pack(">i", -1)
    with cursor, cursor.copy(statement) as copy:
        copy.write(_COPY_HEADER)
        block: list[bytes] = []
        for number, row in enumerate(zip(*columns, strict=True), start=1):
            block.append(head)
            for value in row:
                block += (null,) if value is None else (struct.pack(">i", len(value)), value)
            if number % _ROWS_PER_WRITE == 0:
                copy.write(b"".join(block))
                block.clear()
        copy.write(b"".join(block) + _COPY_END)


def encode(values: Iterable[float | int], kind: str) -> list[bytes]:
    """Return numbers as PostgreSQL's binary form: ``i2``, ``i4`` or ``f8``."""
    width = int(kind[1])
    data = np.asarray(values).astype(f">{kind}").tobytes()
    return [data[start : start + width] for start in range(0, len(data), width)]


def _known(values: NDArray[np.float64]) -> list[bytes | None]:
    """Return numbers as above; NaN is null."""
    unknown = np.isnan(values).tolist()
    return [None if is_unknown else value for value, is_unknown in zip(encode(values, "f8"), unknown, strict=True)]


def _texts(values: NDArray[np.object_]) -> list[bytes | None]:
    return [None if value is None else str(value).encode() for value in values]


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
            encode(np.full(count, version_id), "i4"),
            encode(np.arange(count), "i4"),
            _texts(staged.ids),
            _texts(staged.names),
            encode(staged.class_bits, "i4"),
            encode(staged.size, "f8"),
            _known(staged.errors_m),
            [b"\x01" + document for document in staged.attributes],
            ewkb(staged.geometry).tolist(),
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
            encode(np.full(len(pieces), version_id), "i4"),
            encode(pieces.feature, "i4"),
            encode(pieces.flags, "i2"),
            encode(pieces.classes, "i4"),
            encode(pieces.size, "f8"),
            ewkb(pieces.geometry).tolist(),
            _texts(pieces.object_id),
            _texts(pieces.object_name),
            encode(pieces.object_size, "f8"),
            _known(pieces.object_error_m),
        ],
    )


def drop_pieces(connection: Connection, version_id: int) -> None:
    """Delete the pieces of a version that is no longer active."""
    connection.execute(delete(Piece).where(Piece.version_id == version_id))


def cut_version(connection: Connection, version_id: int, sliver_width_m: float) -> Pieces:
    """Cut the pieces of a stored version again, from its objects."""
    rows = connection.execute(text(query("objects_of_version")), {"version": version_id}).all()
    return pieces_of_rows(rows, sliver_width_m)
