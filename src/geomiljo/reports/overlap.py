"""Overlapping interests as GeoJSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import shapely

from geomiljo.crs import WIRE_CRS
from geomiljo.reports.geojson import encoded
from geomiljo.units import SQUARE_METRES_PER_HECTARE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

MOST_VERTICES = 200_000
"""Vertices of an answer; of more, outlines are simplified until they fit, as far as that is sensible."""
_COARSEST_M = 64.0


def overlap_geojson(areas: Sequence[tuple[int, float, BaseGeometry]]) -> bytes:
    """Return areas as a FeatureCollection in longitude and latitude.

    Parameters
    ----------
    areas : sequence of (int, float, Geometry)
        Number of interests, area in m², ground in EPSG:3006. Areas are told as measured, also where outlines are
        simplified; `simplifiedM` tells how much.
    """
    shapes = [geometry for _count, _area, geometry in areas]
    tolerance_m = 0.0
    drawn = shapes
    while tolerance_m < _COARSEST_M and sum(map(shapely.get_num_coordinates, drawn)) > MOST_VERTICES:
        tolerance_m = 2 * tolerance_m or 0.5
        drawn = [shapely.simplify(shape, tolerance_m) for shape in shapes]
    features = [
        {
            "type": "Feature",
            "geometry": orjson.Fragment(shape),
            "properties": {"interests": count, "areaHa": area_m2 / SQUARE_METRES_PER_HECTARE},
        }
        for (count, area_m2, _), shape in zip(areas, encoded(drawn, WIRE_CRS), strict=True)
    ]
    return orjson.dumps(
        {"type": "FeatureCollection", "name": "overlap", "simplifiedM": tolerance_m, "features": features}
    )
