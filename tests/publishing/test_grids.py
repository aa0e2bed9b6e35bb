"""Grids: where known places fall, and what the published documents say."""

from __future__ import annotations

import math

import morecantile
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from geomiljo.errors import NotFound
from geomiljo.publishing.grids import GRIDS, grid_named

NATIONAL, MERCATOR = GRIDS["SWEREF99TM"], GRIDS["WebMercatorQuad"]
STOCKHOLM = (674_032.0, 6_580_822.0)
"""Stockholms stadshus, northing and easting to the metre, SWEREF 99 TM."""


def test_the_national_grid_has_the_origin_and_the_cells_of_the_map_services() -> None:
    """Lantmäteriet's services: upper left corner -1,200,000 east, 8,500,000 north; cells 4,096 m down to 0.5 m."""
    matrices = NATIONAL.document["tileMatrices"]
    assert NATIONAL.document["orderedAxes"] == ["N", "E"]
    assert {tuple(matrix["pointOfOrigin"]) for matrix in matrices} == {(8_500_000, -1_200_000)}
    assert [matrix["cellSize"] for matrix in matrices] == [4_096 / 2**level for level in range(14)]
    assert [matrix["id"] for matrix in matrices] == [str(level) for level in range(14)]
    for matrix in matrices:
        assert matrix["scaleDenominator"] == pytest.approx(matrix["cellSize"] / 0.00028, rel=1e-12)


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_the_document_reads_back_as_the_same_grid(grid: object) -> None:
    assert grid in GRIDS.values()
    for known in GRIDS.values():
        again = morecantile.TileMatrixSet.model_validate(known.document)
        for level in (0, 5, known.deepest):
            last = again.matrix(level)
            for column, row in ((0, 0), (last.matrixWidth - 1, last.matrixHeight - 1)):
                there = again.xy_bounds(morecantile.Tile(column, row, level))
                assert known.tile(str(level), str(row), str(column)).bounds == pytest.approx(tuple(there), rel=1e-12)


def test_a_known_place_falls_in_the_right_tile_of_both_grids() -> None:
    """By hand: at level 10 a tile is 1,024 m; (674,032 + 1,200,000) / 1,024 = 1,830.1."""
    east, north = STOCKHOLM
    row, column = math.floor((8_500_000 - north) / 1_024), math.floor((east + 1_200_000) / 1_024)
    assert (row, column) == (1_874, 1_830)
    xmin, ymin, xmax, ymax = NATIONAL.tile("10", "1874", "1830").bounds
    assert xmin <= east < xmax
    assert ymin <= north < ymax
    lon, lat = Transformer.from_crs(3006, 4326, always_xy=True).transform(east, north)
    row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**10)
    column = int((lon + 180) / 360 * 2**10)
    assert (row, column) == (301, 563)
    xmin, ymin, xmax, ymax = MERCATOR.tile("10", "301", "563").bounds
    x, y = Transformer.from_crs(3006, 3857, always_xy=True).transform(east, north)
    assert xmin <= x < xmax
    assert ymin <= y < ymax


@given(st.floats(266_000, 920_000), st.floats(6_130_000, 7_680_000), st.integers(0, 13))
def test_limits_are_the_tiles_that_a_box_reaches(east: float, north: float, level: int) -> None:
    box = (east, north, east + 5_000, north + 3_000)
    for grid in GRIDS.values():
        limits = grid.limits(box)[level]
        placed = shapely.box(*grid.placed(box))
        reached = shapely.union_all(
            [
                shapely.box(*grid.tile(limits["tileMatrix"], str(row), str(column)).bounds)
                for row in (limits["minTileRow"], limits["maxTileRow"])
                for column in (limits["minTileCol"], limits["maxTileCol"])
            ]
        ).envelope
        assert reached.buffer(1e-3).covers(placed)
        side = math.sqrt(shapely.box(*grid.tile(str(level), "0", "0").bounds).area)
        assert all(a < b + side for a, b in zip(reached.bounds[2:], placed.bounds[2:], strict=True))
        assert all(a > b - side for a, b in zip(reached.bounds[:2], placed.bounds[:2], strict=True))


@pytest.mark.parametrize(
    ("matrix", "row", "column"),
    [
        ("14", "0", "0"),
        ("-1", "0", "0"),
        ("x", "0", "0"),
        ("٣", "0", "0"),
        ("0", "4", "0"),
        ("0", "0", "4"),
        ("1", "9" * 40, "0"),
    ],
)
def test_places_outside_the_grid_are_not_found(matrix: str, row: str, column: str) -> None:
    with pytest.raises(NotFound):
        NATIONAL.tile(matrix, row, column)


def test_unknown_grids_are_not_found() -> None:
    with pytest.raises(NotFound, match="SWEREF99TM"):
        grid_named("EPSG:3021")
