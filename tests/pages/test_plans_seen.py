"""Pages of plans in a real browser: accessible, within narrow windows, edited by keyboard."""

from __future__ import annotations

from pathlib import Path

import geopandas
import pytest
from factories import box
from pages.conftest import Town
from pages.visit import SMALLEST, WIDE, Visitor, accessibility_faults, overflows, picture
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", ["", "/{plan}", "/{plan}/compare", "/{plan}/compare?show=new"])
@pytest.mark.parametrize(("size", "language"), [(WIDE, "sv"), (SMALLEST, "en")])
def test_plans_can_be_used_by_all(
    visitor: Visitor, town: Town, path: str, size: tuple[int, int], language: str
) -> None:
    page = visitor.open("/plans" + path.format(plan=town.plans["plan_strand"]), size, language)
    assert accessibility_faults(page) == []
    assert overflows(page) <= 0
    name = "plans" if not path else "plan" + path.replace("/{plan}", "").replace("/", "-").replace("?show=", "-")
    picture(page, f"{name}-{language}-{size[0]}")


@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_a_planner_may_do_fits_the_smallest_screen(visitor: Visitor, language: str) -> None:
    page = visitor.sign_in("planner", "0099", "/plans", size=SMALLEST, language=language)
    assert page.locator(".pagehead .btn").count() == 3
    assert overflows(page) <= 0


@pytest.mark.parametrize("size", [WIDE, SMALLEST])
def test_a_planner_edits_a_plan(visitor: Visitor, town: Town, size: tuple[int, int]) -> None:
    page = visitor.sign_in("planner", "0099", f"/plans/{town.plans['plan_industri']}", size=size)
    assert accessibility_faults(page) == []
    page.fill("#f-name", "")
    page.evaluate("document.querySelector('#f-name').required = false")
    page.press("#f-name", "Enter")
    expect(page.get_by_role("alert")).to_contain_text("Inget är sparat än.")
    assert accessibility_faults(page) == []
    assert overflows(page) <= 0
    picture(page, f"plan-fault-sv-{size[0]}")
    visitor.forgive("422")
    page.fill("#f-name", "Norra skogens verksamhetsområde")
    page.press("#f-name", "Enter")
    expect(page.get_by_role("status")).to_contain_text("Sparat.")


@pytest.mark.parametrize("size", [WIDE, SMALLEST])
def test_a_geometry_is_chosen_where_it_was_sent(
    visitor: Visitor, town: Town, tmp_path: Path, size: tuple[int, int]
) -> None:
    path = tmp_path / "plan.gpkg"
    for table in ("planområde", "skiss"):
        geopandas.GeoDataFrame(geometry=[box(0, 0, 100, 100)], crs=3006).to_file(path, engine="pyogrio", layer=table)
    page = visitor.sign_in("planner", "0099", f"/plans/{town.plans['plan_industri']}", size=size)
    page.set_input_files("#file", path)
    page.click("#new-geometry button")
    expect(page.locator("#new-geometry [role=alert]")).to_be_in_viewport()
    expect(page.locator("#new-geometry [role=alert]")).to_contain_text("Välj en av dem nedan.")
    visitor.forgive("422")
    expect(page.get_by_label("planområde")).to_be_visible()
    assert accessibility_faults(page) == []
    assert overflows(page) <= 0
    picture(page, f"plan-geometry-sv-{size[0]}")


def test_the_compared_maps_move_together(visitor: Visitor, town: Town) -> None:
    page = visitor.open(f"/plans/{town.plans['plan_strand']}/compare")
    expect(page.get_by_text("Kartorna rör sig tillsammans.")).to_be_visible(timeout=20_000)
    one, other = page.frames[1:]
    where = "[geomiljo.map.getCenter().lat, geomiljo.map.getCenter().lng, geomiljo.map.getZoom()]"
    assert one.evaluate(where) == pytest.approx(other.evaluate(where))
    other.evaluate("geomiljo.map.setView([59.6, 16.5], 12, {animate: false})")
    assert one.evaluate(where) == pytest.approx([59.6, 16.5, 12], abs=0.001)
