"""Where a file lies: some of a layer must lie in Sweden, all of a planning area."""

from __future__ import annotations

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
