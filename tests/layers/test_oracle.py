"""The same questions put to PostGIS in plain SQL over whole objects must get the same answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from geoalchemy2.shape import from_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine, text

from geomiljo.analysis.measure import measure
from geomiljo.analysis.pieces import LayerSearch
from geomiljo.analysis.scene import MEETING_WIDTH_M
from geomiljo.analysis.tables import Measurements
from geomiljo.crs import transform
from geomiljo.geometry import geometry_array, repair_polygons
from geomiljo.layers.readers import open_reader

LAYERS = ("naturreservat", "naturminne", "hydrografi", "kommun")
REACH_M = 400.0
ALL_CLASSES = 0x7FFFFFFF

OBJECTS = text("""
    SELECT v.layer, f.id,
           ST_Area(ST_Intersection(f.geom, p.geom)) AS area_m2,
           ST_Distance(f.geom, p.geom) AS distance_m
    FROM layer_version v JOIN feature f ON f.version_id = v.id,
         (SELECT CAST(:plan AS geometry) AS geom) p
    WHERE v.state = 'active' AND v.layer = ANY(:layers) AND ST_DWithin(f.geom, p.geom, :reach)
""")
UNIONS = text("""
    SELECT v.layer, ST_Area(ST_Intersection(ST_Union(f.geom), p.geom)) AS area_m2
    FROM layer_version v JOIN feature f ON f.version_id = v.id,
         (SELECT CAST(:plan AS geometry) AS geom) p
    WHERE v.state = 'active' AND v.layer = ANY(:layers) AND ST_Intersects(f.geom, p.geom)
    GROUP BY v.layer, p.geom
