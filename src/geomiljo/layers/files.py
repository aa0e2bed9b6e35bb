"""Reading a layer file whole, through GDAL, without losing anything silently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from geomiljo.crs import parse_crs
from geomiljo.errors import InputError, MissingCrs, UnreadableFile, WrongCrs
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray
    from pyproj import CRS

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
    """

    source: str
    crs: CRS
    fids: NDArray[np.int64]
    columns: pa.Table
    geometry: NDArray[np.object_]
    dropped_z: int
    dropped_m: int
    has_curves: bool


def read_layer_file(path: Path, table: str | None = None, crs: str | None = None) -> RawLayer:
    """Read one table of a vector file.

    Parameters
    ----------
    path : Path
        Any vector format that GDAL reads; a zip file is looked into.
    table : str, optional
        Needed where the file has several tables with geometries.
    crs : str, optional
        Needed where the file states none; must agree with the file where it does.

    Raises
    ------
    UnreadableFile
        The file is missing, damaged, of an unknown format, or has no such table.
    MissingCrs, WrongCrs
        The coordinate system is not known, or stated twice differently.
    """
    target = _gdal_path(path)
    name = _choose_table(path, target, table)
    try:
        meta, columns = pyogrio.read_arrow(target, layer=name, return_fids=True)
    except (DataSourceError, DataLayerError, ValueError, UnicodeDecodeError) as error:
        raise _unreadable(path, str(error)) from error
    wkb = columns.column(meta["geometry_name"] or "wkb_geometry")
    has_curves = _has_curves(wkb)
    # GDAL strokes curves only where it does not hand over Arrow
    stroked = pyogrio.raw.read(target, layer=name, columns=[])[2] if has_curves else None
    geometry = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False) if stroked is None else stroked, on_invalid="ignore")
    fid_name = meta["fid_column"] or "OGC_FID"
    fids = columns.column(fid_name).to_numpy().astype(np.int64)
    has_z, has_m = shapely.has_z(geometry), shapely.has_m(geometry)
    dropped = {fid_name, meta["geometry_name"] or "wkb_geometry"}
    return RawLayer(
        source=path.name if table is None else f"{path.name}:{name}",
        crs=_crs(path, meta["crs"], crs),
        fids=fids,
        columns=columns.drop_columns(list(dropped)),
        geometry=shapely.force_2d(geometry) if (has_z | has_m).any() else geometry,
        dropped_z=int(has_z.sum()),
        dropped_m=int(has_m.sum()),
        has_curves=has_curves,
    )


def _gdal_path(path: Path) -> str:
    if not path.exists():
        raise UnreadableFile(_("There is no file {file}."), remedy=_("Check the path and its spelling."), file=path)
    return f"/vsizip/{path}" if path.suffix.lower() == ".zip" else str(path)


def _choose_table(path: Path, target: str, table: str | None) -> str:
    try:
        tables = [(str(name), kind) for name, kind in pyogrio.list_layers(target)]
    except DataSourceError as error:
        raise _unreadable(path, str(error)) from error
    spatial = [name for name, kind in tables if kind is not None]
    if table is not None and table not in spatial:
        raise InputError(
            _("{file} has no table {table} with geometries."),
            remedy=_("Its tables are: {tables}."),
            file=path.name,
            table=table,
            tables=", ".join(spatial) or "-",
        )
    if table is not None:
        return table
    if not spatial:
        raise UnreadableFile(
            _("{file} holds no table with geometries."),
            remedy=_("A layer is loaded from points, lines or polygons."),
            file=path.name,
        )
    if len(spatial) > 1:
        raise InputError(
            _("{file} holds several tables with geometries."),
            remedy=_("Name one with --table: {tables}."),
            file=path.name,
            tables=", ".join(spatial),
        )
    return spatial[0]


def _unreadable(path: Path, reason: str) -> UnreadableFile:
    return UnreadableFile(
        _("{file} cannot be read as geodata: {reason}"),
        remedy=_("Give a vector file such as GeoPackage, Shapefile (also zipped), GeoJSON or GML."),
        file=path.name,
        reason=reason.replace(str(path), path.name).splitlines()[0],
    )


def _crs(path: Path, in_file: str | None, stated: str | None) -> CRS:
    if in_file is None and stated is None:
        raise MissingCrs(
            _("{file} does not say which coordinate system its coordinates are in."),
            remedy=_("State it with --crs, for example --crs 3006 for SWEREF 99 TM."),
            file=path.name,
        )
    if stated is None:
        return parse_crs(str(in_file))
    crs = parse_crs(stated)
    if in_file is not None and parse_crs(in_file) != crs:
        raise WrongCrs(
            _("{file} says {in_file}, but --crs says {stated}."),
            remedy=_("Leave --crs out if the file is right; otherwise correct the file."),
            file=path.name,
            in_file=str(in_file),
            stated=stated,
        )
    return crs


def _has_curves(wkb: pa.ChunkedArray) -> bool:
    """Tell whether any geometry is an arc or holds one; the type code stands in bytes 2 to 5 (little endian)."""
    for chunk in wkb.chunks:
        for value in chunk:
            head = value.as_buffer()
            if head is None:
                continue
            code = int.from_bytes(memoryview(head)[1:5], "little") & 0x0FFFFFFF
            if _FIRST_CURVE_TYPE <= code % 1000 <= _LAST_CURVE_TYPE:
                return True
    return False
