"""Rasters that are parts of one: joined side by side under one virtual raster, if they are of one kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import rasterio
import shapely
from rasterio.dtypes import dtype_rev, typename_fwd
from rasterio.windows import Window

from geomiljo.crs import crs_label
from geomiljo.errors import LayerDataError, LimitExceeded
from geomiljo.layers.raster_file import blocks, read_block, read_errors, require_usable
from geomiljo.layers.rasters import SMALL_CACHE
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from geomiljo.layers.raster_file import RasterStatements

_MOST_CELLS = 50_000_000_000
"""Of the rectangle around all tiles; some two million cells are written in a second."""
_OFF_GRID = 0.01
"""How far a tile may lie beside the grid of the first, in cells: what rounding of coordinates makes."""
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Mosaic:
    """Rasters joined.

    Attributes
    ----------
    path : Path
        Of a virtual raster over them, or of the only one.
    tiles : int
    overlapping_cells, differing_cells : int
        Cells that two tiles have data for, and those of them where the values differ.
    """

    path: Path
    tiles: int = 1
    overlapping_cells: int = 0
    differing_cells: int = 0

    def document(self) -> dict[str, int]:
        """Return the counts as the version keeps them."""
        counts = {"overlapping": self.overlapping_cells, "differing": self.differing_cells}
        return {"count": self.tiles, **(counts if self.overlapping_cells else {})}


@dataclass(frozen=True, slots=True)
class _Part:
    """A raster as it is. `kind`: what must be alike in all, as people read it."""

    path: Path
    kind: tuple[str, ...]
    transform: rasterio.Affine
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class _Tile:
    """A raster with its first cell in the grid of the first one, which may be negative."""

    path: Path
    row: int
    column: int
    rows: int
    columns: int


def join(paths: Sequence[Path], target: Path, stated: RasterStatements) -> Mosaic:
    """Join rasters of one layer; where they overlap, a cell takes the value of the last one that has data there.

    What lies between them has no data. Nothing is resampled, so all must lie in one grid.

    Parameters
    ----------
    paths : sequence of Path
        In order of drawing.
    target : Path
        The virtual raster that is written where there are several.

    Raises
    ------
    UnreadableFile, WrongCrs
        One of them is no raster that can be used.
    LayerDataError
        One differs from the first in coordinate system, cells, type, scale or the value that says nothing.
    LimitExceeded
        The rectangle around them is too large.
    """
    if len(paths) == 1:
        return Mosaic(paths[0])
    with rasterio.Env(**SMALL_CACHE):
        first, *others = (_part(path, stated) for path in paths)
        tiles = [_placed(part, first) for part in (first, *others)]
        boxes = np.array([shapely.box(t.column, t.row, t.column + t.columns, t.row + t.rows) for t in tiles])
        _write(tiles, _frame(boxes), stated, target)
        pairs = np.transpose(shapely.STRtree(boxes).query(boxes, predicate="intersects"))
        compared = [_compared(tiles[low], tiles[high], stated) for low, high in pairs if low < high]
    return Mosaic(
        target, len(tiles), sum(both for both, _differ in compared), sum(differ for _both, differ in compared)
    )


def require_readable(paths: Sequence[Path]) -> None:
    """Read all rasters through.

    Raises
    ------
    UnreadableFile
        One cannot be read; the error names it.
    """
    for path in paths:
        with read_errors(path.name), rasterio.Env(**SMALL_CACHE), rasterio.open(path) as dataset:
            for _block in blocks(dataset):
                pass


def _part(path: Path, stated: RasterStatements) -> _Part:
    with read_errors(path.name), rasterio.open(path) as dataset:
        crs = require_usable(dataset, path.name, stated)
        place = dataset.transform
        kind = (
            crs_label(crs),
            f"{place.a:g} × {-place.e:g}",
            dataset.dtypes[0],
            f"no data: {dataset.nodata}",
            f"{dataset.scales[0]:g}x + {dataset.offsets[0]:g}",
        )
        return _Part(path, kind, place, dataset.height, dataset.width)


def _placed(part: _Part, first: _Part) -> _Tile:
    """Return a raster in the grid of the first one, which it must fit."""
    column, row = ~first.transform @ (part.transform.c, part.transform.f)
    beside = max(abs(column - round(column)), abs(row - round(row)))
    its, others = next(
        ((its, others) for its, others in zip(part.kind, first.kind, strict=True) if its != others), ("", "")
    )
    if not its and beside > _OFF_GRID:
        its, others = (
            f"{part.transform.c:.10g}, {part.transform.f:.10g}",
            f"{first.transform.c:.10g}, {first.transform.f:.10g}",
        )
    if its:
        raise LayerDataError(
            _("{file} and {other} cannot be joined to one raster: {its} does not go with {others}."),
            remedy=_(
                "Bring all files into one grid, type and no-data value (gdalwarp), or load them as layers of their own."
            ),
            file=part.path.name,
            other=first.path.name,
            its=its,
            others=others,
        )
    return _Tile(part.path, round(row), round(column), part.rows, part.columns)


def _frame(boxes: NDArray[np.object_]) -> tuple[int, int, int, int]:
    """Return first row, first column, rows and columns of the rectangle around all."""
    xmin, ymin, xmax, ymax = (int(edge) for edge in shapely.total_bounds(boxes))
    cells = (xmax - xmin) * (ymax - ymin)
    if cells > _MOST_CELLS:
        raise LimitExceeded(
            _("The rasters span {cells} million cells; a layer takes at most {most} million."),
            remedy=_("Name a smaller area in the register (`bbox`), or fewer files."),
            cells=round(cells / 1e6),
            most=round(_MOST_CELLS / 1e6),
        )
    return ymin, xmin, ymax - ymin, xmax - xmin


def _write(tiles: Sequence[_Tile], frame: tuple[int, int, int, int], stated: RasterStatements, target: Path) -> None:
    """Write the virtual raster: GDAL's own format for files side by side."""
    row, column, rows, columns = frame
    with rasterio.open(tiles[0].path) as first:
        place = first.transform * rasterio.Affine.translation(column, row)
        nodata = stated.nodata if stated.nodata is not None else first.nodata
        kind = typename_fwd[dtype_rev[first.dtypes[0]]]
        root = ET.Element("VRTDataset", rasterXSize=str(columns), rasterYSize=str(rows))
        if first.crs is not None:
            ET.SubElement(root, "SRS").text = first.crs.to_wkt()
        ET.SubElement(root, "GeoTransform").text = ", ".join(map(repr, place.to_gdal()))
        band = _band(root, kind, band="1")
        ET.SubElement(band, "Offset").text, ET.SubElement(band, "Scale").text = map(
            repr, (*first.offsets, *first.scales)
        )
    if nodata is None and np.dtype(first.dtypes[0]).kind == "f":
        nodata = np.nan
    if nodata is not None:
        ET.SubElement(band, "NoDataValue").text = repr(nodata)
    else:
        mask = _band(ET.SubElement(root, "MaskBand"), "Byte")
        for tile in tiles:
            ET.SubElement(_source(mask, tile, frame, "mask,1"), "NODATA").text = "0"
    for tile in tiles:
        source = _source(band, tile, frame, "1")
        if stated.nodata is not None:
            ET.SubElement(source, "NODATA").text = repr(nodata)
        else:
            ET.SubElement(source, "UseMaskBand").text = "true"
    ET.ElementTree(root).write(target, encoding="utf-8")