""")


@dataclass(frozen=True)
class Oracle:
    """What plain SQL says of one area."""

    area_m2: dict[tuple[str, str], float]
    distance_m: dict[tuple[str, str], float]
    union_m2: dict[str, float]


def ask_postgis(engine: Engine, area: BaseGeometry, layers: tuple[str, ...] = LAYERS) -> Oracle:
    parameters = {"plan": from_shape(area, 3006, extended=True).desc, "layers": list(layers), "reach": REACH_M}
    with engine.connect() as connection:
        objects = connection.execute(OBJECTS, parameters).all()
        unions = connection.execute(UNIONS, parameters).all()
    return Oracle(
        {(row.layer, row.id): row.area_m2 for row in objects},
        {(row.layer, row.id): row.distance_m for row in objects},
        {row.layer: row.area_m2 for row in unions},
    )


def ask_kernel(engine: Engine, areas: list[BaseGeometry], layers: tuple[str, ...] = LAYERS) -> Measurements:
    searches = [LayerSearch(layer, reach_m=REACH_M, class_sets=(ALL_CLASSES,)) for layer in layers]
    array = geometry_array(areas)
    with open_reader(engine) as reader:
        found = reader.pieces(array, searches)
    assert not found.failures
    return measure(array, found.pieces, searches)


def objects_of(result: Measurements, row: int, layer: int, name: str) -> dict[tuple[str, str], tuple[float, float]]:
    table = result.objects.at(row, layer)
    ids = result.pieces.object_id[table.head]
    return {(name, i): (a, d) for i, a, d in zip(ids, table.area_m2.tolist(), table.distance_m.tolist(), strict=True)}


def agree(engine: Engine, areas: list[BaseGeometry], layers: tuple[str, ...] = LAYERS) -> int:
    """Compare kernel and SQL at every area; return how many objects were compared."""
    result = ask_kernel(engine, areas, layers)
    compared = 0
    for row, area in enumerate(areas):
        oracle = ask_postgis(engine, area, layers)
        own: dict[tuple[str, str], tuple[float, float]] = {}
        for position, layer in enumerate(layers):
            own |= objects_of(result, row, position, layer)
            covered = result.area(row, position, ALL_CLASSES)
            assert covered == pytest.approx(oracle.union_m2.get(layer, 0.0), rel=1e-6, abs=1e-3), (row, layer)
        # an object exactly at the reach may be found by one and not by the other
        sure = {key for key, distance in oracle.distance_m.items() if distance < REACH_M - 1e-6}
        assert sure <= own.keys()
        assert own.keys() <= oracle.distance_m.keys()
        for key, (area_m2, distance_m) in own.items():
            assert area_m2 == pytest.approx(oracle.area_m2[key], rel=1e-6, abs=1e-3), (row, key)
            assert distance_m == pytest.approx(oracle.distance_m[key], abs=1e-5), (row, key)
        compared += len(own)
    return compared


@pytest.fixture(scope="module")
def districts(test_data: Path) -> list[BaseGeometry]:
    frame = geopandas.read_file(test_data / "planning_areas/stockholm_stadsdelar_3011.shp").to_crs(3006)
    return list(repair_polygons(frame.geometry.to_numpy()).geometries)


@pytest.fixture(scope="module")
def nyko(test_data: Path) -> list[BaseGeometry]:
    frame = geopandas.read_file(test_data / "planning_areas/uppsala_NYKO_2017_niva_3.geojson")
    return list(repair_polygons(transform(frame.geometry.to_numpy(), frame.crs)).geometries)


def test_stockholm_districts(real_engine: Engine, districts: list[BaseGeometry]) -> None:
    assert agree(real_engine, districts[::4]) > 100


def test_uppsala_areas(real_engine: Engine, nyko: list[BaseGeometry]) -> None:
    assert agree(real_engine, nyko[::6], ("naturreservat", "naturminne")) > 20


@pytest.mark.parametrize("seed", range(4))
def test_random_areas(real_engine: Engine, seed: int) -> None:
    generator = np.random.default_rng(seed)
    areas: list[BaseGeometry] = []
    for _ in range(6):
        east, north = generator.uniform(660_000, 690_000), generator.uniform(6_565_000, 6_600_000)
        angles = np.sort(generator.uniform(0, 2 * np.pi, 12))
        radii = generator.uniform(0.2, 1.0, 12) * 10 ** generator.uniform(1.5, 3.7)
        star = shapely.Polygon(np.column_stack([east + radii * np.cos(angles), north + radii * np.sin(angles)]))
        areas.append(star.buffer(0))
    agree(real_engine, [a for a in areas if a.area > 1])


def hits(result: Measurements) -> int:
    """Count pairs with ground in common, slivers too."""
    return int(result.objects.is_inside.sum())


def test_sixty_district_reserve_pairs(real_engine: Engine, districts: list[BaseGeometry]) -> None:
    result = ask_kernel(real_engine, districts, ("naturreservat",))
    inside = result.objects.where(result.objects.is_inside)
    assert len(inside) == 60
    assert int((inside.area_m2 < 10).sum()) == 20
    near = result.objects.where(result.objects.distance_m <= 1.0)
    assert len(near) == 62
    assert (near.distance_m[~near.is_inside] > 0).all()


def test_eighty_five_uppsala_pairs(real_engine: Engine, nyko: list[BaseGeometry]) -> None:
    assert hits(ask_kernel(real_engine, nyko, ("naturreservat",))) == 85


def test_overlapping_reserves_count_once(real_engine: Engine) -> None:
    """Reserves overlap; the layer's area is that of their union, not their sum.

    Transformed vertex by vertex 180 pairs overlap. Long edges get vertices here, and three pairs along long shared
    edges overlap by strips of millimetres more.
    """
    with real_engine.connect() as connection:
        pairs = connection.scalar(
            text("""SELECT count(*) FROM feature a JOIN feature b
                      ON a.version_id = b.version_id AND a.number < b.number AND a.geom && b.geom
                     JOIN layer_version v ON v.id = a.version_id
                    WHERE v.layer = 'naturreservat'
                      AND ST_Overlaps(a.geom, b.geom)""")
        )
    assert pairs == 183
    sweden = shapely.box(200_000, 6_000_000, 1_000_000, 7_800_000)
    result = ask_kernel(real_engine, [sweden], ("naturreservat",))
    summed = float(result.objects.area_m2.sum())
    dissolved = result.area(0, 0, ALL_CLASSES)
    assert summed - dissolved == pytest.approx(71_003, abs=1)
    with real_engine.connect() as connection:
        union = connection.scalar(
            text("""SELECT ST_Area(ST_Union(geom)) FROM feature f JOIN layer_version v ON v.id = f.version_id
                    WHERE v.layer = 'naturreservat'""")
        )
    assert dissolved == pytest.approx(union, rel=1e-6)


def test_the_giant_water_polygon_at_its_own_edge(real_engine: Engine, districts: list[BaseGeometry]) -> None:
    """166,619 vertices in one object, cut into pieces without losing a square metre."""
    everything = shapely.box(*shapely.union_all(districts).buffer(20_000).bounds)
    result = ask_kernel(real_engine, [everything], ("hydrografi",))
    with real_engine.connect() as connection:
        row = connection.execute(
            text("""SELECT ST_Area(geom) AS area, ST_NPoints(geom) AS points
                    FROM feature f JOIN layer_version v ON v.id = f.version_id WHERE v.layer = 'hydrografi'""")
        ).one()
    assert row.points == 166_619
    assert result.area(0, 0, ALL_CLASSES) == pytest.approx(row.area, rel=1e-9)
    assert float(result.objects.area_m2[0]) == pytest.approx(row.area, rel=1e-9)


def test_touching_is_thinner_than_a_micrometre() -> None:
    assert MEETING_WIDTH_M == 1e-6
