"""Geometry in the plane that more than one room needs: repair, width, canonical form.

Everything works on arrays of shapely geometries in metres; nothing here knows plans, layers or rules.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import GeometryType

from geomiljo.texts import Marked
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

BUFFER_QUADRANT_SEGMENTS = 16
"""Segments per quarter circle of every buffer; a buffer then falls short of the true radius by at most 0.12 %."""
_CANONICAL_GRID_M = 0.001
_SPOT = re.compile(r"\[(\S+) (\S+)\]")
_REASONS: dict[str, Marked] = {
    "Self-intersection": _("the outline crosses itself"),
    "Ring Self-intersection": _("the outline touches itself"),
    "Hole lies outside shell": _("a hole lies outside its outline"),
    "Holes are nested": _("a hole lies in another hole"),
    "Nested shells": _("a part lies inside another"),
    "Interior is disconnected": _("holes cut the area apart"),
    "Duplicate Rings": _("the same ring stands twice"),
    "Too few points in geometry component": _("a ring has too few different vertices"),
    "Invalid Coordinate": _("a coordinate is no number"),
    "Ring is not closed": _("a ring is not closed"),
    "ring closed": _("a ring that was not closed was closed"),
}
_own = threading.local()


def prepared_here(wkb: bytes) -> BaseGeometry:
    """Return a shape prepared for quick tests, the calling thread's own; made once for each thread.

    A prepared shape changes while it answers, and shapely lets other threads run meanwhile: two threads that ask the
    same one bring the process down.
    """
    shapes: dict[bytes, BaseGeometry] = _own.__dict__.setdefault("shapes", {})
    if wkb not in shapes:
        shape = shapely.from_wkb(wkb)
        shapely.prepare(shape)
        shapes[wkb] = shape
    return shapes[wkb]


def geometry_array(geometries: list[BaseGeometry] | tuple[BaseGeometry, ...]) -> NDArray[np.object_]:
    """Return an object array; numpy alone would try to unpack multi-part geometries."""
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    return array


def plain_wkb(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return geometries as WKB, the same on all machines; PostGIS knows the system of a column."""
    encoded: NDArray[np.object_] = shapely.to_wkb(geometries, byte_order=1)
    return encoded


def grown(geometries: NDArray[np.object_], radius_m: float) -> NDArray[np.object_]:
    """Return each geometry with everything within `radius_m`; arcs are chords inside the true circle.

    Part by part, then united: GEOS's own buffer of many parts takes time and memory with the square of their number.

    Examples
    --------
    >>> two = shapely.multipoints([[0, 0], [100, 0]])
    >>> round(grown(geometry_array([two]), 1.0)[0].area, 2)
    6.27
    """
    parts, owner = shapely.get_parts(geometries, return_index=True)
    buffers = shapely.buffer(parts, radius_m, quad_segs=BUFFER_QUADRANT_SEGMENTS)
    bounds = np.searchsorted(owner, np.arange(len(geometries) + 1))
    return geometry_array(
        [
            buffers[start] if stop - start == 1 else shapely.union_all(buffers[start:stop])
            for start, stop in itertools.pairwise(bounds)
        ]
    )


