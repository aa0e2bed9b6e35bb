"""Rasters joined: which value a cell takes, what is not mapped, and what cannot be joined."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from factories import box, write_cells
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from geomiljo.errors import LimitExceeded, WrongCrs
from geomiljo.layers.raster_file import NOTHING_STATED, RasterStatements, write_raster
from geomiljo.layers.raster_mosaic import Mosaic, join

SWEDEN = shapely.box(0, 6_000_000, 1_000_000, 8_000_000)


def written(paths: list[Path], folder: Path, stated: RasterStatements = NOTHING_STATED) -> np.ma.MaskedArray[Any, Any]:
    """Return the cells of the joined raster as it would be kept; masked where it has no data."""
    write_raster(join(paths, folder / "all.vrt", stated).path, folder / "kept.tif", stated, SWEDEN)
    with rasterio.open(folder / "kept.tif") as kept:
        values: np.ma.MaskedArray[Any, Any] = kept.read(1, masked=True)
    return values


def tile(values: Any, column: int, row: int, path: Path, **more: Any) -> Path:
    """Write cells of 10 m, `row` counted northwards."""
    cells = np.asarray(values)
    rows, columns = cells.shape
    area = box(10 * column, 10 * row, 10 * (column + columns), 10 * (row + rows))
    return write_cells(cells, area, path=path, **more)


@settings(max_examples=40)
@given(
    low=arrays(np.int32, (3, 4), elements=st.sampled_from([0, 1, 70_000_077])),
    high=arrays(np.int32, (3, 4), elements=st.sampled_from([0, 2, 70_000_077])),
    shift=st.tuples(st.integers(0, 5), st.integers(-4, 4)),
)
def test_a_cell_takes_the_last_value_that_there_is(
    low: NDArray[np.int32], high: NDArray[np.int32], shift: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Against the same arithmetic on arrays."""
    folder = tmp_path_factory.mktemp("join")
    right, up = shift
    paths = [tile(low, 0, 0, folder / "a.tif", nodata=0), tile(high, right, up, folder / "b.tif", nodata=0)]
    top, bottom = max(3, up + 3), min(0, up)
    expected = np.zeros((top - bottom, max(4, right + 4)), dtype=np.int32)
    expected[top - 3 : top, :4] = low
    over = expected[top - up - 3 : top - up, right : right + 4]
    both, differing = int(((over != 0) & (high != 0)).sum()), int(((over != high) & (over != 0) & (high != 0)).sum())
    over[high != 0] = high[high != 0]
    joined = join(paths, folder / "all.vrt", NOTHING_STATED)
    assert (joined.tiles, joined.overlapping_cells, joined.differing_cells) == (2, both, differing)
    with rasterio.open(joined.path) as dataset:
        np.testing.assert_array_equal(dataset.read(1), expected)


def masked_tile(values: Any, mask: Any, column: int, path: Path) -> Path:
    tile(values, column, 0, path)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as dataset:
        dataset.write_mask(np.asarray(mask, dtype=bool))
    return path


def test_what_lies_between_and_what_is_masked_has_no_data_though_no_value_says_so(tmp_path: Path) -> None:
    zeros = np.zeros((1, 2), dtype=np.uint8)
    paths = [
        tile(zeros, 0, 0, tmp_path / "a.tif"),
        masked_tile(zeros + 7, [[False, True]], 1, tmp_path / "b.tif"),
        tile(zeros, 4, 0, tmp_path / "c.tif"),
    ]
    found = written(paths, tmp_path)
    assert found.mask.tolist() == [[False, False, False, True, False, False]]
    assert found.filled(99).tolist() == [[0, 0, 7, 99, 0, 0]]
    heights = [tile(np.full((1, 1), 1.5, np.float32), n, 0, tmp_path / f"{n}.tif") for n in (0, 2)]
    assert np.isnan(written(heights, tmp_path).filled(np.nan)).tolist() == [[False, True, False]]


def test_a_mask_is_kept_when_a_raster_is_written_anew(tmp_path: Path) -> None:
    """One file in strips, which is no cloud-optimised one."""
    path = tmp_path / "strips.tif"
    profile = {"width": 700, "height": 700, "count": 1, "dtype": "uint8", "crs": "EPSG:3006"}
    place = rasterio.transform.from_bounds(*box(0, 0, 7_000, 7_000).bounds, 700, 700)
    mask = np.ones((700, 700), dtype=bool)
    mask[:70] = False
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(path, "w", driver="GTiff", transform=place, **profile) as made,
    ):
        made.write(np.ones((1, 700, 700), dtype=np.uint8))
        made.write_mask(mask)
    content = write_raster(path, tmp_path / "kept.tif", NOTHING_STATED, SWEDEN)
    assert (content.was_cog, content.valid_cells) == (False, 630 * 700)


def test_what_is_stated_holds_for_all(tmp_path: Path) -> None:
    bare = [tile(np.full((1, 2), 5 * n, np.uint8), 2 * n, 0, tmp_path / f"{n}.tif") for n in (0, 1, 3)]
    assert written(bare, tmp_path, RasterStatements(nodata=0)).filled(0).tolist() == [[0, 0, 5, 5, 0, 0, 15, 15]]
    shares = written(bare, tmp_path, RasterStatements(at_least=5))
    assert shares.filled(200).tolist() == [[0, 0, 100, 100, 200, 200, 100, 100]]
    for path in bare:
        with rasterio.open(path) as dataset:
            values, profile = dataset.read(), dataset.profile
        with rasterio.open(path, "w", **(profile | {"crs": None})) as dataset:
            dataset.write(values)
    with pytest.raises(WrongCrs, match=r"0\.tif states no coordinate system"):
        join(bare, tmp_path / "all.vrt", NOTHING_STATED)
    assert written(bare, tmp_path, RasterStatements(crs="3006")).shape == (1, 8)


def test_scaled_values_stay_scaled(tmp_path: Path) -> None:
    paths = [tile(np.full((1, 1), 20, np.int16), n, 0, tmp_path / f"{n}.tif", nodata=-1) for n in (0, 1)]
    for path in paths:
        with rasterio.open(path, "r+") as dataset:
            dataset.scales, dataset.offsets = (0.1,), (5.0,)
    content = write_raster(
        join(paths, tmp_path / "all.vrt", NOTHING_STATED).path, tmp_path / "k.tif", NOTHING_STATED, SWEDEN
    )
    assert (content.minimum, content.maximum) == (7.0, 7.0)


def test_rasters_too_far_apart_are_refused(tmp_path: Path) -> None:
    paths = [tile(np.ones((1, 1), np.uint8), n, n, tmp_path / f"{n}.tif") for n in (0, 250_000)]
    with pytest.raises(LimitExceeded, match="span 62501 million cells"):
        join(paths, tmp_path / "all.vrt", NOTHING_STATED)


def test_one_raster_stays_what_it_is(tmp_path: Path) -> None:
    path = tile(np.ones((1, 1), np.uint8), 0, 0, tmp_path / "a.tif")
    assert join([path], tmp_path / "all.vrt", NOTHING_STATED) == Mosaic(path)
