"""The service with an OpenID provider beside it, both listening on loopback."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr

from geomiljo.api import create_app
from geomiljo.settings import RoleRule, Settings

HERE = Path(__file__).parent
CLIENT, SECRET = "geomiljo", "tests-alone-know-this-secret-of-their-provider"
RULES = (
    RoleRule(claim="groups", value="planners", role="planner", municipality_claim="kommun"),
    RoleRule(claim="groups", value="board", role="reviewer", county_claim="lan"),
)


@dataclass(frozen=True)
class Site:
    """The service as a browser finds it."""

    url: str
    issuer: str
    settings: Settings


@dataclass(frozen=True)
class Door:
    """Where services listen, one after the other, and the provider that leads back there."""

    listening: socket.socket
    issuer: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listening.getsockname()[1]}"


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        with _provider(f"http://127.0.0.1:{listening.getsockname()[1]}/auth/callback") as process:
            assert process.stdout is not None
            issuer = process.stdout.readline().strip()
            assert issuer, "run tools/setup.sh test"
            yield Door(listening, issuer)


@pytest.fixture
def site(door: Door, database_url: str) -> Iterator[Site]:
    """A service that people can sign in to."""
    settings = Settings(
        database_url=SecretStr(database_url),
        env="development",
        public_url=door.url,
        oidc_issuer=door.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SecretStr(SECRET),
        oidc_roles=RULES,
    )
    yield from _served(Site(door.url, door.issuer, settings), door.listening.dup())


def _provider(redirect: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["node", HERE / "provider.js", CLIENT, SECRET, redirect],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _served(site: Site, listening: socket.socket) -> Iterator[Site]:
    server = uvicorn.Server(uvicorn.Config(create_app(site.settings), log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield site
    server.should_exit = True
    thread.join()
