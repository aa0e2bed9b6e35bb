"""Hostile and broken uploads: a clear 4xx, within bounded memory, and never a fault inside the service."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from databases import engine_at, fresh_database
from factories import box, write_layer
from fastapi.testclient import TestClient
from httpx2 import Response
from pydantic import SecretStr

from geomiljo.api import create_app
from geomiljo.catalogue import Catalogue
from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, transform_one
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.settings import Settings

MOST_MEMORY_MB = 250
PLAN = transform_one(box(0, 0, 100, 100), ANALYSIS_CRS, WIRE_CRS)
GML = """<?xml version="1.0"?>{dtd}
<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml" xmlns:p="urn:p">
<gml:featureMember><p:plan gml:id="a"><p:name>{name}</p:name><p:geom><gml:Polygon srsName="EPSG:3006">
<gml:outerBoundaryIs><gml:LinearRing>
<gml:coordinates>600000,6500000 600100,6500000 600100,6500100 600000,6500000</gml:coordinates>
</gml:LinearRing></gml:outerBoundaryIs></gml:Polygon></p:geom></p:plan></gml:featureMember></gml:FeatureCollection>"""
KML = """<?xml version="1.0"?>{dtd}<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>
<name>{name}</name><Polygon><outerBoundaryIs>
<LinearRing><coordinates>16,58 16.01,58 16.01,58.01 16,58</coordinates></LinearRing></outerBoundaryIs>
</Polygon></Placemark></Document></kml>"""
LAUGHS = "".join(
    f'<!ENTITY l{n} "{"".join(f"&l{n - 1};" for _ in range(10)) if n else "lol" * 10}">' for n in range(12)
)
BOMB = f"<!DOCTYPE x [{LAUGHS}]>"
FILE = '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'


@pytest.fixture(scope="module")
def service(
    cluster_url: str, migrated_template: str, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """The service over one layer, with room for files of some megabytes, and no limit of rate."""
    with fresh_database(cluster_url, migrated_template) as url:
        wetlands = write_layer(tmp_path_factory.mktemp("layers") / "r.gpkg", [box(50, 0, 300, 300)], NAMN=["Sjön"])
        with engine_at(url) as engine:
            load_layer(engine, catalogue, "ramsar", wetlands, LoadOptions(coverage="sweden"))
        settings = Settings(
            database_url=SecretStr(url), max_upload_bytes=8_000_000, rate_limit_anonymous="100000/minute"
        )
        with TestClient(create_app(settings), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
            yield client


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Hold the peak of this process's memory against what it had before."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = peak_mb()
    yield
    assert peak_mb() - before < MOST_MEMORY_MB


def peak_mb() -> float:
    [line] = [x for x in Path("/proc/self/status").read_text(encoding="ascii").splitlines() if x.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def send(client: TestClient, name: str, content: bytes) -> Response:
    with bounded_memory():
        return client.post("/api/v1/checks?lang=en", files={"file": (name, content)})


def refused(answer: Response) -> str:
    """Return the kind of a refusal that tells what is wrong and what to do."""
    problem: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json", answer.text[:500]
    assert 400 <= answer.status_code < 500, problem
    assert problem["detail"]
    for internal in ("Traceback", "/tmp/", "/vsi", "psycopg"):  # noqa: S108
        assert internal not in answer.text
    return str(problem["type"]).removeprefix("/problems/")


@pytest.fixture
def shapefile(tmp_path: Path) -> dict[str, bytes]:
    """The files of a Shapefile by name."""
    write_layer(tmp_path / "plan.shp", [box(0, 0, 100, 100)], namn=["Kvarteret"])
    return {path.name: path.read_bytes() for path in tmp_path.glob("plan.*")}


def zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_a_zip_that_is_whole_is_read(service: TestClient, shapefile: dict[str, bytes]) -> None:
    assert send(service, "plan.zip", zipped(shapefile)).status_code == 200


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_truncated_zip(service: TestClient, shapefile: dict[str, bytes], share: float) -> None:
    whole = zipped(shapefile)
    assert refused(send(service, "plan.zip", whole[: int(len(whole) * share)])) == "unreadable-file"


def test_a_zip_bomb(service: TestClient, shapefile: dict[str, bytes]) -> None:
    """Half a megabyte that would be half a gigabyte."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in shapefile.items():
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(content)
                for _ in range(500 if name.endswith(".shp") else 0):
                    file.write(bytes(1_000_000))
    assert len(target.getvalue()) < 1_000_000
    assert refused(send(service, "plan.zip", target.getvalue())) in {"limit-exceeded", "unreadable-file"}


