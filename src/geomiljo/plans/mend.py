"""From geometries as delivered to valid areas in SWEREF 99 TM, with a note on everything that was mended.

What can be mended in one way only is mended; what can be read in two ways is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.analysis.area import RepairNote
from geomiljo.crs import ANALYSIS_CRS, dense_vertex_count, transform
from geomiljo.errors import InvalidGeometry, LimitExceeded, UnsupportedGeometry
from geomiljo.geometry import format_spot, geometry_array, polygonal, reason_spot, reason_text, repair_polygons
from geomiljo.placement import require_in_sweden
from geomiljo.texts import mark as _
from geomiljo.units import Count

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

MOST_DISAGREEMENT = 0.001
"""Share of the area by which two readings of a broken outline may differ before it is refused."""
OVERLAP_M2 = 0.01
"""Overlaps up to this are rounding."""
_NO_AREA_M2 = 1e-6
_KINDS = {0: _("points"), 1: _("lines"), 2: _("polygons without area")}
_BEYOND_ANY_MAP = 1e9


@dataclass(slots=True)
class Mender:
    """Checks and mends the geometries of one file, and remembers what it did.

    Attributes
    ----------
    crs : CRS
        Of the geometries as delivered.
    outline : (Multi)Polygon
        Sweden with its margin, EPSG:3006.
    max_vertices : int
    where : callable
        Names file and feature of a position.
    notes : list of RepairNote
    """

    crs: CRS
    outline: BaseGeometry
    max_vertices: int
    where: Callable[[int], str]
    notes: list[RepairNote] = field(default_factory=list)

    def mend(self, geometries: NDArray[np.object_], *, closes_outlines: bool = False) -> NDArray[np.object_]:
        """Return valid (Multi)Polygons in EPSG:3006, empty where a feature among others has no area.

        Raises
        ------
        UnsupportedGeometry
            Nothing, points and lines only, or no area.
        InvalidGeometry
            Coordinates that are no numbers, an open outline, or an outline that can be read in two ways.
        LimitExceeded
            Too many vertices.
        WrongCrs, OutsideSweden
            Not in Sweden.
        """
        self._require_something(geometries)
        self._require_numbers(geometries)
        if closes_outlines:
            geometries = geometry_array([self._closed(g, i) for i, g in enumerate(geometries)])
        areas = self._areas(geometries)
        self._require_few(int(shapely.get_num_coordinates(areas).sum()))
        there = np.flatnonzero(~shapely.is_empty(areas))
        for index in there.tolist():
            require_in_sweden(areas[index], self.crs, self.outline, self.where(index))
        if self.crs != ANALYSIS_CRS:
            self._require_few(int(dense_vertex_count(areas, self.crs)))
        moved = transform(areas, self.crs)
        moved = geometry_array([self._valid(geometry, index) for index, geometry in enumerate(moved)])
        for index in there.tolist():
            if moved[index].area <= _NO_AREA_M2:
                raise UnsupportedGeometry(
                    _("{where} has no area: its outline runs back on itself."),
                    remedy=_("Draw the outline of the area."),
                    where=self.where(index),
                )
        return self._without_repeated(moved)

    def union(self, areas: NDArray[np.object_]) -> BaseGeometry:
        """Return the areas as one; features that lie over each other count once, with a note."""
        there = areas[~shapely.is_empty(areas)]
        if len(there) == 1:
            return there[0]
        return self._united(there, self.where(0).partition(":")[0])

    def _united(self, areas: NDArray[np.object_], where: str) -> BaseGeometry:
        united = polygonal(geometry_array([shapely.union_all(areas)]))[0]
        before, after = float(shapely.area(areas).sum()), float(united.area)
        if before - after > OVERLAP_M2:
            self._note(
                "overlapping_parts",
                _("{where}: areas that lie over each other were counted once, first at {spot}."),
                before,
                after,
                where=where,
                spot=_first_overlap(areas),
            )
        return united

    def _note(
        self,
        kind: str,
        detail: str,
        before: float,
        after: float,
        spot: tuple[float, float] | None,
        where: str,
        **more: str,
    ) -> None:
        params = {"where": where, "spot": format_spot(spot), **more}
        self.notes.append(RepairNote(kind, detail, params, spot, before, after))

    def _require_something(self, geometries: NDArray[np.object_]) -> None:
        missing = shapely.is_missing(geometries) | shapely.is_empty(geometries)
        if missing.all():
            raise UnsupportedGeometry(
                _("{where} has no geometry."),
                remedy=_("Draw the planning area, or choose a feature that has one."),
                where=self.where(0),
            )

    def _require_numbers(self, geometries: NDArray[np.object_]) -> None:
        coordinates, index = shapely.get_coordinates(geometries, return_index=True)
        broken = np.flatnonzero(~(np.abs(coordinates) < _BEYOND_ANY_MAP).all(axis=1))
        if broken.size:
            feature = int(index[broken[0]])
            vertex = int(broken[0] - np.flatnonzero(index == feature)[0])
            raise InvalidGeometry(
                _("{where}: vertex {vertex} has a coordinate that is no number, or larger than on any map."),
                remedy=_("Draw the outline again, or remove the vertex."),
                where=self.where(feature),
                vertex=vertex + 1,
            )

    def _require_few(self, vertices: int) -> None:
        if vertices > self.max_vertices:
            raise LimitExceeded(
                _("{where} has {count} vertices; at most {most} are read."),
                remedy=_("Simplify the outline, or raise GEOMILJO_MAX_VERTICES."),
                where=self.where(0).partition(":")[0],
                count=Count(vertices),
                most=Count(self.max_vertices),
            )

    def _closed(self, geometry: BaseGeometry | None, index: int) -> BaseGeometry | None:
        """Return a drawing's lines as areas."""
        if geometry is None:
            return None
        made = []
        for part in shapely.get_parts(geometry):
            if shapely.get_type_id(part) not in (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING):
                made.append(part)
                continue
            if not shapely.is_closed(part) or shapely.get_num_coordinates(part) < 4:
                x, y = shapely.get_coordinates(part)[-1]
                raise InvalidGeometry(
                    _("{where}: a line that ends at {x}, {y} is no closed outline."),
                    remedy=_("Close the outline in the drawing, or choose a closed one with --feature."),
                    location=f"{x}, {y}",
                    where=self.where(index),
                    x=f"{x:.2f}",
                    y=f"{y:.2f}",
                )
            made.append(shapely.polygons(shapely.get_coordinates(part)))
        return made[0] if len(made) == 1 else shapely.geometrycollections(made)

    def _areas(self, geometries: NDArray[np.object_]) -> NDArray[np.object_]:
        """Return the polygons of each geometry; tell where something else stood beside them."""
        filled = geometries.copy()
        filled[shapely.is_missing(filled)] = shapely.Polygon()
        areas = polygonal(filled)
        has_area = ~shapely.is_empty(areas)
        if not has_area.any():
            first = int(np.flatnonzero(~shapely.is_empty(filled))[0])
            raise UnsupportedGeometry(
                _("{where} holds nothing but {kinds}; a planning area is a polygon."),
                remedy=_("Draw the outline of the area, or give the points and lines a buffer in a GIS first."),
                where=self.where(first),
                kinds=_KINDS[int(shapely.get_dimensions(filled[first]))],
            )
        stray = np.flatnonzero(shapely.get_num_coordinates(areas) < shapely.get_num_coordinates(filled))
        if stray.size:
            first = int(stray[0])
            rest = [p for p in shapely.get_parts(filled[first]) if shapely.get_dimensions(p) < 2] or [filled[first]]
            spot = transform(geometry_array([shapely.Point(shapely.get_coordinates(rest[0])[0])]), self.crs)[0]
            self._note(
                "stray_geometry",
                _("{where}: points and lines beside the area were left out, first at {spot}."),
                0.0,
                0.0,
                (spot.x, spot.y) if np.isfinite([spot.x, spot.y]).all() else None,
                self.where(first),
            )
        return areas

    def _valid(self, geometry: BaseGeometry, index: int) -> BaseGeometry:
        if shapely.is_valid(geometry):
            return geometry
        where, polygons = self.where(index), shapely.get_parts(geometry)
        repair = repair_polygons(polygons)
        for position, apart in enumerate(repair.disagreement):
            reason = repair.reasons[position]
            spot, why = reason_spot(reason), reason_text(reason)
            before, after = float(repair.area_before_m2[position]), float(repair.area_after_m2[position])
            if apart > MOST_DISAGREEMENT:
                low, high = sorted(repair.readings_m2[position])
                raise InvalidGeometry(
                    _("{where}: {reason} at {spot}; its area can be read as {low} m² or as {high} m²."),
                    remedy=_("Mend the outline there in a GIS; nobody else knows what was meant."),
                    location=format_spot(spot),
                    where=where,
                    reason=why,
                    spot=format_spot(spot),
                    low=Count(round(low)),
                    high=Count(round(high)),
                )
            detail = _("{where}: {reason} at {spot}; that was mended.")
            self._note(_kind(reason.partition("[")[0]), detail, before, after, spot, where, reason=why)
        kept = repair.geometries[~shapely.is_empty(repair.geometries)]
        if len(kept) > 1:
            return self._united(kept, where)
        return kept[0] if len(kept) else shapely.Polygon()

    def _without_repeated(self, areas: NDArray[np.object_]) -> NDArray[np.object_]:
        result = areas.copy()
        for index, geometry in enumerate(areas):
            spot = _first_repeated(geometry)
            if spot is not None:
                result[index] = shapely.remove_repeated_points(geometry)
                self._note(
                    "duplicate_vertices",
                    _("{where}: vertices that stand twice in a row were removed, first at {spot}."),
                    float(geometry.area),
                    float(result[index].area),
                    spot,
                    self.where(index),
                )
        return result


def _kind(reason: str) -> str:
    """Return a stable word for GEOS's reason.

    Examples
    --------
    >>> _kind("Ring Self-intersection"), _kind("Hole lies outside shell")
    ('self_intersection', 'hole_lies_outside_shell')
    """
    text = re.sub(r"[^a-z]+", "_", reason.casefold()).strip("_")
    return "self_intersection" if "self_intersection" in text else text


def _first_overlap(areas: NDArray[np.object_]) -> tuple[float, float] | None:
    tree = shapely.STRtree(areas)
    one, other = tree.query(areas, predicate="intersects")
    for a, b in zip(one[one < other], other[one < other], strict=True):
        common = shapely.intersection(areas[a], areas[b])
        if common.area > 0:
            point = polygonal(geometry_array([common]))[0].representative_point()
            return (point.x, point.y)
    return None


def _first_repeated(geometry: BaseGeometry) -> tuple[float, float] | None:
    for ring in shapely.get_rings(geometry):
        coordinates = shapely.get_coordinates(ring)
        same = np.flatnonzero((coordinates[1:] == coordinates[:-1]).all(axis=1))
        if same.size:
            x, y = coordinates[same[0]]
            return (float(x), float(y))
    return None