def polygonal(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the polygons inside each geometry as one (Multi)Polygon, empty where there is none.

    Examples
    --------
    >>> mixed = shapely.from_wkt("GEOMETRYCOLLECTION (LINESTRING (0 0, 9 9), POLYGON ((0 0, 1 0, 1 1, 0 0)))")
    >>> polygonal(geometry_array([mixed]))[0].wkt
    'POLYGON ((0 0, 1 0, 1 1, 0 0))'
    """
    result = geometries.copy()
    types = shapely.get_type_id(geometries)
    for index in np.flatnonzero((types != GeometryType.POLYGON) & (types != GeometryType.MULTIPOLYGON)):
        parts = _flat_parts(geometries[index])
        areal = parts[shapely.get_dimensions(parts) == 2]
        result[index] = areal[0] if len(areal) == 1 else shapely.multipolygons(areal)
    return result


def _flat_parts(geometry: BaseGeometry) -> NDArray[np.object_]:
    parts: NDArray[np.object_] = shapely.get_parts(geometry)
    while (shapely.get_num_geometries(parts) != 1).any() or (
        shapely.get_type_id(parts) >= GeometryType.MULTIPOINT
    ).any():
        parts = shapely.get_parts(parts)
    return parts


@dataclass(frozen=True, slots=True)
class Repair:
    """What became of invalid polygons.

    Attributes
    ----------
    geometries : ndarray of Geometry
        The input with the invalid ones repaired; polygons only.
    indices : ndarray of int
        Which of the input were invalid.
    reasons : list of str
        GEOS's reason with the coordinate, one for each of `indices`.
    area_before_m2, area_after_m2 : ndarray of float
        Shoelace area of the invalid ring set, and area of the repaired polygon.
    readings_m2 : ndarray of float, shape (k, 2)
        Area when rings are read as linework and when they are read as structure.
    """

    geometries: NDArray[np.object_]
    indices: NDArray[np.intp]
    reasons: list[str]
    area_before_m2: NDArray[np.float64]
    area_after_m2: NDArray[np.float64]
    readings_m2: NDArray[np.float64]

    @property
    def disagreement(self) -> NDArray[np.float64]:
        """How far the two readings are apart, as a share of the larger."""
        largest = self.readings_m2.max(axis=1, initial=0.0)
        apart = np.abs(self.readings_m2[:, 0] - self.readings_m2[:, 1])
        share: NDArray[np.float64] = np.divide(apart, largest, out=np.zeros_like(apart), where=largest > 0)
        return share


def repair_polygons(geometries: NDArray[np.object_]) -> Repair:
    """Make invalid polygons valid in GEOS's two ways and keep the union of both.

    Where the two readings of a broken outline agree nothing is lost; where they differ the union holds every place
    that either reading holds, and :attr:`Repair.disagreement` tells the caller, who may refuse.

    Examples
    --------
    >>> bow_tie = shapely.from_wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))")
    >>> repaired = repair_polygons(geometry_array([bow_tie]))
    >>> repaired.geometries[0].area, repaired.reasons
    (2.0, ['Self-intersection[1 1]'])
    """
    indices = np.flatnonzero(~shapely.is_valid(geometries))
    broken = geometries[indices]
    linework = polygonal(shapely.make_valid(broken, method="linework"))
    structure = polygonal(shapely.make_valid(broken, method="structure", keep_collapsed=False))
    readings = np.column_stack([shapely.area(linework), shapely.area(structure)])
    same = readings[:, 0] == readings[:, 1]
    both = np.where(same, structure, polygonal(shapely.union(linework, structure)))
    result = geometries.copy()
    result[indices] = both
    reasons = [str(reason) for reason in shapely.is_valid_reason(broken)]
    return Repair(result, indices, reasons, shapely.area(broken), shapely.area(both), readings)


def reason_text(reason: str) -> Marked:
    """Return GEOS's reason in plain words, marked for translation; one that is not known stays as it is.

    Examples
    --------
    >>> reason_text("Ring Self-intersection[1 1]"), reason_text("Something new[1 1]")
    ('the outline touches itself', 'Something new')
    """
    words = reason.partition("[")[0].strip()
    return _REASONS.get(words, Marked(words))


def reason_spot(reason: str) -> tuple[float, float] | None:
    """Return the coordinate in GEOS's reason, if it names one.

    Examples
    --------
    >>> reason_spot("Ring Self-intersection[1 1.5]"), reason_spot("ring closed")
    ((1.0, 1.5), None)
    """
    found = _SPOT.search(reason)
    return (float(found.group(1)), float(found.group(2))) if found else None


def format_spot(spot: tuple[float, float] | None) -> str:
    """Return a coordinate in EPSG:3006 to the centimetre.

    Examples
    --------
    >>> format_spot((674032.5, 6580821.25)), format_spot(None)
    ('E 674032.50, N 6580821.25', '-')
    """
    return "-" if spot is None else f"E {spot[0]:.2f}, N {spot[1]:.2f}"


def is_wider(geometries: NDArray[np.object_], width_m: float) -> NDArray[np.bool_]:
    """Tell which polygons hold a circle of diameter `width_m`.

    The circle test is a negative buffer. Most polygons are let through before it by an inequality that holds for
    every polygon with h holes and inscribed radius r: area ≤ r · perimeter + π r² (h − 1).

    Parameters
    ----------
    geometries : ndarray of (Multi)Polygon, shape (n,)

    Examples
    --------
    >>> is_wider(geometry_array([shapely.box(0, 0, 100, 0.9), shapely.box(0, 0, 2, 2)]), 1.0).tolist()
    [False, True]
    """
    radius = width_m / 2
    holes = shapely.get_num_interior_rings(geometries)
    bound = radius * shapely.length(geometries) + math.pi * radius**2 * (holes - 1)
    single = shapely.get_type_id(geometries) == GeometryType.POLYGON
    wide: NDArray[np.bool_] = single & (shapely.area(geometries) > bound)
    unsure = np.flatnonzero(~wide)
    if unsure.size:
        wide[unsure] = ~shapely.is_empty(shapely.buffer(geometries[unsure], -radius))
    return wide


def canonical_hash(geometry: BaseGeometry) -> str:
    """Return a hash of the geometry on a 1 mm grid, the same for any start point, ring or part order.

    Examples
    --------
    >>> a, b = shapely.from_wkt(["POLYGON ((0 0, 1 0, 1 1, 0 0))", "POLYGON ((1 1, 1.0001 0, 0 0, 1 1))"])
    >>> canonical_hash(a) == canonical_hash(b)
    True
    """
    snapped = shapely.set_precision(geometry, _CANONICAL_GRID_M, mode="pointwise")
    return hashlib.sha256(shapely.to_wkb(shapely.normalize(snapped), byte_order=1)).hexdigest()
