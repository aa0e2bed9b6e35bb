"""The map of an assessment in every form: a page of its own, one file, paper in an exact scale, a picture."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable

import httpx2
import mapbox_vector_tile
import morecantile
import pytest
import shapely
from pages.conftest import Town
from pages.visit import NARROW, SCREENS, SMALLEST, WIDE, Visitor, accessibility_faults, overflows, picture
from playwright.sync_api import Page

from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.maps.paper import PIXELS_PER_MM
from geomiljo.pages.printed import MAP_SIZES_MM

pytestmark = pytest.mark.browser
PAGE_MM = {("A4", "portrait"): (210, 297), ("A3", "landscape"): (420, 297)}
POINTS_PER_MM = 72 / 25.4


@pytest.fixture(scope="module")
def address(town: Town) -> str:
    """Where the newest assessment of the plan by the shore is."""
    plan = town.plans["plan_strand"]
    with httpx2.Client(base_url=town.address) as client:
        [newest, *_older] = client.get(f"/api/v1/plans/{plan}/assessments").json()["assessments"]
    return f"/assessments/{newest['id']}"


@pytest.fixture
def get(town: Town, address: str) -> Callable[..., httpx2.Response]:
    def get(form: str, **options: object) -> httpx2.Response:
        return httpx2.get(f"{town.address}{address}{form}", headers={"Accept": "text/html"}, timeout=60, **options)  # type: ignore[arg-type]

    return get


def tiles_are_there(page: Page) -> None:
    page.wait_for_function("() => document.querySelectorAll('.leaflet-tile').length > 0")
    page.wait_for_function("() => !document.querySelector('.leaflet-tile:not(.leaflet-tile-loaded)')")


@pytest.mark.parametrize("size", [WIDE, NARROW, SMALLEST])
def test_the_map_is_a_page_of_its_own(visitor: Visitor, address: str, size: tuple[int, int]) -> None:
    page = visitor.open(f"{address}/map", size)
    tiles_are_there(page)
    assert accessibility_faults(page) == []
    assert overflows(page) <= 0
    picture(page, f"map-page-{size[0]}")


def test_layers_and_findings_of_the_map_stand_in_its_address(visitor: Visitor, address: str) -> None:
    page = visitor.open(f"{address}/map")
    page.click(".switches summary")
    page.locator("[data-overlay=natura2000]").check()
    page.locator("[data-overlay=hojdmodell]").check()
    tiles_are_there(page)
    assert accessibility_faults(page) == []
    picture(page, "map-page-layers")
    page.click(".switches summary")
    page.click(".embed__list summary")
    page.locator("[data-finding=f2] button").click()
    assert page.locator("#chip .fid").inner_text() == "F2"
    other = visitor.open(page.url.removeprefix(visitor.address))
    other.wait_for_selector("#chip:not([hidden])")
    assert other.locator("#chip .fid").inner_text() == "F2"
    tiles_are_there(other)
    assert other.locator("[data-overlay]:checked").evaluate_all(
        "all => all.map(box => box.dataset.overlay).sort()"
    ) == [
        "hojdmodell",
        "natura2000",
    ]
    other.locator(".flag.is-on").first.click()
    assert "F2" in other.locator(".leaflet-popup-content").inner_text()
    picture(other, "map-page-finding")


def test_without_script_the_map_is_a_drawing(visitor: Visitor, address: str) -> None:
    page = visitor.open(f"{address}/map", java_script_enabled=False)
    assert page.locator(".embed__drawing svg").is_visible()
    assert page.locator("button:visible").count() == 0
    page.screenshot(path=SCREENS / "map-page-no-script.png")


def test_only_named_origins_may_hold_the_map(get: Callable[..., httpx2.Response]) -> None:
    policy = get("/map").headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "img-src 'self' data: blob:;" in policy
    assert len(re.findall("'sha384-", policy)) == 1


def test_the_map_as_one_file(get: Callable[..., httpx2.Response]) -> None:
    answer = get("/map.html")
    assert answer.headers["content-disposition"].endswith('.html"')
    assert "http-equiv" in answer.text
    assert not re.findall(r'<[^>]* (?:src|href)="(?!#|data:)', answer.text.partition("<script>")[0])


@pytest.mark.parametrize(("paper", "orientation"), PAGE_MM)
def test_the_printed_map_fills_sheets_of_its_format(
    visitor: Visitor, address: str, paper: str, orientation: str
) -> None:
    page = visitor.open(f"{address}/print?format={paper}&orientation={orientation}")
    assert accessibility_faults(page) == []
    drawing = page.locator(".papersheet__map svg").bounding_box()
    assert drawing is not None
    width_mm, height_mm = MAP_SIZES_MM[paper, orientation]  # type: ignore[index]
    assert drawing["width"] == pytest.approx(width_mm * PIXELS_PER_MM, abs=0.5)
    assert drawing["height"] == pytest.approx(height_mm * PIXELS_PER_MM, abs=0.5)
    hidden = page.locator(".papersheet").evaluate("sheet => sheet.scrollHeight - sheet.clientHeight")
    assert hidden <= 1
    picture(page, f"print-{paper}-{orientation}")
    document = page.pdf(prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", document)
    assert len(sizes) >= 2
    for size in sizes:
        assert [float(side) / POINTS_PER_MM for side in size] == pytest.approx(PAGE_MM[paper, orientation], abs=0.5)


def test_the_printed_map_is_in_the_scale_that_was_asked_for(visitor: Visitor, address: str) -> None:
    page = visitor.open(f"{address}/print?scale=2000")
    assert page.get_by_text("1:2\u00a0000 (A4)").is_visible()
    assert page.locator("svg title", has_text="skala 1:2\u00a0000").count() == 1
    assert page.get_by_text("Planen når utanför kartan i den här skalan.").is_visible()
    page.select_option("#scale", "10000")
    page.wait_for_url("**scale=10000*")
    assert page.get_by_text("Planen når utanför").count() == 0


def test_a_scale_that_no_map_has_is_refused_with_a_remedy(visitor: Visitor, address: str) -> None:
    page = visitor.open(f"{address}/print?scale=3")
    assert "1:3" in page.locator("main").inner_text()
    assert "5000" in page.locator("main").inner_text()
    visitor.forgive("422")


def test_the_printed_map_without_script(visitor: Visitor, address: str) -> None:
    page = visitor.open(f"{address}/print", java_script_enabled=False)
    assert page.locator(".papersheet__map path").count() > 5
    page.select_option("#format", "A3")
    page.click(".paperbar button[type=submit]")
    assert "format=A3" in page.url
    assert page.locator("body.paper--a3-portrait").count() == 1


def test_the_picture_has_as_many_dots_as_asked_for(get: Callable[..., httpx2.Response]) -> None:
    for dpi in (96, 192):
        content = get("/map.png", params={"dpi": dpi}).content
        width, _height = struct.unpack(">II", content[16:24])
        assert width == pytest.approx(180 * PIXELS_PER_MM * dpi / 96, abs=2)


@pytest.mark.parametrize(("paper", "orientation"), [("A4", "landscape"), ("A3", "portrait")])
def test_other_sheets_hold_all_that_stands_on_the_first(
    visitor: Visitor, address: str, paper: str, orientation: str
) -> None:
    page = visitor.open(f"{address}/print?format={paper}&orientation={orientation}", language="en")
    sheet = page.locator(".papersheet")
    assert sheet.evaluate("sheet => sheet.scrollHeight - sheet.clientHeight") <= 1
    sheet.screenshot(path=SCREENS / f"print-{paper}-{orientation}.png")


def test_tiles_hold_every_piece_of_the_findings(town: Town, address: str, get: Callable[..., httpx2.Response]) -> None:
    [plan, *_others] = httpx2.get(f"{town.address}/api/v1{address}/findings").json()["features"]
    listed = httpx2.get(
        f"{town.address}/ogc/collections/conflict-pieces/items",
        params={"assessment": address.rpartition("/")[2], "limit": 1_000},
    ).json()
    expected = {piece["properties"]["finding"] for piece in listed["features"]}
    west, south, east, north = shapely.from_geojson(json.dumps(plan["geometry"])).bounds
    seen: set[str] = set()
    for tile in morecantile.tms.get("WebMercatorQuad").tiles(west, south, east, north, [15]):
        answer = get(f"/pieces/15/{tile.y}/{tile.x}")
        if answer.status_code == 200:
            features = mapbox_vector_tile.decode(answer.content)["pieces"]["features"]
            seen |= {feature["properties"]["finding"] for feature in features}
            assert {feature["properties"]["severity"] for feature in features} <= set(SEVERITIES)
    assert seen == expected != set()
