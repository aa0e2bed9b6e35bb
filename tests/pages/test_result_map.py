"""The map of a result: the worst level or each finding, and what else touches the same place."""

from __future__ import annotations

import re

import pytest
from pages.visit import Visitor, accessibility_faults, picture

pytestmark = pytest.mark.browser
OPACITY = "getComputedStyle(document.querySelector('path.m-per')).fillOpacity"


def test_the_map_shows_the_worst_level_or_each_finding(visitor: Visitor, checked: str) -> None:
    page = visitor.open(checked)
    assert page.locator("[data-mode=worst]").get_attribute("aria-pressed") == "true"
    assert page.evaluate(OPACITY) == "1", "what lies below is covered"
    page.click("[data-mode=each]")
    assert page.evaluate(OPACITY) == "0.5"
    assert page.get_by_text("Där flera fynd möts syns").is_visible()
    page.click("#tab-findings")
    page.wait_for_selector("#result[data-tab='findings']")
    assert "mode=each" in page.url
    assert accessibility_faults(page) == []
    picture(page, "result-each-1440")
    again = visitor.open(page.url.removeprefix(visitor.address))
    assert again.locator("[data-mode=each]").get_attribute("aria-pressed") == "true"
    assert again.evaluate(OPACITY) == "0.5"
    again.click("[data-mode=worst]")
    again.wait_for_url(re.compile("^(?!.*mode=)"))
