"""Making a raster file ours: checked, told apart from what it cannot be, and written as a cloud-optimised GeoTIFF."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
import rasterio.shutil
import shapely
from pyproj import CRS
from rasterio.enums import MaskFlags
from rio_cogeo.cogeo import cog_validate

from geomiljo.crs import ANALYSIS_CRS, parse_crs, recognise, transform_one
from geomiljo.errors import LayerDataError, UnreadableFile, WrongCrs
from geomiljo.layers.rasters import SMALL_CACHE
from geomiljo.placement import require_some_in_sweden
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_SHOWN_VALUES = 10
_MOST_VALUES = 65_536
_NOTHING = 255
"""No data in the raster of shares that a threshold makes."""
_FULL_SHARE = 100
_COG = {"driver": "COG", "compress": "DEFLATE", "predictor": "YES", "bigtiff": "IF_SAFER", "blocksize": 512}
_ENVIRONMENT = {**SMALL_CACHE, "GDAL_TIFF_INTERNAL_MASK": True}


@dataclass(frozen=True, slots=True)
class RasterStatements:
    """What the caller states about a raster file.

    Attributes
    ----------
    crs : str or None
        Where the file states none.
    nodata : float or None
        Value that says nothing, where the file states none.
    at_least : float or None
        The raster is turned into shares: 100 % where a cell reaches this, 0 % elsewhere (crowns from heights).
    """

    crs: str | None = None
    nodata: float | None = None
    at_least: float | None = None


NOTHING_STATED = RasterStatements()


@dataclass(frozen=True, slots=True)
class RasterContent:
    """What a written raster holds.

    Attributes
    ----------
    checksum : str
        SHA-256 over cells, grid and coordinate system.
    minimum, maximum : float or None
        Of the cells with data, scaled as they are read.
    values : frozenset of int or None
        Those that occur, 65,536 at most; None: the cells are not whole numbers, or are scaled.
    """

    checksum: str
    crs: CRS
    footprint: BaseGeometry
    rows: int
    columns: int
    valid_cells: int
    minimum: float | None
    maximum: float | None
    values: frozenset[int] | None
    was_cog: bool

    def document(self) -> dict[str, Any]:
        """Return the content as the version keeps it."""
        return {
            "rows": self.rows,
            "columns": self.columns,
            "validCells": self.valid_cells,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "crs": f"EPSG:{self.crs.to_epsg()}" if self.crs.to_epsg() else self.crs.name,
            "wasCog": self.was_cog,
        }


def write_raster(source: Path, target: Path, stated: RasterStatements, outline: BaseGeometry) -> RasterContent:
    """Write a raster as a cloud-optimised GeoTIFF with overviews and return what it holds.

    One that is such a file already, and of which nothing is stated otherwise, is copied as it is. Memory does not grow
    with the raster.

    Parameters
    ----------
    outline : (Multi)Polygon
        Sweden with its margin, EPSG:3006.

    Raises
    ------
    UnreadableFile
        GDAL reads no raster from it.
    WrongCrs
        No coordinate system is stated, or the raster lies outside Sweden.
    LayerDataError
        Several bands, a raster that is not north up, or no cell with data.
    """
    with read_errors(source.name), rasterio.Env(**_ENVIRONMENT), rasterio.open(source) as dataset:
        crs = require_usable(dataset, source.name, stated)
        footprint = transform_one(shapely.box(*dataset.bounds), crs, ANALYSIS_CRS)
        require_some_in_sweden(np.array([footprint], dtype=object), ANALYSIS_CRS, outline, source.name)
        is_whole = stated.nodata is None and stated.at_least is None and stated.crs is None
        was_cog = is_whole and cog_validate(source, quiet=True, strict=True)[0]
        if was_cog:
            shutil.copyfile(source, target)
        else:
            _rewrite(dataset, crs, stated, target)
        return _content(target, crs, footprint, source.name, was_cog=bool(was_cog))


@contextmanager
def read_errors(name: str) -> Iterator[None]:
    """Turn what goes wrong in reading a raster that somebody gave into an error for people.

    Raises
    ------
    UnreadableFile
        GDAL reads no raster from it, or not all of it.
    """
    try:
        yield
    except rasterio.errors.RasterioError as error:
        raise UnreadableFile(
            _("{file} cannot be read as a raster: {reason}."),
            remedy=_("Give a GeoTIFF, a VRT, or another raster file that GDAL reads."),
            file=name,
            reason=str(error).rstrip("."),
        ) from error


def require_usable(dataset: Any, name: str, stated: RasterStatements) -> CRS:
    """Return the coordinate system of a raster that can be a layer.

    Raises
    ------
    WrongCrs
        None is stated.
    LayerDataError
        Several bands, or a raster that is not north up.
    """
    if dataset.count != 1:
        raise LayerDataError(
            _("{file} has {count} bands; a layer has one."),
            remedy=_("Give a file with the band alone (gdal_translate -b 1)."),
            file=name,
            count=dataset.count,
        )
    place = dataset.transform
    if place.b or place.d or place.a <= 0 or place.e >= 0:
        raise LayerDataError(
            _("{file} is not north up, or has no place on the map."),
            remedy=_("Warp it to a grid with north up (gdalwarp), with its coordinate system."),
            file=name,
        )
    if stated.crs is not None:
        return parse_crs(stated.crs)
    if dataset.crs is None:
        raise WrongCrs(
            _("{file} states no coordinate system."),
            remedy=_("State the coordinate system (crs), for example 3006 for SWEREF 99 TM."),
            file=name,
        )
    return recognise(CRS.from_wkt(dataset.crs.to_wkt()))


def _rewrite(dataset: Any, crs: CRS, stated: RasterStatements, target: Path) -> None:
    plain = target.with_suffix(".plain.tif")
    nodata = stated.nodata if stated.nodata is not None else dataset.nodata
    is_share = stated.at_least is not None
    profile = {
        "driver": "GTiff",
        "width": dataset.width,
        "height": dataset.height,
        "count": 1,
        "dtype": "uint8" if is_share else dataset.dtypes[0],
        "crs": crs.to_wkt(),
        "transform": dataset.transform,
        "nodata": _NOTHING if is_share else nodata,
        "tiled": True,
        "bigtiff": "IF_SAFER",
        "compress": "LZW",
    }
    try:
        with rasterio.open(plain, "w", **profile) as written:
            if not is_share:
                written.scales, written.offsets = dataset.scales, dataset.offsets
            has_mask = profile["nodata"] is None and MaskFlags.all_valid not in dataset.mask_flag_enums[0]
            for window, values, is_valid in blocks(dataset, stated.nodata):
                made = _as_shares(values * dataset.scales[0] + dataset.offsets[0], is_valid, stated.at_least)
                written.write(values if made is None else made, 1, window=window)
                if has_mask:
                    written.write_mask(is_valid, window=window)
        resampling = "AVERAGE" if is_share or np.dtype(profile["dtype"]).kind == "f" else "NEAREST"
        rasterio.shutil.copy(plain, target, overview_resampling=resampling, **_COG)
    finally:
        plain.unlink(missing_ok=True)


def _as_shares(values: NDArray[Any], is_valid: NDArray[np.bool_], at_least: float | None) -> NDArray[np.uint8] | None:
    if at_least is None:
        return None
    shares = np.where(values >= at_least, _FULL_SHARE, 0).astype(np.uint8)
    shares[~is_valid] = _NOTHING
    return shares


def blocks(dataset: Any, nodata: float | None = None) -> Iterator[tuple[Any, NDArray[Any], NDArray[np.bool_]]]:
    """Yield window, values and which have data, block by block."""
    for _position, window in dataset.block_windows(1):
        yield window, *read_block(dataset, window, nodata)


def read_block(dataset: Any, window: Any, nodata: float | None) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the values of a window, and which have data; `nodata`: what says nothing beside what the file states."""
    values = dataset.read(1, window=window)
    is_valid = dataset.read_masks(1, window=window) > 0
    if values.dtype.kind == "f":
        is_valid &= np.isfinite(values)
    if nodata is not None:
        is_valid &= values != nodata
    return values, is_valid


