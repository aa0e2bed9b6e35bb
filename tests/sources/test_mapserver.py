"""Harvesting from MapServer: versions, formats and orders of axes, with at most 500 objects in an answer."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pyogrio
import pytest
from sources.servers import FAULTS, Question, Reply, Server, serving
from sources.test_contract import LAYER, assert_same, harvested, registered, state
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.sources import Partition, WfsSource
from geomiljo.errors import SourceUnavailable
from geomiljo.layers.fetch import load_from_source
from geomiljo.settings import Settings
from geomiljo.vectorfile import RawLayer, read_vector_file

pytestmark = pytest.mark.clients
MAP = """
MAP
  NAME "reservat"
  EXTENT 200000 6100000 920000 7700000
  PROJECTION "init=epsg:3006" END
  WEB METADATA
    "ows_title" "Reservat" "ows_onlineresource" "http://127.0.0.1/wfs" "ows_enable_request" "*"
    "ows_srs" "EPSG:3006 EPSG:4326" %s "wfs_getfeature_formatlist" "gml,gml3,gml32,geojson"
  END END
  OUTPUTFORMAT
    NAME "geojson" DRIVER "OGR/GEOJSON" MIMETYPE "application/json; subtype=geojson"
    FORMATOPTION "STORAGE=memory" FORMATOPTION "FORM=simple" FORMATOPTION "USE_FEATUREID=true"
  END
  LAYER
    NAME "reservat" TYPE POLYGON STATUS ON
    CONNECTIONTYPE OGR CONNECTION "%s" DATA "%s"
    PROJECTION "init=epsg:3006" END
    METADATA
      "wfs_title" "Reservat" "gml_include_items" "all" "gml_featureid" "NVRID"
      "wfs_use_default_extent_for_getfeature" "false"
    END
  END
