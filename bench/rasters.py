"""Rasters: statistics of areas against bare exactextract and bare window + rasterize, the account, and memory."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from exactextract import exact_extract
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from shapely.geometry import mapping

from bench.footprint import measured
from bench.report import Figure
from geomiljo.analysis.area import PlanArea, PlanPart
from geomiljo.analysis.assumptions import NO_ASSUMPTIONS
from geomiljo.analysis.zonal import Zonal
from geomiljo.assessments import Assessor
from geomiljo.assessments.account import account_of
from geomiljo.catalogue import open_catalogue
from geomiljo.layers.rasters import opened
from geomiljo.layers.readers import LoadedLayer, MemoryReader
from geomiljo.layers.readers.base import RasterVersion
from geomiljo.layers.stage import classification_hash

SIDE = 20_000
"""Cells a side of a national raster of 10 m."""
_CELL_M, _WEST, _NORTH = 10.0, 300_000.0, 6_700_000.0
_CODES = np.array([3, 42, 51, 52, 53, 61, 111, 114, 116], dtype=np.uint8)
_PATCH = 8
_READ = """
import sys
from pathlib import Path
import shapely
from geomiljo.layers.rasters import opened
from geomiljo.layers.readers.base import RasterVersion
with opened(RasterVersion(Path(sys.argv[1]))) as raster:
    assert raster.zonal(shapely.from_wkb(bytes.fromhex(sys.argv[2]))).valid_cells > 0
