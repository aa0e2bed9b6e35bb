"""Keys, cookies, headers and other sites' pages at the door of the service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from geomiljo.access import Caller
from geomiljo.accounts.sessions import open_session
from geomiljo.api import create_app
from geomiljo.settings import Settings

COOKIE = "__Host-geomiljo"
PLANNER = Caller("oidc:https://id.example#7", "Anna", "planner", "0180")


@contextmanager
def serving(settings: Settings, **changes: Any) -> Iterator[TestClient]:
    app = create_app(settings.model_copy(update=changes))
    with TestClient(app, base_url="https://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def session(engine: Engine) -> str:
    with engine.begin() as connection:
        return open_session(connection, PLANNER, hours=1)


@pytest.mark.parametrize(
    "header", ["Bearer gm_00000000_" + "A" * 43, "Bearer nonsense", "Bearer", "Basic YTpi", "", "Bearer gm_é"]
)
@pytest.mark.parametrize("path", ["/api/v1/me", "/health", "/api/v1/plans"])
def test_a_key_that_does_not_hold_never_falls_back_to_anybody(client: TestClient, header: str, path: str) -> None:
    answer = client.get(path, headers=[(b"Authorization", header.encode())])
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["type"] == "/problems/not-signed-in"


def test_a_key_counts_before_a_cookie(settings: Settings, session: str) -> None:
    with serving(settings) as client:
        headers = {"Cookie": f"{COOKIE}={session}", "Authorization": "Bearer gm_nothing"}
        assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_a_session_in_production(settings: Settings, session: str) -> None:
    with serving(settings) as client:
        known = client.get("/api/v1/me", headers={"Cookie": f"{COOKIE}={session}"}).json()
        assert (known["role"], known["municipality"]) == ("planner", "0180")
        other_name = client.get("/api/v1/me", headers={"Cookie": f"geomiljo={session}"}).json()
        assert other_name["role"] == "public"
        headers = {"Cookie": f"{COOKIE}={session}", "Sec-Fetch-Site": "same-origin"}
        out = client.post("/auth/sign-out", headers=headers)
        flags = {flag.strip().lower() for flag in out.headers["Set-Cookie"].split(";")}
        assert flags >= {"secure", "httponly", "samesite=lax", "path=/"}
        assert client.get("/api/v1/me", headers={"Cookie": f"{COOKIE}={session}"}).json()["role"] == "public"


@pytest.mark.parametrize("origin", ["https://plan.example", "https://127.0.0.1", "https://plan.example.evil.example"])
def test_behind_a_proxy_the_public_address_is_ones_own(settings: Settings, session: str, origin: str) -> None:
    with serving(settings, public_url="https://plan.example") as client:
        headers = {"Cookie": f"{COOKIE}={session}", "Origin": origin}
        status = client.post("/auth/sign-out", headers=headers).status_code
        assert status == (204 if origin == "https://plan.example" else 403)


@pytest.mark.parametrize("path", ["/health", "/api/v1/layers", "/api/v1/nothing", "/api/v1/plans/nothing", "/api/docs"])
def test_every_answer_carries_the_security_headers(settings: Settings, path: str) -> None:
    with serving(settings, public_url="https://plan.example") as client:
        headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert "private" in headers["Cache-Control"]
    assert {"authorization", "cookie"} <= {name.strip().lower() for name in headers["Vary"].split(",")}
    policy = headers["Content-Security-Policy"]
    assert "object-src 'none'" in policy or "default-src 'none'" in policy
    assert "unsafe-eval" not in policy


def test_other_sites_may_not_read_unless_configured(settings: Settings) -> None:
    origin = {"Origin": "https://map.example"}
    with serving(settings) as client:
        assert "Access-Control-Allow-Origin" not in client.get("/api/v1/layers", headers=origin).headers


def test_configured_sites_read_and_do_nothing_else(settings: Settings) -> None:
    with serving(settings, cors_origins=("https://map.example",)) as client:
        mine, other = {"Origin": "https://map.example"}, {"Origin": "https://other.example"}
        read = client.get("/api/v1/layers", headers=mine)
        assert read.headers["Access-Control-Allow-Origin"] == "https://map.example"
        assert "Access-Control-Allow-Credentials" not in read.headers
        assert "Access-Control-Allow-Origin" not in client.get("/api/v1/layers", headers=other).headers
        assert "Access-Control-Allow-Origin" not in client.post("/api/v1/checks", headers=mine, json={}).headers
        for method, status in (("GET", 200), ("POST", 400), ("DELETE", 400)):
            asked = {**mine, "Access-Control-Request-Method": method}
            assert client.options("/api/v1/plans", headers=asked).status_code == status


def test_reading_roles_of_restricted_layers_are_a_setting(settings: Settings, session: str) -> None:
    cookie = {"Cookie": f"{COOKIE}={session}"}
    with serving(settings) as client:
        assert client.get("/api/v1/me", headers=cookie).json()["hiddenLayers"] == ["seveso"]
    with serving(settings, restricted_layers_for=("planner", "admin")) as client:
        assert client.get("/api/v1/me", headers=cookie).json()["hiddenLayers"] == []


def test_the_service_connects_as_a_role_that_owns_nothing(settings: Settings) -> None:
    with serving(settings) as client:
        engine = client.app.state.service.engine  # type: ignore[attr-defined]
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT current_user")) == "geomiljo_service"
