"""Every format in, the same area out; every unreadable file refused with what to do."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import orjson
import pytest
import shapely
from factories import box
from plans.conftest import Read, Write

from geomiljo.errors import InputError, LimitExceeded, MissingCrs, NotFound, UnreadableFile, WrongCrs
from geomiljo.settings import Settings

AREA = box(0, 0, 100, 50)
NAMESPACES = 'xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml/3.2"'


def zipped(path: Path, files: list[Path]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    return path


@pytest.mark.parametrize("name", ["p.gpkg", "p.shp", "p.gml", "p.geojson", "p.GPKG"])
def test_formats_that_state_their_system(name: str, read: Read, write: Write) -> None:
    area = read(write(name, [AREA], 3006, namn=["Kvarnen"]))
    assert area.geometry.symmetric_difference(AREA).area < 0.5  # GeoJSON is written with seven decimals of a degree
    assert area.name == "Kvarnen"


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>Kvarnen</name><Polygon><outerBoundaryIs>
<LinearRing><coordinates>18,59,0 18.01,59,0 18.01,59.01,0 18,59.01,0 18,59,0</coordinates></LinearRing>
</outerBoundaryIs></Polygon></Placemark></Document></kml>"""


def test_kml_and_kmz_are_longitude_latitude(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "p.kml"
    path.write_text(KML, encoding="utf-8")
    area = read(path)
    assert area.source_crs == "EPSG:4326"
    assert area.geometry.area == pytest.approx(640_000, rel=0.02)
    assert read(zipped(tmp_path / "p.kmz", [path])).geometry_hash == area.geometry_hash


def test_dxf_with_closed_outlines(read: Read, write: Write) -> None:
    path = write("p.dxf", [shapely.LineString(AREA.exterior.coords)])
    with pytest.raises(MissingCrs, match=r"DXF has no place for it.*crs.*3006"):
        read(path)
    assert read(path, crs="3006").geometry.area == pytest.approx(5_000)


def test_open_line_in_a_drawing_is_refused_with_its_place(read: Read, write: Write) -> None:
    path = write("p.dxf", [shapely.LineString(AREA.exterior.coords[:4])])
    with pytest.raises(InputError, match=r"ends at 600000\.00, 6500000\.00 is no closed outline"):
        read(path, crs="3006")


def test_wrong_suffix_is_seen_through(read: Read, write: Write) -> None:
    path = write("p.gpkg", [AREA])
    wrong = path.rename(path.with_suffix(".geojson"))
    assert read(wrong).geometry.equals(AREA)


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_shapefile_without_a_part(suffix: str, read: Read, write: Write) -> None:
    path = write("p.shp", [AREA])
    path.with_suffix(suffix).unlink()
    with pytest.raises(UnreadableFile, match=f"without {suffix}"):
        read(path)


def test_shapefile_without_prj(read: Read, write: Write) -> None:
    path = write("p.shp", [AREA])
    path.with_suffix(".prj").unlink()
    with pytest.raises(MissingCrs, match=r"no \.prj file.*\(crs\)"):
        read(path)
    assert read(path, crs="3006").geometry.area == pytest.approx(5_000)


def test_zipped_shapefiles(read: Read, write: Write, tmp_path: Path) -> None:
    write("a.shp", [AREA])
    one = zipped(tmp_path / "one.zip", list(tmp_path.glob("a.*")))
    assert read(one).geometry.area == pytest.approx(5_000)
    write("b.shp", [box(0, 0, 10, 10)])
    both = zipped(tmp_path / "both.zip", [*tmp_path.glob("a.*"), *tmp_path.glob("b.*")])
    with pytest.raises(InputError, match=r"\(table\): .*b\.shp"):
        read(both)
    assert read(both, table="b").geometry.area == pytest.approx(100)


def test_tables_of_a_geopackage(read: Read, write: Write) -> None:
    write("p.gpkg", [AREA], layer="plan")
    path = write("p.gpkg", [box(0, 0, 10, 10)], layer="karta")
    with pytest.raises(InputError, match="plan, karta"):
        read(path)
    assert read(path, table="karta").geometry.area == pytest.approx(100)
    with pytest.raises(InputError, match="no table sjö"):
        read(path, table="sjö")


@pytest.mark.parametrize("name", ["../p.geojson", "/p.geojson", "a/../../p.geojson"])
def test_archive_with_unsafe_names(name: str, read: Read, tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "{}")
    with pytest.raises(UnreadableFile, match="unsafe name"):
        read(path)


def test_archive_that_swells(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p.geojson", " " * 100_000)
    with pytest.raises(LimitExceeded, match="100000 bytes"):
        read(path, settings=Settings(max_upload_bytes=50_000))


def test_archives_that_hold_nothing_to_read(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(UnreadableFile, match="without a file that is read"):
        read(path)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(UnreadableFile, match="damaged"):
        read(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.gml", f'<!DOCTYPE a [<!ENTITY b "c">]><ogr:FeatureCollection {NAMESPACES}/>', "entities"),
        ("p.kml", f"<kml>{' ' * 2_000_000}<!ENTITY b 'c'></kml>", "entities"),
        ("p.gml", "<OGRWFSDataSource><URL>http://localhost</URL></OGRWFSDataSource>", "OGRWFSDataSource"),
        ("p.gml", "<OGRVRTDataSource/>", "neither GML nor KML"),
        ("p.geojson", "", "empty"),
        ("p.geojson", '{"type": "Polygon", "coordinates": [[[', "not JSON"),
        ("p.geojson", '{"type": "Topology", "objects": {}}', "Topology"),
        ("p.geojson", '{"data": {"type": "Feature"}}', 'stands under "data"'),
        ("p.geojson", "[1, 2]", "no geodata format"),
        ("p.dwg", "AC1032", "binary drawing"),
        ("p.dbf", "\x03abc", "part of a Shapefile"),
        ("p.txt", "hello", "no format that is read"),
        ("p.gpkg", "SQLite format 3\0" + "\0" * 100, "no GeoPackage"),
    ],
)
def test_what_is_not_opened(name: str, content: str, message: str, read: Read, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableFile, match=message):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["/vsicurl/http://localhost/p.gpkg", "WFS:http://localhost", "<kml/>", "missing.gpkg"])
def test_names_that_are_no_files(name: str, read: Read) -> None:
    with pytest.raises(UnreadableFile, match="There is no file"):
        read(Path(name))


def test_limits(read: Read, write: Write, tmp_path: Path) -> None:
    path = write("p.gpkg", [AREA, AREA, AREA])
    with pytest.raises(LimitExceeded, match="3 features; at most 2"):
        read(path, settings=Settings(max_features=2))
    with pytest.raises(LimitExceeded, match="bytes"):
        read(path, settings=Settings(max_upload_bytes=1_000))
    with pytest.raises(LimitExceeded, match="vertices"):
        read(write("q.gpkg", [AREA.buffer(10, quad_segs=100)]), settings=Settings(max_vertices=100))


def test_reading_leaves_nothing_beside_the_file(read: Read, write: Write, tmp_path: Path) -> None:
    path = write("p.gml", [AREA])
    path.with_suffix(".xsd").unlink(missing_ok=True)
    before = sorted(tmp_path.iterdir())
    read(path)
    assert sorted(tmp_path.iterdir()) == before


def test_features_by_number_id_and_name(read: Read, write: Write) -> None:
    path = write("p.gpkg", [AREA, box(200, 0, 210, 10)], beteckning=["Dp 1", "Dp 2"], namn=["Norr", "Söder"])
    assert read(path, features=["söder"]).geometry.area == pytest.approx(100)
    assert read(path, features=["Dp 1"]).name == "Norr"
    assert read(path, features=["1", "2"]).geometry.area == pytest.approx(5_100)
    with pytest.raises(NotFound, match=r"no feature 9\..*1 \(Norr\), 2 \(Söder\)"):
        read(path, features=["9"])


def test_land_uses(read: Read, write: Write) -> None:
    path = write("p.gpkg", [box(0, 0, 10, 10), box(10, 0, 20, 10), box(20, 0, 30, 10)], use=["B,S", "Torg", "Slott"])
    area = read(path)
    assert [part.uses for part in area.parts] == [("B", "S"), ("TORG",), None]
    assert area.parts[2].wordings == ("Slott",)
    assert [part.uses for part in read(path, uses=["S", "B"]).parts] == [("B", "S")]
    with pytest.raises(InputError, match=r"no land use QQ.*PARK"):
        read(path, uses=["QQ"])


def test_stated_system_against_the_file(read: Read, write: Write) -> None:
    with pytest.raises(WrongCrs, match="says EPSG:3006, but EPSG:3011"):
        read(write("p.gpkg", [AREA]), crs="3011")


@pytest.mark.parametrize(
    ("member", "label"),
    [
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3006"}}, "EPSG:3006"),
        ({"type": "name", "properties": {"name": "EPSG:3006"}}, "EPSG:3006"),
        ({"type": "EPSG", "properties": {"code": 3006}}, "EPSG:3006"),
    ],
)
def test_geojson_with_legacy_system(member: Any, label: str, read: Read) -> None:
    document = {**orjson.loads(shapely.to_geojson(AREA)), "crs": member}
    assert read(document).source_crs == label
    with pytest.raises(WrongCrs):
        read(document, crs="3011")


@pytest.mark.parametrize("member", [{}, {"type": "link", "properties": {"href": "http://x"}}, "EPSG:3006", 3])
def test_geojson_with_unusable_system(member: Any, read: Read) -> None:
    document = {**orjson.loads(shapely.to_geojson(AREA)), "crs": member}
    with pytest.raises(WrongCrs, match="names no coordinate system"):
        read(document)


def test_geojson_with_unknown_system(read: Read) -> None:
    document = {**orjson.loads(shapely.to_geojson(AREA)), "crs": None}
    with pytest.raises(MissingCrs, match="null"):
        read(document)
    assert read(document, crs="3006").geometry.equals(AREA)


def test_geojson_in_every_wrapping(read: Read) -> None:
    geometry = orjson.loads(shapely.to_geojson(AREA))
    feature = {"type": "Feature", "geometry": geometry, "properties": None}
    for document in (
        geometry,
        feature,
        {"type": "FeatureCollection", "features": [feature]},
        {"type": "GeometryCollection", "geometries": [geometry]},
    ):
        assert read(document, crs="3006").geometry.equals(AREA)


@pytest.mark.parametrize(
    ("coordinates", "place"),
    [
        ([[[1, 2], [3, 4], ["5", 6], [1, 2]]], "/coordinates/0"),
        ([[[1, 2], [3]]], "/coordinates/0"),
        ([[1, 2], [3, 4]], "/coordinates/0"),
        ([[[1, 2], [1, 2]]], "/coordinates/0"),
        ("x", "/coordinates"),
        ([None], "/coordinates/0"),
    ],
)
def test_geojson_with_bad_coordinates(coordinates: Any, place: str, read: Read) -> None:
    with pytest.raises(InputError, match=f"at {place}") as caught:
        read({"type": "Polygon", "coordinates": coordinates})
    assert caught.value.location == place