def _content(path: Path, crs: CRS, footprint: BaseGeometry, name: str, *, was_cog: bool) -> RasterContent:
    digest = hashlib.sha256(crs.to_wkt().encode())
    count, lowest, highest = 0, np.inf, -np.inf
    with rasterio.open(path) as dataset:
        digest.update(repr((*dataset.transform, dataset.shape, dataset.dtypes, dataset.nodata)).encode())
        is_whole = np.dtype(dataset.dtypes[0]).kind in "iu" and (dataset.scales[0], dataset.offsets[0]) == (1, 0)
        found: set[int] | None = set() if is_whole else None
        for _window, values, is_valid in blocks(dataset):
            digest.update(values.tobytes())
            there = values[is_valid]
            if there.size:
                count += there.size
                lowest, highest = min(lowest, float(there.min())), max(highest, float(there.max()))
                if found is not None and len(found) < _MOST_VALUES:
                    found.update(np.unique(there).tolist())
        rows, columns = dataset.shape
        ends = sorted(end * dataset.scales[0] + dataset.offsets[0] for end in (lowest, highest))
    if not count:
        raise LayerDataError(
            _("{file} has no cell with data."),
            remedy=_("Check the file and its no-data value (--nodata)."),
            file=name,
        )
    return RasterContent(
        digest.hexdigest(),
        crs,
        footprint,
        rows,
        columns,
        count,
        ends[0],
        ends[1],
        None if found is None else frozenset(found),
        was_cog,
    )


def refuse_unknown_values(unknown: Collection[int], name: str) -> None:
    """Refuse a raster with codes that its class table does not have, if there are any.

    Raises
    ------
    LayerDataError
    """
    if unknown:
        shown = ", ".join(map(str, sorted(unknown)[:_SHOWN_VALUES])) + (" …" if len(unknown) > _SHOWN_VALUES else "")
        raise LayerDataError(
            _("{file} holds values that the class table does not have: {values}."),
            remedy=_("State the right table with --class-table, or the value that says nothing with --nodata."),
            file=name,
            values=shown,
        )
