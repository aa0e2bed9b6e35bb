"""Hypothesis strategies: planning areas and objects as awkward as real ones, small enough to think about."""

from __future__ import annotations

import math

import numpy as np
import shapely
from factories import EAST, NORTH
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

_coordinate = st.integers(min_value=-200, max_value=300)


@st.composite
def stars(draw: st.DrawFn, max_vertices: int = 40) -> shapely.Polygon:
    """A star-shaped polygon, now and then with a hole."""
    count = draw(st.integers(min_value=3, max_value=max_vertices))
    radii = np.array(draw(st.lists(st.floats(5, 120), min_size=count, max_size=count)))
    angles = np.linspace(0, 2 * math.pi, count, endpoint=False)
    x, y = draw(_coordinate), draw(_coordinate)
    ring = np.column_stack([EAST + x + radii * np.cos(angles), NORTH + y + radii * np.sin(angles)])
    shape = shapely.Polygon(ring)
    if draw(st.booleans()):
        hole = shapely.Polygon(ring * 0.3 + 0.7 * ring.mean(axis=0))
        holed = shapely.difference(shape, hole)
        shape = holed if holed.geom_type == "Polygon" else shape
    return shape


@st.composite
def boxes(draw: st.DrawFn) -> shapely.Polygon:
    """A rectangle on whole metres: edges fall on edges, corners on corners."""
    x, y = draw(_coordinate), draw(_coordinate)
    width, height = draw(st.integers(1, 150)), draw(st.integers(1, 150))
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


@st.composite
def lines(draw: st.DrawFn) -> shapely.LineString:
    """A line on whole metres."""
    vertices = draw(st.lists(st.tuples(_coordinate, _coordinate), min_size=2, max_size=8, unique=True))
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in vertices])


@st.composite
def points(draw: st.DrawFn) -> shapely.Point:
    """A point on whole metres."""
    return shapely.Point(EAST + draw(_coordinate), NORTH + draw(_coordinate))


def polygons() -> st.SearchStrategy[shapely.Polygon]:
    """Any polygon."""
    return st.one_of(stars(), boxes()).filter(lambda shape: shape.is_valid and shape.area > 0.01)


def objects() -> st.SearchStrategy[list[BaseGeometry]]:
    """Some objects of any kind."""
    return st.lists(st.one_of(polygons(), lines(), points()), max_size=8)


def areas() -> st.SearchStrategy[shapely.Polygon]:
    """Planning areas of at least a square metre."""
    return polygons().filter(lambda shape: shape.area >= 1)
