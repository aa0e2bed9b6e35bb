"""Rows with geometries in batches that take a bounded amount of memory."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

BATCH_BYTES = 8_000_000
"""About so much WKB at most is handled at a time: half a million vertices, or a single larger geometry."""


def row_batches(rows: Iterable[Sequence[Any]], most_rows: int, most_bytes: int) -> Iterator[list[Sequence[Any]]]:
    """Yield rows, whose last value is their geometry as WKB, in lists that end as soon as either limit is reached.

    Examples
    --------
    >>> [len(batch) for batch in row_batches([(1, b"12345"), (2, b"1"), (3, None), (4, b"1")], 2, 5)]
    [1, 2, 1]
    """
    batch: list[Sequence[Any]] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row[-1] or b"")
        if len(batch) >= most_rows or size >= most_bytes:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def light_parts(wkb: pa.Array | pa.ChunkedArray) -> list[tuple[int, int]]:
    """Return offset and length of the parts in which rows are handled, so that few large geometries travel together.

    A part begins with each :data:`BATCH_BYTES` of geometry that have gone before; no rows are one part.

    Examples
    --------
    >>> import pyarrow as pa
    >>> light_parts(pa.array([b"1" * 5_000_000, None, b"1" * 5_000_000, b"1" * 20_000_000, b"1"]))
    [(0, 3), (3, 1), (4, 1)]
    """
    import pyarrow.compute as pc  # takes long to load

    sizes = pc.binary_length(wkb).fill_null(0).to_numpy().astype(np.int64)
    before = (np.cumsum(sizes) - sizes) // BATCH_BYTES
    starts = [0, *(np.flatnonzero(np.diff(before)) + 1).tolist(), len(sizes)]
    return [(start, end - start) for start, end in itertools.pairwise(starts)]
