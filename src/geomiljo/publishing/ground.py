"""The quiet ground of drawn maps: what our own layers have of built-up areas, water and boundaries there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from sqlalchemy import func, select

from geomiljo.database.tables import SRID, Feature
from geomiljo.maps.overlays import BACKDROP, GroundShapes
from geomiljo.publishing.layers import published_versions

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geomiljo.catalogue import Catalogue
    from geomiljo.maps.paper import Window

_MOST = 2_000
"""Objects of a layer, the largest first: on a sheet of paper more cannot be told apart."""
_AROUND = 1.05


def ground_of(
    connection: Connection, catalogue: Catalogue, hidden: frozenset[str], window: Window
) -> tuple[GroundShapes, ...]:
    """Return the ground of a map from below, cut to a little more than it and as fine as it shows.

    Parameters
    ----------
    hidden : frozenset of str
        Layers that the caller may not see.
    """
    west, south, east, north = window.bounds
    reach = (_AROUND - 1) * max(east - west, north - south)
    box = func.ST_MakeEnvelope(west - reach, south - reach, east + reach, north + reach, SRID)
    found = []
    for layer, look in BACKDROP.items():
        for version in published_versions(connection, catalogue, hidden, layer):
            drawn = Feature.geom if look.ground else func.ST_Boundary(Feature.geom)  # cut edges are no boundaries
            query = (
                select(func.ST_AsBinary(func.ST_ClipByBox2D(drawn, box)))
                .where(Feature.version_id == version.id, Feature.geom.op("&&")(box))
                .order_by(Feature.size.desc(), Feature.number)
                .limit(_MOST)
            )
            shapes = shapely.from_wkb(np.array([bytes(row) for row in connection.scalars(query)], dtype=object))
            light = shapely.simplify(shapes, window.metres_per_pixel / 2)
            found.append(GroundShapes(look, tuple(light), catalogue.layers[layer].authority))
    return tuple(found)
