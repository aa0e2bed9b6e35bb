"""What must hold for any planning area and any objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
import strategies as own
from factories import measured
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from geomiljo.analysis.tables import Measurements

SEARCH: dict[str, Any] = {"reach_m": 50.0, "ring_radii_m": (50.0,)}


def union(shapes: list[BaseGeometry], area: BaseGeometry, kind: int) -> BaseGeometry:
    chosen = [s for s in shapes if shapely.get_dimensions(s) == kind]
    return shapely.union_all(shapely.intersection(chosen, area)) if chosen else shapely.Polygon()


@given(area=own.areas(), shapes=own.objects())
def test_pieces_give_what_whole_objects_give(area: BaseGeometry, shapes: list[BaseGeometry]) -> None:
    result = measured(area, shapes, **SEARCH)
    assert result.area(0, 0, 1) == pytest.approx(union(shapes, area, 2).area, rel=1e-9, abs=1e-3)
    inside = union(shapes, area, 1)
    on_edge = shapely.intersection(inside, area.boundary).length
    assert result.length(0, 0, 1) == pytest.approx(inside.length - on_edge, rel=1e-9, abs=1e-3)
    for number, distance in zip(result.objects.feature, result.objects.distance_m, strict=True):
        assert distance == pytest.approx(shapely.distance(area, shapes[number]), abs=1e-6)


@given(area=own.areas(), shapes=own.objects())
def test_a_share_never_exceeds_one(area: BaseGeometry, shapes: list[BaseGeometry]) -> None:
    result = measured(area, shapes, **SEARCH)
    assert result.area(0, 0, 1) <= area.area * (1 + 1e-9)
    assert (result.objects.area_m2 <= area.area * (1 + 1e-9)).all()


@given(area=own.areas(), shapes=own.objects(), at=st.floats(0.1, 0.9))
def test_parts_add_up_to_the_whole(area: BaseGeometry, shapes: list[BaseGeometry], at: float) -> None:
    xmin, ymin, xmax, ymax = area.bounds
    middle = xmin + at * (xmax - xmin)
    halves = [
        shapely.intersection(area, shapely.box(xmin - 1, ymin - 1, middle, ymax + 1)),
        shapely.intersection(area, shapely.box(middle, ymin - 1, xmax + 1, ymax + 1)),
    ]
    result = measured([area, *halves], shapes, **SEARCH)
    assert result.area(1, 0, 1) + result.area(2, 0, 1) == pytest.approx(result.area(0, 0, 1), abs=1e-3)


@given(area=own.areas(), shapes=own.objects(), seed=st.randoms())
def test_the_order_of_objects_is_irrelevant(area: BaseGeometry, shapes: list[BaseGeometry], seed: object) -> None:
    order = np.random.default_rng(len(shapes)).permutation(len(shapes))
    one = measured(area, shapes, **SEARCH)
    other = measured(area, [shapes[i] for i in order], **SEARCH)
    assert other.area(0, 0, 1) == pytest.approx(one.area(0, 0, 1), abs=1e-6)
    assert {order[n] for n in other.objects.feature} == set(one.objects.feature.tolist())


@given(area=own.areas(), shapes=own.objects(), dx=st.integers(-5000, 5000), dy=st.integers(-5000, 5000))
def test_moving_everything_changes_nothing(area: BaseGeometry, shapes: list[BaseGeometry], dx: int, dy: int) -> None:
    def move(shape: BaseGeometry) -> BaseGeometry:
        return shapely.transform(shape, lambda c: c + [dx, dy])

    one = measured(area, shapes, **SEARCH)
    other = measured(move(area), [move(s) for s in shapes], **SEARCH)
    assert other.area(0, 0, 1) == pytest.approx(one.area(0, 0, 1), abs=1e-3)
    assert other.ring_area(0, 0, 1, 50.0) == pytest.approx(one.ring_area(0, 0, 1, 50.0), abs=1e-2)


def listed(result: Measurements) -> set[int]:
    return set(result.objects.feature.tolist())


@settings(max_examples=200)
@given(area=own.areas(), shapes=own.objects(), grow=st.floats(0, 80))
def test_growing_an_area_never_unlists_an_object(area: BaseGeometry, shapes: list[BaseGeometry], grow: float) -> None:
    small = measured(area, shapes, **SEARCH)
    large = measured(shapely.union(area, area.buffer(grow)), shapes, **SEARCH)
    assert listed(small) <= listed(large)
    inside = set(small.objects.feature[small.objects.is_inside].tolist())
    assert inside <= set(large.objects.feature[large.objects.is_inside].tolist())


@given(area=own.areas(), shapes=own.objects())
def test_solid_is_at_most_the_whole(area: BaseGeometry, shapes: list[BaseGeometry]) -> None:
    result = measured(area, shapes, **SEARCH)
    for dimension in (1, 2):
        total = result.cover.total(0, 0, 1, dimension)
        assert 0 <= result.solid(0, 0, 1, dimension) <= total + 1e-9
