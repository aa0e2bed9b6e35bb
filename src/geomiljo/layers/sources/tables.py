"""Files as sources: whether a file is whole, and its tables as pages."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pyarrow as pa
import pyogrio
from pyogrio.errors import DataSourceError

from geomiljo.errors import LimitExceeded, UnreadableFile
from geomiljo.layers.geoparquet import GeoParquet, is_parquet
from geomiljo.layers.sources.base import Page
from geomiljo.layers.sources.read import plain_columns, read_pages
from geomiljo.remote import no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_READ = {".shp", ".gpkg", ".geojson", ".json", ".fgb", ".gml", ".parquet"}
_BATCH = 20_000
_MOST_UNPACKED = 100_000_000_000
_SQLITE = b"SQLite format 3\x00"
_PARQUET = b"PAR1"
_ENDINGS = {b"PK": ".zip", _SQLITE: ".gpkg", _PARQUET: ".parquet", b"fgb": ".fgb", b"{": ".geojson", b"<": ".gml"}


def require_whole(path: Path, address: str) -> None:
    """Refuse a file that is cut off, as far as its format tells.

    Raises
    ------
    SourceUnavailable
        The end is missing, or a member of an archive is damaged.
    LimitExceeded
        An archive unpacks to more than can be meant.
    """
    with path.open("rb") as file:
        head = file.read(100)
        size = file.seek(0, 2)
        file.seek(max(size - 64, 0))
        tail = file.read().rstrip(b"\x00 \t\r\n")
    if head.startswith(b"PK"):
        _require_archive(path, address)
        return
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    cut_off = (
        (head.startswith(_SQLITE) and size < _sqlite_size(head))
        or (head.startswith(_PARQUET) and tail[-4:] != _PARQUET)
        or (start in {b"{", b"["} and tail[-1:] not in {b"}", b"]"})
        or (start == b"<" and tail[-1:] != b">")
    )
    if cut_off or not size:
        raise no_answer(_("{address} sent a file whose end is missing."), address)


def named_by_content(path: Path) -> Path:
    """Return the file under a name that GDAL takes for what it is; addresses seldom end in one."""
    with path.open("rb") as file:
        head = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    ending = next((ending for start, ending in _ENDINGS.items() if head.startswith(start)), ".data")
    return path.replace(path.with_name(path.name + ending))


def _sqlite_size(head: bytes) -> int:
    page = int.from_bytes(head[16:18], "big")
    return (65_536 if page == 1 else page) * int.from_bytes(head[28:32], "big")


def _require_archive(path: Path, address: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MOST_UNPACKED:
                raise LimitExceeded(_("{address} sent an archive that unpacks to too much."), address=address)
            damaged = archive.testzip()
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise no_answer(_("{address} sent a damaged archive: {reason}."), address, reason=error) from error
    if damaged is not None:
        raise no_answer(_("{address} sent a damaged archive: {reason}."), address, reason=damaged)


def file_pages(path: Path, address: str, tables: Sequence[str]) -> Iterator[Page]:
    """Yield the objects of a file, or of the named tables of it.

    Raises
    ------
    SourceUnavailable
        It cannot be read, or gives another number of objects than it says it holds.
    """
    for target, table in _targets(path, address, tables):
        if _is_parquet(target):
            yield from _parquet_pages(target, address)
            continue
        told = _told_count(target, table)
        rows = 0
        for page in read_pages(target, address, _driver(target), table):
            rows += len(page.wkb)
            yield page
        if told is not None and rows != told:
            raise no_answer(
                _("{address} gave {count} objects where it says there are {expected}."),
                address,
                count=rows,
                expected=told,
            )


def _targets(path: Path, address: str, tables: Sequence[str]) -> list[tuple[str, str]]:
    """Return what GDAL is to open, with the table in it."""
    found = [(target, table) for target in _members(path, address) for table in _tables(target, address)]
    if not tables and len(found) == 1:
        return found
    wanted = [name.rpartition(".")[0] if PurePosixPath(name).suffix in _READ else name for name in tables]
    chosen = [pair for pair in found if pair[1] in wanted]
    if {table for _target, table in chosen} != set(wanted) or not wanted:
        raise no_answer(
            _("{address} holds the tables {found}; wanted are {wanted}."),
            address,
            found=", ".join(table for _target, table in found) or "-",
            wanted=", ".join(wanted) or _("one table"),
        )
    return chosen


def _members(path: Path, address: str) -> list[str]:
    if not zipfile.is_zipfile(path):
        return [str(path)]
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if PurePosixPath(name).suffix.lower() in _READ]
    if any(name.lower().endswith(".parquet") for name in names):
        raise no_answer(_("{address} sent Parquet inside an archive, which cannot be read there."), address)
    return [f"/vsizip/{{{path}}}/{name}" for name in names]


def _tables(target: str, address: str) -> list[str]:
    if _is_parquet(target):
        return [Path(target).stem]
    try:
        return [str(name) for name, kind in pyogrio.list_layers(target) if kind is not None]
    except DataSourceError as error:
        raise no_answer(
            _("{address} sent something that cannot be read as geodata: {reason}."), address, reason=error
        ) from error


def _is_parquet(target: str) -> bool:
    return not target.startswith("/vsizip/") and is_parquet(Path(target))


def _driver(target: str) -> str | None:
    """Return the driver that needs options of its own."""
    return {".geojson": "GeoJSON", ".json": "GeoJSON", ".gml": "GML"}.get(PurePosixPath(target).suffix.lower())


def _told_count(target: str, table: str) -> int | None:
    """Return the number of objects in the header of the table; None where the format has none."""
    info = pyogrio.read_info(target, layer=table)
    count = int(info["features"])
    return count if count >= 0 else None


def _parquet_pages(target: str, address: str) -> Iterator[Page]:
    """Yield the batches of a GeoParquet file."""
    try:
        file = GeoParquet.open(Path(target), address)
        for attributes, wkb in file.batches(_BATCH):
            yield Page(plain_columns(attributes), wkb, file.crs, None)
    except (UnreadableFile, pa.ArrowException, OSError) as error:
        raise no_answer(
            _("{address} sent something that cannot be read as geodata: {reason}."), address, reason=error
        ) from error
