"""What all pages share: frame, language, identity, files, errors."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr, ValidationError

from geomiljo.api import create_app
from geomiljo.api.pages.answers import policy
from geomiljo.maps.assets import sha384
from geomiljo.pages import static
from geomiljo.settings import Settings

LINKED = re.compile(r'(?:href|src)="(/static/[^"]+)" integrity="([^"]+)"')


def test_a_page_names_its_files_by_what_they_hold(client: TestClient) -> None:
    page = client.get("/auth/demo").text
    linked = LINKED.findall(page)
    assert linked
    for address, integrity in linked:
        answer = client.get(address)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert integrity == f"sha384-{sha384(answer.content)}"


def test_fonts_of_the_style_are_served(client: TestClient) -> None:
    style = client.get(static.address("style.css"))
    fonts = re.findall(r'url\("(vendor/[^"]+\.woff2)"\)', style.text)
    assert len(fonts) == 2
    for font in fonts:
        answer = client.get(static.address("style.css").replace("style.css", font))
        assert answer.headers["content-type"] == "font/woff2"


def test_files_of_another_version_are_not_given(client: TestClient) -> None:
    address = static.address("style.css")
    assert client.get(address.replace(static.version(), "0" * 16)).status_code == 404
    assert client.get(f"/static/{static.version()}/%2e%2e/site.css").status_code == 404


def test_files_are_packed(client: TestClient) -> None:
    answer = client.get(static.address("style.css"), headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


def test_pages_let_nothing_in_from_elsewhere(client: TestClient) -> None:
    policy = client.get("/auth/demo").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "default-src 'none'" in policy


def test_pages_of_named_origins_may_hold_a_map() -> None:
    told = dict(part.split(" ", 1) for part in policy(frames=["https://karta.example"]).split("; "))
    assert told["frame-ancestors"] == "'self' https://karta.example"
    with pytest.raises(ValidationError, match="embed_origins"):
        Settings(embed_origins=("https://karta.example; script-src *",))


@pytest.mark.parametrize(("accepted", "language"), [("sv", "sv"), ("en-GB,sv;q=0.5", "en"), ("de", "sv"), ("", "sv")])
def test_pages_speak_the_language_of_the_browser(client: TestClient, accepted: str, language: str) -> None:
    page = client.get("/auth/demo", headers={"Accept-Language": accepted}).text
    assert f'<html lang="{language}">' in page


def test_a_chosen_language_stays(client: TestClient) -> None:
    page = client.get("/auth/demo", headers={"Accept-Language": "sv"}).text
    [switch] = set(re.findall(r'href="(/language/en\?[^"]+)"', page))
    answer = client.get(switch)
    assert (answer.status_code, answer.headers["location"]) == (303, "/auth/demo")
    assert '<html lang="en">' in client.get("/auth/demo", headers={"Accept-Language": "sv"}).text


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_nobody_is_led_elsewhere(client: TestClient, elsewhere: str) -> None:
    assert client.get("/language/en", params={"to": elsewhere}).headers["location"] == "/"


def test_one_signs_in_as_a_planner_and_out_again(client: TestClient) -> None:
    answer = client.post("/auth/demo", data={"role": "planner", "place": "0180", "to": "/auth/demo"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/auth/demo")
    me = client.get("/api/v1/me").json()
    assert (me["role"], me["municipality"]) == ("planner", "0180")
    assert "Logga ut" in client.get("/auth/demo").text
    answer = client.post("/auth/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/api/v1/me").json()["role"] == "public"


def test_unknown_identities_are_refused(client: TestClient) -> None:
    assert client.post("/auth/demo", data={"role": "planner", "place": "9999"}).status_code == 404


def test_demo_identities_exist_only_in_development(database_url: str) -> None:
    settings = Settings(database_url=SecretStr(database_url))
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        assert client.get("/auth/demo").status_code == 404
        assert client.post("/auth/demo", data={"role": "admin"}).status_code == 404
        assert client.get("/api/v1/me").json()["role"] == "public"


def test_errors_are_pages_for_people_and_documents_for_programs(client: TestClient) -> None:
    missing = client.get("/plans/no-such-thing/at-all")
    assert missing.headers["content-type"].startswith("text/html")
    assert missing.status_code == 404
    assert "Till startsidan" in missing.text
    api = client.get("/api/v1/plans/00000000-0000-0000-0000-000000000000")
    assert api.headers["content-type"] == "application/problem+json"
    plain = client.get("/plans/no-such-thing/at-all", headers={"Accept": "*/*"})
    assert plain.headers["content-type"] == "application/problem+json"


def test_what_is_wrong_is_never_read_as_markup(client: TestClient) -> None:
    page = client.post("/auth/demo", data={"role": "<img src=x onerror=alert(1)>"}).text
    assert "<img" not in page
