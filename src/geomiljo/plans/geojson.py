"""GeoJSON: RFC 7946, and the older form with a `crs` member. Read by hand so that every fault has its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geomiljo.crs import WIRE_CRS
from geomiljo.errors import InvalidGeometry, LimitExceeded, MissingCrs, UnreadableFile, WrongCrs
from geomiljo.plans.features import FileNote, PlanFeatures, from_columns
from geomiljo.texts import mark as _
from geomiljo.units import Count
from geomiljo.vectorfile import settle_crs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

GEOMETRY_TYPES = (
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
)
_TYPES = ("Feature", "FeatureCollection", *GEOMETRY_TYPES)
_DEEPEST_COLLECTION = 8


@dataclass(slots=True)
class GeometryParser:
    """Makes geometries of GeoJSON and counts what it had to leave out or mend."""

    source: str
    with_heights: int = 0
    unclosed: int = 0

    def geometry(self, document: Any, pointer: str, depth: int = 0) -> BaseGeometry | None:
        """Return the geometry; None for null and for an empty one.

        Raises
        ------
        UnreadableFile, InvalidGeometry
            No geometry, or coordinates that are none; `location` is the JSON pointer.
        """
        if document is None:
            return None
        kind = document.get("type") if isinstance(document, dict) else None
        if kind not in GEOMETRY_TYPES or depth > _DEEPEST_COLLECTION:
            raise self._fault(_("{file} has no GeoJSON geometry at {pointer}."), pointer)
        if kind == "GeometryCollection":
            members = self._list(document.get("geometries"), f"{pointer}/geometries")
            parts = [self.geometry(m, f"{pointer}/geometries/{i}", depth + 1) for i, m in enumerate(members)]
            return shapely.geometrycollections([part for part in parts if part is not None])
        coordinates = self._list(document.get("coordinates"), f"{pointer}/coordinates")
        return self._simple(kind, coordinates, f"{pointer}/coordinates") if coordinates else None

    def _simple(self, kind: str, coordinates: list[Any], pointer: str) -> BaseGeometry:
        if kind == "Point":
            return shapely.points(self._positions([coordinates], pointer, least=1)[0])
        if kind == "MultiPoint":
            return shapely.multipoints(self._positions(coordinates, pointer, least=1))
        if kind == "LineString":
            return shapely.linestrings(self._positions(coordinates, pointer, least=2))
        if kind == "Polygon":
            return self._polygon(coordinates, pointer)
        members = [(self._list(m, f"{pointer}/{i}"), f"{pointer}/{i}") for i, m in enumerate(coordinates)]
        if kind == "MultiPolygon":
            return shapely.multipolygons([self._polygon(m, at) for m, at in members])
        return shapely.multilinestrings([shapely.linestrings(self._positions(m, at, least=2)) for m, at in members])

    def _polygon(self, rings: list[Any], pointer: str) -> shapely.Polygon:
        made = [self._ring(ring, f"{pointer}/{i}") for i, ring in enumerate(rings)]
        return shapely.polygons(made[0], holes=made[1:] or None) if made else shapely.Polygon()

    def _ring(self, ring: Any, pointer: str) -> shapely.LinearRing:
        positions = self._positions(ring, pointer, least=3)
        if not np.array_equal(positions[0], positions[-1], equal_nan=True):
            self.unclosed += 1
            positions = np.vstack([positions, positions[:1]])
        if len(positions) == 3:  # a ring that goes out and back along one edge
            positions = np.vstack([positions, positions[:1]])
        with np.errstate(invalid="ignore"):  # coordinates that are no numbers are told later, with the feature
            return shapely.linearrings(np.where(np.isnan(positions), np.inf, positions))

    def _positions(self, value: Any, pointer: str, least: int) -> NDArray[np.float64]:
        listed = self._list(value, pointer)
        try:
            table = np.array(listed)
        except ValueError:  # positions with and without height side by side
            table = self._table([p[:2] if isinstance(p, list | tuple) else p for p in listed])
            self.with_heights += 1
        if table.dtype.kind not in "iuf" or table.ndim != 2 or table.shape[1] < 2:
            raise self._fault(
                _("{file} has coordinates that are no lists of at least two numbers at {pointer}."), pointer
            )
        if len(table) < least:
            raise self._fault(_("{file} has too few positions at {pointer}."), pointer)
        self.with_heights += table.shape[1] > 2
        return table[:, :2].astype(np.float64)

    @staticmethod
    def _table(positions: list[Any]) -> NDArray[Any]:
        try:
            return np.array(positions)
        except ValueError:
            return np.array([], dtype=object)

    def _list(self, value: Any, pointer: str) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise self._fault(_("{file} has something else than a list at {pointer}."), pointer)
        return list(value)

    def _fault(self, message: str, pointer: str) -> InvalidGeometry:
        return InvalidGeometry(
            message,
            remedy=_("Export the area again as GeoJSON."),
            location=pointer,
            file=self.source,
            pointer=pointer or "/",
        )

    def notes(self) -> list[FileNote]:
        """Return what was left out or mended."""
        found = []
        if self.with_heights:
            found.append(heights_note())
        if self.unclosed:
            found.append(unclosed_note(self.unclosed))
        return found


def heights_note() -> FileNote:
    """Return the note on heights, which nothing here uses."""
    return FileNote("dropped_z", _("The file has heights; they are left out."))


def unclosed_note(count: int) -> FileNote:
    """Return the note on rings that had to be closed."""
    return FileNote(
        "unclosed",
        _("Rings that did not return to their first vertex were closed with a straight edge: {count}."),
        {"count": str(count)},
    )


@dataclass(frozen=True, slots=True)
class _Feature:
    geometry: BaseGeometry | None
    id: str
    properties: Mapping[str, Any] = field(default_factory=dict)


def read_geojson(
    document: dict[str, Any], source: str, title: str, max_features: int, crs: str | None = None
) -> PlanFeatures:
    """Return the features of a GeoJSON document.

    Parameters
    ----------
    document : dict
        Parsed geometry, Feature or FeatureCollection.
    source, title : str
        What to call the document in messages, and an area made of all its features.
    crs : str, optional
        Used where the document states none; without both it is CRS84 (RFC 7946).

    Raises
    ------
    UnreadableFile
        Not GeoJSON.
    InvalidGeometry
        Coordinates that are none.
    MissingCrs, WrongCrs
        A `crs` member that says nothing usable, or contradicts `crs`.
    LimitExceeded
        Too many features.
    """
    require_geojson(document, source)
    system = _crs(document, source, crs)
    parser = GeometryParser(source)
    features = list(_features(document, parser, source, max_features))
    names = dict.fromkeys(name for feature in features for name in feature.properties)
    columns = {name: [feature.properties.get(name) for feature in features] for name in names}
    return from_columns(
        source,
        title,
        system,
        [feature.geometry for feature in features],
        [feature.id for feature in features],
        columns,
        notes=parser.notes(),
    )


def require_geojson(document: Any, source: str) -> None:
    """Refuse JSON that is something else, with a hint where it is one that is often met."""
    kind = document.get("type") if isinstance(document, dict) else None
    if kind in _TYPES:
        return
    if isinstance(document, dict):
        for name, member in document.items():
            if isinstance(member, dict) and member.get("type") in _TYPES:
                raise UnreadableFile(
                    _("{file} is JSON, but no GeoJSON: the GeoJSON in it stands under {member}."),
                    remedy=_("Save what stands under {member} as a file of its own."),
                    location=f"/{name}",
                    file=source,
                    member=f'"{name[:40]}"',
                )
    raise UnreadableFile(
        _("{file} is JSON, but no geodata format: {found}."),
        remedy=_("GeoJSON has a member type that is a geometry, Feature or FeatureCollection."),
        file=source,
        found=_what(document, kind),
    )


def _what(document: Any, kind: Any) -> str:
    if not isinstance(document, dict):
        return "[…]" if isinstance(document, list) else repr(document)[:40]
    if isinstance(kind, str):
        return f'"type": "{kind[:40]}"'
    return "{" + ", ".join(f'"{name[:20]}"' for name in list(document)[:4]) + " …}"


def _features(document: dict[str, Any], parser: GeometryParser, source: str, max_features: int) -> Iterator[_Feature]:
    if document["type"] == "Feature":
        yield _feature(document, parser, "", "1")
    elif document["type"] == "FeatureCollection":
        members = document.get("features")
        if not isinstance(members, list):
            raise UnreadableFile(
                _("{file} is a FeatureCollection without a list of features."),
                remedy=_("Export the area again as GeoJSON."),
                location="/features",
                file=source,
            )
        require_few(len(members), max_features, source)
        for index, member in enumerate(members):
            yield _feature(member, parser, f"/features/{index}", str(index + 1))
    else:
        yield _Feature(parser.geometry(document, ""), "1")


def _feature(document: Any, parser: GeometryParser, pointer: str, number: str) -> _Feature:
    if not isinstance(document, dict) or document.get("type") != "Feature":
        raise UnreadableFile(
            _("{file} has no Feature at {pointer}."),
            remedy=_("Export the area again as GeoJSON."),
            location=pointer,
            file=parser.source,
            pointer=pointer,
        )
    stated, properties = document.get("id"), document.get("properties")
    return _Feature(
        parser.geometry(document.get("geometry"), f"{pointer}/geometry"),
        str(stated) if isinstance(stated, str | int) else number,
        properties if isinstance(properties, dict) else {},
    )


def require_few(count: int, most: int, source: str) -> None:
    """Refuse files with more features than any plan has."""
    if count > most:
        raise LimitExceeded(
            _("{file} has {count} features; at most {most} are read."),
            remedy=_("Deliver only the planning area, or raise GEOMILJO_MAX_FEATURES."),
            file=source,
            count=Count(count),
            most=Count(most),
        )


def _crs(document: dict[str, Any], source: str, stated: str | None) -> CRS:
    if "crs" not in document:
        return settle_crs(source, None, stated) if stated is not None else WIRE_CRS
    member = document["crs"]
    if member is None:
        if stated is not None:
            return settle_crs(source, None, stated)
        raise MissingCrs(
            _('{file} says "crs": null, which means that its coordinate system is unknown.'),
            remedy=_("State the coordinate system (crs), for example 3006 for SWEREF 99 TM."),
            location="/crs",
            file=source,
        )
    properties = member.get("properties") if isinstance(member, dict) else None
    properties = properties if isinstance(properties, dict) else {}
    name = properties.get("name") or properties.get("code")
    if isinstance(name, str | int) and not isinstance(name, bool) and name != "":
        return settle_crs(source, str(name), stated)
    raise WrongCrs(
        _("{file} has a member crs that names no coordinate system."),
        remedy=_(
            'Name it, for example "crs": {{"type": "name", "properties": {{"name": "EPSG:3006"}}}}, or leave it out.'
        ),
        location="/crs",
        file=source,
    )
