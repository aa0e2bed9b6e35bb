"""Visiting pages in a real browser: what goes wrong in them is collected, and told at the end of the test."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parents[2]
SCREENS = ROOT / "out" / "screens"
WIDE, NARROW, SMALLEST = (1440, 900), (390, 844), (320, 640)
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MEASURED = "Rendering was performed in a subtree hidden by content-visibility."
"""What the browser says when the accessibility checker measures a part that is not laid out."""
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""


@cache
def axe_source() -> str:
    """Return the accessibility checker."""
    return (ROOT / "maps" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@dataclass
class Visitor:
    """Somebody with a browser.

    Attributes
    ----------
    address : str
        Where the service is.
    troubles : list of str
        Console messages, errors, failed requests, answers of 500 and more, and requests to other hosts.
    """

    browser: Browser
    address: str
    troubles: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(
        self,
        path: str = "/",
        size: tuple[int, int] = WIDE,
        language: str = "sv",
        context: BrowserContext | None = None,
        **options: Any,
    ) -> Page:
        """Open a page in a new session of the browser, or in that of `context`."""
        page = (context or self.session(size, language, **options)).new_page()
        page.goto(self.address + path)
        return page

    def session(self, size: tuple[int, int] = WIDE, language: str = "sv", **options: Any) -> BrowserContext:
        """Return a new session of the browser; it knows nobody and remembers nothing."""
        width, height = size
        settings = {"reduced_motion": "reduce", "locale": {"sv": "sv-SE", "en": "en-GB"}[language], **options}
        context = self.browser.new_context(viewport={"width": width, "height": height}, **settings)
        self.contexts.append(context)
        context.add_init_script(WATCH)
        context.on("page", self._watch)
        return context

    def sign_in(self, role: str, place: str = "", to: str = "/", **options: Any) -> Page:
        """Sign in as a demo identity and go to a page."""
        return self.open(to, context=self.signed_in(role, place, **options))

    def signed_in(self, role: str, place: str = "", **options: Any) -> BrowserContext:
        """Return a new session of the browser of a demo identity; it has opened no page yet."""
        context = self.session(**options)
        answer = context.request.post(
            f"{self.address}/auth/demo",
            form={"role": role, "place": place, "to": "/auth/demo"},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert answer.ok, answer.text()
        return context

    def _watch(self, page: Page) -> None:
        page.on("console", lambda message: self._heard(message.text))
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("request", lambda request: self._own(request.url))

    def _heard(self, words: str) -> None:
        if not words.startswith(MEASURED):
            self.troubles.append(f"console: {words}")

    def _own(self, url: str) -> None:
        if urlsplit(url).scheme not in {"data", "blob"} and not url.startswith(self.address):
            self.troubles.append(f"request leaves: {url}")

    def close(self) -> None:
        """End all sessions; fail where something went wrong in one of their pages."""
        for context in self.contexts:
            for page in context.pages:
                if page.url.startswith(self.address):
                    self.troubles += page.evaluate("window.violations ?? []")
            context.close()
        assert not self.troubles, self.troubles

    def forgive(self, part: str) -> None:
        """Take an expected trouble off the list; fail where there was none."""
        assert any(part in trouble for trouble in self.troubles), self.troubles
        self.troubles[:] = [trouble for trouble in self.troubles if part not in trouble]


def accessibility_faults(page: Page) -> list[str]:
    """Return what the accessibility checker finds: rule, place and words, one line each."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("Runtime.evaluate", {"expression": axe_source()})
    found = page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", AXE_TAGS)
    return [
        f"{fault['id']}: {node['target']} {node['html'][:120]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def overflows(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


def picture(page: Page, name: str) -> None:
    """Keep a picture of the whole page in ``out/screens``."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    rows = page.locator(".finding, .gaprow, .gapshare li, .bytheme")  # those far down are laid out when they are seen
    rows.evaluate_all("rows => rows.forEach((row) => { row.style.contentVisibility = 'visible'; })")
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True)
