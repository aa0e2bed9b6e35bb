"""Giving an area by hand: drawn with place and size told, snapped to plans, dropped as a file; measuring on a map."""

from __future__ import annotations

import base64
import re
from typing import Any

import httpx2
import pyproj
import pytest
import shapely
from pages.conftest import PLAN, Town
from pages.visit import Visitor, accessibility_faults, picture
from playwright.sync_api import Page

pytestmark = pytest.mark.browser
TO_TM = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3006", always_xy=True).transform
PLACE_OF = "([x, y]) => { const at = geomiljo.map.containerPointToLatLng([x, y]); return [at.lng, at.lat]; }"
POINT_OF = "([lng, lat]) => { const at = geomiljo.map.latLngToContainerPoint([lat, lng]); return [at.x, at.y]; }"
PLANE = """async (places) => {
  const script = document.querySelector("script[src*='/start.']").src;
  const { inPlane } = await import(script.replace("start.js", "measures.js"));
  return places.map(([lng, lat]) => { const at = inPlane({ lat, lng }); return [at.east, at.north]; });
}"""
DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
  const dropped = new DataTransfer();
  dropped.items.add(new File([bytes], name));
  const drop = document.getElementById("drop");
  for (const kind of ["dragenter", "dragover", "drop"]) {
    drop.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: dropped }));
    if (kind === "dragover") window.wasMarked = drop.classList.contains("is-over");
  }
}"""


def corners_m(page: Page, points: list[tuple[int, int]]) -> list[tuple[float, float]]:
    """Return places of the map's container in SWEREF 99 TM."""
    return [TO_TM(*page.evaluate(PLACE_OF, list(point))) for point in points]


def number(text: str) -> float:
    return float(re.sub(r"\s", "", text).replace(",", "."))


def test_the_browser_s_plane_is_that_of_the_service(visitor: Visitor) -> None:
    page = visitor.open("/")
    places = [(lng, lat) for lng in (10.5, 15.0, 18.06, 24.2) for lat in (55.3, 59.33, 64.0, 69.1)]
    for place, found in zip(places, page.evaluate(PLANE, [list(place) for place in places]), strict=True):
        assert found == pytest.approx(TO_TM(*place), abs=0.001)


def test_place_and_size_are_told_while_one_draws(visitor: Visitor) -> None:
    page = visitor.open("/")
    canvas, told = page.locator(".leaflet-container"), page.locator("#draw-read")
    assert told.inner_text() == ""
    page.click("#draw-polygon")
    outline = [(300, 250), (420, 250), (420, 350)]
    for x, y in outline[:2]:
        canvas.click(position={"x": x, "y": y})
    canvas.hover(position={"x": 420, "y": 350})
    (east, north), (aside, _below) = corners_m(page, [(420, 350), (421, 350)])
    pixel_m = aside - east
    found = re.fullmatch(r"N ([\d\s]+) E ([\d\s]+) i SWEREF 99 TM · ([\d\s,]+)\sha", told.inner_text())
    assert found, told.inner_text()
    assert number(found[1]) == pytest.approx(north, abs=pixel_m)
    assert number(found[2]) == pytest.approx(east, abs=pixel_m)
    hectares = shapely.Polygon(corners_m(page, outline)).area / 10_000
    assert number(found[3]) == pytest.approx(hectares, rel=0.02)
    canvas.click(position={"x": 420, "y": 350})
    canvas.click(position={"x": 300, "y": 250})
    drawn = page.locator("#drawn-told").inner_text()
    assert number(re.search(r"Yta: ([\d\s,]+)\sha", drawn)[1]) == pytest.approx(hectares, rel=0.02)  # type: ignore[index]


