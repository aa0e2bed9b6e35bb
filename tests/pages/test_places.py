"""Looking for a place, and the example plan: on pages, and moving the map in a browser."""

from __future__ import annotations

import json
import re
from functools import reduce
from pathlib import Path

import httpx2
import numpy as np
import pyproj
import pytest
import shapely
from factories import box, write_layer
from fastapi.testclient import TestClient
from pages.conftest import Town
from pages.visit import SMALLEST, WIDE, Visitor, accessibility_faults, overflows, picture
from shapely import affinity
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.plans.example import example_source

VIEW = "(() => { const at = geomiljo.map.getCenter(); return [at.lng, at.lat, geomiljo.map.getZoom()]; })()"


@pytest.fixture
def named(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    """Three towns; the register's name of a municipality whose layer has none; a layer that may not be passed on."""
    towns = write_layer(
        tmp_path / "tatort.gpkg",
        [box(0, 0, 900, 900), box(2_000, 0, 2_400, 400), box(4_000, 0, 4_100, 100)],
        tatortskod=["T1", "T2", "T3"],
        tatort=["Norra Björkby", "Björkby", "50%-byn"],
    )
    load_layer(engine, catalogue, "tatort", towns, LoadOptions(coverage="sweden"))
    areas = write_layer(tmp_path / "kommun.gpkg", [box(-9_000, -9_000, 9_000, 9_000)], kommunkod=["0180"])
    load_layer(engine, catalogue, "kommun", areas, LoadOptions(coverage="sweden"))


def found(client: TestClient, text: str) -> list[str]:
    page = client.get("/places", params={"q": text}).text
    return re.findall(r'<a href="/\?view=[^"]*" data-corners="[^"]*">([^<]+)</a> <span class="muted">', page)


@pytest.mark.usefixtures("named")
def test_objects_and_municipalities_are_found_by_name_the_likeliest_first(client: TestClient) -> None:
    assert found(client, "björkby") == ["Björkby", "Norra Björkby"]
    assert found(client, "stockh") == ["Stockholm"], "by the name in the registers"
    assert found(client, "0%-b") == ["50%-byn"], "signs of patterns are letters"
    assert found(client, "0_-b") == []
    assert "6580914; 670208" in client.get("/places", params={"q": "ingenstans"}).text


@pytest.mark.parametrize(
    ("text", "systems"),
    [
        ("6500100; 600200", ["SWEREF 99 TM"]),
        ("N 6 500 100, E 600 200", ["SWEREF 99 TM"]),
        ("58.62; 16.72", ["WGS 84"]),
        ("6500100; 140000", None),
    ],
)
def test_coordinates_are_places_in_each_system_that_they_can_be_of(
    client: TestClient, text: str, systems: list[str] | None
) -> None:
    page = client.get("/places", params={"q": text}).text
    told = re.findall(r'<span class="muted">([^<]+)</span>', page)
    assert told == systems if systems else len(told) > 1 and all(name.startswith("SWEREF 99 ") for name in told)
    if systems == ["SWEREF 99 TM"]:
        south, west, north, east = map(float, re.findall(r'data-corners="([^"]+)"', page)[0].split(","))
        to_degrees = pyproj.Transformer.from_crs("EPSG:3006", "EPSG:4326", always_xy=True).transform
        longitude, latitude = to_degrees(600_200, 6_500_100)
        assert shapely.box(west, south, east, north).contains(shapely.Point(longitude, latitude))
        assert 'href="/here?x=600200.0&amp;y=6500100.0"' in page


def test_drafts_of_others_are_not_found(client: TestClient) -> None:
    client.post("/auth/demo", data={"role": "planner", "place": "0180"})
    pasted = "6500000; 600000\n6500000; 600100\n6500100; 600100\n6500100; 600000"
    address = client.post("/checks", data={"way": "text", "text": pasted}).headers["location"]
    draft = {"name": "Hemliga hamnen", "municipality": "0180", "stage": "påbörjad"}
    assert client.post(f"{address}/plan", data=draft).status_code == 303
    assert found(client, "hemliga") == ["Hemliga hamnen"]
    client.post("/auth/sign-out")
    assert found(client, "hemliga") == []


def test_the_example_plan_is_checked_where_no_demo_is_loaded(client: TestClient) -> None:
    page = client.get("/").text
    assert "Kontrollera exempelplanen" in page
    [drawn] = outlines_in(page)
    assert_same_form(drawn, shapely.from_geojson(example_source().content))
    answer = client.post("/checks", data={"way": "example"})
    assert answer.status_code == 303
    page = client.get(answer.headers["location"]).text.replace("\xa0", " ")
    assert "(påhittad)" in page
    assert "49,7 ha" in page


def test_the_plans_of_the_demo_are_the_example_where_they_are_loaded(town: Town) -> None:
    page = httpx2.get(town.address, headers={"Accept": "text/html"}).text
    card = page.partition('aria-labelledby="example"')[2].partition("</section>")[0]
    links = re.findall(r'href="(/assessments/[^"]+)"', card)
    assert len(links) == len(town.plans)
    for link, drawn in zip(links, outlines_in(card), strict=True):
        assert httpx2.get(town.address + link).status_code == 200
        plan = f"{town.address}/api/v1/plans/{link.partition('plan=')[2]}"
        version = httpx2.get(plan).json()["version"]
        known = httpx2.get(f"{plan}/versions/{version}", params={"crs": "EPSG:3006"}).json()
        assert_same_form(drawn, shapely.from_geojson(json.dumps(known["geometry"])))


def outlines_in(page: str) -> list[BaseGeometry]:
    """Return the areas that are drawn; a ring within another is a hole."""
    paths = re.findall(r'<svg class="outline" [^>]*aria-hidden="true"[^>]*><path d="([^"]+)"/></svg>', page)
    rings = [[re.findall(r"([\d.]+) ([\d.]+)", ring) for ring in path.split("M")[1:]] for path in paths]
    areas = ([shapely.Polygon(np.array(ring, dtype=float)) for ring in own] for own in rings)
    return [reduce(shapely.symmetric_difference, own) for own in areas]


def assert_same_form(drawn: BaseGeometry, area: BaseGeometry) -> None:
    """A drawing in 48 x 48 with a margin of 3, its second axis turned, has the form of an area."""
    west, south, east, north = area.bounds
    scale = 42 / max(east - west, north - south)
    placed = affinity.translate(area, -(west + east) / 2, -(south + north) / 2)
    placed = affinity.translate(affinity.scale(placed, scale, -scale, origin=(0, 0)), 24, 24)
    assert shapely.symmetric_difference(drawn, shapely.union_all(placed)).area < 0.02 * drawn.area


@pytest.mark.browser
@pytest.mark.parametrize("size", [WIDE, SMALLEST])
def test_the_map_goes_to_the_place_that_is_chosen(visitor: Visitor, size: tuple[int, int]) -> None:
    page = visitor.open("/", size)
    before = page.evaluate(VIEW)
    page.fill("#place", "Lindö")
    page.press("#place", "Enter")
    page.wait_for_selector("#places [data-corners]")
    assert accessibility_faults(page) == []
    assert overflows(page) <= 0
    page.screenshot(path=f"out/screens/start-places-{size[0]}.png")
    choice = page.locator("#places [data-corners]").first
    south, west, north, east = map(float, (choice.get_attribute("data-corners") or "").split(","))
    choice.press("Enter")
    lng, lat, zoom = page.evaluate(VIEW)
    assert (west, south) < (lng, lat) < (east, north)
    assert zoom > before[2]
    assert not page.locator("#places").is_visible()
    page.wait_for_url(re.compile(r"\?view="))
    other = visitor.open(page.url.removeprefix(visitor.address))
    assert other.evaluate(VIEW) == pytest.approx([lng, lat, zoom], abs=1e-4)


@pytest.mark.browser
def test_without_script_places_are_a_page(visitor: Visitor) -> None:
    page = visitor.open("/", java_script_enabled=False)
    page.fill("#place", "Lindö")
    page.click("#place-form button")
    assert page.locator("#places li").count() > 0
    picture(page, "places-1440")
    page.locator("#places .places__more").first.click()
    assert page.locator("h1").count() == 1
