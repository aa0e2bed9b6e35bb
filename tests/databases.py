"""Databases for tests: one private cluster for each test process, a fresh database for each test that asks."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from geomiljo.database.cluster import Cluster
from geomiljo.database.engine import open_engine
from geomiljo.settings import Settings

_numbers = itertools.count()


@contextmanager
def running_cluster() -> Iterator[str]:
    """Run a cluster in a folder that the server's account can enter; yield its address."""
    folder = Path(tempfile.mkdtemp(prefix="geomiljo-test-"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "state", durable=False)
    try:
        yield cluster.ensure_running()
    finally:
        cluster.remove()
        shutil.rmtree(folder)


def psycopg_url(url: str) -> str:
    """Return the address with the driver that the tests have."""
    return "postgresql+psycopg://" + url.partition("://")[2]


@contextmanager
def fresh_database(cluster_url: str, template: str = "template1") -> Iterator[str]:
    """Make a database, yield its address, and drop it."""
    name = f"test_{next(_numbers)}"
    server = create_engine(psycopg_url(cluster_url), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    try:
        yield make_url(cluster_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def engine_at(url: str) -> Iterator[Engine]:
    """Open an engine as the programs open it."""
    engine = open_engine(Settings(database_url=SecretStr(url)))
    try:
        yield engine
    finally:
        engine.dispose()
