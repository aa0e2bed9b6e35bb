"""One contract for every protocol: all objects, each once, where they are; and nothing when something is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from sources.servers import FAULTS, HTML, Handler, serving
from sources.shapes import Thing, WfsHabits, arcgis, atom, file, ogc, wfs
from sqlalchemy import Engine, text

from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.layers import Layer
from geomiljo.catalogue.sources import (
    ArcgisSource,
    AtomSource,
    FileSource,
    FolderSource,
    HarvestableSource,
    OgcFeaturesSource,
    Partition,
    PostgisSource,
    WfsSource,
)
from geomiljo.errors import SourceUnavailable
from geomiljo.layers.fetch import load_from_source
from geomiljo.layers.sources.folder import held
from geomiljo.layers.sources.harvest import Harvested, harvest
from geomiljo.settings import Settings
from geomiljo.vectorfile import RawLayer, read_vector_file

LAYER = "naturreservat"
WFS = "http://127.0.0.1/wfs"
OWN: dict[str, Any] = {"status": "own_knowledge"}


@dataclass(frozen=True)
class Case:
    """A protocol with the habits of a service, and the source definition that fits them."""

    name: str
    handler: Callable[[Sequence[Thing], Path], Handler]
    source: Callable[[str], HarvestableSource]


def _wfs(**more: Any) -> Callable[[str], WfsSource]:
    return lambda url: WfsSource(url=f"{url}/wfs", type_names=("t:reservat",), page_size=200, **OWN, **more)


def _arcgis(url: str) -> ArcgisSource:
    return ArcgisSource(url=f"{url}/arcgis/MapServer", layers=(3,), **OWN)


def _file(url: str) -> FileSource:
    return FileSource(url=f"{url}/reservat", **OWN)


def _atom(url: str) -> AtomSource:
    return AtomSource(url=f"{url}/feed.xml", entry="natur*", **OWN)


def _bytes(name: str) -> Callable[[Sequence[Thing], Path], Handler]:
    return lambda _things, folder: file((folder / name).read_bytes())


def _ogc(url: str) -> OgcFeaturesSource:
    return OgcFeaturesSource(url=url, collections=("reservat",), page_size=100, **OWN)


CAPPED = {"cap": 100, "partition": Partition()}
BY_VALUE = {"cap": 300, "partition": Partition(attribute="LAN", values=("Uppsala län",))}
CASES = [
    Case("wfs 2.0 gml", lambda things, _f: wfs(things, WfsHabits()), _wfs()),
    Case(
        "wfs 2.0 gml, east first",
        lambda things, _f: wfs(things, WfsHabits(boxes_north_first=False, gml_north_first=False)),
        _wfs(),
    ),
    Case("wfs 1.1 gml", lambda things, _f: wfs(things, WfsHabits()), _wfs(version="1.1.0")),
    Case("wfs 2.0 geojson", lambda things, _f: wfs(things, WfsHabits()), _wfs(format="geojson")),
    Case(
        "wfs geojson, north first",
        lambda things, _f: wfs(things, WfsHabits(json_north_first=True)),
        _wfs(format="geojson"),
    ),
    Case(
        "wfs capped", lambda things, _f: wfs(things, WfsHabits(cap=100, pages=False)), _wfs(format="geojson", **CAPPED)
    ),
    Case(
        "wfs capped, boxes east first, filtered",
        lambda things, _f: wfs(things, WfsHabits(cap=100, pages=False, boxes_north_first=False)),
        _wfs(where={"SKYDDSTYP": "Naturreservat"}, format="geojson", **CAPPED),
    ),
    Case(
        "wfs capped, by value",
        lambda things, _f: wfs(things, WfsHabits(cap=300, pages=False)),
        _wfs(format="geojson", **BY_VALUE),
    ),
    Case("ogc api features", lambda things, _f: ogc(things), _ogc),
    Case("ogc api features, east first", lambda things, _f: ogc(things, swapped=False), _ogc),
    Case("arcgis, pages", lambda things, _f: arcgis(things), _arcgis),
    Case("arcgis, ids", lambda things, _f: arcgis(things, can_page=False), _arcgis),
    Case("atom", lambda _t, folder: atom((folder / "reservat.zip").read_bytes()), _atom),
    Case("geopackage", _bytes("reservat.gpkg"), _file),
    Case("zipped shapefile", _bytes("reservat.zip"), _file),
    Case("geojson", _bytes("reservat.geojson"), _file),
    Case("flatgeobuf", _bytes("reservat.fgb"), _file),
    Case("geoparquet", _bytes("reservat.parquet"), _file),
]
REMOTE = [pytest.param(case, id=case.name) for case in CASES]
FAULTY = [case for case in REMOTE if "first" not in str(case.id) and case.id != "wfs capped, by value"]
"""All but what differs in the order of axes and in the way of dividing only."""


@contextmanager
def harvested(layer: Layer, source: HarvestableSource, settings: Settings) -> Iterator[Harvested]:
    with held(settings.state_dir, layer.id, source) as folder:
        yield harvest(layer, source, settings, folder)


def assert_same(found: RawLayer, wanted: RawLayer, precision: float = 1e-6) -> None:
    """The same objects, each once, with their areas and places."""
    ids, areas, bounds = _facts(found)
    wanted_ids, wanted_areas, wanted_bounds = _facts(wanted)
    assert ids == wanted_ids
    np.testing.assert_allclose(areas, wanted_areas, rtol=precision)
    np.testing.assert_allclose(bounds, wanted_bounds, atol=0.01 + 200 * precision)


def _facts(raw: RawLayer) -> tuple[list[str], Any, Any]:
    from geomiljo.crs import transform

    ids = raw.columns.column("NVRID").to_pylist()
    geometry = transform(raw.geometry, raw.crs)
    order = sorted(range(len(ids)), key=ids.__getitem__)
    return [ids[i] for i in order], shapely.area(geometry[order]), shapely.bounds(geometry[order])


@pytest.mark.parametrize("case", REMOTE)
def test_all_objects_come_each_once_where_they_are(
    case: Case, things: list[Thing], reserves: RawLayer, files: Path, catalogue: Catalogue, impatient: Settings
) -> None:
    layer = catalogue.layers[LAYER]
    with (
        serving(case.handler(things, files)) as server,
        harvested(layer, case.source(server.url), impatient) as outcome,
    ):
        assert outcome.path is not None
        assert (outcome.count, outcome.is_reconciled) == (524, True)
        assert_same(read_vector_file(outcome.path), reserves)


def test_a_folder_of_files_is_one_layer(
    reserves: RawLayer, test_data: Path, catalogue: Catalogue, impatient: Settings, tmp_path: Path
) -> None:
    import geopandas

    frame = geopandas.read_file(test_data / "nature" / "naturreservat_stockholm_uppsala_3006.gpkg", engine="pyogrio")
    for number, part in enumerate((frame.iloc[:200], frame.iloc[200:])):
        part.to_file(tmp_path / f"del{number}.gpkg", engine="pyogrio")
    source = FolderSource(path=str(tmp_path), **OWN)
    with harvested(catalogue.layers[LAYER], source, impatient) as outcome:
        assert outcome.path is not None
        assert_same(read_vector_file(outcome.path), reserves)
    (tmp_path / "del1.gpkg").unlink()
    with harvested(catalogue.layers[LAYER], source, impatient) as outcome:
        assert outcome.count == 200


def test_a_fault_of_a_folder_leaves_the_active_version_and_says_why(
    files: Path, with_reserve: Engine, catalogue: Catalogue, impatient: Settings, tmp_path: Path
) -> None:
    """One of its two files is cut off, or no geodata at all; then both are gone, and the folder too."""
    folder = tmp_path / "leverans"
    folder.mkdir()
    before = state(with_reserve)
    registers = registered(catalogue, FolderSource(path=str(folder), **OWN))
    whole = (files / "reservat.gpkg").read_bytes()
    (folder / "a.gpkg").write_bytes(whole)
    for body, told in (
        (whole[: len(whole) // 2], "end is missing"),
        (HTML, "cannot be read"),
        (None, "holds no files"),
    ):
        if body is None:
            shutil.rmtree(folder)
        else:
            (folder / "b.gpkg").write_bytes(body)
        with pytest.raises(SourceUnavailable, match=told) as caught:
            load_from_source(with_reserve, registers, LAYER, impatient)
        assert caught.value.remedy
        assert state(with_reserve) == before, told


def test_a_table_of_another_postgis(
    engine: Engine, reserves: RawLayer, test_data: Path, catalogue: Catalogue, impatient: Settings
) -> None:
    with engine.begin() as connection:
        connection.execute(text('CREATE TABLE reservat ("NVRID" text, "AREA_HA" numeric, geom geometry)'))
        rows = zip(
            reserves.columns.column("NVRID").to_pylist(),
            reserves.columns.column("AREA_HA").to_pylist(),
            shapely.to_wkb(reserves.geometry),
            strict=True,
        )
        connection.execute(
            text("INSERT INTO reservat VALUES (:id, :ha, ST_SetSRID(ST_GeomFromWKB(:wkb), 3006))"),
            [{"id": i, "ha": ha, "wkb": wkb} for i, ha, wkb in rows],
        )
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    source = PostgisSource(url=url, table="public.reservat", id="NVRID", **OWN)
    with harvested(catalogue.layers[LAYER], source, impatient) as outcome:
        assert outcome.path is not None
        assert (outcome.count, outcome.is_reconciled) == (524, True)
        assert_same(read_vector_file(outcome.path), reserves)


POSTGIS_FAULTS = {
    "killed meanwhile": ("CASE WHEN n = 70 THEN pg_terminate_backend(pg_backend_pid()) END", "terminat"),
    "a row that cannot be read": ("1 / (n - 70)", "division by zero"),
    "no geometries": ("n", "st_srid"),
}


def test_a_fault_of_another_postgis_leaves_the_active_version_and_says_why(
    with_reserve: Engine, catalogue: Catalogue, impatient: Settings
) -> None:
    """A view of a hundred rows that goes wrong while it is read; and no view, and no database."""
    before = state(with_reserve)
    url = with_reserve.url.set(drivername="postgresql").render_as_string(hide_password=False)
    cases = {"other.gone": "other.gone"}
    with with_reserve.begin() as connection:
        connection.execute(text("CREATE SCHEMA other"))
        for number, (column, told) in enumerate(POSTGIS_FAULTS.values()):
            shape = "n" if told == "st_srid" else "ST_SetSRID(ST_MakePoint(600000 + n, 6500000), 3006)"
            view = f"SELECT n AS id, {shape} AS geom, {column} AS x FROM generate_series(1, 100) AS n"  # noqa: S608 - ours
            connection.execute(text(f"CREATE VIEW other.view{number} AS {view}"))
            cases[f"other.view{number}"] = told
    sources = [(PostgisSource(url=url, table=table, id="id", **OWN), told) for table, told in cases.items()]
    nowhere = PostgisSource(url="postgresql://127.0.0.1:1/x", table="a", **OWN)
    for source, told in (*sources, (nowhere, "127.0.0.1")):
        with pytest.raises(SourceUnavailable, match=told) as caught:
            load_from_source(with_reserve, registered(catalogue, source), LAYER, impatient)
        assert caught.value.remedy
        assert state(with_reserve) == before, told


@pytest.mark.parametrize("case", FAULTY)
def test_a_fault_leaves_the_active_version_and_says_why(
    case: Case,
    things: list[Thing],
    files: Path,
    with_reserve: Engine,
    catalogue: Catalogue,
    impatient: Settings,
) -> None:
    """The fault comes in the middle, with the second answer, and stays."""
    once = impatient.model_copy(update={"source_attempts": 1})
    before = state(with_reserve)
    for fault in FAULTS:
        with serving(case.handler(things, files)) as server:
            server.fault, server.when = fault, lambda _question, number: number >= 2
            with pytest.raises(SourceUnavailable) as caught:
                load_from_source(with_reserve, registered(catalogue, case.source(server.url)), LAYER, once)
            assert str(caught.value).startswith("http://127.0.0.1"), fault
            assert caught.value.remedy
        assert state(with_reserve) == before, fault


@pytest.mark.parametrize("case", [case for case in REMOTE if case.id in {"wfs capped", "geopackage", "arcgis, ids"}])
def test_a_fault_that_passes_does_no_harm(
    case: Case, things: list[Thing], reserves: RawLayer, files: Path, catalogue: Catalogue, patient: Settings
) -> None:
    with serving(case.handler(things, files)) as server:
        server.fault, server.when = "killed", lambda _question, number: number % 3 == 2
        with harvested(catalogue.layers[LAYER], case.source(server.url), patient) as outcome:
            assert outcome.path is not None
            assert_same(read_vector_file(outcome.path), reserves)


def state(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT * FROM layer_version ORDER BY id")))


def registered(catalogue: Catalogue, *sources: HarvestableSource) -> Catalogue:
    """Return the registers with other sources of the layer."""
    import dataclasses

    layers = dict(catalogue.layers)
    layers[LAYER] = layers[LAYER].model_copy(update={"sources": sources})
    return dataclasses.replace(catalogue, layers=layers)
