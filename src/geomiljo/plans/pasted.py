"""Pasted text as a planning area: GeoJSON, WKT, or corners as pairs of coordinates.

The order of the axes is understood from the size of the numbers, which tells it for every system that is used in
Sweden; text whose numbers tell nothing, or different things, is refused.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from geomiljo.crs import SWEREF_ZONES, WIRE_CRS, crs_label, parse_crs
from geomiljo.errors import InvalidGeometry, MissingCrs, UnreadableFile, WrongCrs
from geomiljo.plans.case import PlanSource
from geomiljo.texts import Marked
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproj import CRS

_NUMBER = r"[-+]?\d+(?:[.,]\d+)?"
_THOUSANDS = r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?"
_LABELLED = re.compile(
    rf"^\s*(?P<first>[NEYX])\s*[:=]?\s*(?P<a>{_THOUSANDS}|{_NUMBER})\s*[;,\s]\s*"
    rf"(?P<second>[NEYX])\s*[:=]?\s*(?P<b>{_THOUSANDS}|{_NUMBER})\s*$",
    re.IGNORECASE,
)
_PAIRS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^\s*(?P<a>{_THOUSANDS})\s*[;\t,]\s*(?P<b>{_THOUSANDS})\s*$",
        r"^\s*(?P<a>\d[ \u00a0\u202f]\d{3}[ \u00a0\u202f]\d{3}(?:[.,]\d+)?)[ \u00a0\u202f]+"
        r"(?P<b>\d{2,3}[ \u00a0\u202f]\d{3}(?:[.,]\d+)?)\s*$",
        r"^\s*(?P<a>\d{2,3}[ \u00a0\u202f]\d{3}(?:[.,]\d+)?)[ \u00a0\u202f]+"
        r"(?P<b>\d[ \u00a0\u202f]\d{3}[ \u00a0\u202f]\d{3}(?:[.,]\d+)?)\s*$",
        rf"^\s*(?P<a>{_NUMBER})\s*[;\s]\s*(?P<b>{_NUMBER})\s*$",
        r"^\s*(?P<a>[-+]?\d+(?:\.\d+)?)\s*,\s*(?P<b>[-+]?\d+(?:\.\d+)?)\s*$",
    )
)
_WKT = re.compile(r"^\s*(?:SRID=(?P<srid>\d+);\s*)?(?:MULTI)?(?:POLYGON|GEOMETRYCOLLECTION)\b", re.IGNORECASE)
_NORTHINGS_M, _TM_EASTINGS_M, _ZONE_EASTINGS_M = (6_000_000.0, 7_800_000.0), (255_000.0, 960_000.0), (0.0, 255_000.0)
_LATITUDES, _LONGITUDES = (54.0, 70.0), (9.0, 26.0)
_LEAST_CORNERS = 3


@dataclass(frozen=True, slots=True)
class Pasted:
    """What was understood.

    Attributes
    ----------
    source : PlanSource
        The area as a GeoJSON file that names its coordinate system.
    understood : str
        Marked text: in which order the axes were read; with the place ``crs``.
    crs : str
        Label of the coordinate system.
    """

    source: PlanSource
    understood: Marked
    crs: str


@dataclass(frozen=True, slots=True)
class _Plane:
    """What pairs of numbers are: the system that they point to, and whether north stands first."""

    crs: CRS | None
    is_north_first: bool


def pasted_area(text: str, crs: str | None = None) -> Pasted:
    """Return what a pasted text means.

    Parameters
    ----------
    crs : str, optional
        Coordinate system as stated beside the text.

    Raises
    ------
    UnreadableFile
        The text is no GeoJSON, no WKT and no list of corners.
    MissingCrs
        The numbers fit several coordinate systems.
    WrongCrs
        The numbers do not fit the stated system, or each other.
    InvalidGeometry
        Fewer than three corners.
    """
    text = text.strip()
    if not text:
        raise UnreadableFile(_("Nothing is pasted."), remedy=_("Paste corners, WKT or GeoJSON."), location="text")
    if text.startswith(("{", "[")):
        return _geojson(text, crs)
    wkt = _WKT.match(text)
    if wkt:
        return _wkt(text, wkt.group("srid"), crs)
    return _corners(text, crs)


def _geojson(text: str, crs: str | None) -> Pasted:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(
            _("The pasted text begins like GeoJSON, but is not: {reason}."),
            remedy=_("Copy all of it, from the first brace to the last."),
            location="text",
            reason=str(error),
        ) from error
    label = crs_label(WIRE_CRS)
    if isinstance(document, dict) and isinstance(document.get("crs"), dict):
        label = str((document["crs"].get("properties") or {}).get("name") or label)
    elif crs is not None and isinstance(document, dict):
        document, label = {**document, "crs": _named(parse_crs(crs))}, crs_label(parse_crs(crs))
    return Pasted(_source(document), _("Read as GeoJSON: east before north, in {crs}."), label)


def _wkt(text: str, srid: str | None, stated: str | None) -> Pasted:
    body = text.partition(";")[2] if srid else text
    try:
        geometry = shapely.force_2d(shapely.from_wkt(body))
    except (shapely.errors.ShapelyError, ValueError) as error:
        raise UnreadableFile(
            _("The pasted text begins like WKT, but is not: {reason}."),
            remedy=_("Copy all of it, from POLYGON to the last bracket."),
            location="text",
            reason=str(error).splitlines()[0],
        ) from error
    pairs = shapely.get_coordinates(geometry).tolist()
    plane = _plane_of(pairs, srid or stated)
    if plane.is_north_first:
        geometry = shapely.transform(geometry, lambda xy: xy[:, ::-1])
    return _understood(geometry, plane)


def _corners(text: str, stated: str | None) -> Pasted:
    rings: list[list[tuple[float, float]]] = [[]]
    labels: set[bool] = set()
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            rings.append([])
            continue
        pair, is_north_first = read_pair(line, number)
        rings[-1].append(pair)
        if is_north_first is not None:
            labels.add(is_north_first)
    rings = [ring for ring in rings if ring]
    short = next((ring for ring in rings if len(set(ring)) < _LEAST_CORNERS), None)
    if short is not None:
        raise InvalidGeometry(
            _("An area has at least three corners; {count} were pasted."),
            remedy=_("Write one corner a line, and an empty line between areas."),
            location="text",
            count=len(set(short)),
        )
    plane = _plane_of([pair for ring in rings for pair in ring], stated)
    if labels - {plane.is_north_first}:
        raise WrongCrs(
            _("The letters before the numbers say another order of the axes than the numbers do."),
            remedy=_("N is north, E is east: see which letter stands before which number."),
            location="text",
        )
    step = -1 if plane.is_north_first else 1
    areas = [shapely.Polygon([pair[::step] for pair in ring]) for ring in rings]
    return _understood(areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas), plane)


def read_pair(line: str, number: int) -> tuple[tuple[float, float], bool | None]:
    """Return the two numbers of a line, and whether letters say that north stands first; None: there are none."""
    labelled = _LABELLED.match(line)
    found = labelled or next((match for pattern in _PAIRS if (match := pattern.match(line))), None)
    order = None
    if labelled:
        letters = (labelled["first"] + labelled["second"]).upper()
        # X and Y are not asked: the two traditions swap them
        order = {"NE": True, "EN": False}.get(letters)
    if found is None:
        raise UnreadableFile(
            _("Line {line} is no pair of coordinates: {text}"),
            remedy=_("Write one corner a line, for example 6580914; 670208."),
            location="text",
            line=number,
            text=line.strip()[:60],
        )
    return (_value(found["a"]), _value(found["b"])), order


def _value(text: str) -> float:
    return float(re.sub(r"[ \u00a0\u202f]", "", text).replace(",", "."))


def _plane_of(pairs: Sequence[Sequence[float]], stated: str | None) -> _Plane:
    """Return what the numbers mean; all pairs must mean the same."""
    planes = {kind_of_pair(pair) for pair in pairs}
    if len(planes) != 1 or None in planes:
        raise WrongCrs(
            _("The order and the system of the coordinates cannot be told from the numbers."),
            remedy=_(
                "Write all corners alike, in SWEREF 99 TM, a local SWEREF 99 zone or latitude and longitude; "
                "for example 6580914; 670208."
            ),
            location="text",
        )
    [kind] = planes
    assert kind is not None  # noqa: S101 - told apart above
    name, is_north_first = kind
    return _Plane(_settled(name, stated), is_north_first)


def kind_of_pair(pair: Sequence[float]) -> tuple[str, bool] | None:
    """Return ``tm``, ``zone`` or ``degrees``, and whether north stands first."""
    for first, second, is_north_first in ((pair[0], pair[1], True), (pair[1], pair[0], False)):
        if _within(first, _NORTHINGS_M) and _within(second, _TM_EASTINGS_M):
            return "tm", is_north_first
        if _within(first, _NORTHINGS_M) and _within(second, _ZONE_EASTINGS_M):
            return "zone", is_north_first
        if _within(first, _LATITUDES) and _within(second, _LONGITUDES):
            return "degrees", is_north_first
    return None


def _within(value: float, limits: tuple[float, float]) -> bool:
    return math.isfinite(value) and limits[0] <= value <= limits[1]


_SYSTEM = {"tm": 3006, "degrees": 4326}


def _settled(name: str, stated: str | None) -> CRS:
    crs = None if stated is None else parse_crs(stated)
    if crs is None:
        if name == "zone":
            raise MissingCrs(
                _("The coordinates are of a local SWEREF 99 zone, but nothing says of which."),
                remedy=_("Choose the zone under Coordinate system."),
                location="crs",
            )
        return parse_crs(_SYSTEM[name])
    code = crs.to_epsg()
    fits = {"tm": code not in SWEREF_ZONES and crs.is_projected, "zone": code != _SYSTEM["tm"] and crs.is_projected}
    if not fits.get(name, crs.is_geographic):
        raise WrongCrs(
            _("The coordinates are not such as {crs} has."),
            remedy=_("Choose another coordinate system, or let it be read from the numbers."),
            location="crs",
            crs=crs_label(crs),
        )
    return crs


def _understood(geometry: Any, plane: _Plane) -> Pasted:
    assert plane.crs is not None  # noqa: S101 - settled
    north_first = _("Read as north before east, in {crs}.")
    east_first = _("Read as east before north, in {crs}.")
    document = {**json.loads(shapely.to_geojson(geometry)), "crs": _named(plane.crs)}
    return Pasted(_source(document), north_first if plane.is_north_first else east_first, crs_label(plane.crs))


def _named(crs: CRS) -> dict[str, Any]:
    return {"type": "name", "properties": {"name": crs_label(crs)}}


def _source(document: Any) -> PlanSource:
    return PlanSource("klistrat.geojson", json.dumps(document).encode())
