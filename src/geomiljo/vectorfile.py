"""Reading a table of a vector file, whole or in batches, through GDAL, without losing anything silently."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from geomiljo.batches import light_parts
from geomiljo.crs import crs_label, parse_crs
from geomiljo.errors import InputError, MissingCrs, SeveralTables, UnreadableFile, WrongCrs
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from pyproj import CRS

_IN_ARCHIVES = {".shp", ".gpkg", ".geojson", ".json", ".fgb", ".gml"}
_ROWS = 65_536
_GEOMETRY = "wkb_geometry"
_FIRST_CURVE_TYPE, _LAST_CURVE_TYPE = 8, 12


@dataclass(frozen=True, slots=True)
class RawLayer:
    """A table of a file as it is.

    Attributes
    ----------
    source : str
        File name, with the table where there are several.
    crs : CRS
        Of the geometries.
    fids : ndarray of int64, shape (n,)
        The file's own row numbers.
    columns : Arrow table, n rows
        All attributes.
    geometry : ndarray of Geometry, shape (n,)
        Two-dimensional; None where the file has none or one that cannot be read.
    dropped_z, dropped_m : int
        How many geometries had heights or measures, which are not kept.
    has_curves : bool
        Arcs were replaced by short straight edges.
    unclosed : tuple of int
        Positions of polygons whose rings did not return to their start; they do now.
    """

    source: str
    crs: CRS
    fids: NDArray[np.int64]
    columns: pa.Table
    geometry: NDArray[np.object_]
    dropped_z: int
    dropped_m: int
    has_curves: bool
    unclosed: tuple[int, ...] = ()


def read_vector_file(
    path: Path, table: str | None = None, crs: str | None = None, *, source: str | None = None, **options: str
) -> RawLayer:
    """Read one table of a vector file whole; see :func:`vector_batches`."""
    return joined(vector_batches(path, table, crs, source=source, rows=_ROWS, **options))


def joined(batches: Iterable[RawLayer]) -> RawLayer:
    """Return all batches of a table, of which there is one at least, as one."""
    parts = list(batches)
    starts = np.cumsum([0, *(len(part.fids) for part in parts)]).tolist()
    return replace(
        parts[0],
        fids=np.concatenate([part.fids for part in parts]),
        columns=pa.concat_tables([part.columns for part in parts]),
        geometry=np.concatenate([part.geometry for part in parts]),
        dropped_z=sum(part.dropped_z for part in parts),
        dropped_m=sum(part.dropped_m for part in parts),
        has_curves=any(part.has_curves for part in parts),
        unclosed=tuple(start + index for part, start in zip(parts, starts, strict=False) for index in part.unclosed),
    )


def vector_batches(
    path: Path,
    table: str | None = None,
    crs: str | None = None,
    *,
    source: str | None = None,
    rows: int = _ROWS,
    **options: str,
) -> Iterator[RawLayer]:
    """Yield one table of a vector file in batches; a table without objects is one batch.

    Parameters
    ----------
    path : Path
        Any vector format that GDAL reads; a zip file is looked into.
    table : str, optional
        Needed where the file has several tables with geometries.
    crs : str, optional
        Needed where the file states none; must agree with the file where it does.
    source : str, optional
        What to call the file in messages; its name without it.
    rows : int
        Most objects in a batch.
    **options
        Open options of the GDAL driver.

    Raises
    ------
    UnreadableFile
        The file is missing, damaged, of an unknown format, or has no such table.
    MissingCrs, WrongCrs
        The coordinate system is not known, or stated twice differently.
    """
    target = _gdal_path(path)
    source = source or path.name
    name = choose_table(path, table, source)
    told = source if table is None else f"{source}:{name}"
    found: _Found | None = None
    done = 0
    for meta, columns in _arrow_batches(path, target, name, source, rows, options):
        found = found or _Found(target, name, told, settle_crs(source, meta["crs"], crs, path.suffix), meta, options)
        yield found.raw(columns, done)
        done += len(columns)


def _arrow_batches(
    path: Path, target: str, name: str, source: str, rows: int, options: dict[str, str]
) -> Iterator[tuple[dict[str, Any], pa.Table]]:
    """Yield what GDAL says of a table, and its rows, at least once."""
    how: dict[str, Any] = {"return_fids": True, "batch_size": rows, "use_pyarrow": True, **options}
    try:
        with pyogrio.open_arrow(target, layer=name, **how) as (meta, reader):
            is_empty = True
            for batch in reader:
                is_empty = False
                table = pa.Table.from_batches([batch])
                for rows_of_part in light_parts(table.column(meta["geometry_name"] or _GEOMETRY)):
                    yield meta, table.slice(*rows_of_part)
            if is_empty:
                yield meta, reader.schema.empty_table()
    except (DataSourceError, DataLayerError, pa.ArrowException, OSError, ValueError, UnicodeDecodeError) as error:
        raise _unreadable(path, source, str(error)) from error


@dataclass(frozen=True, slots=True)
class _Found:
    """An open table: where GDAL finds it, and what it says of it."""

    target: str
    name: str
    source: str
    crs: CRS
    meta: dict[str, Any]
    options: dict[str, str]

    def raw(self, columns: pa.Table, first: int) -> RawLayer:
        """Return a batch; `first`: how many objects came before it."""
        geometry_name = self.meta["geometry_name"] or _GEOMETRY
        fid_name = self.meta["fid_column"] or "OGC_FID"
        shapes = columns.column(geometry_name).to_numpy(zero_copy_only=False)
        has_curves = _has_curves(shapes)
        if has_curves:
            shapes = self._stroked(first, len(columns))
        geometry, unclosed = _geometries(shapes)
        has_z, has_m = shapely.has_z(geometry), shapely.has_m(geometry)
        return RawLayer(
            source=self.source,
            crs=self.crs,
            fids=columns.column(fid_name).to_numpy().astype(np.int64),
            columns=columns.drop_columns([fid_name, geometry_name]),
            geometry=shapely.force_2d(geometry) if (has_z | has_m).any() else geometry,
            dropped_z=int(has_z.sum()),
            dropped_m=int(has_m.sum()),
            has_curves=has_curves,
            unclosed=unclosed,
        )

    def _stroked(self, first: int, count: int) -> NDArray[np.object_]:
        """Read geometries again where GDAL strokes curves: only where it does not hand over Arrow."""
        rows = {"skip_features": first, "max_features": count}
        shapes: NDArray[np.object_] = pyogrio.raw.read(
            self.target, layer=self.name, columns=[], **rows, **self.options
        )[2]
        return shapes


def _geometries(wkb: NDArray[np.object_]) -> tuple[NDArray[np.object_], tuple[int, ...]]:
    """Return geometries, and which of them had rings that were not closed, and are now."""
    geometry = shapely.from_wkb(wkb, on_invalid="ignore")
    failed = [i for i in np.flatnonzero(shapely.is_missing(geometry)).tolist() if wkb[i] is not None]
    for index in failed:
        try:
            geometry[index] = shapely.from_wkb(wkb[index], on_invalid="fix")
        except shapely.errors.ShapelyError:
            continue
    return geometry, tuple(i for i in failed if geometry[i] is not None)


def _gdal_path(path: Path) -> str:
    if not path.exists():
        raise UnreadableFile(_("There is no file {file}."), remedy=_("Check the path and its spelling."), file=path)
    return _inside(path) if path.suffix.lower() == ".zip" else str(path)


def _inside(path: Path) -> str:
    """Return where in an archive GDAL has to look: it finds files at the top by itself, not those in folders."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [PurePosixPath(name) for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise _unreadable(path, path.name, str(error)) from error
    found = [name for name in names if name.suffix.lower() in _IN_ARCHIVES]
    found = [name for name in found if name.suffix.lower() != ".json"] or found  # what lies beside data describes them
    if len(found) == 1:
        return f"/vsizip/{{{path}}}/{found[0]}"
    folders = {name.parent for name in found}
    return f"/vsizip/{{{path}}}/{folders.pop()}" if len(folders) == 1 else f"/vsizip/{path}"


