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
