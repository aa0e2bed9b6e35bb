"""Files that a person loads: every format that sources come in, also inside archives."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from factories import box
from sources.test_contract import assert_same
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.errors import MissingCrs, UnreadableFile
from geomiljo.layers.files import read_layer_file
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.layers.versions import active_versions
from geomiljo.vectorfile import RawLayer


@pytest.mark.parametrize("name", ["gpkg", "shp", "zip", "geojson", "fgb", "parquet"])
def test_a_file_of_every_format_is_read(name: str, files: Path, reserves: RawLayer) -> None:
    assert_same(read_layer_file(files / f"reservat.{name}"), reserves)


@pytest.mark.parametrize("name", ["gpkg", "zip", "geojson", "fgb", "parquet"])
def test_a_file_that_is_cut_off_is_told(name: str, files: Path, tmp_path: Path) -> None:
    body = (files / f"reservat.{name}").read_bytes()
    (tmp_path / f"reservat.{name}").write_bytes(body[: len(body) * 2 // 3])
    with pytest.raises(UnreadableFile, match=f"reservat.{name}"):
        read_layer_file(tmp_path / f"reservat.{name}")


def test_of_a_shapefile_that_is_cut_off_the_rows_stay(
    files: Path, engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    """Its attributes lie in another file: objects without a shape are rejected, and the layer cannot say no."""
    for part in ("shp", "shx", "dbf", "prj"):
        body = (files / f"reservat.{part}").read_bytes()
        (tmp_path / f"reservat.{part}").write_bytes(body[: len(body) * 2 // 3] if part == "shp" else body)
    options = LoadOptions(mapping={"BESLUTSMYNDIGHET": "BESLMYND"}, coverage="sweden")
    report = load_layer(engine, catalogue, "naturreservat", tmp_path / "reservat.shp", options).report
    assert (report.read, report.stored + len(report.rejected)) == (524, 524)
    assert len(report.rejected) > 100
    with engine.connect() as connection:
        assert active_versions(connection)["naturreservat"].unknown_count == len(report.rejected)


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "fgb", "shp"])
def test_a_file_in_a_folder_of_an_archive_is_found(
    ending: str, files: Path, reserves: RawLayer, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "leverans.zip", "w") as archive:
        archive.writestr("leverans 2026/Läs mig.txt", "-")
        for part in ("shp", "shx", "dbf", "prj", "cpg") if ending == "shp" else (ending,):
            archive.write(files / f"reservat.{part}", f"leverans 2026/data/reservat.{part}")
    assert_same(read_layer_file(tmp_path / "leverans.zip"), reserves)


def test_an_archive_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "leverans.zip"
    path.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(UnreadableFile, match=r"leverans\.zip"):
        read_layer_file(path)


def test_codes_in_gml_stay_texts(tmp_path: Path) -> None:
    path = tmp_path / "omraden.gml"
    geopandas.GeoDataFrame({"KOD": ["0180"]}, geometry=[box(0, 0, 9, 9)], crs=3006).to_file(path, driver="GML")
    path.with_suffix(".xsd").unlink()
    assert read_layer_file(path).columns.column("KOD").to_pylist() == ["0180"]


def _parquet(path: Path) -> Path:
    frame = geopandas.GeoDataFrame({"NAMN": ["A"], "taggar": [["x", "y"]]}, geometry=[box(0, 0, 9, 9)], crs=3006)
    frame.to_parquet(path, write_covering_bbox=True, schema_version="1.1.0")
    return path


def test_geoparquet_is_loaded_with_its_columns(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    path = _parquet(tmp_path / "omraden.parquet")
    raw = read_layer_file(path)
    assert raw.columns.to_pylist() == [{"NAMN": "A", "taggar": '["x","y"]'}]  # the box is no attribute
    assert load_layer(engine, catalogue, "ramsar", path, LoadOptions(coverage="sweden")).report.stored == 1


@pytest.mark.parametrize(("crs", "stated"), [("", "OGC:CRS84"), ("null", None)])
def test_geoparquet_says_by_silence_that_it_is_in_degrees(crs: str, stated: str | None, tmp_path: Path) -> None:
    """No `crs` means longitude and latitude; `crs: null` means that nobody knows."""
    path = tmp_path / "x.parquet"
    member = f', "crs": {crs}' if crs else ""
    columns = f'{{"geometry": {{"encoding": "WKB"{member}}}}}'
    about = f'{{"version": "1.1.0", "primary_column": "geometry", "columns": {columns}}}'
    table = pa.table({"geometry": [box(0, 0, 1, 1).wkb]}).replace_schema_metadata({"geo": about})
    pq.write_table(table, path)
    if stated is None:
        with pytest.raises(MissingCrs):
            read_layer_file(path)
        assert read_layer_file(path, crs="3006").crs.to_epsg() == 3006
    else:
        assert read_layer_file(path).crs.to_string() == stated


def test_parquet_without_geometries_is_told(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "x.parquet")
    with pytest.raises(UnreadableFile, match="WKB"):
        read_layer_file(tmp_path / "x.parquet")
