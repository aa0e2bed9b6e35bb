"""Real files: districts, statistical areas, municipalities, reserves, and foreign plans."""

from __future__ import annotations

from pathlib import Path

import pytest

from geomiljo.catalogue import Catalogue
from geomiljo.errors import InputError, OutsideSweden, UnreadableFile
from geomiljo.plans import read_each_plan_area, read_plan_area
from geomiljo.settings import Settings

NORWAY = {
    "asker": "EPSG:25833",
    "baerum": "EPSG:25833",
    "bodoe": "EPSG:25833",
    "gamvik": "EPSG:25835",
    "his-alle": "EPSG:25832",
    "laupsnipa": "OGC:CRS84",
    "toensberg": "EPSG:25833",
}


@pytest.mark.parametrize(("name", "system"), NORWAY.items())
def test_norwegian_plans_are_outside(
    name: str, system: str, test_data: Path, catalogue: Catalogue, settings: Settings
) -> None:
    path = test_data / "planning_areas" / "norway_samples" / f"{name}.geojson"
    with pytest.raises(OutsideSweden, match=f"read as {system}"):
        read_plan_area(path, catalogue=catalogue, settings=settings)


@pytest.mark.parametrize(
    ("name", "count", "system"),
    [
        ("planning_areas/stockholm_stadsdelar_3011.shp", 117, "EPSG:3011"),
        ("planning_areas/uppsala_NYKO_2017_niva_3.geojson", 65, "OGC:CRS84"),
        ("admin/Kommun_Sweref99TM.shp", 290, "EPSG:3006"),
    ],
)
def test_each_feature_of_real_files(
    name: str, count: int, system: str, test_data: Path, catalogue: Catalogue, settings: Settings
) -> None:
    found = list(read_each_plan_area(test_data / name, catalogue=catalogue, settings=settings))
    areas = [area for area in found if not isinstance(area, InputError)]
    assert (len(found), len(areas)) == (count, count)
    assert {area.source_crs for area in areas} == {system}
    assert all(area.geometry.is_valid and area.geometry.area > 0 for area in areas)


def test_a_district_by_name(test_data: Path, catalogue: Catalogue, settings: Settings) -> None:
    path = test_data / "planning_areas" / "stockholm_stadsdelar_3011.shp"
    area = read_plan_area(path, catalogue=catalogue, settings=settings, features=["kista"])
    assert area.name == "KISTA"


def test_wrapped_json_is_no_geojson(test_data: Path, catalogue: Catalogue, settings: Settings) -> None:
    files = sorted((test_data / "nature" / "raw_commons_stockholm" / "json").glob("*.json"))
    assert files
    for path in files:
        with pytest.raises(UnreadableFile, match='stands under "data"'):
            read_plan_area(path, catalogue=catalogue, settings=settings)


def test_kml_with_spaces_and_letters_in_the_name(test_data: Path, catalogue: Catalogue, settings: Settings) -> None:
    files = sorted((test_data / "nature" / "raw_commons_stockholm" / "kml").glob("*.kml"))
    assert files
    for path in files:
        assert read_plan_area(path, catalogue=catalogue, settings=settings).source_crs == "EPSG:4326"


def test_latitude_first_table_is_no_geodata(test_data: Path, catalogue: Catalogue, settings: Settings) -> None:
    with pytest.raises(UnreadableFile, match="no geodata format"):
        read_plan_area(test_data / "geology" / "sgu_sweden_mines.json", catalogue=catalogue, settings=settings)
