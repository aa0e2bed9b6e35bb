"""The pages: over a service of the test's own, and over the demo municipality in a real browser."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2
import pytest
import uvicorn
from databases import engine_at, fresh_database
from fastapi.testclient import TestClient
from pages.visit import Visitor
from playwright.sync_api import Browser
from pydantic import SecretStr

from geomiljo.api import create_app
from geomiljo.catalogue import open_catalogue
from geomiljo.settings import Settings
from tools.demo import DEMO, REGISTERS, keep, load, manifest

PLAN = DEMO / "plan_strand.gpkg"
AS_BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url=SecretStr(database_url), env="development")


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A browser without script: it takes pages, keeps cookies and does not follow by itself."""
    app = create_app(settings)
    with TestClient(app, base_url="http://127.0.0.1", headers=AS_BROWSER, follow_redirects=False) as client:
        yield client


@dataclass(frozen=True)
class Town:
    """The demo municipality and the service over it.

    Attributes
    ----------
    address : str
        Where the service is.
    plans : dict of str to str
        Ids of the kept plans, by their names in the demo's manifest.
    """

    settings: Settings
    address: str
    plans: dict[str, str]


@pytest.fixture(scope="session")
def town(cluster_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The demo municipality with its cases, served for development. Tests leave it as they find it, or add to it."""
    folder = tmp_path_factory.mktemp("town")
    with fresh_database(cluster_url, migrated_template) as url, engine_at(url) as engine:
        settings = Settings(
            database_url=SecretStr(url),
            state_dir=folder,
            registers_dir=REGISTERS,
            env="development",
            rate_limit="1000000/minute",
            rate_limit_anonymous="1000000/minute",
        )
        catalogue, listed = open_catalogue(REGISTERS), manifest()
        load(engine, catalogue, settings, listed)
        plans = {plan["id"]: str(keep(engine, catalogue, settings, plan)) for plan in listed["plans"]}
        with served(settings) as address:
            yield Town(settings, address, plans)


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """Run the service in a thread of its own; yields its address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(settings, with_worker=True), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.02)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def visitor(browser: Browser, town: Town) -> Iterator[Visitor]:
    """Opens pages of the town's service, and complains at the end of whatever went wrong in any of them."""
    visitor = Visitor(browser, town.address)
    yield visitor
    visitor.close()


@pytest.fixture(scope="module")
def checked(town: Town) -> str:
    """The address of a check of a demo plan."""
    with PLAN.open("rb") as file:
        answer = httpx2.post(f"{town.address}/checks", data={"way": "file"}, files={"file": (PLAN.name, file)})
    assert answer.status_code == 303
    return str(answer.headers["location"])
