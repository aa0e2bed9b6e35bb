"""Downloads read back by other programs, and compared with what PostGIS says."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
import sqlalchemy as sa
from databases import engine_at, fresh_database
from geoalchemy2 import Geometry
from publishing.cql2_world import ROWS, TABLE, fill

from geomiljo.access import ANONYMOUS
from geomiljo.batches import BATCH_BYTES, row_batches
from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.base import Text
from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, parse_crs
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.publishing.collections import Collection, Property
from geomiljo.publishing.downloads import FILES, Download, file_name, written_file
from geomiljo.publishing.downloads.jsonfg import jsonfg_document
from geomiljo.publishing.downloads.rows import BATCH_ROWS
from geomiljo.publishing.downloads.table import csv_rows
from geomiljo.publishing.filters import fields_of, filter_condition
from geomiljo.publishing.visible import find_collection

_SYSTEMS = [3006, 3011, 4326, 3857, "OGC:CRS84"]
_MOMENT = Property("sett", "datetime", Text(sv="Sett", en="Seen"), TABLE.c.seen)
AWKWARD = Collection(
    id="local.prov",
    title=Text(sv="Prövade ytor", en="Tried areas"),
    description=Text(sv="Ytor för prov av formaten", en="Areas that try the formats"),
    properties=(
        Property("Namn", "string", Text(sv="Namn på ytan", en="Name of the area"), TABLE.c.namn),
        Property("namn", "string", Text(sv="Annat namn", en="Other name"), TABLE.c.other),
        Property("fid", "integer", Text(sv="Antal delar", en="Number of parts"), TABLE.c.parts),
        Property("ID", "number", Text(sv="Areal, m²", en="Area, m²"), TABLE.c.area),
        Property("geometry", "boolean", Text(sv="Inne", en="Inside"), TABLE.c.inside),
        Property("bbox", "date", Text(sv="Beslutad", en="Decided"), TABLE.c.decided),
        _MOMENT,
        Property("tal", "array", Text(sv="Tal", en="Numbers"), TABLE.c.numbers),
    ),
    source=TABLE,
    where=TABLE.c.id > 0,
    geometry=TABLE.c.geom,
    geometry_type=None,
    dimension=None,
    id_columns=(sa.literal("x"), TABLE.c.id),
    key=(TABLE.c.id,),
    document=None,
    moment=_MOMENT,
    version="1",
    count=len(ROWS),
    extent=None,
    interval=None,
    last_modified=None,
    is_public=True,
    licence="CC0",
)
_NAMES = ["Namn", "namn_2", "fid", "ID", "geometry", "bbox", "sett", "tal"]


@pytest.fixture(scope="module")
def connection(
    cluster_url: str, migrated_template: str, catalogue: Catalogue, test_data: Path
) -> Iterator[sa.Connection]:
    """A database with awkward rows and real nature reserves."""
    with fresh_database(cluster_url, migrated_template) as url, engine_at(url) as engine:
        file = test_data / "nature" / "naturreservat_stockholm_uppsala_3006.gpkg"
        load_layer(engine, catalogue, "naturreservat", file, LoadOptions(coverage="sweden"))
        with engine.begin() as connection:
            fill(connection)
            yield connection


@pytest.fixture(scope="module")
def reserves(connection: sa.Connection, catalogue: Catalogue) -> Collection:
    return find_collection(connection, catalogue, ANONYMOUS, frozenset(), "naturreservat")


Save = Callable[[Download, str], Path]


@pytest.fixture
def save(connection: sa.Connection, tmp_path: Path) -> Save:
    """Write a download to a file that is kept."""

    def save_as(download: Download, name: str) -> Path:
        path = tmp_path / f"saved.{name}"
        if name in FILES:
            with written_file(connection, download, FILES[name]) as file:
                path.write_bytes(file.read())
        else:
            pieces = csv_rows if name == "csv" else jsonfg_document
            path.write_bytes(b"".join(pieces(connection, download)))
        return path

    return save_as


def _read(path: Path) -> geopandas.GeoDataFrame:
    if path.suffix == ".parquet":
        return geopandas.read_parquet(path)
    return pyogrio.read_dataframe(path)


@pytest.mark.parametrize("system", _SYSTEMS)
@pytest.mark.parametrize("name", [*FILES, "csv"])
def test_real_reserves_arrive_whole(
    connection: sa.Connection, reserves: Collection, save: Save, name: str, system: int | str
) -> None:
    crs = parse_crs(system)
    found = _read(save(Download(reserves, crs), name)).sort_values("id")  # FlatGeobuf has an order of its own
    moved = sa.func.ST_Multi(sa.func.ST_Transform(reserves.geometry, crs.to_epsg() or 4326))
    columns = (*reserves.id_columns, sa.func.ST_AsBinary(moved), sa.func.ST_Area(moved))
    wanted = sorted(connection.execute(sa.select(*columns).where(reserves.where)), key=lambda row: str(row[0]))
    ids, shapes, areas = zip(*wanted, strict=True)
    assert len(found) == reserves.count
    assert found["id"].tolist() == list(ids)
    assert np.allclose(shapely.area(found.geometry.values), areas, rtol=1e-9, atol=0)
    assert shapely.equals_exact(found.geometry.values, shapely.from_wkb(list(map(bytes, shapes))), 0).all()
    assert name == "csv" or found.crs.equals(crs, ignore_axis_order=True)


@pytest.mark.parametrize("name", FILES)
def test_values_nulls_and_names_survive(connection: sa.Connection, save: Save, name: str) -> None:
    placed = TABLE.c.geom.is_not(None) if name == "fgb" else sa.true()  # GDAL does not read its gaps as Arrow
    path = save(Download(AWKWARD, ANALYSIS_CRS, placed), name)
    table = pq.read_table(path) if name == "parquet" else pyogrio.read_arrow(path)[1]
    wanted = [row for row in ROWS if name != "fgb" or row.geom is not None]
    geometry = {"gpkg": "geom", "fgb": "wkb_geometry", "parquet": "geometry_2"}[name]
    boxes = ["geometry_bbox"] if name == "parquet" else []
    assert table.column_names == ["id_2", *_NAMES, geometry, *boxes]
    for row, saved in zip(wanted, sorted(table.to_pylist(), key=_number), strict=True):
        numbers = saved["tal"]
        if name == "fgb":  # it has no dates, only times, and GDAL gives them as Arrow without their zone
            saved["bbox"] = saved["bbox"] and saved["bbox"].date()
            saved["sett"] = saved["sett"] and saved["sett"].replace(tzinfo=dt.UTC)
        assert [saved[column] for column in ("id_2", *_NAMES[:-1])] == [
            *(f"x.{row.id}", row.namn, row.other, row.parts, row.area, row.inside, row.decided, row.seen)
        ]
        assert (json.loads(numbers) if isinstance(numbers, str) else numbers) == row.numbers
        shape = saved[geometry]
        assert (shape is None) == (row.geom is None)
        assert shape is None or shapely.equals_exact(shapely.from_wkb(shape), row.geom, 0)


def _number(saved: dict[str, Any]) -> int:
    return int(saved["id_2"].removeprefix("x."))


def test_flatgeobuf_keeps_features_without_a_place(save: Save) -> None:
    _meta, _fids, shapes, values = pyogrio.raw.read(save(Download(AWKWARD, ANALYSIS_CRS), "fgb"))
    assert values[0].tolist() == [f"x.{row.id}" for row in ROWS]
    assert [shape is None for shape in shapes] == [row.geom is None for row in ROWS]


@pytest.mark.parametrize("name", ["gpkg", "fgb"])
def test_files_tell_their_titles(save: Save, name: str) -> None:
    path = save(Download(AWKWARD, ANALYSIS_CRS), name)
    about = pyogrio.read_info(path)
    assert about["layer_name"] == "local.prov"
    assert "Prövade ytor".encode() in path.read_bytes()
    assert "Namn på ytan".encode() in path.read_bytes()


def test_a_geopackage_says_what_columns_mean(save: Save) -> None:
    path = save(Download(AWKWARD, ANALYSIS_CRS), "gpkg")
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as reading:
        columns = reading.execute(sa.text("SELECT column_name, description FROM gpkg_data_columns")).all()
        title = reading.scalar(sa.text("SELECT identifier FROM gpkg_contents"))
    engine.dispose()
    assert dict(map(tuple, columns))["namn_2"] == "Annat namn"
    assert title == "Prövade ytor"


def test_geoparquet_covers_each_row_with_its_box(save: Save, reserves: Collection) -> None:
    path = save(Download(reserves, ANALYSIS_CRS), "parquet")
    table = pq.read_table(path)
    geo = json.loads(pq.ParquetFile(path).metadata.metadata[b"geo"])
    column = geo["columns"][geo["primary_column"]]
    assert (geo["version"], column["encoding"], column["geometry_types"]) == ("1.1.0", "WKB", ["MultiPolygon"])
    assert column["covering"]["bbox"]["xmax"] == ["bbox", "xmax"]
    shapes = shapely.from_wkb(table.column("geometry").to_numpy())
    boxes = np.array([[row[c] for c in ("xmin", "ymin", "xmax", "ymax")] for row in table.column("bbox").to_pylist()])
    assert (boxes == shapely.bounds(shapes)).all()
    assert column["bbox"] == shapely.total_bounds(shapes).tolist()
    x, y = shapely.get_coordinates(shapes[0])[0]
    part = geopandas.read_parquet(path, bbox=(x, y, x, y))
    assert 0 < len(part) < len(table)
    field = table.schema.field("NAMN")
    assert field.metadata[b"GDAL:OGR:comment"].decode() == next(
        p.title.sv for p in reserves.properties if p.name == "NAMN"
    )


def test_csv_holds_no_formula_and_nothing_is_empty_by_mistake(connection: sa.Connection) -> None:
    formula = replace(AWKWARD.properties[0], column=sa.literal('=HYPERLINK("x")'))
    harmful = replace(AWKWARD, properties=(formula,))
    text = b"".join(csv_rows(connection, Download(harmful, ANALYSIS_CRS))).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0] == ["id", "Namn", "WKT"]
    assert {line[1] for line in lines[1:]} == {'\'=HYPERLINK("x")'}
    assert (len(lines), lines[-1][2]) == (len(ROWS) + 1, "")
    assert text.count("\r\n") == len(lines)


def test_conditions_limits_and_rights_are_kept(connection: sa.Connection, save: Save) -> None:
    condition = filter_condition("ID > 0", "cql2-text", ANALYSIS_CRS, fields_of(AWKWARD))
    narrowed = replace(AWKWARD, where=TABLE.c.id < 8)
    for name in [*FILES, "csv"]:
        found = _read(save(Download(narrowed, ANALYSIS_CRS, condition, limit=3), name))
        assert found["id_2"].tolist() == ["x.1", "x.4", "x.6"]
        assert len(_read(save(Download(narrowed, ANALYSIS_CRS, condition), name))) == 4
        assert len(_read(save(Download(narrowed, ANALYSIS_CRS, sa.false()), name))) == 0


@pytest.mark.parametrize("system", _SYSTEMS)
def test_jsonfg_has_both_geometries_and_the_time(connection: sa.Connection, save: Save, system: int | str) -> None:
    crs = parse_crs(system)
    path = save(Download(replace(AWKWARD, properties=AWKWARD.properties[:1]), crs), "json")
    document = json.loads(path.read_bytes())
    first, last = document["features"][0], document["features"][-1]
    assert document["conformsTo"] == ["http://www.opengis.net/spec/json-fg-1/1.0/conf/core"]
    assert (first["id"], first["time"]) == ("x.1", {"timestamp": "2020-01-01T00:00:00Z"})
    assert [last[key] for key in ("time", "place", "geometry")] == [None, None, None]
    assert first["properties"] == {"Namn": "Åkerö"}
    x, y = first["geometry"]["coordinates"][0][0]
    assert 10 < x < 25
    assert 55 < y < 70
    if crs == WIRE_CRS:
        assert document["coordRefSys"].endswith("/CRS84")
        assert first["place"] is None
        return
    assert document["coordRefSys"] == f"http://www.opengis.net/def/crs/EPSG/0/{system}"
    place = np.array(first["place"]["coordinates"][0])
    moved = sa.func.ST_AsBinary(sa.func.ST_Transform(TABLE.c.geom, crs.to_epsg()))
    wkb = connection.execute(sa.select(moved).where(TABLE.c.id == 1)).scalar_one()
    wanted = shapely.get_coordinates(shapely.from_wkb(bytes(wkb)))
    assert np.allclose(place, wanted if system == 3857 else wanted[:, ::-1], rtol=0, atol=1e-4)


def test_gdal_reads_jsonfg_in_the_system_it_states(save: Save, reserves: Collection) -> None:
    path = save(Download(reserves, ANALYSIS_CRS), "json")
    found = pyogrio.read_dataframe(f"JSONFG:{path}")
    assert found.crs.to_epsg() == 3006
    assert len(found) == reserves.count
    assert shapely.area(found.geometry.values).sum() == pytest.approx(
        shapely.area(_read(save(Download(reserves, ANALYSIS_CRS), "parquet")).geometry.values).sum(), rel=1e-9
    )


def test_the_first_lines_do_not_wait_for_the_last(connection: sa.Connection) -> None:
    """Of a source of five gigabytes."""
    numbers = sa.func.generate_series(1, 5_000_000).table_valued("n", name="numbers").render_derived()
    endless = replace(
        AWKWARD,
        properties=(Property("text", "string", Text(sv="t", en="t"), sa.func.repeat("x", numbers.c.n % 2 + 1_000)),),
        source=numbers,
        where=sa.true(),
        geometry=sa.cast(sa.null(), Geometry()),
        id_columns=(numbers.c.n,),
        key=(),
    )
    pieces = csv_rows(connection, Download(endless, ANALYSIS_CRS))
    assert 60_000 < len(next(pieces)) < 200_000
    pieces.close()  # type: ignore[attr-defined]


def test_batches_are_bounded_by_rows_and_by_bytes() -> None:
    light, heavy = [(1, b"")] * 4500, [(1, b"x" * 3_000_000)] * 7
    assert [len(batch) for batch in row_batches(light, BATCH_ROWS, BATCH_BYTES)] == [2000, 2000, 500]
    assert [len(batch) for batch in row_batches(heavy, BATCH_ROWS, BATCH_BYTES)] == [3, 3, 1]


def test_file_names_are_safe() -> None:
    assert file_name(replace(AWKWARD, id='../a"b\r\nö/c'), "gpkg") == "-a-b-c.gpkg"
