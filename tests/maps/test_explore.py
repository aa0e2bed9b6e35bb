"""The notebook: its cells run, and its map needs no network, tells what is clicked, and takes what Folium can add."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import folium
import pytest
import shapely
from browsers import chromium
from factories import box, write_layer
from playwright.sync_api import sync_playwright

from geomiljo.errors import InputError
from geomiljo.notebook import check

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "examples" / "notebook" / "check_a_plan.ipynb"
REMOTE = re.compile(r'<(?:script|link|img) [^>]*(?:src|href)="https?://[^"]+"')
EVIL = "<img src=x onerror=window.pwned=1>"


@pytest.fixture(scope="module")
def cells() -> list[str]:
    read = json.loads(NOTEBOOK.read_text("utf-8"))
    return ["".join(cell["source"]) for cell in read["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def run(cells: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the notebook's names are after its cells have run, in a folder as deep as its own."""
    folder = tmp_path_factory.mktemp("tree") / "docs" / "examples" / "notebook"
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "data" / "demo", folder.parents[2] / "data" / "demo")
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for cell in cells:
            exec(compile(cell, str(NOTEBOOK), "exec"), names)  # noqa: S102 - the cells are what is tested
    return names


def test_the_cells_find_what_the_demo_has(run: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    result = run["result"]
    assert {finding.layer for finding in result.assessment.findings} >= {"naturreservat", "badvatten"}
    assert result.verdict in repr(result)
    assert run["unknown"]
    assert run["file"].name == "plan_strand.html"
    assert isinstance(run["map_"], folium.Map)


def test_the_map_asks_nothing_of_the_network(run: dict[str, Any]) -> None:
    html = run["result"].explore().get_root().render()
    assert not REMOTE.search(html)
    assert "L.CRS.EPSG3857" in html  # Leaflet itself stands inside


def test_with_a_base_map_it_is_as_folium_makes_them(run: dict[str, Any]) -> None:
    html = run["result"].explore("OpenStreetMap").get_root().render()
    assert "tile.openstreetmap.org" in html
    assert any("leaflet" in link for link in REMOTE.findall(html))
    assert folium.Map.default_js != []


@pytest.mark.browser
def test_a_click_tells_what_was_found(tmp_path: Path) -> None:
    reserve = write_layer(
        tmp_path / "r.gpkg", [box(0, 0, 50, 100)], NAMN=[EVIL], NVRID=["1"], BESLUTSMYNDIGHET=["Kommunen"]
    )
    result = check(box(0, 0, 100, 100), crs=3006, layers={"naturreservat": reserve}, uses=["B"], language="en")
    file = tmp_path / "map.html"
    file.write_text(result.explore().get_root().render(), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 900, "height": 600}, reduced_motion="reduce")
        context.set_offline(True)
        page = context.new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: troubles.append(request.url) if request.url.startswith("http") else None)
        page.goto(file.as_uri())
        page.locator(".flag").first.click()
        assert "F1 Municipal nature reserve" in page.locator(".leaflet-popup-content").inner_text()
        assert page.locator(".leaflet-control-zoom-in").is_visible()
        assert page.evaluate("window.pwned") is None
        page.screenshot(path=ROOT / "out" / "screens" / "notebook-map.png")
        browser.close()
    assert troubles == []


def test_a_geometry_without_a_coordinate_system_is_refused_where_it_cannot_be_right() -> None:
    with pytest.raises(InputError):
        check(shapely.box(600_000, 6_500_000, 600_100, 6_500_100), layers={})
