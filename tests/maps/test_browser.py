"""The page in a real browser, from disk, with the network off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from maps.world import EVIL, World, lakeside
from playwright.sync_api import Browser, Page

from geomiljo.catalogue import Catalogue
from geomiljo.maps import map_page
from geomiljo.resources import shipped
from geomiljo.texts import Language

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
SCREENS = ROOT / "out" / "screens"
WIDE, NARROW, SMALLEST = (1440, 900), (390, 844), (320, 640)
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIOLATIONS = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective));
"""


@dataclass
class Watched:
    """A page with all that went wrong in it."""

    page: Page
    troubles: list[str] = field(default_factory=list)

    def violations(self) -> list[str]:
        found: list[str] = self.page.evaluate("window.violations")
        return found


Open = Callable[..., Watched]


@pytest.fixture
def open_page(browser: Browser, pages: dict[Language, str], tmp_path: Path) -> Iterator[Open]:
    contexts = []

    def open_page(
        size: tuple[int, int] = WIDE, language: Language = "sv", html: str | None = None, **options: Any
    ) -> Watched:
        file = tmp_path / "map.html"
        file.write_text(html or pages[language], encoding="utf-8")
        width, height = size
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_offline(True)
        watched = Watched(context.new_page())
        watched.page.on("console", lambda message: watched.troubles.append(message.text))
        watched.page.on("pageerror", lambda error: watched.troubles.append(str(error)))
        watched.page.on("requestfailed", lambda request: watched.troubles.append(request.url[:80]))
        watched.page.add_init_script(VIOLATIONS)
        watched.page.goto(file.as_uri())
        return watched

    yield open_page
    for context in contexts:
        context.close()


def zoom(page: Page) -> float:
    found: float = page.evaluate("geomiljo.map.getZoom()")
    return found


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_opens_without_network_and_without_complaint(
    open_page: Open, world: World, size: tuple[int, int], language: Language
) -> None:
    watched = open_page(size, language)
    page = watched.page
    assert watched.troubles == []
    assert watched.violations() == []
    for name in ("m-plan", "m-plan-case", "m-use", "m-pro", "m-per", "m-con", "m-opp", "l-con", "o-con", "b-con"):
        paths = page.locator(f".folium-map path.{name}")
        assert paths.count() > 0, name
        assert paths.first.bounding_box(), name
    assert page.locator(".folium-map .mark").count() >= 9
    assert page.locator(".labels .flag").count() >= 10
    assert page.locator(".labels .use").all_inner_texts() != []
    assert page.locator(".legend li").count() >= 6
    assert page.locator(".finding:visible").count() == len(world.assessment.findings)
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"map-{language}-{size[0]}.png", full_page=True)


def test_patterns_reach_the_map(open_page: Open) -> None:
    page = open_page().page
    fills = {
        code: page.locator(f".folium-map path.m-{code}").first.evaluate("path => getComputedStyle(path).fill")
        for code in ("pro", "per", "con", "opp")
    }
    assert fills == {code: f'url("#p-{code}")' for code in fills}


def test_opening_a_finding_shows_it_on_the_map(open_page: Open) -> None:
    watched = open_page()
    page, before = watched.page, zoom(watched.page)
    page.click("#f21 summary")
    page.wait_for_function("before => geomiljo.map.getZoom() > before", arg=before)
    assert page.locator("#chip .fid").inner_text() == "F21"
    assert page.locator(".folium-map path.m-opp.is-on").count() == 1
    assert page.locator(".folium-map path.m-pro.is-dim").count() > 0
    assert page.url.endswith("#f21")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.querySelector('.folium-map .is-dim')")
    page.click("#zoom-all")
    page.wait_for_function("before => geomiljo.map.getZoom() === before", arg=before)
    assert watched.troubles == []


def test_zooming_to_an_object(open_page: Open) -> None:
    page = open_page().page
    page.click("#f1 summary")
    page.wait_for_selector("#chip")
    before = page.evaluate("geomiljo.map.getCenter()")
    page.click("#f1 [data-object='1']")
    page.wait_for_function("before => geomiljo.map.getCenter().lng !== before.lng", arg=before)


def test_an_address_with_a_finding_opens_it(open_page: Open, tmp_path: Path) -> None:
    page = open_page().page
    page.goto("about:blank")
    page.goto((tmp_path / "map.html").as_uri() + "#f5")
    page.wait_for_selector("#f5 details[open]")
    assert page.locator("#chip .fid").inner_text() == "F5"


def test_clicking_a_shape_leads_to_its_finding(open_page: Open) -> None:
    watched = open_page()
    page = watched.page
    page.locator(".folium-map").scroll_into_view_if_needed()
    page.evaluate("""() => {
        const [layer] = geomiljo.shapes.flatMap((group) => group.getLayers())
            .filter((layer) => layer.feature.properties.finding === 'f21');
        layer.fire('click', { latlng: layer.getBounds().getCenter() }, true);
    }""")
    popup = page.locator(".leaflet-popup-content")
    assert "Genomsläpplig mark" in popup.inner_text()
    assert "2,6\u00a0ha" in popup.inner_text()
    assert page.locator("#f21.is-on").count() == 1
    page.wait_for_function("""() => {
        const { top, bottom } = document.getElementById('f21').getBoundingClientRect();
        return top >= -1 && bottom <= innerHeight + 1; // pages scroll by whole pixels
    }""")
    popup.get_by_role("link", name="Gå till fynd F21").click()
    page.wait_for_selector("#f21:focus-within")
    assert watched.troubles == []


