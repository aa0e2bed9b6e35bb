"""The coordinate systems that features are given in, with their axes in the order of the authority."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproj import CRS

from geomiljo.crs import SWEREF_ZONES, WIRE_CRS, northing_first
from geomiljo.errors import InvalidQuery
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Mapping

_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


@dataclass(frozen=True, slots=True)
class System:
    """A coordinate system of answers.

    Attributes
    ----------
    uri : str
    crs : CRS
        With x before y, as everything inside is.
    srid : int
        As PostGIS calls it.
    is_flipped : bool
        The authority puts y first: northing before easting, latitude before longitude.
    decimals : int
        Of coordinates: millimetres, or the whole value where nothing is transformed.
    """

    uri: str
    crs: CRS
    srid: int
    is_flipped: bool
    decimals: int

    @property
    def urn(self) -> str:
        """Name in the ``crs`` member of clients before RFC 7946."""
        return "urn:ogc:def:crs:OGC:1.3:CRS84" if self.uri.endswith("CRS84") else f"urn:ogc:def:crs:EPSG::{self.srid}"


def _epsg(code: int) -> System:
    crs = CRS.from_epsg(code)
    return System(f"{_EPSG}{code}", crs, code, northing_first(crs), 8 if crs.is_geographic else 3)


CRS84 = System("http://www.opengis.net/def/crs/OGC/1.3/CRS84", WIRE_CRS, 4326, is_flipped=False, decimals=8)
"""Longitude and latitude: what is given where nothing else is asked for."""
STORAGE = System(f"{_EPSG}3006", CRS.from_epsg(3006), 3006, is_flipped=True, decimals=15)
"""SWEREF 99 TM, in which features are stored: given with every digit."""
SYSTEMS: Mapping[str, System] = {
    system.uri: system for system in (CRS84, STORAGE, *map(_epsg, (*SWEREF_ZONES, 4326, 4258, 3857)))
}


def system_of(uri: str, parameter: str) -> System:
    """Return the system that a parameter names.

    Examples
    --------
    >>> system_of("http://www.opengis.net/def/crs/EPSG/0/3006", "crs").is_flipped
    True

    Raises
    ------
    InvalidQuery
        Features are not given in it.
    """
    found = SYSTEMS.get(uri.strip("[]"))
    if found is None:
        raise InvalidQuery(
            _("Features are not given in {system}."),
            remedy=_("Give one of {systems}, with the axes in the order of the authority."),
            location=parameter,
            system=uri[:80],
            systems=", ".join(SYSTEMS),
        )
    return found
