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
from sources.servers import Question, Reply, Server, serving
from sources.test_contract import assert_same, harvested

from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.sources import Partition, WfsSource
from geomiljo.errors import SourceUnavailable
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
            "QUERY_STRING": urlencode({"map": question.path.strip("/"), **question.query}),
        }
        done = subprocess.run(["mapserv"], env=environment, check=True, capture_output=True)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        return Reply(body, head.partition(b": ")[2].decode().splitlines()[0])

    with serving(answer) as server:
        yield server


def source(server: Server, **more: Any) -> WfsSource:
    """Return a source: of the service with a limit of 500 objects if it is asked in parts."""
    url = f"{server.url}/{'capped' if 'cap' in more else 'free'}"
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