def choose_table(path: Path, table: str | None, source: str) -> str:
    """Return the name of the table to read: the one asked for, or the only one with geometries."""
    try:
        tables = [(str(name), kind) for name, kind in pyogrio.list_layers(_gdal_path(path))]
    except DataSourceError as error:
        raise _unreadable(path, source, str(error)) from error
    spatial = [name for name, kind in tables if kind is not None]
    if table is not None and table not in spatial:
        raise InputError(
            _("{file} has no table {table} with geometries."),
            remedy=_("Its tables are: {tables}."),
            file=source,
            table=table,
            tables=", ".join(spatial) or "-",
        )
    if table is not None:
        return table
    if not spatial:
        raise UnreadableFile(
            _("{file} holds no table with geometries."),
            remedy=_("Give a file with points, lines or polygons."),
            file=source,
        )
    if len(spatial) > 1:
        raise SeveralTables(
            _("{file} holds several tables with geometries."),
            remedy=_("Name the one that is meant (table): {tables}."),
            file=source,
            tables=", ".join(spatial),
            choices=spatial,
        )
    return spatial[0]


def _unreadable(path: Path, source: str, reason: str) -> UnreadableFile:
    return UnreadableFile(
        _("{file} cannot be read as geodata: {reason}"),
        remedy=_("Give a vector file such as GeoPackage, Shapefile (also zipped), GeoJSON or GML."),
        file=source,
        reason=(reason.replace(str(path), source).splitlines() or ["-"])[0],
    )


