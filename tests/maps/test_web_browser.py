"""Served maps in a real browser: tiles look as their layers do, marks come together, the address keeps the view."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import folium
import mapbox_vector_tile
import pytest
import shapely
from factories import box
from maps.test_sheet import drawn, world_of
from maps.test_web_map import around
from maps.world import World
from playwright.sync_api import Browser, Page, Route, ViewportSize

from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.rules import Severity
from geomiljo.maps import assets, symbols
from geomiljo.maps.fragments import split
from geomiljo.maps.overlays import Overlay, Surroundings
from geomiljo.maps.sheet import draw_sheet
from geomiljo.maps.symbology import of_severities
from geomiljo.maps.web_map import PlanOnMap, plans_map, web_map
from geomiljo.resources import shipped

pytestmark = pytest.mark.browser
SCREENS = Path(__file__).parents[2] / "out" / "screens"
HOST = "http://maps.test"
STATIC = shipped("maps") / "static"
POLICY = "default-src 'none'; script-src 'self' {hash}; style-src 'self'; img-src 'self' data:; connect-src 'self'"
MODULE = """
import * as shared from "/interactive.js";
window.shared = shared;
if (geomiljo.shapes) {
    window.sheet = new shared.SheetMap(geomiljo, { label: "Karta", close: "Stäng" });
    sheet.onPlace((place) => { window.clicked = place; });
}
shared.connectSwitches(geomiljo);
shared.keepInAddress(geomiljo);
document.documentElement.classList.add("ready");
"""
SWITCHES = """
<label><input type="checkbox" data-overlay="naturreservat"> Naturreservat</label>
<label><input type="checkbox" data-overlay="strandskydd_generellt"> Strandskydd</label>
"""


STEPS = (
    "geomiljo.map.panBy([300, 200], { animate: false })",
    "geomiljo.map.setZoom(geomiljo.map.getZoom() + 1, { animate: false })",
    "sheet.select('f499')",
    "sheet.setHidden(['f1', 'f2'])",
    "geomiljo.map.setZoom(geomiljo.map.getZoom() - 2, { animate: false })",
    "sheet.zoomToPlan()",
)
LONG_MS = 200


class Served:
    """A page with a map, served from memory; tiles hold a square in the middle."""

    crowd = b""
    """What tiles of pieces hold."""

    def __init__(self, page: Page, map_: folium.Map) -> None:
        self.page = page
        self.troubles: list[str] = []
        self.asked: list[str] = []
        self._files = self._made(map_)
        page.on("console", lambda message: self.troubles.append(message.text))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.route("**/*", self._answer)

    def _made(self, map_: folium.Map) -> dict[str, tuple[str, str | bytes]]:
        fragments = split(map_)
        keys = [assets.manifest().keys[key] for key in (*fragments.scripts, *fragments.styles)]
        files: dict[str, tuple[str, str | bytes]] = {}
        for path in (*(assets.vendor_folder() / key for key in keys), *STATIC.glob("*.js")):
            files["/" + path.name] = ("text/css" if path.suffix == ".css" else "text/javascript", path.read_bytes())
        files["/style.css"] = ("text/css", symbols.severity_style() + (STATIC / "geomiljo.css").read_text("utf-8"))
        files["/module.js"] = ("text/javascript", MODULE)
        sources = [f"/{key.rpartition('/')[2]}" for key in keys if key.endswith(".js")]
        sheets = [f"/{key.rpartition('/')[2]}" for key in keys if key.endswith(".css")]
        self.policy = POLICY.format(hash=assets.csp_hash(fragments.script))
        html = [
            "<!doctype html><html lang=sv><meta charset=utf-8><title>Karta</title><link rel=icon href='data:,'>",
            *(f'<link rel=stylesheet href="{sheet}">' for sheet in (*sheets, "/style.css")),
            f'<svg class="sprite"><defs>{symbols.severity_sprite()}</defs></svg>{SWITCHES}',
            f'<div class="map">{fragments.body}</div>',
            *(f'<script src="{source}"></script>' for source in (*sources, "/sheet.js", "/tiles.js")),
            f'<script>{fragments.script}</script><script type="module" src="/module.js"></script>',
        ]
        files["/"] = ("text/html", "".join(html))
        return files

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(HOST).partition("?")[0]
        if path.startswith("/pieces/"):
            route.fulfill(body=self.crowd, content_type="application/vnd.mapbox-vector-tile")
        elif tile := re.fullmatch(r"/ogc/collections/(\w+)/tiles/WebMercatorQuad/(\d+)/(\d+)/(\d+)", path):
            self.asked.append(path)
            route.fulfill(body=square(tile[1]), content_type="application/vnd.mapbox-vector-tile")
        elif path in self._files:
            kind, body = self._files[path]
            route.fulfill(body=body, content_type=kind, headers={"Content-Security-Policy": self.policy})
        else:
            self.troubles.append(f"asked for {route.request.url}")
            route.fulfill(status=404)

    def open(self, query: str = "") -> Page:
        self.page.goto(f"{HOST}/{query}")
        self.page.wait_for_selector("html.ready", timeout=5_000)
        return self.page


def square(layer: str) -> bytes:
    feature = {"geometry": shapely.box(1024, 1024, 3072, 3072), "properties": {"gm_id": "1", "gm_class": "statligt"}}
    encoded: bytes = mapbox_vector_tile.encode([{"name": layer, "features": [feature]}])
    return encoded


Serve = Callable[[folium.Map], Served]


@pytest.fixture
def serve(browser: Browser) -> Iterator[Serve]:
    size: ViewportSize = {"width": 1100, "height": 900}
    context = browser.new_context(viewport=size, reduced_motion="reduce", device_scale_factor=2)
    yield lambda map_: Served(context.new_page(), map_)
    context.close()


def colours(page: Page, pane: str) -> set[tuple[int, ...]]:
    """Return the colours that the tiles of a pane show, without transparent dots."""
    page.wait_for_function(f"() => document.querySelectorAll('.leaflet-{pane}-pane .leaflet-tile-loaded').length > 0")
    found: list[list[int]] = page.evaluate(
        """(pane) => [...document.querySelectorAll(`.leaflet-${pane}-pane canvas`)].flatMap((canvas) => {
            const { data } = canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1);
            return data[3] ? [[...data]] : [];
        })""",
        pane,
    )
    return {tuple(colour) for colour in found}


def test_layers_are_drawn_when_they_are_switched_on(serve: Serve, world: World, catalogue: Catalogue) -> None:
    layers = ("kommun", "ytvattenforekomst", "naturreservat", "strandskydd_generellt")
    served = serve(web_map(drawn(world), around(catalogue, *layers), {}))
    page = served.open()
    assert colours(page, "backdrop") == {(0xCF, 0xE0, 0xEA, 255)}
    assert {path.split("/")[3] for path in served.asked} == {"kommun", "ytvattenforekomst"}
    page.get_by_label("Naturreservat").check()
    [(red, green, blue, alpha)] = colours(page, "own")
    assert alpha == 51  # a fifth
    assert red > max(green, blue)
    assert "layers=naturreservat" in page.url
    canvas = page.locator(".leaflet-own-pane canvas").first
    assert canvas.evaluate("canvas => canvas.width / canvas.clientWidth") == 2
    page.screenshot(path=SCREENS / "web-map.png")
    page.get_by_label("Naturreservat").uncheck()
    assert page.locator(".leaflet-own-pane canvas").count() == 0
    assert "layers" not in page.url
    assert served.troubles == []


def test_the_address_tells_layers_and_view(serve: Serve, world: World, catalogue: Catalogue) -> None:
    served = serve(web_map(drawn(world), around(catalogue, "naturreservat"), {}))
    page = served.open("?layers=naturreservat,unknown&view=59.5,17.5,14")
    assert page.evaluate("[geomiljo.map.getCenter().lat, geomiljo.map.getCenter().lng, geomiljo.map.getZoom()]") == [
        pytest.approx(59.5, abs=1e-4),
        pytest.approx(17.5, abs=1e-4),
        14,
    ]
    assert page.get_by_label("Naturreservat").is_checked()
    page.evaluate("geomiljo.map.setView([59.4, 17.4], 13, { animate: false })")
    page.wait_for_url(re.compile(r"view=59\.4\d*,17\.4\d*,13$"))
    assert served.troubles == []


def test_findings_stand_out_and_places_can_be_clicked(serve: Serve, world: World, catalogue: Catalogue) -> None:
    served = serve(web_map(drawn(world), around(catalogue), {}))
    page = served.open()
    assert page.locator("path.m-pro").first.evaluate("path => getComputedStyle(path).fill") == 'url("#p-pro")'
    assert page.locator(".labels .flag").count() >= 8
    assert "NATUR" in page.locator(".labels .use").all_text_contents()
    before = page.evaluate("geomiljo.map.getZoom()")
    page.evaluate("sheet.select('f21'); sheet.zoomTo('f21')")
    assert page.evaluate("geomiljo.map.getZoom()") > before
    assert page.locator("path.m-opp.is-on").count() == 1
    page.evaluate("sheet.zoomToPlan()")
    box_ = page.locator(".folium-map").bounding_box()
    assert box_ is not None
    page.mouse.click(box_["x"] + 5, box_["y"] + box_["height"] / 2)
    clicked = page.evaluate("window.clicked")
    west, south, east, north = page.evaluate("geomiljo.map.getBounds().toBBoxString().split(',').map(Number)")
    assert west <= clicked["lon"] < west + (east - west) / 50
    assert clicked["lat"] == pytest.approx((south + north) / 2, abs=(north - south) / 50)
    assert served.troubles == []


def test_plans_come_together_in_the_colour_of_the_worst(serve: Serve, catalogue: Catalogue) -> None:
    def plan(name: str, severity: Severity | None, east: float) -> PlanOnMap:
        return PlanOnMap(name, severity, box(east, 0, east + 400, 300))

    plans = [
        plan("a", "consider", 0),
        plan("b", "prohibition", 600),
        plan("c", None, 1_200),
        plan("d", "permit", 60_000),
    ]
    served = serve(plans_map(plans, (0, 0, 1, 1), around(catalogue), {}))
    page = served.open()
    cluster = page.locator(".cluster")
    assert cluster.inner_text() == "3"
    assert "cluster--pro" in str(cluster.get_attribute("class"))
    assert page.locator(".plan-mark--per").count() == 1
    page.screenshot(path=SCREENS / "plans-map.png")
    cluster.click()
    page.wait_for_function("() => document.querySelectorAll('.plan-mark').length === 3")
    assert page.locator("path.plan-none").count() == 1
    assert page.locator(".plan-mark--none circle").is_visible()
    page.screenshot(path=SCREENS / "plans-map-near.png")
    assert served.troubles == []


def test_twenty_thousand_objects_stay_smooth(serve: Serve, world: World) -> None:
    """All findings that the map may hold, the rest as tiles: no step of panning, zooming or choosing is long."""
    squares = [(box(3 * n, 0, 3 * n + 2, 700), True, 0.0) for n in range(400)]
    many: list[tuple[Severity, list[tuple[shapely.Polygon, bool, float]]]] = [
        ("permit" if n % 2 else "consider", [(box(2 * n, n, 2 * n + 40, n + 40), True, 0.0)]) for n in range(499)
    ]
    crowd = world_of(world, box(0, 0, 1_200, 800), [*many, ("prohibition", squares)])
    sheet = draw_sheet(crowd.assessment, crowd.shapes)
    assert sheet.left_out.inside > 0
    bounds = (10.0, 55.0, 25.0, 70.0)
    rest = Overlay("pieces", "", "nature", of_severities(), "/pieces/{z}/{y}/{x}", bounds, 18)
    served = serve(web_map(sheet, Surroundings("sv", rest=rest), {}))
    cells = [{"geometry": shapely.box(x, y, x + 40, y + 40), "properties": {"severity": "consider"}}
             for x in range(0, 4_096, 64) for y in range(0, 4_096, 64)]  # fmt: skip
    served.crowd = mapbox_vector_tile.encode([{"name": "pieces", "features": cells}])
    page = served.open()
    page.wait_for_function("() => document.querySelectorAll('.leaflet-own-pane .leaflet-tile-loaded').length >= 4")
    assert len(cells) * page.locator(".leaflet-own-pane canvas").count() >= 20_000 * 0.8
    page.evaluate("""() => new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ entryTypes: ["longtask"] })""")
    longest: dict[str, float] = {}
    for _round in range(6):  # the best of six: other programs work on the machine, too
        for step in STEPS:
            page.evaluate("window.longest = 0")
            page.evaluate(step)
            page.wait_for_timeout(200)
            longest[step] = min(longest.get(step, math.inf), page.evaluate("window.longest"))
        if max(longest.values()) < LONG_MS:
            break
    assert {step: lasted for step, lasted in longest.items() if lasted >= LONG_MS} == {}
