"""A slow laptop: the browser's processor is slowed down four times, and what takes long is measured.

Other programs work on the machine all the same, so the best of a few attempts counts.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

SLOWED_DOWN = 4
MOST_SWITCH_MS, MOST_TASK_MS = 100, 200
ATTEMPTS = 5
TABS = ("findings", "not-checked", "sources", "account", "objectives")

SWITCH = """(tab) => new Promise((resolve) => {
  const start = performance.now();
  const painted = () => resolve(performance.now() - start);
  new MutationObserver((_changes, observer) => {
    if (!document.querySelector(`#result[data-tab='${tab}']`)) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(painted));
  }).observe(document.body, { childList: true, subtree: true });
  document.getElementById(`tab-${tab}`).click();
})"""
LONGEST_TASK = """() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
  }).observe({ type: "longtask" });
}"""
AT_REST = """async () => {
  for (let quiet = 0, known = 0; quiet < 5;) {
    const idle = await new Promise((resolve) => setTimeout(() => requestIdleCallback(resolve), 200));
    const { length } = performance.getEntriesByType("resource");
    quiet = length === known && idle.timeRemaining() > 5 ? quiet + 1 : 0;
    known = length;
  }
}"""
"""For a second nothing has come, and nothing is to be done."""
STEPS = ("ArrowLeft", "+", "ArrowUp", "+", "-", "ArrowRight")


def slowed(page: Page) -> Page:
    """Slow the page's processor down."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED_DOWN})
    return page


def at_rest(page: Page, address: str) -> Page:
    """Slow the page's processor down and go to an address; returns the page when it has nothing more to do."""
    slowed(page).goto(address, wait_until="networkidle")
    page.wait_for_load_state("load")  # a slow processor may be busy while the network is not
    page.evaluate(AT_REST)
    return page


def best(attempt: Callable[[], float], most: float) -> float:
    """Return the least of a few measurements; the first that is good enough ends them."""
    least = attempt()
    for _ in range(ATTEMPTS - 1):
        if least <= most:
            break
        least = min(least, attempt())
    return least


def slow_tabs(page: Page, most_ms: float = MOST_SWITCH_MS) -> dict[str, float]:
    """Return the tabs of a result that take longer, with the milliseconds until they are painted."""

    def switched(tab: str) -> float:
        page.evaluate(SWITCH, "objectives" if tab != "objectives" else "findings")
        taken: float = page.evaluate(SWITCH, tab)
        return taken

    taken = {tab: best(lambda tab=tab: switched(tab), most_ms) for tab in TABS}  # type: ignore[misc]
    return {tab: taken_ms for tab, taken_ms in taken.items() if taken_ms > most_ms}


def moved(page: Page) -> float:
    """Move and zoom the map of a page that has come to rest; returns the milliseconds of the longest task."""
    page.evaluate(LONGEST_TASK)
    page.locator(".folium-map").focus()
    for key in STEPS:
        page.keyboard.press(key)
        page.wait_for_timeout(150)
    longest: float = page.evaluate("window.longest")
    return longest