def test_a_real_click_on_the_map_hits_the_worst_finding(open_page: Open) -> None:
    page = open_page().page
    place = page.locator(".folium-map path.m-pro").nth(1).bounding_box()
    assert place is not None
    page.mouse.click(place["x"] + place["width"] * 0.8, place["y"] + place["height"] * 0.75)
    popup = page.locator(".leaflet-popup-content")
    assert popup.locator("h3 .fid").inner_text() == "F1"
    assert "F10" in popup.locator(".here").inner_text()


def test_groups_by_objective_show_and_hide_their_findings(open_page: Open) -> None:
    page = open_page().page
    page.click(".groups summary")
    page.locator("[data-group='9']").uncheck()
    assert page.locator(".folium-map path.m-opp:visible").count() == 0
    assert page.locator("#f21 [data-toggle]").get_attribute("aria-pressed") == "false"
    assert page.locator("[data-group='8']").evaluate("box => box.indeterminate")
    assert page.locator(".finding:visible").count() == page.locator(".finding").count()
    page.click("[data-groups='none']")
    assert page.locator(".folium-map path.leaflet-interactive:visible").count() == 0
    assert page.locator(".flag").count() == 0
    page.click("[data-groups='all']")
    assert page.locator(".folium-map path.m-opp:visible").count() == 1


def test_objective_narrows_list_and_map(open_page: Open, world: World) -> None:
    page = open_page().page
    carrying = [f.id for f in world.assessment.findings if 13 in f.objectives]
    page.click("#objective-13")
    assert page.locator(".finding:visible").evaluate_all("rows => rows.map((row) => row.id)") == carrying
    assert page.locator("#findings").inner_text() == f"{len(carrying)} fynd för mål 13"
    assert page.locator("#objective-13").get_attribute("aria-current") == "true"
    assert page.evaluate("document.activeElement.id") == "findings"
    page.keyboard.press("Escape")
    assert page.locator(".finding:visible").count() == len(world.assessment.findings)


def test_everything_works_by_keyboard(open_page: Open) -> None:
    page = open_page().page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus("#f1 summary")
    page.keyboard.press("Enter")
    page.wait_for_selector("#f1 details[open]")
    page.focus("#f1 [data-toggle]")
    page.keyboard.press("Space")
    assert page.locator("#f1 [data-toggle]").get_attribute("aria-pressed") == "false"
    page.keyboard.press("Tab")
    assert page.evaluate("'zoom' in document.activeElement.dataset")
    page.focus(".folium-map")
    before = page.evaluate("geomiljo.map.getCenter().lat")
    page.keyboard.press("ArrowUp")
    page.wait_for_function("before => geomiljo.map.getCenter().lat !== before", arg=before)
    page.keyboard.press("Tab")
    assert page.evaluate("!document.activeElement.closest('.folium-map')")
    focus = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert focus == "solid"


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_axe_finds_nothing(open_page: Open, size: tuple[int, int]) -> None:
    page = open_page(size, bypass_csp=True).page
    page.evaluate((shipped("maps") / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8"))

    def faults() -> list[str]:
        result = page.evaluate("tags => axe.run(document, { runOnly: tags })", AXE_TAGS)
        return [f"{v['id']}: {n['target']} {n['failureSummary']}" for v in result["violations"] for n in v["nodes"]]

    assert faults() == []
    page.click("#objective-13")
    page.click("#f1 summary")
    page.click(".groups summary")
    page.evaluate("geomiljo.labels.fire('flag', { finding: 'f1', latlng: geomiljo.map.getCenter() })")
    page.wait_for_selector(".leaflet-popup-content")
    assert faults() == []


@pytest.mark.parametrize("size", [SMALLEST, NARROW, (768, 1024), WIDE])
def test_the_page_never_scrolls_sideways(open_page: Open, size: tuple[int, int]) -> None:
    page = open_page(size).page
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_buttons_of_small_windows_hold_their_words_whole(open_page: Open) -> None:
    links = open_page(NARROW).page.locator(".viewbar a")
    heights = links.evaluate_all("all => all.map(a => a.offsetHeight)")
    assert heights == [44, 44]


def test_text_may_be_twice_as_large(open_page: Open) -> None:
    page = open_page(NARROW).page
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]


def test_names_with_markup_never_run(open_page: Open, catalogue: Catalogue) -> None:
    wild = lakeside(catalogue, plan_name=EVIL, evil=EVIL)
    watched = open_page(html=map_page(wild.assessment, wild.shapes, catalogue=catalogue))
    page = watched.page
    page.evaluate("""() => {
        for (const group of geomiljo.shapes)
            group.eachLayer((layer) => layer.fire('click', { latlng: geomiljo.map.getCenter() }, true));
        const [layer] = geomiljo.shapes.flatMap((group) => group.getLayers())
            .filter((layer) => layer.feature.properties.finding === 'f1' && layer.feature.properties.object === 0);
        layer.fire('click', { latlng: geomiljo.map.getCenter() }, true);
    }""")
    assert EVIL in page.locator(".leaflet-popup-content").last.inner_text()
    assert page.evaluate("window.pwned") is None
    assert page.locator("img").count() == 0
    assert watched.troubles == []
    assert watched.violations() == []


def test_without_script_everything_can_be_read(open_page: Open, world: World) -> None:
    page = open_page(java_script_enabled=False).page
    assert page.locator(".finding:visible").count() == len(world.assessment.findings)
    assert page.locator("button:visible").count() == 0
    assert page.locator(".map__noscript").is_visible()


def test_print_shows_the_whole_plan_and_every_finding_unfolded(open_page: Open) -> None:
    watched = open_page()
    page = watched.page
    page.click("#f21 summary")
    page.wait_for_selector("#chip")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#f1 .question").is_visible()
    assert page.evaluate("geomiljo.map.getBounds().contains(geomiljo.plan[2].getBounds())")
    assert page.pdf(format="A4").startswith(b"%PDF")
    assert watched.troubles == []
