"""`make demo` from end to end: PostGIS, files, maps in a browser without network, ogr2ogr."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pyogrio
import pytest
from browsers import chromium
from databases import fresh_database
from playwright.sync_api import sync_playwright

from geomiljo.analysis.document import json_schema

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).parent / "geomiljo"
PLANS = ("plan_centrum", "plan_strand", "plan_industri")
pytestmark = pytest.mark.long


def run(database_url: str, out: Path) -> str:
    environment = {**os.environ, "GEOMILJO_DATABASE_URL": database_url}
    program = [sys.executable, str(ROOT / "tools" / "demo.py"), str(out)]
    return subprocess.run(program, env=environment, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def demo(
    cluster_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path, str]]:
    """Address of the database, folder and words of a first run."""
    out = tmp_path_factory.mktemp("demo")
    with fresh_database(cluster_url, migrated_template) as url:
        yield url, out, run(url, out)


def test_it_tells_what_came_out(demo: tuple[str, Path, str]) -> None:
    _url, _out, told = demo
    assert "46 lager, 46 nya, 1 avstängt; 3 hämtade från en" in told
    assert all(plan in told for plan in PLANS)


def test_a_second_run_loads_nothing_and_says_the_same(demo: tuple[str, Path, str], tmp_path: Path) -> None:
    url, out, _told = demo
    assert "46 lager, 0 nya" in run(url, tmp_path)
    for plan in PLANS:
        first, second = (json.loads((f / plan / "assessment.json").read_text()) for f in (out, tmp_path))
        assert first["id"] == second["id"]
        assert first["findings"] == second["findings"]


@pytest.mark.parametrize("plan", PLANS)
def test_the_files_are_sound(demo: tuple[str, Path, str], plan: str) -> None:
    folder = demo[1] / plan
    document = json.loads((folder / "assessment.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, json_schema())
    frame = pyogrio.read_dataframe(folder / "findings.geojson")
    assert frame.geometry.is_valid.all()
    assert bool(len(frame)) is bool(document["findings"])


@pytest.mark.browser
@pytest.mark.parametrize("plan", PLANS)
def test_the_map_opens_from_disk_without_network(demo: tuple[str, Path, str], plan: str) -> None:
    folder = demo[1] / plan
    findings = json.loads((folder / "assessment.json").read_text(encoding="utf-8"))["findings"]
    troubles: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_offline(True)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", lambda request: troubles.append(request.url[:80]))
        page.goto((folder / "map.html").as_uri())
        assert page.locator("path.leaflet-interactive").count() > 0
        for finding in findings:
            assert page.get_by_text(finding["title"]["sv"]).count() > 0
        browser.close()
    assert troubles == []


@pytest.mark.clients
@pytest.mark.parametrize("plan", ["plan_centrum", "plan_strand"])
def test_ogr2ogr_reads_the_findings(demo: tuple[str, Path, str], tmp_path: Path, plan: str) -> None:
    program = shutil.which("ogr2ogr")
    assert program is not None, "apt-get install gdal-bin"
    source, target = demo[1] / plan / "findings.geojson", tmp_path / "findings.gpkg"
    subprocess.run([program, "-t_srs", "EPSG:3006", str(target), str(source)], check=True)
    assert len(pyogrio.read_dataframe(target)) == len(json.loads(source.read_text())["features"])


CASE = ROOT / "docs" / "examples" / "case"
REGISTERS = ROOT / "data" / "demo" / "registers"


@contextmanager
def served(database_url: str) -> Iterator[str]:
    """The service as it is started by hand, with the registers that name the demo municipality."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [str(PROGRAM), "serve", "--port", str(port), "--no-worker"]
    environment = environment_of(database_url)
    with subprocess.Popen(program, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "startup complete" in line:
                break
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.communicate()


def environment_of(database_url: str) -> dict[str, str]:
    registers = {"GEOMILJO_REGISTERS_DIR": str(REGISTERS)}
    return {**os.environ, **registers, "GEOMILJO_DATABASE_URL": database_url, "GEOMILJO_LANGUAGE": "en"}


def key(database_url: str, *options: str) -> str:
    program = [str(PROGRAM), "key", "create", "walk", "--write", *options]
    made = subprocess.run(program, env=environment_of(database_url), check=True, capture_output=True, text=True)
    return made.stdout.strip()


def test_the_walk_through_a_case(demo: tuple[str, Path, str]) -> None:
    """Plan, assessment, dispute, new geometry, comparison, ledger: the example checks each claim itself."""
    url = demo[0]
    keys = {
        "PLANNER_KEY": key(url, "--role", "planner", "--municipality", "0099"),
        "REVIEWER_KEY": key(url, "--role", "reviewer", "--county", "00"),
    }
    with served(url) as address:
        walk = [sys.executable, str(CASE / "walk.py"), address]
        done = subprocess.run(walk, env={**os.environ, **keys}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    starts = ("assessed", "county board disputes", "version 2", "compare", "ledger", "decision log")
    assert [line.startswith(start) for line, start in zip(told, starts, strict=True)] == [True] * len(starts), told
    assert "statement" in told[-1]
