"""The county's pages in a real browser: a whole case, an ended session, two windows, keys, and use by all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pages.conftest import Town
from pages.visit import SMALLEST, WIDE, Visitor, accessibility_faults, overflows, picture
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)  # a busy machine is no fault
COUNTY = "00"
SAVED = "Utkast sparat"


def county(visitor: Visitor, to: str, **options: Any) -> Page:
    return visitor.sign_in("reviewer", COUNTY, to, **options)


def finding(page: Page, number: str) -> Any:
    """Open a finding and return it."""
    item = page.locator(f'[data-finding="{number}"]')
    if item.locator("details").get_attribute("open") is None:
        item.locator("summary").click()
    return item


def told(item: Any) -> Any:
    return item.locator("[data-told]")


def drafts(page: Page, town: Town, plan: str) -> dict[str, str]:
    """Return one's own drafts as the service has them."""
    answer = page.context.request.get(f"{town.address}/api/v1/plans/{town.plans[plan]}/drafts")
    return {draft["finding"]: draft["text"] for draft in answer.json()["drafts"]}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("queue", "/review"),
        ("queue-empty", "/review?q=finns+inte"),
        ("case", "/review/{plan_strand}?open=f1"),
        ("case-gone", "/review/{plan_strand}?show=gone"),
        ("statement", "/review/{plan_strand}/statement"),
        ("matrix", "/overview"),
        ("ledger", "/overview/ledger"),
        ("overlap", "/overview/overlap"),
    ],
)
def test_the_countys_pages_can_be_used_by_all(visitor: Visitor, town: Town, name: str, path: str) -> None:
    page = county(visitor, path.format_map(town.plans))
    for width, height in (WIDE, SMALLEST):
        page.set_viewport_size({"width": width, "height": height})
        assert accessibility_faults(page) == [], width
        assert overflows(page) <= 0, width
        picture(page, f"county-{name}-{width}")


def test_english_is_whole(visitor: Visitor, town: Town) -> None:
    page = county(visitor, f"/review/{town.plans['plan_strand']}", language="en")
    expect(page.locator("h2#findings")).to_have_text("Findings and positions")
    assert accessibility_faults(page) == []
    picture(page, "county-case-en")


def test_a_whole_case(visitor: Visitor, town: Town) -> None:
    page = county(visitor, "/review")
    page.focus("#queue tbody tr:first-child th a")
    first = page.locator("#chosen-name").inner_text()
    page.keyboard.press("j")
    assert page.locator("#chosen-name").inner_text() != first
    assert page.evaluate("document.activeElement.textContent") == page.locator("#chosen-name").inner_text()
    page.keyboard.press("k")
    page.click("#next")
    assert page.locator("tr.is-sel th a").inner_text() == page.locator("#chosen-name").inner_text() != first
    page.goto(f"{town.address}/review/{town.plans['plan_industri']}")
    one = finding(page, "f1")
    one.locator("label.opt", has_text="Ifrågasätter").click()
    one.locator("textarea").fill("Gränsen är gammal")
    expect(told(one)).to_contain_text(SAVED)
    expect(one.locator("[data-state]")).to_contain_text("Ifrågasätter")
    expect(page.locator("#opinion-card .sechead p")).not_to_have_text("0 utkast")
    expect(page.locator("#opinion-card button")).not_to_have_attribute("aria-disabled", "true")
    picture(page, "county-case-writing")
    assert accessibility_faults(page) == []
    page.reload()
    expect(finding(page, "f1").locator("textarea")).to_have_value("Gränsen är gammal")
    page.locator("[form=bulk]").nth(1).check()
    page.select_option("#bulk-stance", "agree")
    page.click("text=Spara på de valda")
    expect(page.locator(".planintro [role=status]")).to_contain_text("Utkastet är sparat")
    page.click("text=Lämna in utkasten")
    expect(page.locator(".planintro [role=status]")).to_contain_text("Utkasten är inlämnade")
    assert not {"f1", "f2"} & drafts(page, town, "plan_industri").keys()
    page.click("text=Yttrande som text")
    expect(page.locator("#opinion")).to_contain_text("Länsstyrelsen ifrågasätter fyndet. Gränsen är gammal")
    expect(page.locator("#opinion")).to_contain_text("Länsstyrelsen instämmer i fyndet.")
    picture(page, "county-opinion")
    page.goto(f"{town.address}/review/{town.plans['plan_industri']}")
    expect(page.locator("#findings + p")).to_have_text("2 av 4 bedömda")


