"""Telling whether a geometry lies in Sweden, and if not, which coordinate system would put it there.

The outline is a coarse one of land and sea with a margin; it tells a misplaced file from a Swedish one, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import CRS

from geomiljo.crs import ANALYSIS_CRS, SWEREF_ZONES, WIRE_CRS, crs_label, transform, transform_one, transformer
from geomiljo.errors import InputError, OutsideSweden, WrongCrs
from geomiljo.geometry import prepared_here
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_CANDIDATES: tuple[int, ...] = (3006, *SWEREF_ZONES, 3021, 4326)
_WEB_MERCATOR = 3857
_SAMPLE = 1_000
_OWN_MARGIN_DEGREES = 0.25
_FOREIGN_MARGIN_DEGREES = 6.0
"""Neighbours use one UTM zone for a whole country, beyond the six degrees that it is made for."""


def read_extent(path: Path) -> BaseGeometry:
    """Return a named extent (a GeoJSON file in CRS84) in EPSG:3006, prepared for quick tests in this thread."""
    return prepared_here(_extent(path))


@cache
def _extent(path: Path) -> bytes:
    collection = shapely.from_geojson(path.read_text(encoding="utf-8"))
    moved = transform_one(shapely.union_all(shapely.get_parts(collection)), WIRE_CRS)
    return bytes(shapely.to_wkb(moved))


@dataclass(frozen=True, slots=True)
class _Place:
    """Points as a coordinate system understands them: in EPSG:3006, and as longitude and latitude."""

    metres: NDArray[np.float64]
    degrees: NDArray[np.float64]

    @classmethod
    def of(cls, points: NDArray[np.float64], crs: CRS) -> _Place:
        metres = np.column_stack(transformer(crs, ANALYSIS_CRS).transform(points[:, 0], points[:, 1]))
        degrees = np.column_stack(transformer(crs, WIRE_CRS).transform(points[:, 0], points[:, 1]))
        return cls(metres, degrees)

    def inside(self, outline: BaseGeometry) -> NDArray[np.bool_]:
        inside: NDArray[np.bool_] = np.asarray(np.isfinite(self.metres).all(axis=1))
        inside[inside] = shapely.contains_xy(outline, self.metres[inside])
        return inside

    def in_area_of_use(self, crs: CRS, margin: float) -> bool:
        """Tell whether all points lie where the system is meant to be used; unknown areas hold everything."""
        area = crs.area_of_use
        if area is None:
            return True
        low = np.array([area.west, area.south]) - margin
        high = np.array([area.east, area.north]) + margin
        return bool(((self.degrees >= low) & (self.degrees <= high)).all())


def require_in_sweden(geometry: BaseGeometry, crs: CRS, outline: BaseGeometry, where: str) -> None:
    """Refuse a geometry that does not lie wholly inside the outline.

    Parameters
    ----------
    geometry : Geometry
        As delivered, coordinates of `crs` with x before y; finite.
    crs : CRS
        As stated.
    outline : (Multi)Polygon
        Sweden with its margin, EPSG:3006, prepared.
    where : str
        File and feature, for the message.

    Raises
    ------
    WrongCrs
        It would lie in Sweden with its axes swapped, or in another coordinate system.
    OutsideSweden
        It lies elsewhere, or partly so.

    Examples
    --------
    >>> from geomiljo.crs import parse_crs
    >>> stockholm = shapely.box(673_000, 6_579_000, 674_000, 6_580_000)
    >>> sweden = shapely.box(260_000, 6_120_000, 920_000, 7_700_000)
    >>> require_in_sweden(stockholm, ANALYSIS_CRS, sweden, "plan.gpkg")
    >>> try:
    ...     require_in_sweden(stockholm, parse_crs(3011), sweden, "plan.gpkg")
    ... except WrongCrs as error:
    ...     print(error)
    plan.gpkg does not lie in Sweden when its coordinates are EPSG:3011; it would lie in Sweden if they were EPSG:3006. State the right coordinate system (crs), or correct it in the file.
    """  # noqa: E501 - the message is one line
    points = shapely.get_coordinates(shapely.convex_hull(geometry))
    inside = _Place.of(points, crs).inside(outline)
    if not inside.all():
        raise misplaced(geometry, crs, outline, where)


def require_some_in_sweden(geometries: NDArray[np.object_], crs: CRS, outline: BaseGeometry, where: str) -> bool:
    """Refuse a file of which nothing lies inside the outline; see :func:`require_in_sweden`.

    Parameters
    ----------
    geometries : ndarray of Geometry
        As delivered; missing ones and ones with coordinates that are no numbers do not count.

    Returns
    -------
    bool
        Whether there is anything by which to tell.
    """
    coordinates, index = shapely.get_coordinates(geometries, return_index=True)
    finite = np.isfinite(coordinates).all(axis=1)
    if not finite.any():
        return False
    few = coordinates[finite][:: max(1, int(finite.sum()) // _SAMPLE)]
    if _Place.of(few, crs).inside(outline).any() or _Place.of(coordinates[finite], crs).inside(outline).any():
        return True
    sound = np.setdiff1d(index, index[~finite])
    if not shapely.intersects(outline, transform(geometries[sound], crs)).any():
        raise misplaced(shapely.multipoints(coordinates[finite]), crs, outline, where)
    return True


def misplaced(geometry: BaseGeometry, crs: CRS, outline: BaseGeometry, where: str) -> InputError:
    """Return the error that explains why `geometry` does not lie in Sweden; see :func:`require_in_sweden`."""
    points = shapely.get_coordinates(shapely.convex_hull(geometry))
    place = _Place.of(points, crs)
    inside = place.inside(outline)
    worst = int(np.argmin(inside))
    params = {"where": where, "crs": crs_label(crs), "lonlat": _lonlat(place.degrees[worst])}
    if inside.any():
        return OutsideSweden(
            _("{where} lies partly outside Sweden: {lonlat} (longitude, latitude)."),
            remedy=_("Only areas within Sweden and its sea can be checked: cut off what lies outside."),
            **params,
        )
    if _Place.of(points[:, ::-1], crs).inside(outline).all():
        return WrongCrs(
            _(
                "{where} does not lie in Sweden when its coordinates are {crs}; it would lie in Sweden if the axes "
                "were swapped."
            ),
            remedy=_("Write east before north, longitude before latitude."),
            **params,
        )
    others = _systems_that_fit(points, outline)
    if others and not _is_at_home(place, crs):
        return WrongCrs(
            _(
                "{where} does not lie in Sweden when its coordinates are {crs}; it would lie in Sweden if they were "
                "{others}."
            ),
            remedy=_("State the right coordinate system (crs), or correct it in the file."),
            others=", ".join(others),
            **params,
        )
    return OutsideSweden(
        _("{where} lies outside Sweden: its coordinates, read as {crs}, are at {lonlat} (longitude, latitude)."),
        remedy=_("Only areas within Sweden and its sea can be checked.")
        if not others
        else _(
            "If that is wrong: it would lie in Sweden if its coordinates were {others};"
            " state the coordinate system (crs)."
        ),
        others=", ".join(others),
        **params,
    )


def _systems_that_fit(points: NDArray[np.float64], outline: BaseGeometry) -> list[str]:
    """Return the systems in which all points lie in Sweden and where that system is used."""
    found: list[str] = []
    for suffix, ordered in (("", points), (" (y, x)", points[:, ::-1])):
        for code in _CANDIDATES:
            crs = CRS.from_epsg(code)
            place = _Place.of(ordered, crs)
            if place.inside(outline).all() and place.in_area_of_use(crs, _OWN_MARGIN_DEGREES):
                found.append(f"EPSG:{code}{suffix}")
    return found


def _is_at_home(place: _Place, crs: CRS) -> bool:
    """Tell whether the place is one where a system of another country is used, so that there is nothing to doubt."""
    code = crs.to_epsg()
    is_foreign = code not in _CANDIDATES and not crs.is_geographic and code != _WEB_MERCATOR
    return is_foreign and place.in_area_of_use(crs, _FOREIGN_MARGIN_DEGREES)


def _lonlat(degrees: NDArray[np.float64]) -> str:
    if not np.isfinite(degrees).all():
        return "-"
    return f"{degrees[0]:.5f}, {degrees[1]:.5f}"
