"""QGIS of Debian, offscreen, by the script that makes the project: layers with paging, counts, extents in EPSG:3006."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from clients.conftest import Municipality
from sqlalchemy import text

pytestmark = pytest.mark.clients
GIS = Path(__file__).parents[2] / "docs" / "gis"
COLLECTIONS = ["plans", "findings", "conflict-pieces", "naturreservat"]


@pytest.fixture(scope="module")
def made(service: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[int]]]:
    """The folder that the script wrote to, and what it printed of each layer."""
    folder = tmp_path_factory.mktemp("qgis")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    program = ["/usr/bin/python3", str(GIS.parent / "examples" / "gis" / "make_project.py"), service, str(folder)]
    done = subprocess.run(program, env=environment, check=True, capture_output=True, text=True, timeout=120)
    rows = [line.split() for line in done.stdout.splitlines()]
    return folder, {row[0]: [int(n) for n in row[1:]] for row in rows if row and row[0] in COLLECTIONS}


def test_layers_are_read_whole_and_lie_in_sweden(
    made: tuple[Path, dict[str, list[int]]], municipality: Municipality
) -> None:
    _folder, told = made
    assert list(told) == COLLECTIONS
    assert told["plans"][0] == len(municipality.plans)
    query = text(
        "SELECT count(*), ST_XMin(ST_Extent(f.geom)), ST_YMin(ST_Extent(f.geom)) FROM feature f"
        " JOIN layer_version v ON v.id = f.version_id WHERE v.layer = 'naturreservat' AND v.state = 'active'"
    )
    with municipality.engine.connect() as connection:
        count, xmin, ymin = connection.execute(query).one()
    assert told["naturreservat"][0] == count
    assert told["naturreservat"][1:3] == pytest.approx([xmin, ymin], abs=500)  # of a box in degrees


@pytest.mark.parametrize("name", ["geomiljo.qgz", "geomiljo.qlr"])
def test_the_files_in_the_documents_are_those_that_the_script_makes(
    made: tuple[Path, dict[str, list[int]]], name: str
) -> None:
    def sources(path: Path) -> list[str]:
        if path.suffix == ".qgz":
            with zipfile.ZipFile(path) as archive:
                content = archive.read("geomiljo.qgs")
        else:
            content = path.read_bytes()
        found = ET.fromstring(content).iterfind(".//maplayer/datasource")  # noqa: S314 - made by the script
        return sorted((element.text or "").partition("typename=")[2] for element in found)

    assert sources(GIS / name) == sources(made[0] / name)
    assert len(sources(GIS / name)) == len(COLLECTIONS)


def test_identify_and_vector_tiles(service: str, municipality: Municipality, tmp_path: Path) -> None:
    """QGIS finds the objects at a place that the database finds, and draws their tiles."""
    query = text(
        "WITH one AS (SELECT ST_PointOnSurface(f.geom) AS place FROM feature f JOIN layer_version v"
        " ON v.id = f.version_id WHERE v.layer = 'naturreservat' AND v.state = 'active' ORDER BY f.size DESC LIMIT 1)"
        " SELECT ST_X(ST_Transform(place, 4326)), ST_Y(ST_Transform(place, 4326)),"
        " (SELECT array_agg(f.id ORDER BY f.id)"
        " FROM feature f JOIN layer_version v ON v.id = f.version_id WHERE v.layer = 'naturreservat'"
        " AND v.state = 'active' AND ST_Intersects(f.geom, place)) FROM one"
    )
    with municipality.engine.connect() as connection:
        east, north, there = connection.execute(query).one()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    script = GIS.parent / "examples" / "gis" / "look.py"
    program = ["/usr/bin/python3", str(script), service, "naturreservat", str(east), str(north)]
    done = subprocess.run(program, env=environment, check=True, capture_output=True, text=True, timeout=120)
    told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if " " in line)
    assert told["identified"].split() == there
    assert int(told["pixels"]) > 1_000
