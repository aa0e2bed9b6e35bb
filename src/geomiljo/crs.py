"""Coordinate systems: naming, recognising and transforming, all in one place.

One system to measure in, SWEREF 99 TM (:data:`ANALYSIS_CRS`); one on the wire, CRS84 longitude/latitude
(:data:`WIRE_CRS`). Coordinates are always x before y: easting/northing, longitude/latitude.
"""

from __future__ import annotations

import threading
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geomiljo.errors import WrongCrs
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

ANALYSIS_CRS = CRS.from_epsg(3006)
"""SWEREF 99 TM, metres: everything is measured in it."""
WIRE_CRS = CRS.from_user_input("OGC:CRS84")
"""Longitude/latitude: GeoJSON as RFC 7946 has it."""
SWEREF_ZONES: tuple[int, ...] = tuple(range(3007, 3019))
"""The twelve local SWEREF 99 zones that municipalities draw plans in."""
KNOWN_EPSG: tuple[int, ...] = (
    3006,
    *SWEREF_ZONES,
    4326,
    4258,
    4619,
    3857,
    25832,
    25833,
    25834,
    25835,
    *range(3019, 3025),
)
MAX_EDGE_M = 1_000.0
"""Longer edges get extra vertices before a transformation; without them an edge of 5 km moves by a metre."""
_MAX_EDGE_DEGREES = 0.009

_local = threading.local()


def northing_first(crs: CRS) -> bool:
    """Tell whether the authority puts latitude or northing before longitude or easting.

    Examples
    --------
    >>> northing_first(ANALYSIS_CRS), northing_first(WIRE_CRS)
    (True, False)
    """
    return bool(crs.axis_info) and crs.axis_info[0].direction == "north"


def parse_crs(text: str | int) -> CRS:
    """Return the coordinate system that a user or a file names.

    Parameters
    ----------
    text : str or int
        EPSG number, ``EPSG:3006``, OGC URN or URI, WKT, or anything else that PROJ reads.

    Raises
    ------
    WrongCrs
        When nothing of that name exists.

    Examples
    --------
    >>> crs_label(parse_crs("urn:ogc:def:crs:EPSG::3011")), crs_label(parse_crs(3006))
    ('EPSG:3011', 'EPSG:3006')
    """
    try:
        return recognise(CRS.from_user_input(int(text) if str(text).isdigit() else text))
    except CRSError as error:
        raise WrongCrs(
            _("There is no coordinate system {name}."),
            remedy=_("Give an EPSG code, for example 3006 for SWEREF 99 TM or 3011 for SWEREF 99 18 00."),
            name=str(text)[:80],
        ) from error


@cache
def _known() -> tuple[tuple[dict[str, Any], CRS], ...]:
    return tuple((_parameters(crs), crs) for crs in map(CRS.from_epsg, KNOWN_EPSG))


def _parameters(crs: CRS) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # PROJ strings lose the datum's name; only numbers are compared
        return crs.to_dict()


def recognise(crs: CRS) -> CRS:
    """Return the known system that `crs` equals by its numbers, or `crs` itself.

    Files written by older programs name no EPSG code ("unnamed" in a .prj) though the projection is SWEREF 99 TM to
    the last parameter. ETRS89 / UTM 33 has the same numbers as SWEREF 99 TM; where no name tells, the latter is meant.
    """
    if crs.to_epsg() is not None or crs.to_authority(min_confidence=90) is not None:
        return crs
    parameters = _parameters(crs)
    return next((known for numbers, known in _known() if parameters and numbers == parameters), crs)


def crs_label(crs: CRS) -> str:
    """Return a short name: ``EPSG:3006`` where there is a code, else the name inside the definition."""
    authority = crs.to_authority(min_confidence=90)
    return ":".join(authority) if authority else str(crs.name)


def transformer(source: CRS, target: CRS) -> Transformer:
    """Return a transformer with x before y at both ends; each thread has its own."""
    cached: dict[tuple[str, str], Transformer] = _local.__dict__.setdefault("transformers", {})
    key = (source.to_wkt(), target.to_wkt())
    if key not in cached:
        cached[key] = Transformer.from_crs(source, target, always_xy=True)
    return cached[key]


def _longest_edge(crs: CRS) -> float:
    if crs.is_geographic:
        return _MAX_EDGE_DEGREES
    return MAX_EDGE_M / float(crs.axis_info[0].unit_conversion_factor)


def dense_vertex_count(geometries: NDArray[np.object_], source: CRS) -> float:
    """Return how many vertices, at most, :func:`transform` would make of `geometries`."""
    return float(
        shapely.get_num_coordinates(geometries).sum() + shapely.length(geometries).sum() / _longest_edge(source)
    )


def transform(geometries: NDArray[np.object_], source: CRS, target: CRS = ANALYSIS_CRS) -> NDArray[np.object_]:
    """Return geometries moved from `source` to `target`.

    Edges longer than :data:`MAX_EDGE_M` are divided first, so that a straight edge of the source stays where it was.
    Same system in and out: the input comes back untouched. Coordinates that the projection cannot take become
    infinite, as in PROJ; the caller's check for finite coordinates reports them.

    Parameters
    ----------
    geometries : ndarray of Geometry, shape (n,)
        Two-dimensional; missing values stay missing.
    """
    if source == target:
        return geometries
    dense = shapely.segmentize(geometries, _longest_edge(source))
    move = transformer(source, target)

    def project(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = move.transform(coordinates[:, 0], coordinates[:, 1])
        return np.column_stack([x, y])

    moved: NDArray[np.object_] = shapely.transform(dense, project)
    return moved


def transform_one(geometry: BaseGeometry, source: CRS, target: CRS = ANALYSIS_CRS) -> BaseGeometry:
    """Return one geometry moved from `source` to `target`; see :func:`transform`."""
    moved: BaseGeometry = transform(np.array([geometry], dtype=object), source, target)[0]
    return moved
