"""A real district checked against real reserves, as a planner does it, on a processor slowed down four times."""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import geopandas
import pytest
from databases import engine_at, fresh_database
from pages.conftest import served
from pages.visit import Visitor, accessibility_faults, picture
from playwright.sync_api import Browser
from pydantic import SecretStr

from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.settings import Settings
from geomiljo.units import format_area

pytestmark = [pytest.mark.browser, pytest.mark.speed]
DISTRICT = "RÅGSVED"
RESERVES = "nature/naturreservat_stockholm_uppsala_3006.gpkg"
MOST_RESULT_S = 1.5
ATTEMPTS = 5


@pytest.fixture(scope="module")
def capital(
    cluster_url: str,
    migrated_template: str,
    catalogue: Catalogue,
    test_data: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Address of a service that has the reserves of two counties."""
    with fresh_database(cluster_url, migrated_template) as url, engine_at(url) as engine:
        load_layer(engine, catalogue, "naturreservat", test_data / RESERVES, LoadOptions())
        settings = Settings(database_url=SecretStr(url), state_dir=tmp_path_factory.mktemp("capital"))
        with served(settings) as address:
            yield address


@pytest.fixture
def planner(browser: Browser, capital: str) -> Iterator[Visitor]:
    visitor = Visitor(browser, capital)
    yield visitor
    visitor.close()


@pytest.fixture(scope="module")
def districts(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The districts as they are delivered: a zipped Shapefile in the local zone."""
    path = tmp_path_factory.mktemp("districts") / "stadsdelar.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in (test_data / "planning_areas").glob("stockholm_stadsdelar_3011.*"):
            archive.write(part, part.name)
    return path


def test_a_district_is_chosen_and_its_reserves_are_told_soon(
    planner: Visitor, districts: Path, test_data: Path
) -> None:
    page = planner.open("/")
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.set_input_files("#file", districts)
    page.click("text=Kontrollera planområdet")
    page.wait_for_url(re.compile("/uploads/"))
    chosen = page.url
    taken: list[float] = []
    while len(taken) < ATTEMPTS and min(taken, default=MOST_RESULT_S + 1) > MOST_RESULT_S:
        page.goto(chosen)
        page.get_by_label(re.compile(f"^{DISTRICT}")).check()
        started = time.perf_counter()
        page.click("text=Kontrollera planområdet")
        page.wait_for_url(re.compile("/checks/"))
        page.wait_for_selector(".verdict")
        taken.append(time.perf_counter() - started)
    assert page.locator("h1").inner_text() == DISTRICT
    inside_m2 = reserve_inside_m2(test_data)
    assert inside_m2 > 10_000
    assert format_area(inside_m2, "sv") in page.locator(".finding", has_text="Naturreservat inom").first.inner_text()
    assert accessibility_faults(page) == []
    picture(page, "real-district-1440")
    assert min(taken) <= MOST_RESULT_S


def reserve_inside_m2(test_data: Path) -> float:
    """Return how much of the district its reserves take, by plain overlay."""
    districts = geopandas.read_file(test_data / "planning_areas/stockholm_stadsdelar_3011.shp").to_crs(3006)
    [name] = [column for column in districts.columns if (districts[column] == DISTRICT).any()]
    district = districts[districts[name] == DISTRICT].union_all()
    return float(geopandas.read_file(test_data / RESERVES).to_crs(3006).union_all().intersection(district).area)