def test_nothing_written_is_lost_when_the_session_ends(visitor: Visitor, town: Town) -> None:
    path = f"/review/{town.plans['plan_industri']}"
    page = county(visitor, path)
    item = finding(page, "f3")
    page.context.clear_cookies()
    item.locator("textarea").fill("Skrivet efter att sessionen tog slut")
    expect(told(item)).to_contain_text("Du är inte längre inloggad")
    visitor.forgive("401")
    assert accessibility_faults(page) == []
    picture(page, "county-session-ended")
    told(item).locator("a").click()
    page.select_option("#place-reviewer", COUNTY)
    page.click("form:has(#place-reviewer) button")
    item = page.locator('[data-finding="f3"]')
    expect(told(item)).to_contain_text(SAVED)
    expect(item.locator("textarea")).to_have_value("Skrivet efter att sessionen tog slut")
    assert drafts(page, town, "plan_industri")["f3"] == "Skrivet efter att sessionen tog slut"
    kept = page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('geomiljo:draft'))")
    assert kept == []


def test_nothing_written_is_lost_without_a_connection(visitor: Visitor, town: Town) -> None:
    page = county(visitor, f"/review/{town.plans['plan_industri']}")
    item = finding(page, "f4")
    page.context.set_offline(True)
    item.locator("textarea").fill("Skrivet på tåget")
    expect(told(item)).to_contain_text("Ingen kontakt med tjänsten")
    visitor.forgive("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(False)
    expect(told(item)).to_contain_text(SAVED)
    assert drafts(page, town, "plan_industri")["f4"] == "Skrivet på tåget"


@pytest.mark.parametrize(("choice", "stands"), [("Behåll min", "Andra fönstret"), ("Ta den andra", "Första fönstret")])
def test_two_windows_never_overwrite_each_other(visitor: Visitor, town: Town, choice: str, stands: str) -> None:
    path = f"/review/{town.plans['plan_industri']}"
    number = "f3" if choice == "Behåll min" else "f4"
    one = county(visitor, path)
    other = visitor.open(path, context=one.context)
    finding(one, number).locator("textarea").fill("Första fönstret")
    expect(told(finding(one, number))).to_contain_text(SAVED)
    item = finding(other, number)
    item.locator("textarea").fill("Andra fönstret")
    expect(item.locator(".clash")).to_contain_text("Första fönstret")
    visitor.forgive("412")
    assert drafts(one, town, "plan_industri")[number] == "Första fönstret"
    assert accessibility_faults(other) == []
    picture(other, "county-two-windows")
    item.get_by_role("button", name=choice).click()
    expect(item.locator(".clash")).to_have_count(0)
    expect(item.locator("textarea")).to_have_value(stands)
    expect(told(item)).to_contain_text(SAVED if choice == "Behåll min" else "")
    assert drafts(one, town, "plan_industri")[number] == stands


def test_the_list_is_walked_by_keys_and_shown_on_the_map(visitor: Visitor, town: Town) -> None:
    page = county(visitor, f"/review/{town.plans['plan_strand']}")
    page.focus('[data-finding="f8"] summary')
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('li').id") == "f9"
    page.keyboard.press("Enter")
    expect(page.locator("#chip")).to_contain_text("F9")
    page.focus("#text-f9")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == "text-f9"  # where one writes, it is a letter
    expect(page.locator("#text-f9")).to_have_value("j")
    page.click("#chip button")
    expect(page.locator("#chip")).to_be_hidden()


def test_the_map_shows_then_now_and_the_difference(visitor: Visitor, town: Town) -> None:
    page = county(visitor, f"/review/{town.plans['plan_strand']}")
    sides = page.get_by_role("radiogroup", name="Vad kartan visar")
    before, now, gone = (page.locator(f"path.{name}").first for name in ("is-before", "m-plan", "m-gone"))
    expect(sides.get_by_role("radio", name="Skillnad")).to_be_checked()
    for side, shown in (
        ("Skillnad", (False, True, True)),
        ("Samråd", (True, False, False)),
        ("Granskning", (False, True, False)),
    ):
        sides.get_by_text(side, exact=True).click()
        assert tuple(part.is_visible() for part in (before, now, gone)) == shown, side
        picture(page, f"county-case-map-{side.lower()}")
    page.reload()  # the address has it
    expect(sides.get_by_role("radio", name="Granskning")).to_be_checked()
    expect(page.locator(".folium-map .m-planold")).to_be_hidden()
    page.goto(f"{town.address}/review/{town.plans['plan_industri']}")
    expect(sides).to_have_count(0)


def test_what_a_heavy_map_leaves_out_comes_as_tiles(
    visitor: Visitor, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geomiljo.maps.sheet.MAX_SHAPES", 10)
    plan = town.plans["plan_centrum"]
    page = county(visitor, "/review", language="en")  # no other test has had this map drawn
    with page.expect_response(lambda answer: "/pieces/" in answer.url) as told:
        page.goto(f"{town.address}/review/{plan}")
    assert told.value.status in {200, 204}
    expect(page.locator(".legend")).to_contain_text("without their numbers")


def test_a_plan_is_chosen_on_the_map(visitor: Visitor, town: Town) -> None:
    page = county(visitor, "/review")
    chosen = page.locator("tr.is-sel").get_attribute("data-plan")
    other = next(plan for plan in town.plans.values() if plan != chosen)
    mark = "geomiljo.plans.getLayers().find((mark) => mark.feature.properties.plan === plan)"
    page.evaluate(f'plan => {mark}.fire("click", {{}}, true)', other)
    assert page.locator("tr.is-sel").get_attribute("data-plan") == other


def test_plans_come_together_far_out(visitor: Visitor) -> None:
    page = county(visitor, "/review")
    shown = len(page.locator("#queue tbody tr").all())
    page.evaluate("geomiljo.map.setZoom(5, { animate: false })")
    expect(page.locator(".folium-map .cluster")).to_have_text(str(shown))


def test_the_link_of_a_view_is_copied(visitor: Visitor) -> None:
    page = county(visitor, "/review?severity=prohibition&sort=name", permissions=["clipboard-read", "clipboard-write"])
    page.click("#copy")
    expect(page.locator("#copy")).to_have_text("Länken är kopierad.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "severity=prohibition" in copied
    other = visitor.open(copied.removeprefix(visitor.address), context=page.context)
    shown = [link.inner_text() for link in other.locator("#queue tbody th a").all()]
    assert shown == sorted(shown)
    assert other.locator('[name=severity][value="prohibition"]').is_checked()


@pytest.mark.parametrize("path", ["/overview?show=share", "/overview/ledger?objective=7"])
def test_the_link_of_sums_is_copied(visitor: Visitor, path: str) -> None:
    page = county(visitor, path, permissions=["clipboard-read", "clipboard-write"])
    page.click("#copy")
    expect(page.get_by_role("status")).to_have_text("Länken är kopierad.")
    assert page.evaluate("navigator.clipboard.readText()") == visitor.address + path


def test_the_opinion_is_copied_and_printed_alone(visitor: Visitor, town: Town) -> None:
    path = f"/review/{town.plans['plan_strand']}/statement"
    page = county(visitor, path, permissions=["clipboard-read", "clipboard-write"])
    page.click("#copy")
    expect(page.locator("#status")).to_have_text("Kopierat")
    copied = page.evaluate("navigator.clipboard.readText()").split()
    assert copied == page.locator("#opinion").inner_text().split()
    page.emulate_media(media="print")
    expect(page.locator("#opinion")).to_be_visible()
    for rest in (".topbar", "h1", "#copy", ".foot"):
        expect(page.locator(rest).first).to_be_hidden()


def test_the_matrix_is_a_way_into_the_queue(visitor: Visitor) -> None:
    page = county(visitor, "/overview")
    cell = page.locator("td[class^=q] a").last
    count = int("".join(filter(str.isdigit, cell.inner_text().partition(",")[0])))
    cell.click()
    page.wait_for_url("**/review?*")
    assert page.locator("#queue tbody tr").count() == count


def test_injected_markup_never_runs(visitor: Visitor, town: Town) -> None:
    """What somebody writes is text, in the form, beside the finding and where two windows meet."""
    path = f"/review/{town.plans['plan_industri']}"
    page = county(visitor, path)
    evil = "<img src=x onerror=window.hit=1></textarea><script>window.hit=1</script>"
    address = f"{town.address}/api/v1/plans/{town.plans['plan_industri']}/drafts/f4"
    body = json.dumps({"text": evil})
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
    item = finding(page, "f4")
    assert page.context.request.put(address, data=body, headers=headers).ok
    item.locator("textarea").fill("annat")
    expect(item.locator(".clash blockquote")).to_have_text(evil)
    visitor.forgive("412")
    page.evaluate("localStorage.clear()")
    page.goto(town.address + path)
    expect(finding(page, "f4").locator("textarea")).to_have_value(evil)
    assert page.evaluate("window.hit") is None
