"""Pages of plans in a real browser: accessible, within narrow windows, edited by keyboard."""

from __future__ import annotations

import pytest
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
