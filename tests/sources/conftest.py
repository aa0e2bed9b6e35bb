"""Real reserves, and settings with which waiting does not take long."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas
import pytest
import shapely
from factories import box, write_layer
from sources.shapes import Thing
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.settings import Settings
from geomiljo.vectorfile import RawLayer, read_vector_file


@pytest.fixture(scope="session")
def reserves(test_data: Path) -> RawLayer:
    """The reserves of two counties, EPSG:3006."""
    return read_vector_file(test_data / "nature" / "naturreservat_stockholm_uppsala_3006.gpkg")


@pytest.fixture(scope="session")
def things(reserves: RawLayer) -> list[Thing]:
    """The same as a service has them."""
    wanted = ["NVRID", "NAMN", "SKYDDSTYP", "BESLSTATUS", "BESLMYND", "LAN", "KOMMUN", "AREA_HA"]
    columns = reserves.columns.select([name for name in wanted if name in reserves.columns.column_names])
    return [
        Thing(f"reservat.{number}", row, shapely.multipolygons(shapely.get_parts(shape)))
        for number, (row, shape) in enumerate(zip(columns.to_pylist(), reserves.geometry, strict=True), start=1)
    ]


@pytest.fixture(scope="session")
def files(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reserves in every format that a file may have."""
    folder = tmp_path_factory.mktemp("reservat")
    frame = geopandas.read_file(test_data / "nature" / "naturreservat_stockholm_uppsala_3006.gpkg", engine="pyogrio")
    for ending in ("gpkg", "shp", "geojson", "fgb"):
        frame.to_file(folder / f"reservat.{ending}", engine="pyogrio")
    frame.to_parquet(folder / "reservat.parquet")
    with zipfile.ZipFile(folder / "reservat.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for ending in ("shp", "shx", "dbf", "prj", "cpg"):
            archive.write(folder / f"reservat.{ending}", f"reservat.{ending}")
    return folder


@pytest.fixture
def with_reserve(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> Engine:
    """A database in which some version of the reserves is active."""
    path = write_layer(tmp_path / "old.gpkg", [box(0, 0, 50, 50)], NVRID=["1"], BESLUTSMYNDIGHET=["Länsstyrelsen"])
    load_layer(engine, catalogue, "naturreservat", path, LoadOptions(coverage="sweden"))
    return engine


@pytest.fixture
def impatient(tmp_path: Path) -> Settings:
    """Settings of an installation that does not wait long."""
    return Settings(
        state_dir=tmp_path / "state",
        source_timeout_s=1.0,
        source_attempts=2,
        source_backoff_s=0.01,
        source_pause_s=0.0,
    )


@pytest.fixture
def patient(impatient: Settings) -> Settings:
    """The same for programs that take their time."""
    return impatient.model_copy(update={"source_timeout_s": 60.0})
