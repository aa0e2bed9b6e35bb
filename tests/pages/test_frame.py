"""The frame of all pages in a real browser: look, keyboard, narrow windows, both languages."""

from __future__ import annotations

import pytest
from pages.conftest import Town
from pages.visit import NARROW, SMALLEST, WIDE, Visitor, accessibility_faults, overflows, picture

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("size", [WIDE, NARROW, SMALLEST])
def test_the_frame_can_be_used_by_all(visitor: Visitor, size: tuple[int, int], language: str) -> None:
    page = visitor.open("/auth/demo", size, language)
    assert accessibility_faults(page) == []
    assert overflows(page) <= 0
    picture(page, f"identities-{language}-{size[0]}")


def test_the_first_tab_leads_past_the_menu(visitor: Visitor) -> None:
    page = visitor.open("/auth/demo")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_the_menu_opens_in_a_narrow_window(visitor: Visitor) -> None:
    page = visitor.open("/auth/demo", NARROW)
    page.click("summary[aria-label=Meny]")
    assert page.locator(".menu__in a").all_inner_texts() == [
        "Kontrollera plan",
        "Planer",
        "Kartlager",
        "Hjälp",
        "English",
        "Logga in",
    ]
    assert accessibility_faults(page) == []


def test_signing_in_shows_what_the_role_works_with(visitor: Visitor) -> None:
    page = visitor.open("/auth/demo?to=/auth/demo")
    page.select_option("#place-reviewer", "00")
    page.click("form:has(#place-reviewer) button")
    page.wait_for_selector(".topbar__end .linkform button")
    assert "Granskning" in page.locator(".mainnav").inner_text()
    assert accessibility_faults(page) == []


def test_text_may_be_twice_as_large(visitor: Visitor, town: Town) -> None:
    """Nothing is cut off sideways, and what is wide scrolls within a region of its own (WCAG 1.4.4)."""
    page = visitor.sign_in("reviewer", "00")
    plan = town.plans["plan_strand"]
    for path in (
        "/", "/plans", f"/plans/{plan}", "/layers", "/layers/naturreservat", "/rules", "/objectives", "/guide",
        "/review", f"/review/{plan}", "/overview", "/overview/ledger", "/overview/overlap",
    ):  # fmt: skip
        page.goto(visitor.address + path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert overflows(page) <= 0, path


def test_focus_is_always_seen(visitor: Visitor) -> None:
    """Whatever the tab key reaches is outlined, in the order in which it stands on the page."""
    page = visitor.open("/")
    places: list[float] = []
    for _ in range(12):
        page.keyboard.press("Tab")
        outline, top = page.evaluate(
            """() => {
              const marks = [document.activeElement, document.activeElement.closest("label"),
                document.activeElement.nextElementSibling].filter(Boolean);
              const seen = marks.some((mark) => getComputedStyle(mark).outlineStyle !== "none");
              return [seen, document.activeElement.getBoundingClientRect().top + scrollY];
            }"""
        )
        assert outline, page.evaluate("document.activeElement.outerHTML")
        places.append(top)
    body = places[1:]
    assert body == sorted(body) or max(b - a for a, b in zip(body[1:], body, strict=False)) < 40
