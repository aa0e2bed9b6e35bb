"""A place in a request, in any coordinate system, as one in that of the database."""

from __future__ import annotations

import math

import shapely

from geomiljo.catalogue import Catalogue
from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, parse_crs, transform_one
from geomiljo.errors import InputError
from geomiljo.placement import read_extent, require_in_sweden
from geomiljo.texts import mark as _


def place_of(catalogue: Catalogue, x: float | None, y: float | None, crs: str | None) -> shapely.Point:
    """Return a place in EPSG:3006.

    Parameters
    ----------
    x, y : float
        East before north, longitude before latitude.
    crs : str, optional
        CRS84 without.

    Raises
    ------
    InputError
        No place is given, or it lies outside Sweden.
    """
    if x is None or y is None or not (math.isfinite(x) and math.isfinite(y)):
        raise InputError(
            _("The request names no place."),
            remedy=_("Give lon and lat, or x (east), y (north) and crs."),
            location="lon",
        )
    system = parse_crs(crs) if crs else WIRE_CRS
    given = shapely.Point(x, y)
    require_in_sweden(given, system, read_extent(catalogue.extent_file("sverige")), "the place")
    placed: shapely.Point = transform_one(given, system, ANALYSIS_CRS)
    return placed
