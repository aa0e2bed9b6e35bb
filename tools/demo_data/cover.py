"""Rasters of the municipality: land cover, crowns and elevation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio.features import rasterize
from rasterio.transform import from_origin

from tools.demo_data.noise import Noise
from tools.demo_data.terrain import frame

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from tools.demo_data.landscape import Landscape
    from tools.demo_data.rows import Row

COVER_M, CROWN_M, HEIGHT_M = 10, 20, 25
_DECIMETRE = 0.1
_PINE, _SPRUCE, _MIXED, _BIRCH, _CUT = 111, 112, 114, 115, 118
_MIRE, _WET_PINE, _FIELD, _OPEN, _BUILDING, _YARD, _ROAD, _WATER = 2, 121, 3, 42, 51, 52, 53, 61
_CROWNS_PCT = {
    _PINE: 60, _SPRUCE: 75, _MIXED: 70, _BIRCH: 65, _CUT: 5, _MIRE: 5, _WET_PINE: 40, _OPEN: 10, _YARD: 15, _ROAD: 5,
}  # fmt: skip
_ROAD_WIDTH_M = 9.0
_STEP_PCT = 5


def write_rasters(folder: Path, land: Landscape, tables: dict[str, list[Row]]) -> None:
    """Write land cover by the classes of 2018, crowns in percent, and heights in decimetres."""
    cover = land_cover(land, tables)
    _write(folder / "marktacke.tif", cover, COVER_M, nodata=0)
    _write(folder / "krontackning.tif", crowns(cover), CROWN_M, nodata=255)
    heights = np.round(_sampled(land, land.terrain.height, HEIGHT_M) / _DECIMETRE).astype(np.int16)
    _write(folder / "markhojd.tif", heights, HEIGHT_M, nodata=-9999, scale=_DECIMETRE)


def land_cover(land: Landscape, tables: dict[str, list[Row]]) -> NDArray[np.uint8]:
    """Return class codes of cells of 10 m, row 0 in the north."""
    x, y = _centres(COVER_M)
    stand = Noise(811).at(x, y, 420, 3)
    age = Noise(812).at(x, y, 260)
    cover = np.where(stand > 0.12, _SPRUCE, np.where(stand < -0.16, _PINE, _MIXED)).astype(np.uint8)
    cover[age > 0.42] = _CUT
    cover[(age < -0.40) & (stand > -0.1)] = _BIRCH
    painted: list[tuple[Iterable[BaseGeometry], int]] = [
        ([land.clay], _OPEN),
        ([land.esker], _PINE),
        ([land.peat], _WET_PINE),
        ([land.peat.buffer(-60)], _MIRE),
        ([entry["geometry"] for entry in tables["jordbruksblock"] if entry["agoslag"] == "Åker"], _FIELD),
        ([entry["geometry"] for entry in tables["jordbruksblock"] if entry["agoslag"] != "Åker"], _OPEN),
        ([land.town, *land.villages.values()], _YARD),
    ]
    for shapes, code in painted:
        _paint(cover, shapes, code)
    built = _mask([land.town, *land.villages.values()])
    lot = Noise(813).at(x, y, 55, 2)
    cover[built & (lot > 0.30)] = _BUILDING
    cover[built & (lot < -0.22)] = _OPEN
    lines = [land.roads.buffer(_ROAD_WIDTH_M), land.railway.buffer(_ROAD_WIDTH_M)]
    _paint(cover, lines, _ROAD)
    _paint(cover, [land.open_water], _WATER)
    return cover


def crowns(cover: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the share under crowns, percent, of cells twice as large as those of the land cover."""
    usual = np.array([_CROWNS_PCT.get(code, 0) for code in range(256)], dtype=np.float64)[cover]
    rows, columns = usual.shape
    means = usual.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))
    rounded: NDArray[np.uint8] = (np.round(means / _STEP_PCT) * _STEP_PCT).astype(np.uint8)
    return rounded


def _centres(cell_m: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    west, south, east, north = frame()
    x = np.arange(west + cell_m / 2, east, cell_m)
    y = np.arange(north - cell_m / 2, south, -cell_m)
    return np.broadcast_to(x, (len(y), len(x))), np.broadcast_to(y[:, None], (len(y), len(x)))


def _sampled(land: Landscape, field: NDArray[np.float64], cell_m: int) -> NDArray[np.float64]:
    x, y = _centres(cell_m)
    return land.terrain.grid.sample(field, x, y)


def _paint(cover: NDArray[np.uint8], shapes: Iterable[BaseGeometry], code: int) -> None:
    cover[_mask(shapes)] = code


def _mask(shapes: Iterable[BaseGeometry]) -> NDArray[np.bool_]:
    west, south, east, north = frame()
    size = round((north - south) / COVER_M), round((east - west) / COVER_M)
    drawn = [(shape, 1) for shape in shapes if not shape.is_empty]
    place = from_origin(west, north, COVER_M, COVER_M)
    found: NDArray[np.uint8] = rasterize(drawn, size, transform=place, dtype=np.uint8)
    return np.equal(found, 1)


def _write(path: Path, values: NDArray[np.generic], cell_m: int, *, nodata: int, scale: float = 1.0) -> None:
    west, _south, _east, north = frame()
    rows, columns = values.shape
    profile = {"width": columns, "height": rows, "count": 1, "dtype": values.dtype, "crs": "EPSG:3006"}
    layout = {"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "DEFLATE", "predictor": 2, "zlevel": 9}
    place = from_origin(west, north, cell_m, cell_m)
    with rasterio.open(path, "w", driver="GTiff", transform=place, nodata=nodata, **profile, **layout) as dataset:
        dataset.write(values, 1)
        dataset.scales = (scale,)
