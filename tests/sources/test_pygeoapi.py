"""Harvesting from pygeoapi: pages smaller than asked for, two coordinate systems, and every fault on the way."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import geopandas
import httpx2
import pytest
from sources.servers import FAULTS, Question, Server, serving, through
from sources.test_contract import LAYER, OWN, assert_same, harvested, registered, state
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.sources import OgcFeaturesSource
from geomiljo.errors import SourceUnavailable
from geomiljo.layers.fetch import load_from_source
from geomiljo.settings import Settings
from geomiljo.vectorfile import RawLayer, read_vector_file

pytestmark = pytest.mark.clients
HERE = Path(__file__).parent / "pygeoapi"
PYTHON = Path(__file__).parents[2] / ".venv" / "pygeoapi" / "bin" / "python"
SERVE = """
import sys
from pygeoapi.flask_app import APP
from werkzeug.serving import run_simple
run_simple("127.0.0.1", int(sys.argv[1]), APP)
"""


@contextmanager
def running(data: Path, folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run pygeoapi over the GeoJSON files of a folder; yields its address and its process."""
    assert PYTHON.exists(), "run tools/setup.sh clients"
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    config, description = folder / "config.yml", folder / "openapi.yml"
    text = (HERE / "config.yml").read_text("utf-8").replace("PORT", port).replace("FOLDER", str(data))
    config.write_text(text, "utf-8")
    environment = {**os.environ, "PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(description)}
    described = [
        str(PYTHON.with_name("pygeoapi")),
        "openapi",
        "generate",
        str(config),
        "--output-file",
        str(description),
    ]
    subprocess.run(described, env=environment, check=True, capture_output=True)
    silent = subprocess.DEVNULL
    with subprocess.Popen([str(PYTHON), "-c", SERVE, port], env=environment, stdout=silent, stderr=silent) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, process)
            yield url, process
        finally:
            process.kill()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 90
    while True:
        try:
            if httpx2.get(f"{url}/conformance?f=json", timeout=5).is_success:
                return
        except httpx2.HTTPError:
            assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.2)


@pytest.fixture(scope="module")
def data(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reserves in SWEREF 99 TM and in degrees."""
    folder = tmp_path_factory.mktemp("data")
    frame = geopandas.read_file(test_data / "nature" / "naturreservat_stockholm_uppsala_3006.gpkg", engine="pyogrio")
    frame.to_file(folder / "reservat.geojson", engine="pyogrio")
    frame.to_crs(4326).to_file(folder / "grader.geojson", engine="pyogrio")
    return folder


@pytest.fixture(scope="module")
def pygeoapi(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Server]]:
    """Address of pygeoapi, and a proxy in front of it that does faults."""
    with running(data, tmp_path_factory.mktemp("pygeoapi")) as (url, _process), serving(through(url)) as proxy:
        yield url, proxy


def source(url: str, collection: str = "reservat", crs: int = 3006) -> OgcFeaturesSource:
    return OgcFeaturesSource(url=url, collections=(collection,), page_size=200, crs=crs, **OWN)


@pytest.mark.parametrize(("collection", "crs"), [("reservat", 3006), ("grader", 3006), ("grader", 3857)])
def test_everything_comes_in_pages_that_the_service_makes_smaller(
    collection: str,
    crs: int,
    pygeoapi: tuple[str, Server],
    reserves: RawLayer,
    catalogue: Catalogue,
    patient: Settings,
) -> None:
    """EPSG:3006 comes east first and north first; EPSG:3857 is not offered, and degrees come."""
    with harvested(catalogue.layers[LAYER], source(pygeoapi[0], collection, crs), patient) as outcome:
        assert outcome.path is not None
        assert (outcome.count, outcome.is_reconciled) == (524, True)
        assert_same(read_vector_file(outcome.path), reserves, precision=1e-6 if collection == "reservat" else 1e-3)


def test_coordinates_that_the_service_has_moved_wrongly_are_refused(
    pygeoapi: tuple[str, Server], catalogue: Catalogue, patient: Settings
) -> None:
    """pygeoapi takes what is stored east first for north first when it changes the coordinate system."""
    with (
        pytest.raises(SourceUnavailable, match="outside Sweden in every reading"),
        harvested(catalogue.layers[LAYER], source(pygeoapi[0], crs=3857), patient),
    ):
        pass


def test_a_fault_leaves_the_active_version_and_says_why(
    pygeoapi: tuple[str, Server], with_reserve: Engine, catalogue: Catalogue, patient: Settings
) -> None:
    _url, proxy = pygeoapi
    proxy.slowness_s = 6.0
    once = patient.model_copy(update={"source_attempts": 1, "source_timeout_s": 5.0})
    before = state(with_reserve)

    def in_the_middle(question: Question, _number: int) -> bool:
        return "offset" in question.query

    for fault in FAULTS:
        proxy.fault, proxy.when = fault, in_the_middle
        with pytest.raises(SourceUnavailable) as caught:
            load_from_source(with_reserve, registered(catalogue, source(proxy.url)), LAYER, once)
        assert str(caught.value).startswith("http://127.0.0.1"), fault
        assert state(with_reserve) == before, fault
    proxy.fault = None


def test_a_server_that_dies_in_the_middle_leaves_the_active_version(
    data: Path, tmp_path: Path, with_reserve: Engine, catalogue: Catalogue, patient: Settings
) -> None:
    """Killed between two pages."""
    once = patient.model_copy(update={"source_attempts": 1})
    before = state(with_reserve)
    with running(data, tmp_path) as (url, process):

        def kill(done: int, _total: int | None) -> None:
            if done:
                process.kill()
                process.wait()

        with pytest.raises(SourceUnavailable, match="did not answer whole"):
            load_from_source(with_reserve, registered(catalogue, source(url)), LAYER, once, told=kill)
    assert state(with_reserve) == before
