"""Bad geometry: mended with a note, or refused with the place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from factories import EAST, NORTH, box
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from plans.conftest import Read, Write
from shapely.geometry.base import BaseGeometry
from strategies import areas, boxes

from geomiljo.analysis.area import PlanArea
from geomiljo.analysis.values import Words
from geomiljo.catalogue import Catalogue
from geomiljo.crs import SWEREF_ZONES, parse_crs, transform_one
from geomiljo.errors import InputError, InvalidGeometry, LimitExceeded, OutsideSweden, UnsupportedGeometry, WrongCrs
from geomiljo.geometry import geometry_array
from geomiljo.plans import read_each_plan_area
from geomiljo.plans.mend import Mender
from geomiljo.plans.parts import plan_parts
from geomiljo.plans.uses import UseWords
from geomiljo.settings import Settings
from geomiljo.texts import explain

QUICK = hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def ring(*vertices: tuple[float, float]) -> list[list[float]]:
    return [[EAST + x, NORTH + y] for x, y in vertices]


def polygon(*vertices: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [ring(*vertices)]}


def kinds(area: PlanArea) -> list[str]:
    return [note.kind for note in area.repairs]


def test_bow_tie(read: Read) -> None:
    area = read(polygon((0, 0), (20, 20), (20, 0), (0, 20), (0, 0)), crs="3006")
    assert area.geometry.area == pytest.approx(200)
    (note,) = area.repairs
    assert (note.kind, note.location, note.area_after_m2) == ("self_intersection", (EAST + 10, NORTH + 10), 200.0)
    assert "E 600010.00, N 6500010.00" in note.detail.format(**note.params)


def test_repairs_are_told_in_plain_words(read: Read) -> None:
    (note,) = read(polygon((0, 0), (20, 20), (20, 0), (0, 20), (0, 0)), crs="3006").repairs
    told = Words.of(note.detail, **note.params)
    assert told.en.endswith(": the outline crosses itself at E 600010.00, N 6500010.00; that was mended.")
    assert told.sv.endswith(": gränsen korsar sig själv vid E 600010.00, N 6500010.00; det har lagats.")


def test_two_readings_are_refused(read: Read) -> None:
    with pytest.raises(InvalidGeometry, match=r"can be read as .* m² or as") as refused:
        read(polygon((0, 0), (40, 0), (40, 30), (10, 30), (10, 10), (30, 10), (30, 40), (0, 40), (0, 0)), crs="3006")
    message, _remedy = explain(refused.value, "sv")
    assert "gränsen korsar sig själv vid E 600030.00, N 6500030.00" in message
    assert "1\N{NO-BREAK SPACE}100 m² eller" in message


def test_unclosed_duplicate_and_height(read: Read) -> None:
    document = {"type": "Polygon", "coordinates": [[[*p, 5.0] for p in ring((0, 0), (9, 0), (9, 0), (9, 9))]]}
    area = read(document, crs="3006")
    assert area.geometry.area == pytest.approx(40.5)
    assert set(kinds(area)) == {"dropped_z", "unclosed", "duplicate_vertices"}


def test_stray_line(read: Read) -> None:
    line = {"type": "LineString", "coordinates": ring((0, 0), (50, 50))}
    area = read(
        {"type": "GeometryCollection", "geometries": [polygon((0, 0), (9, 0), (9, 9), (0, 0)), line]}, crs="3006"
    )
    assert kinds(area) == ["stray_geometry"]


def test_overlapping_features_count_once(read: Read, write: Write) -> None:
    area = read(write("p.gpkg", [box(0, 0, 10, 10), box(5, 0, 15, 10)]))
    (note,) = area.repairs
    assert (note.kind, note.area_before_m2, note.area_after_m2) == ("overlapping_parts", 200.0, 150.0)


def test_overlapping_parts_of_one_feature(read: Read, write: Write) -> None:
    area = read(write("p.gpkg", [shapely.MultiPolygon([box(0, 0, 10, 10), box(5, 0, 15, 10)])]))
    assert area.geometry.area == pytest.approx(150)
    assert kinds(area) == ["overlapping_parts"]


@pytest.mark.parametrize(
    ("shape", "kinds"),
    [(shapely.Point(EAST, NORTH), "points"), (shapely.LineString([(EAST, NORTH), (EAST, NORTH + 9)]), "lines")],
)
def test_points_and_lines(shape: BaseGeometry, kinds: str, read: Read, write: Write) -> None:
    with pytest.raises(UnsupportedGeometry, match=rf"nothing but {kinds}; .* polygon.*buffer"):
        read(write("p.gpkg", [shape]))


def test_nothing(read: Read, write: Write) -> None:
    for shape in (None, shapely.Polygon()):
        with pytest.raises(UnsupportedGeometry, match="no geometry"):
            read(write("p.gpkg", [shape]))
    with pytest.raises(UnsupportedGeometry, match=r"^GeoJSON has no geometry"):
        read({"type": "FeatureCollection", "features": []})


def test_no_area(read: Read) -> None:
    with pytest.raises(UnsupportedGeometry, match="no area"):
        read(polygon((0, 0), (10, 0), (20, 0), (0, 0)), crs="3006")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_number(value: float, read: Read, tmp_path: Path) -> None:
    document = polygon((0, 0), (value, 0), (10, 10), (0, 0))
    (tmp_path / "p.geojson").write_text(json.dumps(document), encoding="utf-8")
    for source in (document, tmp_path / "p.geojson"):
        with pytest.raises(InvalidGeometry, match="vertex 2 has a coordinate that is no number"):
            read(source, crs="3006")


@pytest.mark.parametrize("size", [1e12, 1e200])
def test_absurd_coordinates_are_refused_at_once(size: float, read: Read) -> None:
    with pytest.raises(InputError):
        read({"type": "Polygon", "coordinates": [[[0, 0], [size, 0], [size, size], [0, 0]]]}, crs="3857")


def test_densified_vertices_are_counted(read: Read) -> None:
    with pytest.raises(LimitExceeded, match="vertices"):
        read(
            {"type": "Polygon", "coordinates": [[[14, 58], [16, 58], [16, 66], [14, 58]]]},
            settings=Settings(max_vertices=100),
        )


def test_swapped_axes(read: Read) -> None:
    with pytest.raises(WrongCrs, match="axes were swapped"):
        read({"type": "Polygon", "coordinates": [[[59, 18], [59.1, 18], [59.1, 18.1], [59, 18]]]})


def test_wrong_zone(read: Read) -> None:
    local = {"type": "Polygon", "coordinates": [[[150_000, 6_580_000], [151_000, 6_580_000], [151_000, 6_581_000]]]}
    with pytest.raises(WrongCrs, match=r"if they were .*EPSG:3011"):
        read(local, crs="3006")
    with pytest.raises(WrongCrs, match=r"if they were .*EPSG:3011"):
        read(local)


def test_partly_outside(read: Read) -> None:
    with pytest.raises(OutsideSweden, match="partly"):
        read({"type": "Polygon", "coordinates": [[[18, 59], [40, 59], [40, 60], [18, 59]]]})


def test_a_bad_feature_does_not_stop_the_others(write: Write, catalogue: Catalogue) -> None:
    path = write("p.gpkg", [box(0, 0, 9, 9), shapely.Point(EAST, NORTH), box(20, 0, 29, 9)], namn=["a", "b", "c"])
    first, bad, last = read_each_plan_area(path, catalogue=catalogue, settings=Settings())
    assert isinstance(first, PlanArea)
    assert isinstance(last, PlanArea)
    assert (first.name, last.name) == ("a", "c")
    assert isinstance(bad, UnsupportedGeometry)
    assert "p.gpkg:2 (b)" in str(bad)


@QUICK
@given(shape=areas())
def test_a_valid_polygon_is_never_changed(shape: BaseGeometry) -> None:
    sweden = shapely.box(EAST - 1e6, NORTH - 1e6, EAST + 1e6, NORTH + 1e6)
    mender = Mender(parse_crs(3006), sweden, 10_000, str)
    (mended,) = mender.mend(geometry_array([shape]))
    assert shapely.equals_identical(mended, shape)
    assert mender.notes == []


@QUICK
@given(shape=areas(), zone=st.sampled_from(SWEREF_ZONES))
def test_any_zone_gives_the_same_area(shape: BaseGeometry, zone: int, read: Read) -> None:
    crs = parse_crs(zone)
    local = transform_one(shape, parse_crs(3006), crs)
    document = {"type": "Polygon", "coordinates": [[list(p) for p in r.coords] for r in shapely.get_rings(local)]}
    area = read(document, crs=str(zone))
    assert shapely.hausdorff_distance(area.geometry, shape) < 0.001


@QUICK
@given(shapes=st.lists(boxes(), min_size=1, max_size=6))
def test_parts_partition_their_union(shapes: list[BaseGeometry], catalogue: Catalogue) -> None:
    union = shapely.union_all(shapes)
    wordings = [("Bostäder",) if i % 2 else ("Skola",) for i in range(len(shapes))]
    parts = plan_parts(union, geometry_array(shapes), wordings, UseWords(catalogue))
    assert sum(part.geometry.area for part in parts) == pytest.approx(union.area, rel=1e-9)
    assert shapely.union_all([part.geometry for part in parts]).symmetric_difference(union).area < 1e-6
    for code, first in (("S", 0), ("B", 1)):
        stated = shapely.union_all(shapes[first::2])
        found = shapely.union_all([p.geometry for p in parts if p.uses and code in p.uses])
        assert stated.symmetric_difference(found).area < 1e-6


def test_slivers_between_provisions_are_no_parts(catalogue: Catalogue) -> None:
    grounds = geometry_array([box(0, 0, 100, 100), box(0, 0, 100.03, 100), box(99.98, 0, 200, 100)])
    wordings = [("Bostäder",), ("Centrum",), ("Torg",)]
    parts = plan_parts(box(0, 0, 200, 100), grounds, wordings, UseWords(catalogue))
    assert [part.uses for part in parts] == [("B", "C"), ("TORG",)]
    assert np.isclose(sum(part.geometry.area for part in parts), 20_000)