END
"""


@pytest.fixture(scope="module")
def mapserver(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """MapServer behind a small web server."""
    folder = tmp_path_factory.mktemp("mapserver")
    data = test_data / "nature" / "naturreservat_stockholm_uppsala_3006.gpkg"
    config = folder / "mapserver.conf"
    config.write_text(
        f'CONFIG\n MAPS\n  "free" "{folder}/free.map"\n  "capped" "{folder}/capped.map"\n END\nEND\n', encoding="utf-8"
    )
    for name, limit in (("free", ""), ("capped", '"wfs_maxfeatures" "500"')):
        text = MAP % (limit, data, str(pyogrio.list_layers(data)[0][0]))
        (folder / f"{name}.map").write_text(text, encoding="utf-8")

    def answer(question: Question) -> Reply:
        environment = {
            **os.environ,
            "MAPSERVER_CONFIG_FILE": str(config),
            "REQUEST_METHOD": "GET",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SCRIPT_NAME": "/wfs",
            "QUERY_STRING": urlencode({"map": question.path.split("/")[-1], **question.query}),
        }
        is_to_die = question.path.startswith("/dying/") and "hits" not in question.query.get("resulttype", "")
        with subprocess.Popen(["mapserv"], env=environment, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            said = process.stdout.read(20_000 if is_to_die else -1)
            if is_to_die:
                process.kill()
        head, _, body = said.partition(b"\r\n\r\n")
        return Reply(body, head.partition(b": ")[2].decode().splitlines()[0])

    with serving(answer) as server:
        yield server


def source(server: Server, prefix: str = "", **more: Any) -> WfsSource:
    """Return a source: of the service with a limit of 500 objects if it is asked in parts."""
    url = f"{server.url}{prefix}/{'capped' if 'cap' in more else 'free'}"
    return WfsSource(url=url, status="own_knowledge", **{"type_names": ("reservat",), **more})


CAPPED = {"cap": 500, "partition": Partition()}
GEOJSON = {"format": "geojson", "output_format": "geojson"}
WAYS: dict[str, dict[str, Any]] = {
    "2.0 gml, pages": {"page_size": 300},
    "2.0 gml, parts": CAPPED,
    "2.0 geojson, pages": {"page_size": 300, **GEOJSON},
    "2.0 geojson, parts": {**CAPPED, **GEOJSON},
    "1.1 gml, pages": {"page_size": 300, "version": "1.1.0"},
    "1.1 gml, parts": {**CAPPED, "version": "1.1.0"},
    "1.1 geojson, parts": {**CAPPED, **GEOJSON, "version": "1.1.0"},
    "2.0 gml, degrees": {"page_size": 300, "crs": 4326},
    "1.1 gml, degrees": {"page_size": 300, "version": "1.1.0", "crs": 4326},
    "2.0 gml, filtered, parts": {**CAPPED, "where": {"SKYDDSTYP": "Naturreservat"}},
}


@pytest.mark.parametrize("way", WAYS)
def test_everything_comes_whichever_way_it_is_asked(
    way: str, mapserver: Server, reserves: RawLayer, catalogue: Catalogue, patient: Settings
) -> None:
    with harvested(catalogue.layers["naturreservat"], source(mapserver, **WAYS[way]), patient) as outcome:
        assert outcome.path is not None
        assert outcome.count == 524
        assert outcome.is_reconciled == ("cap" not in WAYS[way])  # MapServer caps its counts as well
        precision = 1e-3 if "degrees" in way else 1e-6  # six decimals of a degree
        assert_same(read_vector_file(outcome.path), reserves, precision)


def test_an_answer_that_is_cut_off_at_the_limit_is_refused(
    mapserver: Server, catalogue: Catalogue, patient: Settings
) -> None:
    """MapServer says that it has 500 objects, and gives them; there is one more."""
    unaware = WfsSource(url=f"{mapserver.url}/capped", type_names=("reservat",), status="own_knowledge")
    with (
        pytest.raises(SourceUnavailable, match="holds 500 objects, but gave 501"),
        harvested(catalogue.layers["naturreservat"], unaware, patient),
    ):
        pass


FAULTY = ["2.0 gml, pages", "2.0 gml, parts", "2.0 geojson, pages", "1.1 gml, pages"]


@pytest.mark.parametrize("way", FAULTY)
def test_a_fault_leaves_the_active_version_and_says_why(
    way: str, mapserver: Server, with_reserve: Engine, catalogue: Catalogue, patient: Settings
) -> None:
    """The answers of MapServer killed, slow, cut off, as a web page, longer by their header, or none."""
    once = patient.model_copy(update={"source_attempts": 1, "source_timeout_s": 5.0})
    faulty = registered(catalogue, source(mapserver, **WAYS[way]))
    before = state(with_reserve)
    mapserver.slowness_s = 6.0
    try:
        for fault in FAULTS:
            mapserver.asked.clear()
            mapserver.fault, mapserver.when = fault, lambda _question, number: number >= 3
            with pytest.raises(SourceUnavailable) as caught:
                load_from_source(with_reserve, faulty, LAYER, once)
            assert str(caught.value).startswith("http://127.0.0.1"), fault
            assert state(with_reserve) == before, fault
    finally:
        mapserver.fault = None


@pytest.mark.parametrize("way", FAULTY)
def test_a_mapserver_that_is_killed_while_it_answers_leaves_the_active_version(
    way: str, mapserver: Server, with_reserve: Engine, catalogue: Catalogue, patient: Settings
) -> None:
    once = patient.model_copy(update={"source_attempts": 1})
    before = state(with_reserve)
    with pytest.raises(SourceUnavailable):
        load_from_source(with_reserve, registered(catalogue, source(mapserver, "/dying", **WAYS[way])), LAYER, once)
    assert state(with_reserve) == before


def test_a_fault_that_passes_does_no_harm(
    mapserver: Server, reserves: RawLayer, catalogue: Catalogue, patient: Settings
) -> None:
    often = patient.model_copy(update={"source_attempts": 3, "source_backoff_s": 0.01})
    mapserver.asked.clear()
    mapserver.fault, mapserver.when = "killed", lambda _question, number: number % 3 == 0
    try:
        with harvested(catalogue.layers[LAYER], source(mapserver, **WAYS["2.0 gml, parts"]), often) as outcome:
            assert outcome.path is not None
            assert_same(read_vector_file(outcome.path), reserves)
    finally:
        mapserver.fault = None
