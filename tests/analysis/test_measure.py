"""The kernel against numbers that can be worked out by hand. `docs/method.md` has the same cases."""

from __future__ import annotations

import pytest
import shapely
from factories import box, line, measured, point

PLAN = box(0, 0, 100, 100)


def test_area_of_an_overlap_is_planar() -> None:
    result = measured(PLAN, [box(60, 0, 200, 50)])
    assert result.area(0, 0, 1) == 40 * 50
    assert result.objects.area_m2.tolist() == [40 * 50]


def test_overlapping_objects_count_once() -> None:
    result = measured(PLAN, [box(0, 0, 50, 100), box(30, 0, 80, 100)])
    assert result.area(0, 0, 1) == 80 * 100
    assert result.objects.area_m2.tolist() == [5000, 5000]


def test_identical_objects_give_the_share_of_one() -> None:
    result = measured(PLAN, [box(0, 0, 50, 100)] * 3)
    assert result.area(0, 0, 1) == 5000


def test_classes_are_measured_alone_and_together() -> None:
    result = measured(PLAN, [box(0, 0, 50, 100), box(30, 0, 80, 100)], classes=[1, 2])
    assert result.area(0, 0, 1) == 5000
    assert result.area(0, 0, 2) == 5000
    assert result.area(0, 0, 3) == 8000


def test_a_hole_is_not_there() -> None:
    ring = shapely.difference(box(-50, -50, 150, 150), box(20, 20, 80, 80))
    assert measured(PLAN, [ring]).area(0, 0, 1) == 100 * 100 - 60 * 60


def test_touching_polygons_are_outside_at_distance_zero() -> None:
    result = measured(PLAN, [box(100, 0, 200, 100)])
    assert not result.objects.is_inside[0]
    assert result.objects.distance_m[0] == 0
    assert result.area(0, 0, 1) == 0


def test_distance_is_to_the_nearest_point() -> None:
    result = measured(PLAN, [box(130, 140, 200, 200)])
    assert result.objects.distance_m[0] == pytest.approx(50)


def test_objects_beyond_reach_are_not_listed() -> None:
    assert len(measured(PLAN, [box(201, 0, 300, 100)]).objects) == 0
    assert len(measured(PLAN, [box(200, 0, 300, 100)]).objects) == 1


@pytest.mark.parametrize(
    ("where", "is_inside", "distance"),
    [((50, 50), True, 0), ((100, 50), False, 0), ((100, 100), False, 0), ((110, 50), False, 10)],
)
def test_a_point_counts_strictly_inside(where: tuple[float, float], is_inside: bool, distance: float) -> None:
    result = measured(PLAN, [point(*where)])
    assert bool(result.objects.is_inside[0]) is is_inside
    assert result.objects.distance_m[0] == distance


def test_length_inside_leaves_out_what_runs_on_the_boundary() -> None:
    along_then_in = line((0, 20), (0, 60), (30, 60), (30, 100), (30, 150))
    result = measured(PLAN, [along_then_in])
    assert result.length(0, 0, 1) == pytest.approx(30 + 40)


def test_a_line_on_the_boundary_only_touches() -> None:
    result = measured(PLAN, [line((0, 20), (0, 60))])
    assert not result.objects.is_inside[0]
    assert result.objects.distance_m[0] == 0


def test_lines_on_top_of_each_other_count_once() -> None:
    result = measured(PLAN, [line((-10, 50), (60, 50)), line((40, 50), (120, 50)), line((10, 20), (30, 20))])
    assert result.length(0, 0, 1) == pytest.approx(100 + 20)
    assert result.objects.length_m.tolist() == pytest.approx([60, 60, 20])


def test_a_ring_is_measured_apart_from_the_inside() -> None:
    result = measured(PLAN, [box(50, 0, 130, 100)], ring_radii_m=(20.0, 50.0))
    assert result.area(0, 0, 1) == 5000
    assert result.ring_area(0, 0, 1, 20.0) == pytest.approx(20 * 100)
    assert result.ring_area(0, 0, 1, 50.0) == pytest.approx(30 * 100)