def test_a_zip_that_understates_its_sizes(service: TestClient, shapefile: dict[str, bytes]) -> None:
    bomb = bytearray(zipped({**shapefile, "plan.shp": shapefile["plan.shp"] + bytes(50_000_000)}))
    true_size = (len(shapefile["plan.shp"]) + 50_000_000).to_bytes(4, "little")
    lie = len(shapefile["plan.shp"]).to_bytes(4, "little")
    assert bomb.count(true_size) == 2
    assert send(service, "plan.zip", bytes(bomb.replace(true_size, lie))).status_code < 500


OUTSIDE = ["../../plan.shp", "/etc/plan.shp", "a/../../plan.shp", "..\\..\\plan.shp", "C:\\plan.shp"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_names_that_lead_out_of_a_zip(
    service: TestClient, shapefile: dict[str, bytes], name: str, tmp_path: Path
) -> None:
    folder = Path("/etc/plan.shp"), tmp_path.parent / "plan.shp"
    files = {name.replace("plan.shp", key): content for key, content in shapefile.items()}
    answer = send(service, "plan.zip", zipped(files))
    assert answer.status_code < 500
    assert not any(path.exists() for path in folder)


@pytest.mark.parametrize("name", ["../../etc/plan.gpkg", "..\\plan.gpkg", "/etc/plan.gpkg"])
def test_a_file_name_that_leads_elsewhere(service: TestClient, tmp_path: Path, name: str) -> None:
    path = write_layer(tmp_path / "plan.gpkg", [box(0, 0, 100, 100)])
    assert send(service, name, path.read_bytes()).status_code < 500
    assert not Path("/etc/plan.gpkg").exists()


@pytest.mark.parametrize("name", ["plan.gpkg", "plan.zip", "plan.gml", "plan.kml", "plan.pdf", "plan", "å.tif"])
def test_a_wrong_extension_of_what_can_be_read(service: TestClient, name: str) -> None:
    """The content tells the format."""
    assert send(service, name, shapely.to_geojson(PLAN).encode()).status_code == 200


@pytest.mark.parametrize("name", ["plan.geojson", "plan.gpkg", "plan.zip", "plan.shp"])
def test_a_wrong_extension_of_what_cannot(service: TestClient, name: str) -> None:
    refused(send(service, name, b"%PDF-1.7 a plan as nobody can measure it"))


def test_a_file_without_a_name(service: TestClient) -> None:
    refused(send(service, ".", shapely.to_geojson(PLAN).encode()))


@pytest.mark.parametrize("content", [b"", b"\0", b"PK\x03\x04", b"SQLite format 3\0" + bytes(200), b"\xff" * 5_000])
@pytest.mark.parametrize("name", ["plan.gpkg", "plan.zip", "plan.geojson", "plan.gml", "plan.kml", "plan.dxf"])
def test_files_without_sense(service: TestClient, name: str, content: bytes) -> None:
    refused(send(service, name, content))


@pytest.mark.parametrize(("name", "template"), [("plan.gml", GML), ("plan.kml", KML)])
def test_an_xml_entity_bomb(service: TestClient, name: str, template: str) -> None:
    assert send(service, name, template.format(dtd="", name="x").encode()).status_code in {200, 422}
    refused(send(service, name, template.format(dtd=BOMB, name="&l11;").encode()))


@pytest.mark.parametrize(("name", "template"), [("plan.gml", GML), ("plan.kml", KML)])
def test_an_xml_entity_that_reads_a_file(service: TestClient, name: str, template: str) -> None:
    answer = send(service, name, template.format(dtd=FILE, name="&secret;").encode())
    assert answer.status_code < 500
    assert "root:" not in answer.text


@pytest.mark.parametrize("value", ["1e308", "-1e300", "1e999", "NaN", "1" + "0" * 400])
def test_huge_coordinates(service: TestClient, value: str) -> None:
    body = f'{{"type":"Polygon","coordinates":[[[{value},60],[16,60],[16,61],[{value},60]]]}}'
    refused(service.post("/api/v1/checks?lang=en", content=body.encode()))
    refused(send(service, "plan.geojson", body.encode()))


def test_json_that_is_deep(service: TestClient) -> None:
    body = b'{"type":"Polygon","coordinates":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    refused(service.post("/api/v1/checks", content=body))
    refused(send(service, "plan.geojson", body))


def squares(count: int) -> bytes:
    side = int(np.ceil(np.sqrt(count)))
    features = [
        {
            "type": "Feature",
            "properties": {"namn": str(n)},
            "geometry": json.loads(
                shapely.to_geojson(box((n % side) * 10, (n // side) * 10, (n % side) * 10 + 9, (n // side) * 10 + 9))
            ),
        }
        for n in range(count)
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3006"}}
    return json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}).encode()


def test_ten_thousand_features_are_read_and_one_more_is_not(service: TestClient) -> None:
    answer = send(service, "plan.geojson", squares(10_000))
    assert answer.status_code == 200
    assert answer.json()["area"]["areaM2"] == pytest.approx(10_000 * 81)
    assert refused(send(service, "plan.geojson", squares(10_001))) == "limit-exceeded"


def test_bytes_beyond_the_limit(service: TestClient) -> None:
    answer = send(service, "plan.gpkg", bytes(8_100_000))
    assert (refused(answer), answer.status_code) == ("limit-exceeded", 413)
    assert "8 MB" in answer.json()["detail"]


Spoil = Callable[[bytes], bytes]


@st.composite
def spoils(draw: st.DrawFn) -> Spoil:
    """Draw a way to spoil a file: cut it, overwrite a stretch, or repeat one."""
    where, length = draw(st.floats(0, 1)), draw(st.integers(1, 64))
    kind, noise = draw(st.sampled_from(["cut", "overwrite", "repeat"])), draw(st.binary(min_size=64, max_size=64))

    def spoil(content: bytes) -> bytes:
        at = int(where * len(content))
        if kind == "cut":
            return content[:at]
        if kind == "overwrite":
            return content[:at] + noise[:length] + content[at + length :]
        return content[: at + length] + content[at:]

    return spoil


@pytest.mark.parametrize("name", ["plan.gpkg", "plan.zip", "plan.geojson", "plan.gml", "plan.kml"])
@hypothesis.given(spoil=spoils())
@hypothesis.settings(
    max_examples=25, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], derandomize=True
)
def test_spoiled_files_are_read_or_refused(
    service: TestClient, shapefile: dict[str, bytes], tmp_path: Path, name: str, spoil: Spoil
) -> None:
    if name == "plan.gpkg" and not (tmp_path / name).exists():
        write_layer(tmp_path / name, [box(0, 0, 100, 100)], namn=["Kvarteret"])
    contents: dict[str, Callable[[], bytes]] = {
        "plan.gpkg": lambda: (tmp_path / name).read_bytes(),
        "plan.zip": lambda: zipped(shapefile),
        "plan.geojson": lambda: squares(3),
        "plan.gml": GML.format(dtd="", name="x").encode,
        "plan.kml": KML.format(dtd="", name="x").encode,
    }
    answer = service.post("/api/v1/checks", files={"file": (name, spoil(contents[name]()))})
    if answer.status_code != 200:
        refused(answer)
