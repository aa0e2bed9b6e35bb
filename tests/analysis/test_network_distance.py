"""Walks to green along networks that can be added up by hand, and against a search that knows no library."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from geomiljo.analysis.network_distance import Network, Walks, walks_to_green
from geomiljo.geometry import geometry_array

Line = list[tuple[float, float]]
GREEN = (300.0, 400.0)
CORNER: Line = [(0, 0), (300, 0), (300, 400)]
"""700 m of path around a corner, to the green."""


def walks(lines: list[Line], *starts: tuple[float, float], is_whole: bool = True) -> Walks:
    network = Network.of(geometry_array([shapely.LineString(line) for line in lines]))
    from_starts, from_places = (
        np.hypot(*(np.array(places, dtype=np.float64).reshape(-1, 2) - GREEN).T) for places in (starts, network.places)
    )
    return walks_to_green(network, np.array(starts, dtype=np.float64), from_starts, from_places, is_whole=is_whole)


def test_a_walk_goes_to_the_path_along_it_and_into_the_green() -> None:
    found = walks([CORNER], (0, 60))
    assert found.median_m == pytest.approx(60 + 700)
    assert (found.unknown_share, found.near_share) == (0.0, 0.0)
    assert walks([CORNER], (300, 160)).median_m == pytest.approx(240)
    assert walks([CORNER], (300, 160)).near_share == 1.0
    assert walks([[(0, 0), (300, 0), (300, 360)]], (0, 0)).median_m == pytest.approx(660 + 40)  # ends 40 m from it


def test_the_shorter_of_two_ways_is_taken() -> None:
    assert walks([CORNER, [(0, 0), (300, 400)]], (0, 0)).median_m == pytest.approx(500)
    assert walks([CORNER, [(0, 0), (0, 400), (300, 400)], [(0, 0), (200, 0)]], (0, 0)).median_m == pytest.approx(700)


def test_next_to_the_green_no_path_is_needed() -> None:
    assert walks([[(9_000, 0), (9_100, 0)]], (300, 360)).median_m == pytest.approx(40)


def test_what_the_network_does_not_join_is_not_known() -> None:
    apart = walks([[(0, 0), (100, 0)], [(200, 0), (300, 400)]], (0, 0))
    assert apart == Walks(None, None, 1.0, 0.0)
    assert walks([CORNER], (0, 160)).unknown_share == 1.0  # 160 m from the nearest path
    assert walks([], (0, 0)).unknown_share == 1.0
    half = walks([CORNER], (0, 0), (0, 160))
    assert half.median_m == pytest.approx(700)
    assert half.unknown_share == 0.5


def test_crossing_without_a_shared_vertex_joins_nothing() -> None:
    bridge: Line = [(150, -50), (150, 50)]
    assert walks([bridge, [(0, 10), (300, 10), (300, 400)]], (160, 80)).median_m == pytest.approx(70 + 140 + 390)
    assert walks([bridge, [(0, 10), (140, 10)], [(300, 10), (300, 400)]], (150, -50)).unknown_share == 1.0


def test_a_way_out_of_what_is_searched_is_far_where_the_network_is_whole() -> None:
    out: Line = [(0, 0), (-2_500, 0)]
    far = walks([out, [(300, 0), (300, 400)]], (0, 0))
    assert (far.median_m, far.unknown_share) == (math.inf, 0.0)
    assert walks([out, [(300, 0), (300, 400)]], (0, 0), is_whole=False).unknown_share == 1.0
    winding: Line = [(0, 0), (0, -900), (300, -900), (300, 400)]
    assert walks([winding], (0, 0)).median_m == math.inf  # 2,500 m
    assert walks([winding], (0, 0), is_whole=False).unknown_share == 1.0


def test_pieces_of_a_cut_line_are_one_line() -> None:
    cut = [[(0.0, 0.0), (149.999999, 0.0)], [(150.0, 0.0), (300.0, 0.0)], [(300.0, 1e-7), (300.0, 400.0)]]
    assert walks(cut, (0, 0)).median_m == pytest.approx(700)


@settings(max_examples=40)
@example([(0, 3), (0, 3), (0, 4), (3, 2)], [1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=12),
    st.lists(st.floats(1, 19), min_size=9, max_size=9),
)
def test_ways_are_as_long_as_trying_all_finds(edges: list[tuple[int, int]], heights: list[float]) -> None:
    """The walk begins at a corner that lies on no other line: on such one a walk may begin as well."""
    places = [(19.0 * number, height) for number, height in enumerate(heights)]
    lines = [[places[a], places[b]] for a, b in edges if a != b]
    start = lines[-1][1] if lines else (0.0, 0.0)
    assume(
        lines and all(start in line or shapely.LineString(line).distance(shapely.Point(start)) > 1e-3 for line in lines)
    )
    network = Network.of(geometry_array([shapely.LineString(line) for line in lines]))
    green = np.where((network.places == places[0]).all(axis=1), 0.0, 1_000.0)
    found = walks_to_green(network, np.array([start]), np.array([1_000.0]), green, is_whole=True)
    shortest = all_pairs(lines).get((places[0], start), math.inf)
    if not math.isinf(shortest):
        assert found.median_m == pytest.approx(shortest, abs=1e-4)


def all_pairs(lines: list[Line]) -> dict[tuple[tuple[float, float], tuple[float, float]], float]:
    """Return the shortest ways by Floyd and Warshall."""
    ends = {end for line in lines for end in line}
    ways = {(end, end): 0.0 for end in ends}
    for one, other in lines:
        length = math.dist(one, other)
        for pair in ((one, other), (other, one)):
            ways[pair] = min(length, ways.get(pair, math.inf))
    for middle, one, other in itertools.product(ends, ends, ends):
        through = ways.get((one, middle), math.inf) + ways.get((middle, other), math.inf)
        ways[one, other] = min(through, ways.get((one, other), math.inf))
    return ways
