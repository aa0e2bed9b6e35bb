"""Where a file lies: some of a layer must lie in Sweden, all of a planning area."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas
import pytest
import shapely
from factories import box

from geomiljo.catalogue import Catalogue
from geomiljo.crs import parse_crs
from geomiljo.errors import OutsideSweden, WrongCrs
from geomiljo.geometry import geometry_array
from geomiljo.layers.overlay import read_overlay
from geomiljo.placement import read_extent, require_some_in_sweden


def test_a_layer_in_the_wrong_zone_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "reserves.gpkg"
    local = shapely.box(150_000, 6_580_000, 151_000, 6_581_000)
    geopandas.GeoDataFrame(geometry=[local], crs=3006).to_file(path)
    with pytest.raises(WrongCrs, match=r"reserves.gpkg .* if they were .*EPSG:3011"):
        read_overlay(catalogue, {"naturreservat": path})


def test_a_layer_that_is_partly_abroad_is_kept(catalogue: Catalogue) -> None:
    outline = read_extent(catalogue.extent_file("sverige"))
    abroad = shapely.box(600_000, 5_500_000, 600_100, 5_500_100)
    around = shapely.box(-2_000_000, 4_000_000, 3_000_000, 9_000_000)
    metres = parse_crs(3006)
    require_some_in_sweden(geometry_array([abroad, box(0, 0, 9, 9)]), metres, outline, "x")
    require_some_in_sweden(geometry_array([around]), metres, outline, "x")
    require_some_in_sweden(geometry_array([shapely.Point()]), metres, outline, "x")
    with pytest.raises(OutsideSweden, match="outside Sweden"):
        require_some_in_sweden(geometry_array([abroad]), metres, outline, "x")


def test_a_prepared_extent_is_each_threads_own(catalogue: Catalogue) -> None:
    """GEOS changes a prepared shape while it answers: shared by threads that check, it ended the service."""
    path = catalogue.extent_file("sverige")
    barrier = threading.Barrier(8)

    def asked() -> tuple[object, bool]:
        outline = read_extent(path)
        barrier.wait(10)
        assert all(shapely.contains(outline, outline.centroid.buffer(radius)) for radius in range(1, 50))
        return outline, read_extent(path) is outline

    with ThreadPoolExecutor(8) as pool:
        found = [future.result() for future in [pool.submit(asked) for _ in range(8)]]
    assert len({id(outline) for outline, _ in found}) == 8
    assert all(is_kept for _, is_kept in found)
