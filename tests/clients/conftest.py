"""The demo municipality with assessed plans, and the service over it, for programs of others."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from databases import engine_at, fresh_database
from pydantic import SecretStr
from sqlalchemy import Engine

from geomiljo.access import ANONYMOUS, LOCAL
from geomiljo.assessments import Assessor
from geomiljo.assessments.store import assess_plan
from geomiljo.catalogue import Catalogue
from geomiljo.layers.hidden import hidden_layers
from geomiljo.plans import read_plan_area
from geomiljo.plans.store import PlanMetadata, PlanSource, create_plan
from geomiljo.settings import Settings
from tools.demo import DEMO, load, manifest

DRAFT = "Hemlig skiss"


@dataclass(frozen=True)
class Municipality:
    """What clients read."""

    engine: Engine
    settings: Settings
    catalogue: Catalogue
    plans: dict[str, str]


@pytest.fixture(scope="session")
def municipality(
    cluster_url: str, migrated_template: str, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Municipality]:
    """Vector layers and plans of the demo, without rasters and what is made of them.

    The plans are published and assessed, and each has a draft besides.
    """
    rasters = tmp_path_factory.mktemp("rasters")
    with fresh_database(cluster_url, migrated_template) as url, engine_at(url) as engine:
        settings = Settings(
            database_url=SecretStr(url), state_dir=rasters, raster_dir=rasters, rate_limit_anonymous="1000000/minute"
        )
        load(engine, catalogue, settings, {**manifest(), "rasters": [], "derived": []})
        yield Municipality(engine, settings, catalogue, _plans(engine, settings, catalogue))


def _plans(engine: Engine, settings: Settings, catalogue: Catalogue) -> dict[str, str]:
    kept = {}
    assessor, hidden = Assessor.of(catalogue), hidden_layers(ANONYMOUS, catalogue, settings)
    for plan in manifest()["plans"]:
        path: Path = DEMO / plan["file"]
        area = read_plan_area(path, catalogue=catalogue, settings=settings, uses=plan.get("uses"))
        for stage in ("samråd", "påbörjad"):
            name = area.name if stage == "samråd" else DRAFT
            metadata = PlanMetadata.model_validate({"municipality": "0180", "name": name, "stage": stage})
            with engine.begin() as connection:
                made = create_plan(connection, LOCAL, metadata, area, PlanSource(path.name, path.read_bytes()))
            assess_plan(engine, assessor, made.version_id, caller=LOCAL, hidden=hidden)
            if stage == "samråd":
                kept[plan["id"]] = str(made.id)
    return kept


@pytest.fixture(scope="session")
def service(municipality: Municipality) -> Iterator[str]:
    """Address of `/ogc` of a service in a process of its own: GDAL lets no other thread run while it waits."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        program = [sys.executable, "-m", "uvicorn", "--factory", "geomiljo.api:create_app", "--log-level", "warning"]
        url = municipality.settings.database_url
        assert url is not None
        environment = {
            **os.environ,
            "GEOMILJO_DATABASE_URL": url.get_secret_value(),
            "GEOMILJO_RATE_LIMIT_ANONYMOUS": "1000000/minute",
        }
        fd = listening.fileno()
        process = subprocess.Popen([*program, "--fd", str(fd)], env=environment, pass_fds=[fd])
    try:
        until = time.monotonic() + 60
        while not _answers(f"{address}/health"):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        yield f"{address}/ogc"
    finally:
        process.terminate()
        process.wait(30)


def _answers(address: str) -> bool:
    try:
        return httpx2.get(address, timeout=5).is_success
    except httpx2.HTTPError:
        return False
