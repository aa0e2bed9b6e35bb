"""Signing in with a browser at a real OpenID provider: roles, sessions, and what must not work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient
from oidc.conftest import Site
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import Engine, text

from geomiljo.api import create_app

pytestmark = pytest.mark.browser


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


def sign_in(page: Page, site: Site, person: str, to: str = "/api/v1/me") -> None:
    page.goto(f"{site.url}/auth/sign-in?to={to}")
    page.fill("input[name=login]", person)
    page.fill("input[name=password]", "any")
    page.click("button[type=submit]")
    page.click("button[type=submit]")  # consent
    page.wait_for_url(f"{site.url}/**")


def sign_out(page: Page, site: Site) -> int:
    page.goto(f"{site.url}/api/docs")
    return int(page.evaluate("fetch('/auth/sign-out', {method: 'POST'}).then(answer => answer.status)"))


def me(page: Page, site: Site) -> dict[str, Any]:
    return dict(page.request.get(f"{site.url}/api/v1/me").json())


@pytest.mark.parametrize(
    ("person", "role", "place", "hidden"),
    [
        ("anna", "planner", ("0180", None), ["seveso"]),
        ("bo", "reviewer", (None, "01"), []),
        ("cilla", "public", (None, None), ["seveso"]),
    ],
)
def test_claims_give_the_role(
    context: BrowserContext, site: Site, person: str, role: str, place: tuple[str | None, str | None], hidden: list[str]
) -> None:
    page = context.new_page()
    assert me(page, site)["role"] == "public"
    sign_in(page, site, person)
    assert page.url == f"{site.url}/api/v1/me"
    known = me(page, site)
    assert known["id"] == f"oidc:{site.issuer}#{person}"
    assert (known["role"], (known["municipality"], known["county"])) == (role, place)
    assert known["hiddenLayers"] == hidden


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(context: BrowserContext, site: Site) -> None:
    sign_in(context.new_page(), site, "anna")
    [cookie] = [c for c in context.cookies() if c["name"].startswith("geomiljo")]
    assert cookie["httpOnly"] is True
    assert cookie["sameSite"] == "Lax"
    assert cookie["path"] == "/"


def test_the_database_knows_the_session_by_hash_alone(context: BrowserContext, site: Site, engine: Engine) -> None:
    sign_in(context.new_page(), site, "anna")
    [cookie] = [c for c in context.cookies() if c["name"] == "geomiljo"]
    with engine.connect() as connection:
        row = connection.scalar(text("SELECT session::text || encode(hash, 'escape') FROM session"))
        assert connection.scalar(text("SELECT count(*) FROM sign_in")) == 0
    assert cookie["value"] not in row


def test_signing_out_ends_the_session_on_the_server(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    sign_in(page, site, "anna")
    [cookie] = [c for c in context.cookies() if c["name"] == "geomiljo"]
    assert sign_out(page, site) == 204
    assert me(page, site)["role"] == "public"
    kept = httpx2.get(f"{site.url}/api/v1/me", cookies={"geomiljo": cookie["value"]})
    assert kept.json()["role"] == "public"


@pytest.mark.parametrize(
    "change", ["UPDATE session SET expires_at = now()", "UPDATE session SET seen_at = now() - interval '3 hours'"]
)
def test_a_session_ends_by_itself(context: BrowserContext, site: Site, engine: Engine, change: str) -> None:
    page = context.new_page()
    sign_in(page, site, "anna")
    assert me(page, site)["role"] == "planner"
    with engine.begin() as connection:
        connection.execute(text(change))
    assert me(page, site)["role"] == "public"
    assert sign_out(page, site) == 401


def test_a_page_of_another_site_changes_nothing(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    sign_in(page, site, "anna")
    page.goto(site.url.replace("127.0.0.1", "localhost") + "/health")
    form = f"<form method=post action='{site.url}/auth/sign-out'><button></button></form>"
    page.set_content(form)
    with page.expect_response("**/auth/sign-out"):
        page.click("button")
    assert me(page, site)["role"] == "planner"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "OWN"}, 204),
        ({"Origin": "http://other.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_a_session_changes_things_from_own_pages_alone(
    context: BrowserContext, site: Site, headers: dict[str, str], status: int
) -> None:
    sign_in(context.new_page(), site, "anna")
    [cookie] = [c for c in context.cookies() if c["name"] == "geomiljo"]
    sent = {name: value.replace("OWN", site.url) for name, value in headers.items()}
    answer = httpx2.post(f"{site.url}/auth/sign-out", cookies={"geomiljo": cookie["value"]}, headers=sent)
    assert answer.status_code == status


def test_nobody_is_led_elsewhere_after_signing_in(site: Site, engine: Engine) -> None:
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nb"):
        assert httpx2.get(f"{site.url}/auth/sign-in", params={"to": target}).status_code == 303
    with engine.connect() as connection:
        assert set(connection.scalars(text("SELECT target FROM sign_in"))) == {"/"}


def test_the_provider_is_asked_with_pkce_and_nonce(site: Site) -> None:
    asked = parse_qs(urlsplit(httpx2.get(f"{site.url}/auth/sign-in").headers["location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    assert asked["nonce"] != asked["state"]


def test_only_the_browser_that_was_sent_away_comes_back_and_once(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    returns: list[str] = []
    page.on("request", lambda request: returns.append(request.url) if "/auth/callback" in request.url else None)
    sign_in(page, site, "anna")
    [back] = returns
    assert httpx2.get(back).status_code == 401
    again = page.request.get(back, max_redirects=0)
    assert again.status == 401
    assert json.loads(again.text())["type"] == "/problems/not-signed-in"


@pytest.mark.parametrize(
    "change", ["UPDATE sign_in SET verifier = repeat('x', 64)", "UPDATE sign_in SET nonce = 'of another'"]
)
def test_codes_and_id_tokens_of_another_sign_in_are_refused(
    context: BrowserContext, site: Site, engine: Engine, change: str
) -> None:
    page = context.new_page()
    page.goto(f"{site.url}/auth/sign-in?to=/health")
    with engine.begin() as connection:
        connection.execute(text(change))
    page.fill("input[name=login]", "anna")
    page.fill("input[name=password]", "any")
    page.click("button[type=submit]")
    with page.expect_response(lambda response: "/auth/callback" in response.url) as answer:
        page.click("button[type=submit]")
    assert answer.value.status == 401
    assert me(page, site)["role"] == "public"


def test_a_provider_that_does_not_answer_is_told(site: Site) -> None:
    broken = site.settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    with TestClient(create_app(broken), base_url=site.url, raise_server_exceptions=False) as client:
        answer = client.get("/auth/sign-in", follow_redirects=False)
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/source-unavailable"