def settle_crs(source: str, in_file: str | None, stated: str | None, suffix: str = "") -> CRS:
    """Return the coordinate system from what the file says and what the caller states.

    Parameters
    ----------
    source : str
        File, for messages.
    in_file, stated : str or None
        Two statements that must not contradict each other.
    suffix : str
        Of the file name: tells where a file of this format would state it.

    Raises
    ------
    MissingCrs, WrongCrs
        Neither says anything, or both say different things.

    Examples
    --------
    >>> settle_crs("plan.gpkg", "EPSG:3011", None).to_epsg()
    3011
    """
    found = parse_crs(in_file) if in_file is not None else None
    if found is not None and (found.is_engineering or found.name.startswith("Undefined")):
        found = None
    if stated is None:
        if found is None:
            raise MissingCrs(
                _MISSING.get(suffix.lower(), _("{file} does not say which coordinate system its coordinates are in.")),
                remedy=_("State the coordinate system (crs), for example 3006 for SWEREF 99 TM."),
                file=source,
            )
        return _mappable(source, found)
    crs = parse_crs(stated)
    if found is not None and not _is_same(found, crs):
        raise WrongCrs(
            _("{file} says {in_file}, but {stated} is stated as its coordinate system (crs)."),
            remedy=_("State no coordinate system if the file is right; otherwise correct the file."),
            file=source,
            in_file=crs_label(found),
            stated=crs_label(crs),
        )
    return _mappable(source, crs)


_MISSING = {
    ".shp": _("{file} does not say which coordinate system its coordinates are in: there is no .prj file beside it."),
    ".dxf": _("{file} does not say which coordinate system its coordinates are in: DXF has no place for it."),
    ".gml": _("{file} does not say which coordinate system its coordinates are in: it has no srsName."),
}


def _is_same(one: CRS, other: CRS) -> bool:
    return one.equals(other, ignore_axis_order=True) or crs_label(one) == crs_label(other)


def _mappable(source: str, crs: CRS) -> CRS:
    """Refuse systems without two horizontal axes: heights alone, positions from the centre of the earth."""
    if (crs.is_projected or crs.is_geographic) and not crs.is_vertical:
        return crs
    raise WrongCrs(
        _("{file} states {crs}, which is no coordinate system for maps."),
        remedy=_("Deliver the file in SWEREF 99 TM or a local SWEREF 99 zone."),
        file=source,
        crs=crs_label(crs),
    )


def _has_curves(wkb: NDArray[np.object_]) -> bool:
    """Tell whether any geometry is an arc or holds one; the type code stands in bytes 2 to 5 (little endian)."""
    codes = {value[1:5] for value in wkb.tolist() if value is not None}
    return any(
        _FIRST_CURVE_TYPE <= (int.from_bytes(c, "little") & 0x0FFFFFFF) % 1000 <= _LAST_CURVE_TYPE for c in codes
    )