def _band(parent: ET.Element, kind: str, **more: str) -> ET.Element:
    size = {"blockXSize": str(_BLOCK), "blockYSize": str(_BLOCK)}
    return ET.SubElement(parent, "VRTRasterBand", {"dataType": kind, **size, **more})


def _source(band: ET.Element, tile: _Tile, frame: tuple[int, int, int, int], number: str) -> ET.Element:
    """Add a raster to a band, where it has data."""
    source = ET.SubElement(band, "ComplexSource")
    ET.SubElement(source, "SourceFilename", relativeToVRT="0").text = str(tile.path.resolve())
    ET.SubElement(source, "SourceBand").text = number
    size = {"xSize": str(tile.columns), "ySize": str(tile.rows)}
    ET.SubElement(source, "SrcRect", {"xOff": "0", "yOff": "0", **size})
    ET.SubElement(source, "DstRect", {"xOff": str(tile.column - frame[1]), "yOff": str(tile.row - frame[0]), **size})
    return source


def _compared(low: _Tile, high: _Tile, stated: RasterStatements) -> tuple[int, int]:
    """Return how many cells two rasters both have data for, and in how many of them they differ."""
    top, left = max(low.row, high.row), max(low.column, high.column)
    bottom = min(low.row + low.rows, high.row + high.rows)
    right = min(low.column + low.columns, high.column + high.columns)
    both = differing = 0
    if right <= left:
        return 0, 0
    with rasterio.open(low.path) as below, rasterio.open(high.path) as above:
        for row in range(top, bottom, _BLOCK):
            size = (right - left, min(_BLOCK, bottom - row))
            read = [
                read_block(dataset, Window(left - tile.column, row - tile.row, *size), stated.nodata)
                for dataset, tile in ((below, low), (above, high))
            ]
            has_both = read[0][1] & read[1][1]
            both += int(has_both.sum())
            differing += int((read[0][0] != read[1][0])[has_both].sum())
    return both, differing
