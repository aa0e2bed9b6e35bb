"""What operators see: logs, counters, readiness."""

from __future__ import annotations

import http.client
import json
import logging
import logging.config
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
from api.test_jobs import REFRESH, key_of
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import Engine, text

from geomiljo.database.engine import open_engine
from geomiljo.logs import log_config
from geomiljo.settings import Settings


def counted(client: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return every sample of the metrics by name and labels."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def requests_of(samples: dict[tuple[str, tuple[tuple[str, str], ...]], float], route: str, status: str) -> float:
    labels = (("method", "GET"), ("route", route), ("status", status))
    return samples.get(("geomiljo_requests_total", labels), 0)


def test_requests_are_counted_by_route_not_by_path(client: TestClient, engine: Engine) -> None:
    for path in ("/api/v1/rules/ramsar.overlap", "/api/v1/rules/x", "/api/v1/rules/y", "/nowhere/1", "/nowhere/2"):
        client.get(path)
    samples = counted(client)
    assert requests_of(samples, "/api/v1/rules/{rule_id}", "2xx") == 1
    assert requests_of(samples, "/api/v1/rules/{rule_id}", "4xx") == 2
    assert requests_of(samples, "none", "4xx") == 2
    assert samples["geomiljo_request_seconds_count", (("route", "/api/v1/rules/{rule_id}"),)] == 3


def test_requests_of_the_lean_routes_are_counted_by_route_too(client: TestClient) -> None:
    for collection in ("plans", "findings", "x", "y%00"):
        client.get(f"/ogc/collections/{collection}")
    samples = counted(client)
    assert requests_of(samples, "/ogc/collections/{collection_id}", "2xx") == 2
    assert requests_of(samples, "/ogc/collections/{collection_id}", "4xx") == 2


def test_jobs_are_counted_by_kind_and_state(client: TestClient, engine: Engine) -> None:
    client.post("/api/v1/jobs", json=REFRESH, headers=key_of(engine, "admin"))
    samples = counted(client)
    assert samples["geomiljo_jobs", (("kind", "refresh-layers"), ("state", "queued"))] == 1
    assert samples["geomiljo_queue_waiting", ()] == 1
    assert samples["geomiljo_workers", ()] == 0
    assert samples["geomiljo_database_up", ()] == 1


def test_readiness_tells_of_the_queue(client: TestClient, engine: Engine) -> None:
    assert client.get("/ready").json()["queue"] == {"waiting": 0, "workers": 0}
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA work CASCADE"))
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)


def test_slow_statements_are_logged_without_values(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    engine = open_engine(Settings(database_url=SecretStr(database_url), slow_query_ms=50))
    with caplog.at_level(logging.WARNING, "geomiljo.database"), engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        connection.execute(text("SELECT pg_sleep(:seconds), :secret"), {"seconds": 0.1, "secret": "hemligt"})
    engine.dispose()
    [record] = [record for record in caplog.records if record.name == "geomiljo.database"]
    assert record.__dict__["ms"] >= 100
    assert "pg_sleep" in record.__dict__["statement"]
    assert "hemligt" not in str(record.__dict__["statement"])


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def asked(address: str, method: str = "GET", body: object = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(address, data, {"Content-Type": "application/json", **headers}, method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return answer.status, dict(answer.headers), answer.read()


def wait_for(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Wait until a service is ready."""
    until = time.monotonic() + 60
    while True:
        try:
            if asked(f"{address}/ready")[0] == 200:
                return
        except OSError:
            assert time.monotonic() < until, log.read_text()
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)


def test_several_processes_hold_no_answer_back(database_url: str, engine: Engine, tmp_path: Path) -> None:
    """An answer is sent in two parts; where the second waits until the first is acknowledged, that takes 40 ms."""
    served, port = tmp_path / "log", free_port()
    environment = {**os.environ, "GEOMILJO_DATABASE_URL": database_url}
    options = ["serve", "--port", str(port), "--workers", "2", "--no-worker"]
    program = [sys.executable, "-c", "from geomiljo.cli import main; main()", *options]
    with served.open("wb") as log, subprocess.Popen(program, env=environment, stderr=log) as process:
        try:
            wait_for(process, f"http://127.0.0.1:{port}", served)
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
                spent = []
                for _ in range(30):
                    begun = time.perf_counter()
                    connection.request("GET", "/health")
                    assert connection.getresponse().read()
                    spent.append(time.perf_counter() - begun)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(40)
    assert min(spent[5:]) < 0.03, spent


def test_the_log_is_json_with_the_ids_of_request_and_job(database_url: str, engine: Engine, tmp_path: Path) -> None:
    served, port = tmp_path / "log", free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "GEOMILJO_DATABASE_URL": database_url, "GEOMILJO_LOG_FORMAT": "json"}
    program = [sys.executable, "-c", "from geomiljo.cli import main; main()", "serve", "--port", str(port)]
    key = key_of(engine, "admin")
    with served.open("wb") as log, subprocess.Popen(program, env=environment, stderr=log) as process:
        try:
            wait_for(process, address, served)
            until = time.monotonic() + 60
            answer = asked(f"{address}/api/v1/jobs", "POST", REFRESH, **key, **{"X-Request-Id": "asked-by-a-test"})
            job = json.loads(answer[2])
            while job["state"] not in {"succeeded", "failed"}:
                assert time.monotonic() < until
                time.sleep(0.1)
                job = json.loads(asked(address + job["links"]["self"], **key)[2])
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) in {0, -signal.SIGTERM}
    lines = [json.loads(line) for line in served.read_text().splitlines()]
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    [request] = [x for x in lines if x["message"] == "request" and x["method"] == "POST"]
    assert (request["request_id"], request["route"], request["status"]) == ("asked-by-a-test", "/api/v1/jobs", 202)
    [ended] = [x for x in lines if x["logger"] == "geomiljo.jobs" and x.get("state") == "failed"]
    assert (ended["job_id"], ended["job_kind"], ended["request_id"]) == (job["id"], "refresh-layers", "asked-by-a-test")


@pytest.mark.parametrize("form", ["json", "text"])
def test_an_exception_is_one_line_in_json(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    before = logging.root.handlers[:], logging.root.level
    try:
        logging.config.dictConfig(log_config(form, "info"))
        try:
            key = "gm_" + "hemlig"
            assert len(key)
            int("fel å")
        except ValueError:
            logging.getLogger("geomiljo.x").exception("it %s", "broke", extra={"where": "här"})
    finally:
        logging.root.handlers, logging.root.level = before
    written = capfd.readouterr().err
    assert "it broke" in written
    assert "här" in written
    assert "fel å" in written
    assert "gm_hemlig" not in written  # what variables hold may be somebody's
    if form == "json":
        [line] = written.splitlines()
        assert json.loads(line)["exception"][0]["exc_type"] == "ValueError"
    else:
        assert re.search(r"Traceback", written)
