"""Places written as coordinates: SWEREF 99 TM, a local zone, or latitude and longitude, understood from the numbers."""

from __future__ import annotations

from dataclasses import dataclass

import shapely

from geomiljo.crs import ANALYSIS_CRS, SWEREF_ZONES, parse_crs, transform_one
from geomiljo.errors import InputError
from geomiljo.plans.pasted import kind_of_pair, read_pair

_SYSTEMS: dict[str, tuple[int, ...]] = {"tm": (3006,), "zone": tuple(SWEREF_ZONES), "degrees": (4326,)}


@dataclass(frozen=True, slots=True)
class WrittenPlace:
    """A place.

    Attributes
    ----------
    crs : str
        Label of the system that the numbers are read in.
    point : Point
        EPSG:3006.
    """

    crs: str
    point: shapely.Point


def written_places(text: str) -> tuple[WrittenPlace, ...]:
    """Return what a pair of coordinates can mean: one place, or one for each local zone; none where it is no pair.

    Examples
    --------
    >>> [place.crs for place in written_places("6580914; 670208")]
    ['EPSG:3006']
    >>> written_places("59.33, 18.06")[0].point.distance(shapely.Point(674_122, 6_580_704)) < 200
    True
    >>> len(written_places("6580914; 154000")), written_places("Lindö")
    (12, ())
    """
    try:
        (first, second), _order = read_pair(text, 1)
    except InputError:
        return ()
    kind = kind_of_pair((first, second))
    if kind is None:
        return ()
    name, is_north_first = kind
    given = shapely.Point(second, first) if is_north_first else shapely.Point(first, second)
    return tuple(
        WrittenPlace(f"EPSG:{code}", transform_one(given, parse_crs(code), ANALYSIS_CRS)) for code in _SYSTEMS[name]
    )
