"""The recipe for MapServer: WMS and WFS over the views, and the layer that Hajk's PropertyChecker asks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from clients.conftest import Municipality
from sqlalchemy import func, select, text
from sqlalchemy import table as named

from geomiljo.publishing.views import READER, make_views

pytestmark = pytest.mark.clients
MAPFILE = Path(__file__).parents[2] / "docs" / "gis" / "mapserver.map"
Ask = Callable[..., bytes]


@pytest.fixture(scope="module")
def ask(municipality: Municipality, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Ask MapServer as a web server does, connected as the role that only reads."""
    program = shutil.which("mapserv")
    assert program is not None, "apt-get install mapserver-bin"
    with municipality.engine.begin() as connection:
        make_views(connection, municipality.catalogue, municipality.settings)
    url = municipality.engine.url
    place = tmp_path_factory.mktemp("mapserver") / "services"
    lines = [f"host={url.query['host']}", f"port={url.query['port']}", f"dbname={url.database}", f"user={READER}"]
    place.write_text("\n".join(["[geomiljo]", *lines, ""]), encoding="utf-8")
    settings = place.with_name("mapserver.conf")
    settings.write_text(f'CONFIG\n MAPS\n  "GEOMILJO" "{MAPFILE}"\n END\nEND\n', encoding="utf-8")

    def answer(**query: str) -> bytes:
        environment = {
            **os.environ,
            "PGSERVICEFILE": str(place),
            "MAPSERVER_CONFIG_FILE": str(settings),
            "REQUEST_METHOD": "GET",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SCRIPT_NAME": "/mapserv",
            "QUERY_STRING": urlencode({"map": "GEOMILJO", **query}),
        }
        done = subprocess.run([program], env=environment, check=True, capture_output=True)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        assert b"Content-Type" in head, done.stdout[:500] + done.stderr
        return body

    return answer


def test_wfs_gives_every_object(ask: Ask, municipality: Municipality) -> None:
    capabilities = ask(service="WFS", version="2.0.0", request="GetCapabilities")
    listed = ET.fromstring(capabilities).iterfind(".//{*}FeatureType/{*}Name")  # noqa: S314 - of our own
    assert {(element.text or "").rpartition(":")[2] for element in listed} == {
        "plans",
        "conflict_pieces",
        "check_layer",
        "naturreservat",
    }
    for name in ("plans", "naturreservat"):
        got: dict[str, Any] = json.loads(
            ask(service="WFS", version="2.0.0", request="GetFeature", typenames=name, outputformat="geojson")
        )
        with municipality.engine.connect() as connection:
            assert len(got["features"]) == connection.scalar(
                select(func.count()).select_from(named(name, schema="published"))
            )


def test_wms_draws_north_up_in_sweref(ask: Ask, municipality: Municipality) -> None:
    """WMS 1.3.0 has northing first in EPSG:3006; the image of a plan's box is not empty."""
    with municipality.engine.connect() as connection:
        extent = text("SELECT ST_Extent(geom)::text FROM published.plans")
        xmin, ymin, xmax, ymax = re.findall(r"[\d.]+", str(connection.scalar(extent)))
    map_of = {"service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "plans", "format": "image/png"}
    size = {"crs": "EPSG:3006", "width": "200", "height": "200", "styles": "", "transparent": "true"}
    drawn = ask(**map_of, **size, bbox=f"{ymin},{xmin},{ymax},{xmax}")
    nothing = ask(**map_of, **size, bbox="7000000,300000,7001000,301000")
    assert drawn.startswith(b"\x89PNG")
    assert len(drawn) > 1.5 * len(nothing)


def test_the_check_layer_answers_as_hajk_asks(ask: Ask, municipality: Municipality) -> None:
    """A point inside the largest piece: id, caption and layer of what is there, and the plan to group by."""
    query = text(
        "SELECT ST_X(p) x, ST_Y(p) y, layer, caption, plan FROM (SELECT ST_PointOnSurface(geom) p, layer, caption, plan"
        " FROM published.check_layer WHERE ST_Dimension(geom) = 2 ORDER BY area_m2 DESC LIMIT 1) t"
    )
    with municipality.engine.connect() as connection:
        wanted = connection.execute(query).one()
    box = f"{wanted.y - 50},{wanted.x - 50},{wanted.y + 50},{wanted.x + 50}"
    answer = ask(
        service="WMS",
        version="1.3.0",
        request="GetFeatureInfo",
        layers="check_layer",
        query_layers="check_layer",
        styles="",
        crs="EPSG:3006",
        bbox=box,
        width="101",
        height="101",
        i="50",
        j="50",
        info_format="application/json",
        feature_count="500",
    )
    features: list[dict[str, Any]] = json.loads(answer)["features"]
    rows = [feature["properties"] for feature in features]
    assert (wanted.layer, wanted.caption, wanted.plan) in {(row["id"], row["caption"], row["plan"]) for row in rows}
    assert all(row["id"] == row["layer"] for row in rows)
