"""The service as its users meet it: two processes on loopback with the demo layers, asked over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
import shapely
from sqlalchemy import Engine, text

from bench.features import feature_figures
from bench.footprint import PROGRAM
from bench.installation import empty
from bench.report import Figure
from geomiljo.access import LOCAL
from geomiljo.accounts.keys import KeyRequest, create_key
from geomiljo.catalogue import open_catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.plans import read_plan_area
from geomiljo.settings import Settings
from tools.demo import DEMO, load, manifest

MANY = Path(__file__).with_name("many_plans.sql")
CLIENTS, PROCESSES = 8, 2
MUNICIPALITY = "0114"
_METRES = {"type": "name", "properties": {"name": "EPSG:3006"}}
_START_S = 60
_LISTS: tuple[dict[str, str], ...] = (
    {},
    {"municipality": "0115"},
    {"county": "01", "stage": "samråd"},
    {"severity": "prohibition"},
    {"severity": "permit", "objective": "4"},
    {"q": "plan 777", "sort": "name"},
    {"bbox": "600000,6500000,605000,6505000", "bboxCrs": "EPSG:3006"},
)

Ask = Callable[[str, str, bytes | None], bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    """How often each thing is asked."""

    checks: int = 400
    lists: int = 140
    comparisons: int = 40
    features: int = 20_000


@dataclass(frozen=True, slots=True)
class Service:
    """A service that runs."""

    port: int
    key: str

    def ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        """Return the answer as JSON, over a connection of its own."""
        with closing(self.connect()) as connection:
            return json.loads(self.sent(connection, method, path, body))

    def sent(self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None) -> bytes:
        """Return the answer's bytes."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:500]!r}")
        return content

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection that stays open."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)


def service_figures(asked: Asked) -> list[Figure]:
    """Measure checks, lists and comparisons over HTTP."""
    with empty() as (engine, folder):
        catalogue = open_catalogue()
        load(engine, catalogue, Settings(state_dir=folder / "state"), manifest())
        with engine.begin() as connection:
            key, _info = create_key(connection, LOCAL, KeyRequest(name="bench", role="admin", scope="write"))
        with _served(folder / "state", key) as service:
            return [
                *_checks(service, asked.checks),
                _lists(service, engine, asked.lists),
                _comparisons(service, engine, asked.comparisons),
                *feature_figures(service, engine, folder, asked.features),
            ]


@contextmanager
def _served(state: Path, key: str) -> Iterator[Service]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "GEOMILJO_STATE_DIR": str(state),
        "GEOMILJO_LOG_LEVEL": "warning",
        "GEOMILJO_RATE_LIMIT": "1000000/second",
    }
    program = [PROGRAM, "serve", "--port", str(port), "--workers", str(PROCESSES), "--no-worker"]
    with subprocess.Popen(program, env=environment) as process:
        try:
            service = Service(port, key)
            _wait(service, process)
            yield service
        finally:
            process.terminate()


def _wait(service: Service, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while True:
        try:
            service.ask("GET", "/ready")
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def plan_body(name: str) -> bytes:
    """Return a plan of the demo as a request."""
    [listed] = [plan for plan in manifest()["plans"] if plan["id"] == name]
    area = read_plan_area(DEMO / listed["file"], catalogue=open_catalogue(), settings=Settings())
    return json.dumps({**shapely.geometry.mapping(area.geometry), "crs": _METRES}).encode()


def _checks(service: Service, count: int) -> Iterator[Figure]:
    for name, title in (("plan_industri", "woods, nothing found"), ("plan_centrum", "town, 34 findings")):
        body = plan_body(name)
        work = partial(_check, body)
        _timed(service, CLIENTS, 4 * CLIENTS, work)  # so that both processes have answered before
        alone, _rate = _timed(service, 1, max(1, count // CLIENTS), work)
        many, rate = _timed(service, CLIENTS, count, work)
        yield Figure(f"check alone, median ({title})", float(np.median(alone)), "ms", 25)
        yield Figure(f"checks at {CLIENTS} clients ({title})", rate, "/s", 100, is_least=True)
        yield Figure(f"check at {CLIENTS} clients, p95 ({title})", _p95(many), "ms", 120)


def _check(body: bytes, ask: Ask) -> None:
    ask("POST", "/api/v1/checks", body)


def _lists(service: Service, engine: Engine, count: int) -> Figure:
    """Ask for the first page of 10,000 plans, by one filter after the other."""
    with engine.begin() as connection:
        connection.execute(text(MANY.read_text(encoding="utf-8").replace(":", r"\:")))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    paths = [f"/api/v1/plans?{urlencode(filters, quote_via=quote)}" for filters in _LISTS]
    turns = iter(paths * (count // len(paths) + 2))
    spent, _rate = _timed(service, 1, count, lambda ask: ask("GET", next(turns), None))
    return Figure("list of 10,000 plans with filters, p95", _p95(spent), "ms", 50)


def _comparisons(service: Service, engine: Engine, count: int) -> Figure:
    """Compare two assessments of a plan between which its geometry and a layer have changed."""
    area = json.loads(plan_body("plan_centrum"))
    plan = service.ask("POST", "/api/v1/plans", _json(municipality=MUNICIPALITY, name="Bench", area=area))
    path = f"/api/v1/plans/{plan['id']}"
    first = service.ask("POST", f"{path}/assessments")["id"]
    outline = shapely.geometry.shape(area)
    west, south, _east, north = outline.bounds
    half = outline & shapely.box(west, south, outline.centroid.x, north)
    service.ask("POST", f"{path}/versions", _json(**shapely.geometry.mapping(half), crs=_METRES))
    [entry] = [entry for entry in manifest()["layers"] if entry["id"] == "badvatten"]
    options = LoadOptions(coverage=str(DEMO / "skyfallskartering.geojson"), mapping=entry.get("mapping", {}))
    load_layer(engine, open_catalogue(), entry["id"], DEMO / entry["file"], options)
    second = service.ask("POST", f"{path}/assessments")["id"]
    asked = f"/api/v1/assessments/{first}/compare?with={second}"
    found = service.ask("GET", asked)
    if not (found["planChanged"] and found["layersChanged"] and found["findings"]):
        raise RuntimeError("the assessments do not differ as they should")
    spent, _rate = _timed(service, 1, count, lambda ask: ask("GET", asked, None))
    return Figure("compare: plan and a layer changed, p95", _p95(spent), "ms", 100)


def _json(**members: Any) -> bytes:
    return json.dumps(members).encode()


def _timed(service: Service, clients: int, count: int, work: Callable[[Ask], Any]) -> tuple[list[float], float]:
    """Return the time of each request, in ms, and how many were answered a second; each client asks once before."""
    spent: list[float] = []
    barrier = threading.Barrier(clients + 1)
    failed: list[Exception] = []

    def client() -> None:
        try:
            with closing(service.connect()) as connection:
                ask = partial(service.sent, connection)
                work(ask)
                barrier.wait(_START_S)
                for _ in range(count // clients):
                    start = time.perf_counter()
                    work(ask)
                    spent.append((time.perf_counter() - start) * 1_000)
        except Exception as error:  # noqa: BLE001 - raised again where the work was asked for
            failed.append(error)
            barrier.abort()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        barrier.wait(_START_S)
    except threading.BrokenBarrierError:
        raise failed[0] from None
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return spent, len(spent) / (time.perf_counter() - start)


def _p95(spent: list[float]) -> float:
    return float(np.quantile(spent, 0.95))


if __name__ == "__main__":
    for figure in service_figures(Asked()):
        print(figure.line(), flush=True)