def test_corners_snap_to_those_of_stored_plans(visitor: Visitor, town: Town) -> None:
    plans = httpx2.get(f"{town.address}/ogc/collections/plans/items", params={"f": "json"}).json()["features"]
    corner: list[float] = shapely.get_coordinates(shapely.geometry.shape(plans[0]["geometry"])).tolist()[0]
    page = visitor.open("/")
    with page.expect_response(re.compile("/ogc/collections/plans/items")):
        page.evaluate("([lng, lat]) => geomiljo.map.setView([lat, lng], 16, { animate: false })", corner)
    page.wait_for_selector("path.m-use", state="attached")
    x, y = page.evaluate(POINT_OF, corner)
    canvas = page.locator(".leaflet-container")
    page.click("#draw-polygon")
    canvas.hover(position={"x": x + 40, "y": y + 40})
    canvas.hover(position={"x": x + 6, "y": y - 5})
    canvas.click(position={"x": x + 6, "y": y - 5})
    for dx, dy in ((150, 10), (120, 130)):
        canvas.click(position={"x": x + dx, "y": y + dy})
    canvas.click(position={"x": x, "y": y})
    page.wait_for_selector("#way-drawn:checked", state="attached")
    drawn: list[list[float]] = page.evaluate("JSON.parse(drawn.value).features[0].geometry.coordinates[0]")
    assert drawn[0] == pytest.approx(corner, abs=1e-8)


def test_an_outline_that_crosses_itself_is_refused_in_words(visitor: Visitor) -> None:
    page = visitor.open("/")
    canvas = page.locator(".leaflet-container")
    page.click("#draw-polygon")
    for x, y in ((300, 250), (420, 250), (300, 350)):
        canvas.click(position={"x": x, "y": y})
    canvas.hover(position={"x": 400, "y": 180})
    canvas.click(position={"x": 400, "y": 180})  # crosses the first edge
    assert "korsa sig själv" in page.locator("#drawn-told").text_content()  # type: ignore[operator]
    canvas.click(position={"x": 300, "y": 250})
    outline = page.evaluate("JSON.parse(drawn.value).features[0].geometry.coordinates[0]")
    assert len(outline) == 4, "the corner was not taken"
    assert shapely.Polygon(outline).is_valid


def test_a_file_that_is_dropped_is_the_one_that_is_checked(visitor: Visitor) -> None:
    page = visitor.open("/")
    page.check("#way-text", force=True)
    page.evaluate(DROP, [PLAN.name, base64.b64encode(PLAN.read_bytes()).decode()])
    assert page.evaluate("wasMarked")
    assert not page.evaluate("drop.classList.contains('is-over')")
    assert page.locator("#way-file").is_checked()
    assert page.evaluate("file.files[0].name") == PLAN.name
    page.click("text=Kontrollera planområdet")
    page.wait_for_url(re.compile("/checks/"))
    assert page.locator("h1").inner_text() == "Lindö strand"


@pytest.mark.parametrize("which", ["start", "result"])
def test_distance_and_area_are_measured_as_the_service_does(visitor: Visitor, checked: str, which: str) -> None:
    page = visitor.open("/" if which == "start" else checked)
    canvas, told = page.locator(".leaflet-container"), page.locator("#measured")
    page.click("#measure")
    assert page.locator("#measure").get_attribute("aria-pressed") == "true"
    corners = [(200, 200), (320, 210), (300, 330)]
    for x, y in corners:
        canvas.click(position={"x": x, "y": y})
    outline = corners_m(page, corners)
    expected = (shapely.LineString(outline).length, shapely.Polygon(outline).area)
    assert measured(told.inner_text()) == pytest.approx(expected, rel=0.02)
    assert page.locator(".leaflet-popup, #here section").count() == 0, "clicks measure and ask for nothing else"
    assert accessibility_faults(page) == []
    picture(page, f"measured-{which}-1440")
    page.keyboard.press("Escape")
    assert not told.is_visible()
    assert page.locator("#measure:focus").get_attribute("aria-pressed") == "false"
    assert page.locator("path.m-measure").count() == 0


def measured(text: str) -> tuple[float, float]:
    found = re.fullmatch(r"Längd ([\d\s,]+)\s(k?m), yta ([\d\s,]+)\s(ha|m²)", text)
    assert found, text
    factors: dict[str, Any] = {"m": 1, "km": 1_000, "m²": 1, "ha": 10_000}
    return number(found[1]) * factors[found[2]], number(found[3]) * factors[found[4]]
