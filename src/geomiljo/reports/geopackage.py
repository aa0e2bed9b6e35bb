"""Tables with places as GeoPackage."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio.raw
import shapely

from geomiljo.crs import ANALYSIS_CRS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.ma import MaskedArray
    from shapely.geometry.base import BaseGeometry

GEOPACKAGE_TYPE = "application/geopackage+sqlite3"


def geopackage(layer: str, columns: Mapping[str, MaskedArray[Any, Any]], places: Sequence[BaseGeometry]) -> bytes:
    """Return a file with one layer of areas.

    Parameters
    ----------
    columns : mapping of str to masked array of shape (n,)
        By name; what is masked is null.
    places : sequence of (Multi)Polygon of length n
        EPSG:3006.
    """
    target = io.BytesIO()
    pyogrio.raw.write(
        target,
        geometry=shapely.to_wkb([shapely.multipolygons(shapely.get_parts(place)) for place in places]),
        field_data=[column.data for column in columns.values()],
        field_mask=[np.ma.getmaskarray(column) for column in columns.values()],
        fields=list(columns),
        layer=layer,
        driver="GPKG",
        geometry_type="MultiPolygon",
        crs=ANALYSIS_CRS.to_wkt(),
    )
    return target.getvalue()