"""


class WrongAnswerError(Exception):
    """A contender found something else."""


def raster_figures(side: int = SIDE, repeats: int = 3) -> list[Figure]:
    """Measure all of it over a raster of `side` × `side` cells."""
    with tempfile.TemporaryDirectory(prefix="bench-rasters-") as folder:
        path = Path(folder) / "land.tif"
        _write(path, side)
        small, large = _small(side), _large(side)
        with opened(RasterVersion(path)) as ours, rasterio.open(path) as bare:
            exact = _ratio(small, ours.zonal, lambda area: _exactly(bare, area), _same_parts, repeats)
            whole = _ratio(large, ours.zonal, lambda area: _by_mask(bare, area), _same_cells, repeats)
        everything = shapely.box(_WEST, _NORTH - side * _CELL_M, _WEST + side * _CELL_M, _NORTH)
        memory = [_memory_mb(path, area) for area in (small[0], everything)]
        return [
            Figure("raster, 10 ha: against bare exactextract", exact, "times", 1.2),
            Figure("raster, municipality: against window + mask", whole, "times", 1.5),
            Figure("account of a plan of 10 ha, warm, CPU", _account_ms(path, side), "ms", 20),
            Figure("peak memory, 10 ha of the raster", memory[0], "MB"),
            Figure("peak memory, all of the raster", memory[1], "MB", 2 * memory[0]),
        ]


def _write(path: Path, side: int) -> None:
    """Write land cover in patches of 8 × 8 cells."""
    rng = np.random.default_rng(1)
    place = rasterio.Affine(_CELL_M, 0, _WEST, 0, -_CELL_M, _NORTH)
    profile: dict[str, Any] = {"driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": "uint8"}
    profile |= {"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "DEFLATE", "nodata": 0}
    with rasterio.open(path, "w", crs="EPSG:3006", transform=place, **profile) as dataset:
        for _position, window in dataset.block_windows(1):
            rows, columns = window.height // _PATCH + 1, window.width // _PATCH + 1
            patches = _CODES[rng.integers(0, len(_CODES), (rows, columns))]
            cells = np.kron(patches, np.ones((_PATCH, _PATCH), dtype=np.uint8))
            dataset.write(cells[: window.height, : window.width], 1, window=window)


def _blob(rng: np.random.Generator, east: float, north: float, radius_m: float, vertices: int) -> shapely.Polygon:
    turn = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    radii = radius_m * (0.8 + 0.4 * rng.random(vertices))
    return shapely.Polygon(np.column_stack([east + radii * np.cos(turn), north + radii * np.sin(turn)]))


def _small(side: int) -> list[shapely.Polygon]:
    """Return sixty areas of about 10 ha."""
    rng = np.random.default_rng(2)
    places = 500 + rng.random((60, 2)) * (side * _CELL_M - 1_000)
    return [_blob(rng, _WEST + x, _NORTH - y, 178, 24) for x, y in places.tolist()]


def _large(side: int) -> list[shapely.Polygon]:
    """Return three municipalities of 1,250 km², as far as the raster holds them, with 5,000 vertices."""
    rng = np.random.default_rng(3)
    radius_m = min(20_000.0, side * _CELL_M / 2.6)
    middle = side * _CELL_M / 2
    return [_blob(rng, _WEST + middle, _NORTH - middle, radius_m, 5_000) for _ in range(3)]


def _ratio(
    areas: Sequence[shapely.Polygon],
    ours: Callable[[shapely.Polygon], Zonal],
    bare: Callable[[shapely.Polygon], Any],
    compare: Callable[[Zonal, Any], bool],
    repeats: int,
) -> float:
    """Return how much longer ours takes; both take turns, after their answers were compared."""
    for area in areas:
        if not compare(ours(area), bare(area)):
            raise WrongAnswerError(area.wkt[:80])
    spent = np.zeros(2)
    for _ in range(repeats):
        for area in areas:
            for number, contender in enumerate((ours, bare)):
                start = time.perf_counter()
                contender(area)
                spent[number] += time.perf_counter() - start
    return float(spent[0] / spent[1])


def _exactly(dataset: Any, area: shapely.Polygon) -> dict[int, float]:
    """Return the cells of each class by exactextract itself."""
    feature = {"type": "Feature", "geometry": mapping(area), "properties": {}}
    [found] = exact_extract(dataset, feature, ["count", "unique", "frac"])
    told = found["properties"]
    return {
        int(code): share * told["count"] for code, share in zip(told["unique"], told["frac"], strict=True) if share > 0
    }


def _same_parts(ours: Zonal, bare: dict[int, float]) -> bool:
    return ours.counts.keys() == bare.keys() and all(abs(ours.counts[code] - bare[code]) < 1e-3 for code in bare)


def _by_mask(dataset: Any, area: shapely.Polygon) -> NDArray[np.int64]:
    """Return the cells of each class by a window and a mask."""
    window = rasterio.windows.from_bounds(*area.bounds, dataset.transform).round_offsets().round_lengths()
    values = dataset.read(1, window=window)
    inside = geometry_mask([area], values.shape, dataset.window_transform(window), invert=True)
    return np.bincount(values[inside])


def _same_cells(ours: Zonal, bare: NDArray[np.int64]) -> bool:
    there = {code: float(bare[code]) for code in np.flatnonzero(bare).tolist()}
    return not ours.is_exact and all(abs(ours.counts.get(code, 0) - there[code]) <= 1e-6 * bare.sum() for code in there)


def _memory_mb(path: Path, area: shapely.Geometry) -> float:
    return measured([sys.executable, "-c", _READ, str(path), shapely.to_wkb(area, hex=True)]).peak_mb


def _account_ms(path: Path, side: int) -> float:
    """Return the processor time of the account of a plan of four uses: the median of forty."""
    catalogue = open_catalogue(None)
    layer = catalogue.layers["nmd"]
    everywhere = shapely.box(0, 5e6, 2e6, 8e6)
    raster = RasterVersion(path, "nmd2018")
    version = LoadedLayer("nmd", "v", None, classification_hash(layer), everywhere, raster=raster)
    reader = MemoryReader({"nmd": version}, {}, {})
    plan = _plan(_WEST + side * _CELL_M / 2, _NORTH - side * _CELL_M / 2)
    layers = Assessor.of(catalogue).assess(plan, reader).layers
    spent = []
    for _ in range(40):
        start = time.process_time()
        account_of(catalogue, reader, reader.layers(), plan, layers, NO_ASSUMPTIONS)
        spent.append(time.process_time() - start)
    return 1_000 * float(np.median(spent))


def _plan(east: float, north: float) -> PlanArea:
    corners = {"B": (0, 0, 200, 200), "S": (0, 200, 200, 316), "GATA": (200, 0, 240, 316), "PARK": (240, 0, 316, 316)}
    parts = tuple(
        PlanPart(use, (use,), shapely.box(east + xmin, north + ymin, east + xmax, north + ymax))
        for use, (xmin, ymin, xmax, ymax) in corners.items()
    )
    return PlanArea("Plan", shapely.union_all([part.geometry for part in parts]), parts)


if __name__ == "__main__":
    print("\n".join(figure.line() for figure in raster_figures()))
