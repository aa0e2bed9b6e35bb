"""Pages on disk, one Arrow file each, and one file out of them all."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather
import pyogrio
import shapely

from geomiljo.layers.sources.folder import PageNote
from geomiljo.layers.sources.reading import Reading, label, reading_of, swap
from geomiljo.remote import no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from geomiljo.layers.sources.base import Page, Source

GEOMETRY = "__geometry"
_ID = "__id"
_WIRE = "EPSG:4326"
_IDENTITIES = 250_000


def write_page(page: Page, folder: Path, name: str, source: Source, prefix: str) -> PageNote:
    """Write a page and return what to remember of it.

    Parameters
    ----------
    source : Source
        The system that was asked for is trusted before what the page says.
    prefix : str
        Of the ids: the feature type, where a source has several.
    """
    geometry = shapely.from_wkb(page.wkb.to_numpy(zero_copy_only=False), on_invalid="ignore")
    said = [f"EPSG:{source.crs}"] if source.crs else []
    reading = reading_of(geometry, [*said, *([label(page.crs)] if page.crs else []), _WIRE])
    table = page.columns.append_column(GEOMETRY, page.wkb)
    if not source.ends_by_itself:
        table = table.append_column(_ID, _identities(page, prefix))
    feather.write_feather(table, str(folder / name), compression="lz4")
    return PageNote(name, len(page.wkb), page.crs, (reading.crs, reading.swapped) if reading else None)


def _identities(page: Page, prefix: str) -> pa.Array:
    """Return 64 bits of each object's id; where the source has none, of all that it says of the object."""
    if page.ids is not None:
        told = [f"{prefix}\x1f{value}".encode() for value in page.ids]
    else:
        rows = zip(*(column.to_pylist() for column in page.columns.columns), strict=True)
        pairs = zip(rows, page.wkb.to_pylist(), strict=True)
        told = [orjson.dumps(row, default=str) + (wkb or b"") for row, wkb in pairs]
    hashes = [hashlib.blake2b(value, digest_size=8).digest() for value in told]
    return pa.array(np.frombuffer(b"".join(hashes), dtype=np.int64))


def first_ones(folder: Path, notes: Sequence[PageNote]) -> list[NDArray[np.bool_]]:
    """Return which rows of each page are the first of their identity; many identities are looked at share by share."""
    ends = np.cumsum([note.rows for note in notes])
    first = np.zeros(ends[-1] if notes else 0, dtype=bool)
    shares = len(first) // _IDENTITIES + 1
    for share in range(shares):
        found, rows = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for note, end in zip(notes, ends, strict=True):
            column = feather.read_table(str(folder / note.file), columns=[_ID]).column(0).to_numpy()
            mine = np.flatnonzero(column % shares == share)
            found.append(column[mine])
            rows.append(mine + end - note.rows)
        first[np.concatenate(rows)[np.unique(np.concatenate(found), return_index=True)[1]]] = True
    return np.split(first, ends[:-1]) if notes else []


def all_rows(notes: Sequence[PageNote]) -> list[NDArray[np.bool_]]:
    """Return every row of each page."""
    return [np.ones(note.rows, dtype=bool) for note in notes]


def shared_reading(notes: Sequence[PageNote], address: str) -> Reading | None:
    """Return how all pages are to be read; None without any object.

    Raises
    ------
    SourceUnavailable
        Pages contradict each other, or no reading puts them into Sweden.
    """
    found = {note.reading for note in notes if note.reading is not None}
    if len(found) > 1:
        raise no_answer(
            _("{address} sends coordinates in several ways: {ways}."),
            address,
            ways=", ".join(f"{crs}{' (N, E)' if swapped else ''}" for crs, swapped in sorted(found)),
        )
    if found:
        return Reading(*found.pop())
    if any(note.rows for note in notes):
        raise no_answer(_("{address} sends coordinates that lie outside Sweden in every reading."), address)
    return None


def assemble(
    folder: Path, notes: Sequence[PageNote], chosen: Sequence[NDArray[np.bool_]], reading: Reading, path: Path
) -> None:
    """Write the chosen rows of all pages to one FlatGeobuf, page after page, x before y."""
    schema = _common_schema(folder, notes)
    reader = pa.RecordBatchReader.from_batches(schema, _batches(folder, notes, chosen, reading, schema))
    pyogrio.write_arrow(
        reader,
        str(path),
        driver="FlatGeobuf",
        geometry_name=GEOMETRY,
        geometry_type="Unknown",
        crs=reading.crs,
        SPATIAL_INDEX="NO",
    )


def _batches(
    folder: Path,
    notes: Sequence[PageNote],
    chosen: Sequence[NDArray[np.bool_]],
    reading: Reading,
    schema: pa.Schema,
) -> Iterator[pa.RecordBatch]:
    for note, mask in zip(notes, chosen, strict=True):
        table = feather.read_table(str(folder / note.file), memory_map=False).filter(pa.array(mask))
        columns = [_cast(table, field) for field in schema]
        if reading.swapped:
            index = schema.get_field_index(GEOMETRY)
            columns[index] = _swapped(columns[index])
        yield from pa.Table.from_arrays(columns, schema=schema).to_batches()


def _swapped(wkb: pa.ChunkedArray) -> pa.Array:
    return pa.array(shapely.to_wkb(swap(shapely.from_wkb(wkb.to_numpy(zero_copy_only=False)))), pa.large_binary())


def _cast(table: pa.Table, field: pa.Field) -> Any:
    if field.name not in table.column_names:
        return pa.nulls(len(table), field.type)
    column = table.column(field.name)
    return column if column.type == field.type else pc.cast(column, field.type)


def _common_schema(folder: Path, notes: Iterable[PageNote]) -> pa.Schema:
    """Return columns that hold what all pages have: services guess types page by page."""
    kinds: dict[str, pa.DataType] = {GEOMETRY: pa.large_binary()}
    for note in notes:
        with pa.memory_map(str(folder / note.file)) as file:
            for field in pa.ipc.open_file(file).schema:
                if field.name != _ID:
                    kinds[field.name] = _wider(kinds.get(field.name), field.type)
    kinds = {name: pa.string() if pa.types.is_null(kind) else kind for name, kind in kinds.items()}
    return pa.schema([pa.field(name, kind) for name, kind in kinds.items()])


def _wider(one: pa.DataType | None, other: pa.DataType) -> pa.DataType:
    if one is None or one == other or pa.types.is_null(one):
        return other
    if pa.types.is_null(other):
        return one
    whole = pa.types.is_integer(one), pa.types.is_integer(other)
    number = [is_whole or pa.types.is_floating(kind) for is_whole, kind in zip(whole, (one, other), strict=True)]
    if all(whole):
        return pa.int64()
    return pa.float64() if all(number) else pa.string()
