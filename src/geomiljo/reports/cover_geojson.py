"""Land cover of a planning area as GeoJSON, a feature for each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import shapely

from geomiljo.crs import WIRE_CRS
from geomiljo.reports.geojson import encoded, legacy_crs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

    from geomiljo.catalogue.ecosystem import CoverClass


def cover_geojson(shapes: Iterable[tuple[CoverClass, BaseGeometry]], crs: CRS = WIRE_CRS) -> bytes:
    """Return the ground of each class as a FeatureCollection, with its name, its colour and hectares.

    Parameters
    ----------
    shapes : iterable of (CoverClass, Geometry)
        EPSG:3006.
    """
    drawn = list(shapes)
    features = [
        {
            "type": "Feature",
            "id": cover.id,
            "geometry": orjson.Fragment(text),
            "properties": {
                "kind": "land_cover",
                "class": cover.code,
                "titleSv": cover.name.sv,
                "titleEn": cover.name.en,
                "colour": None if cover.rgb is None else "#{:02x}{:02x}{:02x}".format(*cover.rgb),
                "areaHa": float(shapely.area(ground)) / 10_000,
            },
        }
        for (cover, ground), text in zip(drawn, encoded([ground for _cover, ground in drawn], crs), strict=True)
    ]
    collection = {"type": "FeatureCollection", "name": "land_cover", "features": features}
    return orjson.dumps(collection if crs == WIRE_CRS else {**collection, "crs": legacy_crs(crs)})
