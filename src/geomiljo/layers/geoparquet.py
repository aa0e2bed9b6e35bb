"""GeoParquet files, which GDAL as it comes with pyogrio does not read."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from geomiljo.batches import light_parts
from geomiljo.errors import UnreadableFile
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MAGIC = b"PAR1"
_DEFAULT_CRS = "OGC:CRS84"


def is_parquet(path: Path) -> bool:
    """Tell whether a file is Parquet by its first bytes."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


@dataclass(frozen=True, slots=True)
class GeoParquet:
    """An open file.

    Attributes
    ----------
    crs : str or None
        As PROJJSON or a code; None: the file says that it is not known.
    """

    _file: pq.ParquetFile
    _geometry: str
    _left_out: frozenset[str]
    crs: str | None

    @classmethod
    def open(cls, path: Path, source: str) -> GeoParquet:
        """Open a file.

        Parameters
        ----------
        source : str
            What to call it in messages.

        Raises
        ------
        UnreadableFile
            It is damaged, tells of no geometries, or has them in another form than WKB.
        """
        try:
            file = pq.ParquetFile(path)
            about = orjson.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
        except (pa.ArrowException, OSError, orjson.JSONDecodeError) as error:
            raise _unreadable(source, str(error).splitlines()[0]) from error
        column = about.get("primary_column", "geometry")
        described = about.get("columns", {}).get(column, {})
        if described.get("encoding") != "WKB" or column not in file.schema_arrow.names:
            raise _unreadable(source, "GeoParquet with WKB geometries is wanted")
        boxes = {place[0] for place in described.get("covering", {}).get("bbox", {}).values()}
        crs = described.get("crs", _DEFAULT_CRS)
        return cls(file, column, frozenset(boxes), crs if isinstance(crs, str | None) else orjson.dumps(crs).decode())

    def batches(self, rows: int) -> Iterator[tuple[pa.Table, pa.Array]]:
        """Yield the attributes and the geometries as WKB, so many rows at most, and few large geometries, at a time.

        Boxes of geometries are left out.

        A file without rows gives one batch without any.
        """
        nothing = iter([] if self._file.metadata.num_rows else [self._file.schema_arrow.empty_table()])
        tables = (pa.Table.from_batches([batch]) for batch in self._file.iter_batches(rows))
        for table in itertools.chain(tables, nothing):
            wkb = table.column(self._geometry).combine_chunks().cast(pa.large_binary())
            left_out = [name for name in table.column_names if name == self._geometry or name in self._left_out]
            attributes = table.drop_columns(left_out)
            for part in light_parts(wkb):
                yield attributes.slice(*part), wkb.slice(*part)


def _unreadable(source: str, reason: str) -> UnreadableFile:
    return UnreadableFile(
        _("{file} cannot be read as geodata: {reason}"),
        remedy=_("Give a vector file such as GeoPackage, Shapefile (also zipped), GeoJSON or GML."),
        file=source,
        reason=reason,
    )