def test_a_ring_counts_overlapping_objects_once() -> None:
    result = measured(PLAN, [box(100, 0, 120, 100), box(110, 0, 140, 100)], ring_radii_m=(50.0,))
    assert result.ring_area(0, 0, 1, 50.0) == pytest.approx(40 * 100)


@pytest.mark.parametrize(("width", "is_sliver"), [(0.9, True), (1.1, False)])
def test_a_part_narrower_than_the_sliver_width_is_a_sliver(width: float, is_sliver: bool) -> None:
    result = measured(PLAN, [box(100 - width, 0, 200, 100)])
    assert bool(result.objects.is_inside[0])
    assert bool(result.objects.is_sliver[0]) is is_sliver
    assert result.area(0, 0, 1) == pytest.approx(width * 100)
    assert result.solid(0, 0, 1, 2) == pytest.approx(0 if is_sliver else width * 100)


def test_an_object_that_is_narrow_itself_is_no_sliver() -> None:
    wall = box(-50, 50, 50, 50.6)
    result = measured(PLAN, [wall])
    assert not result.objects.is_sliver[0]
    assert result.solid(0, 0, 1, 2) == pytest.approx(50 * 0.6)


def test_a_sliver_under_another_object_takes_nothing_away() -> None:
    result = measured(PLAN, [box(99.5, 0, 200, 100), box(90, 0, 200, 50)])
    assert result.objects.is_sliver.tolist() == [True, False]
    assert result.area(0, 0, 1) == pytest.approx(10 * 50 + 0.5 * 50)
    assert result.solid(0, 0, 1, 2) == pytest.approx(10 * 50)


def test_a_line_within_the_tolerance_of_the_boundary_is_a_sliver() -> None:
    result = measured(PLAN, [line((0.3, 10), (0.3, 90)), line((0.7, 10), (0.7, 90))])
    assert result.objects.is_sliver.tolist() == [True, False]
    assert result.length(0, 0, 1) == pytest.approx(160)
    assert result.solid(0, 0, 1, 1) == pytest.approx(80)


def test_many_vertices_are_cut_and_still_one_object() -> None:
    disc = shapely.Point(shapely.get_coordinates(box(0, 0, 100, 100).centroid)[0]).buffer(400, quad_segs=1000)
    result = measured(PLAN, [disc])
    assert len(result.objects) == 1
    assert result.area(0, 0, 1) == pytest.approx(10_000, rel=1e-12)


def test_a_large_area_is_seen_through_windows() -> None:
    island = shapely.Point(0, 0).buffer(20_000, quad_segs=1500)
    big = shapely.transform(island, lambda c: c + [600_000, 6_500_000])
    objects = [
        box(x, y, x + 300, y + 200) for x in range(-22_000, 22_000, 2_000) for y in range(-22_000, 22_000, 1_500)
    ]
    result = measured(big, objects, reach_m=500, ring_radii_m=(500.0,))
    expected = shapely.area(shapely.intersection(objects, big))
    zone = big.buffer(500, quad_segs=16)
    assert result.area(0, 0, 1) == pytest.approx(expected.sum(), rel=1e-12)
    assert result.ring_area(0, 0, 1, 500.0) == pytest.approx(
        shapely.area(shapely.intersection(objects, zone)).sum() - expected.sum(), rel=1e-9
    )
    near = {i for i, d in enumerate(shapely.distance(objects, big)) if d <= 500}
    assert set(result.objects.feature.tolist()) == near
    distances = shapely.distance(objects, big)[result.objects.feature]
    assert result.objects.distance_m == pytest.approx(distances, abs=1e-6)


def test_no_pieces_give_no_measurements() -> None:
    result = measured(PLAN, [])
    assert len(result.objects) == 0
    assert result.area(0, 0, 1) == 0


def test_each_area_is_measured_by_itself() -> None:
    result = measured([PLAN, box(100, 0, 150, 100)], [box(90, 0, 120, 100)])
    assert result.area(0, 0, 1) == 1000
    assert result.area(1, 0, 1) == 2000
