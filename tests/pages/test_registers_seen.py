"""Pages of the registers in a real browser: accessible, within narrow windows, in both languages, swapped in place."""

from __future__ import annotations

import pytest
from pages.visit import SMALLEST, WIDE, Visitor, accessibility_faults, overflows, picture
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PAGES = {
    "layers": "/layers",
    "layer": "/layers/naturreservat?places=kommun",
    "layer-off": "/layers/artobservationer",
    "rules": "/rules?objective=8",
    "rule": "/rules/naturreservat.overlap",
    "objectives": "/objectives",
    "objective": "/objectives/3",
    "guide": "/guide",
    "guide-chapter": "/guide/tools/fysisk-planering",
    "guide-process": "/guide/process",
    "guide-responsibilities": "/guide/responsibilities",
    "guide-conflicts": "/guide/conflicts",
    "accessibility": "/accessibility",
    "problems": "/problems",
    "ogc": "/ogc?f=html&lang={language}",
    "ogc-items": "/ogc/collections/plans/items?f=html&lang={language}",
    "ogc-collection": "/ogc/collections/naturreservat?f=html&lang={language}",
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("size", "language"), [(WIDE, "sv"), (SMALLEST, "en")])
def test_registers_can_be_used_by_all(visitor: Visitor, name: str, size: tuple[int, int], language: str) -> None:
    page = visitor.open(PAGES[name].format(language=language), size, language)
    assert accessibility_faults(page) == []
    assert overflows(page) <= 0
    picture(page, f"{name}-{language}-{size[0]}")


def test_a_filter_changes_the_list_in_place(visitor: Visitor) -> None:
    page = visitor.open("/layers")
    page.evaluate("window.stayed = true")
    page.select_option("#f-theme", "water")
    page.click(".filterbar button")
    page.wait_for_url("**/layers?theme=water")
    expect(page.locator("#layers .grp")).to_have_count(1)
    assert page.evaluate("window.stayed")
    page.go_back()
    expect(page.locator("#layers .grp")).not_to_have_count(1)
