"""A planner's way in a real browser: give an area, read the result, use the map, select, export; by keyboard alone."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import geopandas
import httpx2
import pytest
import shapely
from pages.conftest import Town
from pages.visit import NARROW, SMALLEST, WIDE, Visitor, accessibility_faults, overflows, picture
from playwright.sync_api import Page

from tools.demo import DEMO

pytestmark = pytest.mark.browser
PLAN = DEMO / "plan_strand.gpkg"
TABS = ("objectives", "findings", "account", "not-checked", "sources")
FASTEST_SWITCHES_MS = 100


def upload(page: Page, path: Path = PLAN) -> None:
    page.set_input_files("#file", path)
    page.click("text=Kontrollera planområdet")
    page.wait_for_url(re.compile(r"/(checks|uploads)/[0-9a-f]{32}"))


@pytest.mark.parametrize("size", [WIDE, NARROW, SMALLEST])
def test_the_start_page_can_be_used_by_all(visitor: Visitor, size: tuple[int, int]) -> None:
    page = visitor.open("/", size)
    assert accessibility_faults(page) == []
    assert overflows(page) <= 0
    picture(page, f"start-{size[0]}")


@pytest.mark.parametrize("size", [WIDE, NARROW, SMALLEST])
def test_every_tab_can_be_used_by_all(visitor: Visitor, checked: str, size: tuple[int, int]) -> None:
    page = visitor.open(checked, size)
    for tab in TABS:
        page.click(f"#tab-{tab}")
        page.wait_for_selector(f"#result[data-tab='{tab}']")
        assert accessibility_faults(page) == [], tab
        assert overflows(page) <= 0, tab
        picture(page, f"result-{tab}-{size[0]}")


def test_a_file_is_checked_while_one_watches(visitor: Visitor) -> None:
    page = visitor.open("/")
    upload(page)
    assert page.locator("h1").inner_text() == "Lindö strand"
    assert "Planen berör" in page.locator(".verdict").inner_text()


def test_a_wrong_text_is_told_in_the_summary_with_focus_and_by_the_field(visitor: Visitor) -> None:
    page = visitor.open("/")
    page.check("#way-text", force=True)
    page.fill("#text", "inte koordinater")
    page.click("text=Kontrollera planområdet")
    page.wait_for_selector("#fault:focus")
    assert "Rad 1" in page.locator("#fault").inner_text()
    assert page.locator("#text").get_attribute("aria-invalid") == "true"
    assert page.locator("#text").input_value() == "inte koordinater"
    assert accessibility_faults(page) == []
    picture(page, "start-fault-1440")


def test_an_area_is_drawn_and_checked_and_no_outline_crosses_itself(visitor: Visitor) -> None:
    page = visitor.open("/")
    canvas = page.locator(".leaflet-container")
    page.click("#draw-polygon")
    assert page.locator("#draw-polygon").get_attribute("aria-pressed") == "true"
    for x, y in ((300, 250), (420, 250), (300, 350), (420, 350)):  # the last edge crosses the first but one
        canvas.click(position={"x": x, "y": y})
    canvas.click(position={"x": 300, "y": 250})
    assert page.locator("#drawn").input_value() == "", "an outline that crosses itself cannot be ended"
    page.keyboard.press("Escape")
    page.click("#draw-polygon")
    for x, y in ((300, 250), (420, 250), (420, 350), (300, 350), (300, 250)):
        canvas.click(position={"x": x, "y": y})
    page.wait_for_selector("#way-drawn:checked", state="attached")
    assert "Ritade områden: 1. Hörn: 4." in page.locator("#drawn-told").inner_text()
    assert accessibility_faults(page) == []
    picture(page, "start-drawn-1440")
    page.click("text=Kontrollera planområdet")
    page.wait_for_url(re.compile("/checks/"))


def test_a_missing_system_is_seen_on_the_map_before_the_check(visitor: Visitor, tmp_path: Path) -> None:
    bare = tmp_path / "plan.dxf"
    write_outline(bare)
    page = visitor.open("/")
    upload(page, bare)
    assert page.locator("#crs").get_attribute("aria-invalid") == "true"
    assert accessibility_faults(page) == []
    page.select_option("#crs", "EPSG:3006")
    page.click("text=Visa var det ligger")
    page.wait_for_selector("path.m-plan", state="attached")
    assert accessibility_faults(page) == []
    picture(page, "upload-preview-1440")
    page.click("text=Kontrollera planområdet")
    page.wait_for_url(re.compile("/checks/"))


def write_outline(path: Path) -> None:
    """Write a square within the town as a drawing, which has no place for its coordinate system."""
    square = geopandas.read_file(PLAN).geometry.iloc[0].centroid.buffer(200, cap_style="square")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it has no system
        geopandas.GeoDataFrame(geometry=[square.exterior]).to_file(path, driver="DXF", engine="pyogrio")


def test_a_lost_connection_loses_nothing_that_is_written(visitor: Visitor) -> None:
    page = visitor.open("/")
    page.check("#way-text", force=True)
    page.fill("#text", "6500000; 600000")
    page.context.set_offline(True)
    page.click("text=Kontrollera planområdet")
    page.wait_for_selector("#fault:focus")
    assert "Tjänsten nås inte" in page.locator("#fault").inner_text()
    assert page.locator("#text").input_value() == "6500000; 600000"
    visitor.forgive("ERR_INTERNET_DISCONNECTED")


def tab_to(page: Page, selector: str, most: int = 90) -> None:
    """Press Tab until what is meant has the focus."""
    for _step in range(most):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no way to {selector} with Tab: {page.evaluate('document.activeElement.outerHTML')[:200]}")


def test_by_keyboard_alone_from_the_start_to_a_file_with_a_finding(visitor: Visitor, town: Town) -> None:
    page = visitor.open("/")
    keys = page.keyboard
    tab_to(page, "#way-file")
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    tab_to(page, "#text")
    keys.insert_text(corners_of(town.address))
    tab_to(page, "#check button[type=submit]")
    keys.press("Enter")
    page.wait_for_url(re.compile("/checks/"))
    page.wait_for_selector("#title:focus")
    assert "nord före öst" in page.locator(".planintro").inner_text()
    tab_to(page, "#tab-findings")
    keys.press("Enter")
    page.wait_for_selector("#result[data-tab='findings']")
    assert page.evaluate("document.activeElement.id") == "tab-findings"
    keys.press("Shift+Tab")
    keys.press("Enter")
    page.wait_for_selector("#result[data-tab='objectives']")
    tab_to(page, "a.obj[data-objective]")
    number = page.evaluate("document.activeElement.dataset.objective")
    keys.press("Enter")
    page.wait_for_selector("#findings:focus")
    assert f"mål {number}" in page.locator("#findings").inner_text()
    keys.press("Escape")
    page.wait_for_url(lambda address: "objective" not in address)
    tab_to(page, "[data-finding] summary")
    finding = page.evaluate("document.activeElement.closest('[data-finding]').id")
    keys.press("Enter")
    page.wait_for_url(re.compile(f"finding={finding}"))
    page.wait_for_selector(f"#{finding} .question")
    tab_to(page, f"#{finding} [name=finding]")
    keys.press("Space")
    page.wait_for_url(re.compile(f"select={finding}"))
    for _step in range(90):
        if page.evaluate("document.activeElement.matches('#export button[value=csv]')"):
            break
        keys.press("Shift+Tab")
    with page.expect_download() as download:
        keys.press("Enter")
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert {row.split(",")[6] for row in text.splitlines() if row.startswith("finding,")} == {finding}


def corners_of(address: str) -> str:
    """Return the corners of a plan of the town as somebody would paste them."""
    plans = httpx2.get(
        f"{address}/ogc/collections/plans/items",
        params={"f": "json", "crs": "http://www.opengis.net/def/crs/EPSG/0/3006"},
    ).json()["features"]
    outline = shapely.geometry.shape(plans[0]["geometry"])
    north_east = shapely.get_coordinates(outline.convex_hull)[:-1]
    return "\n".join(f"{north:.1f}; {east:.1f}" for north, east in north_east)


FOCUSABLE = """() => [...document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]',
)].filter((part) => !part.disabled && part.checkVisibility({ visibilityProperty: true })
  && !(part.type === 'radio' && part.name && !part.checked && document.querySelector(`[name="${part.name}"]:checked`)))
  .map((part, number) => { part.dataset.order = number; return number; })"""
STOP = "document.activeElement === document.body ? null : Number(document.activeElement.dataset.order ?? -1)"


@pytest.mark.parametrize("which", ["start", "result"])
def test_focus_goes_through_the_page_as_it_is_read_and_is_seen_everywhere(
    visitor: Visitor, checked: str, which: str
) -> None:
    page = visitor.open("/" if which == "start" else f"{checked}?tab=findings&q=reservat")
    page.wait_for_load_state("networkidle")
    page.evaluate("document.activeElement.blur()")
    order = page.evaluate(FOCUSABLE)
    stops: list[int] = []
    unseen = []
    for _step in range(len(order) + 5):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or (stops and stop == stops[0]):
            break
        stops.append(stop)
        width = page.evaluate(OUTLINE)
        if width < 2:
            unseen.append(page.evaluate("document.activeElement.outerHTML.slice(0, 150)"))
    assert stops == sorted(stops), "in the order of the document, which is that of reading"
    assert set(order) - set(stops) == set(), "all that can be used is reached"
    assert unseen == []


OUTLINE = """(() => {
  const wide = (part) => {
    const { outlineStyle, outlineWidth } = part ? getComputedStyle(part) : { outlineStyle: 'none' };
    return outlineStyle === 'none' ? 0 : parseFloat(outlineWidth);
  };
  const focused = document.activeElement;
  return Math.max(wide(focused), wide(focused.closest('label')), wide(focused.parentElement));
})()"""


def test_a_copied_address_shows_the_same(visitor: Visitor, checked: str) -> None:
    page = visitor.open(checked)
    page.click("#tab-findings")
    page.wait_for_selector("#result[data-tab='findings']")
    page.click("#pill-permit")
    page.wait_for_selector("#pill-permit[aria-current]")
    first = page.locator("#result [data-finding]").first
    first.locator("summary").click()
    page.locator("details.groups summary").click()
    page.locator("[data-overlay]").first.check()
    page.wait_for_url(re.compile("layers=.*view=|view=.*layers="))
    again = visitor.open(page.url.removeprefix(visitor.address))
    state = """() => ({
        rows: [...document.querySelectorAll('#result [data-finding]')].map((row) => row.id),
        open: [...document.querySelectorAll('#result details[open]')].map((part) => part.parentElement.id),
        tab: document.querySelector('#result').dataset.tab,
        on: [...document.querySelectorAll('[data-overlay]:checked')].map((box) => box.dataset.overlay),
        view: [geomiljo.map.getZoom(), geomiljo.map.getCenter().lat.toFixed(4)],
    })"""
    again.wait_for_selector("#result .is-on")
    assert again.evaluate(state) == page.evaluate(state)


def test_a_tab_that_was_left_is_there_at_once(visitor: Visitor, checked: str) -> None:
    page = visitor.open(checked)
    page.wait_for_load_state("networkidle")
    with page.expect_response(lambda answer: "tab=" not in answer.url and "X-Swap".lower() in answer.request.headers):
        page.click("#tab-findings")
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.click("#tab-objectives")
    page.wait_for_selector("#result[data-tab='objectives']")
    page.wait_for_timeout(300)
    assert [url for url in asked if url.startswith(visitor.address + checked)] == []


def test_back_shows_what_was_before(visitor: Visitor, checked: str) -> None:
    page = visitor.open(checked)
    for tab in ("findings", "not-checked"):
        page.click(f"#tab-{tab}")
        page.wait_for_selector(f"#result[data-tab='{tab}']")
    page.go_back()
    page.wait_for_selector("#result[data-tab='findings']")
    page.go_back()
    page.wait_for_selector("#result[data-tab='objectives']")


def test_the_map_and_the_list_follow_each_other(visitor: Visitor, checked: str) -> None:
    page = visitor.open(checked)
    page.click("#f1 [data-zoom]")
    page.wait_for_selector("#f1.is-on")
    assert page.locator(".leaflet-interactive.is-on").count() > 0
    page.click("#f1 [data-toggle]")
    assert page.locator(".leaflet-interactive.is-off").count() > 0
    page.click("#zoom-all")
    page.locator(".leaflet-container").click(position={"x": 5, "y": 300})
    page.wait_for_selector("#here [role=status]")
    assert "kan inte säga något" in page.locator("#here [role=status]").inner_text()
    assert accessibility_faults(page) == []
    picture(page, "result-here-1440")


def test_places_are_asked_about_by_coordinates_too(visitor: Visitor, checked: str) -> None:
    page = visitor.open(checked)
    east, north = page.evaluate("geomiljo.map.getCenter().lng"), page.evaluate("geomiljo.map.getCenter().lat")
    page.goto(f"{visitor.address}/here?lon={east}&lat={north}")
    assert page.locator("#here h3").count() > 0
    assert accessibility_faults(page) == []


def test_tabs_are_switched_in_a_tenth_of_a_second(visitor: Visitor, checked: str) -> None:
    page = visitor.open(checked)
    spent = """async (tab) => {
        const begun = performance.now();
        document.getElementById(`tab-${tab}`).click();
        while (document.querySelector('#result').dataset.tab !== tab) await new Promise(requestAnimationFrame);
        return performance.now() - begun;
    }"""
    page.wait_for_load_state("networkidle")
    times = [page.evaluate(spent, tab) for _round in range(3) for tab in TABS[1:]]
    assert sorted(times)[len(times) // 2] <= FASTEST_SWITCHES_MS, times


def test_without_script_a_file_is_checked_and_the_result_read(visitor: Visitor) -> None:
    page = visitor.open("/", java_script_enabled=False)
    assert not page.locator("#way-drawn").is_visible()
    upload(page)
    page.click("#tab-findings")
    page.select_option("#group", "layer")
    page.click("#filter")
    assert page.locator(".grouphead").count() > 1
    page.click("#tab-not-checked")
    assert "Inget här är ett nej" in page.locator("#result").inner_text() or page.locator(".gap").count()
