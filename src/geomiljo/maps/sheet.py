"""What the map draws, in metres of SWEREF 99 TM: cut to the sheet, light enough to embed, with places for labels.

The map is drawn in the plane in which everything is measured, so a straight edge is straight and the scale is exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, transform, transformer
from geomiljo.geometry import geometry_array
from geomiljo.maps.labels import Flag, UseLabel, place_flags, place_uses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.results import Assessment
    from geomiljo.analysis.shapes import FindingShape, Shapes
    from geomiljo.catalogue.rules import Severity

Bounds = tuple[float, float, float, float]
"""West, south, east, north."""
Kind = Literal["point", "line", "area"]
_KINDS: tuple[Kind, ...] = ("point", "line", "area")
"""By the dimension of the geometry."""
MAX_SHAPES = 500
MAX_VERTICES = 9_000
"""Some 26 bytes each when written, and 110 for each shape, so less than 300 kB."""
_PAPER_TIMES = 8
"""How many times as much is drawn on paper, where nothing moves."""
_TOLERANCES_M = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_FINEST_DETAIL = 400
"""A sheet of the plan's size over this many pixels: what is finer cannot be seen until one zooms in."""
_MARGIN = 0.35
_LEAST_MARGIN_M = 60.0
_BEYOND_NEAR = 1.25


@dataclass(frozen=True, slots=True)
class Drawn:
    """A shape on the map.

    Attributes
    ----------
    finding : str
    position : int
        Of the object among the finding's objects.
    severity : Severity
    is_inside : bool
        Whether it is an object's part inside the plan; else the object where it lies on the sheet.
    is_background : bool
        Whether the finding informs without flagging an objective.
    geometry : Geometry
        Of one kind: points, lines or areas.
    """

    finding: str
    position: int
    severity: Severity
    is_inside: bool
    is_background: bool
    geometry: BaseGeometry

    @property
    def kind(self) -> Kind:
        """Point, line or area."""
        return _KINDS[int(shapely.get_dimensions(self.geometry))]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Objects that a sheet does not draw because there are too many; a served map shows those inside as tiles.

    Attributes
    ----------
    inside, outside : int
        With a part inside the plan, and near it.
    """

    inside: int
    outside: int

    @property
    def all(self) -> int:
        """How many in all."""
        return self.inside + self.outside


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that is drawn.

    Attributes
    ----------
    frame : tuple of float
        How far the map goes.
    plan : Geometry
    parts : tuple of Geometry
    shapes : tuple of Drawn
        Worst first.
    flags : tuple of Flag
        Where the numbers of the findings point.
    uses : tuple of UseLabel
        Use letters of the parts.
    tolerance_m : float
        How far an outline may have been moved to make the map light; 0: not at all.
    left_out : LeftOut
        Objects that are not drawn because there are too many.
    """

    frame: Bounds
    plan: BaseGeometry
    parts: tuple[BaseGeometry, ...]
    shapes: tuple[Drawn, ...]
    flags: tuple[Flag, ...]
    uses: tuple[UseLabel, ...]
    tolerance_m: float
    left_out: LeftOut

    @property
    def plan_bounds(self) -> Bounds:
        """Bounds of the plan."""
        west, south, east, north = self.plan.bounds
        return west, south, east, north


def draw_sheet(assessment: Assessment, shapes: Shapes, *, paper: Bounds | None = None, sheets: int = 1) -> Sheet:
    """Return what the map of an assessment draws.

    Parameters
    ----------
    paper : tuple of float, optional
        Ground that a sheet of paper shows: there is more room on it.
    sheets : int
        How many sheets stand on one map, and share its room.

    Notes
    -----
    Objects outside the plan are cut to the sheet. A map of more than :data:`MAX_VERTICES` vertices is simplified by
    the least of a few tolerances that suffices, at most what one pixel shows when the whole plan fills the map; if it
    is still too large, or has more than :data:`MAX_SHAPES` shapes, the least severe are left out and counted.
    """
    plan = shapes.plan.geometry
    frame = _frame(plan, shapes.findings)
    most_vertices, most_shapes = MAX_VERTICES // sheets, MAX_SHAPES // sheets
    if paper is not None:
        frame = _together(frame, paper)
        most_vertices, most_shapes = _PAPER_TIMES * most_vertices, _PAPER_TIMES * most_shapes
    drawn = _on_sheet(assessment, shapes.findings, frame)
    parts = [part.geometry for part in shapes.plan.parts]
    outlines = geometry_array([plan, *parts, *(shape.geometry for shape in drawn)])
    detail = max(_size(plan) / _FINEST_DETAIL, _TOLERANCES_M[0])
    outlines, tolerance = _lightened(outlines, detail, most_vertices)
    plan, parts = outlines[0], list(outlines[1 : 1 + len(parts)])
    drawn = [replace(s, geometry=g) for s, g in zip(drawn, outlines[1 + len(parts) :], strict=True)]
    room = most_vertices - int(shapely.get_num_coordinates(outlines[: 1 + len(parts)]).sum())
    kept = _worst_first(drawn, max(room, most_vertices // 2), most_shapes)
    uses = place_uses([part.uses for part in shapes.plan.parts], parts)
    return Sheet(
        frame=frame,
        plan=plan,
        parts=tuple(parts),
        shapes=tuple(kept),
        flags=place_flags([(shape.finding, shape.geometry) for shape in kept], uses, _size(plan)),
        uses=uses,
        tolerance_m=tolerance,
        left_out=_left_out(drawn, kept),
    )


def _together(one: Bounds, other: Bounds) -> Bounds:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def in_degrees(sheet: Sheet) -> Sheet:
    """Return a sheet with longitudes and latitudes instead of metres; the room around use letters stays in metres.

    Long edges get vertices first, so that they stay where they were: a straight edge of one plane is bent in another.
    """
    outlines = [sheet.plan, *sheet.parts, *(shape.geometry for shape in sheet.shapes), shapely.box(*sheet.frame)]
    plan, *others = transform(geometry_array(outlines), ANALYSIS_CRS, WIRE_CRS)
    parts, shapes = others[: len(sheet.parts)], others[len(sheet.parts) : -1]
    move = transformer(ANALYSIS_CRS, WIRE_CRS).transform
    west, south, east, north = others[-1].bounds
    return replace(
        sheet,
        frame=(west, south, east, north),
        plan=plan,
        parts=tuple(parts),
        shapes=tuple(replace(s, geometry=g) for s, g in zip(sheet.shapes, shapes, strict=True)),
        flags=tuple(replace(flag, x=x, y=y) for flag in sheet.flags for x, y in [move(flag.x, flag.y)]),
        uses=tuple(replace(use, x=x, y=y) for use in sheet.uses for x, y in [move(use.x, use.y)]),
    )


def drawing_order(sheet: Sheet) -> Iterator[tuple[str, Severity, list[Drawn]]]:
    """Yield shapes that are drawn alike: place (see :func:`geomiljo.maps.symbols.map_looks`), severity, shapes.

    From mildest to worst and from outside to inside, so that the worst level is seen where shapes lie upon one another.
    """
    for place in ("o", "b", "m", "l", "pt"):
        for severity in reversed(SEVERITIES):
            shapes = [s for s in sheet.shapes if s.severity == severity and _place_of(s) == place]
            if shapes:
                yield place, severity, shapes


def _place_of(shape: Drawn) -> str:
    if shape.kind != "area":
        return "l" if shape.kind == "line" else "pt"
    if not shape.is_inside:
        return "o"
    return "b" if shape.is_background else "m"


def _size(geometry: BaseGeometry) -> float:
    west, south, east, north = geometry.bounds
    return float(max(east - west, north - south))


def _frame(plan: BaseGeometry, findings: Sequence[FindingShape]) -> Bounds:
    """Return the plan's bounds with a margin that reaches past the objects near it."""
    farthest = max((s.affected.distance_m for s in findings), default=0.0)
    margin = max(_MARGIN * _size(plan), farthest * _BEYOND_NEAR, _LEAST_MARGIN_M)
    west, south, east, north = plan.bounds
    return west - margin, south - margin, east + margin, north + margin


def _on_sheet(assessment: Assessment, findings: Sequence[FindingShape], frame: Bounds) -> list[Drawn]:
    order = {finding.id: {o.id: n for n, o in enumerate(finding.features)} for finding in assessment.findings}
    geometries = geometry_array([shape.geometry for shape in findings])
    outside = np.array([not shape.is_clip for shape in findings], dtype=bool)
    geometries[outside] = shapely.intersection(geometries[outside], shapely.box(*frame))
    return [
        Drawn(
            finding=s.finding.id,
            position=order[s.finding.id][s.affected.id],
            severity=s.finding.severity,
            is_inside=s.is_clip,
            is_background=s.finding.background,
            geometry=piece,
        )
        for s, geometry in zip(findings, geometries, strict=True)
        for piece in _of_one_kind(geometry)
    ]


def _of_one_kind(geometry: BaseGeometry) -> list[BaseGeometry]:
    """Divide a geometry into its points, its lines and its areas; each point is a shape of its own."""
    members = shapely.get_parts(geometry)
    while (shapely.get_type_id(members) >= shapely.GeometryType.MULTIPOINT).any():
        members = shapely.get_parts(members)
    members = members[~shapely.is_empty(members)]
    dimensions = shapely.get_dimensions(members)
    lines, areas = members[dimensions == 1], members[dimensions == 2]
    together = [
        make(some) for make, some in ((shapely.multilinestrings, lines), (shapely.multipolygons, areas)) if len(some)
    ]
    return [*members[dimensions == 0], *together]


def _lightened(
    outlines: NDArray[np.object_], most_m: float, most_vertices: int = MAX_VERTICES
) -> tuple[NDArray[np.object_], float]:
    """Simplify by the least tolerance that makes the map light, up to `most_m`."""
    result, used = outlines, 0.0
    for tolerance in _TOLERANCES_M:
        if shapely.get_num_coordinates(result).sum() <= most_vertices or tolerance > most_m:
            break
        result, used = shapely.simplify(outlines, tolerance, preserve_topology=True), tolerance
    return result, used


def lightened(outlines: list[BaseGeometry]) -> list[BaseGeometry]:
    """Return outlines simplified as much as a light map needs."""
    light, _tolerance = _lightened(geometry_array(outlines), _TOLERANCES_M[-1])
    return list(light)


def _worst_first(drawn: list[Drawn], room: int, most_shapes: int) -> list[Drawn]:
    """Return the shapes that there is room for: by severity, and within it one of each finding before the next."""
    ranked = sorted(drawn, key=lambda shape: (SEVERITIES.index(shape.severity), shape.position))
    vertices = np.cumsum([shapely.get_num_coordinates(shape.geometry) for shape in ranked])
    count = min(int(np.searchsorted(vertices, room, side="right")), most_shapes)
    return ranked[:count]


def _left_out(drawn: list[Drawn], kept: list[Drawn]) -> LeftOut:
    """Count the objects of which nothing is kept."""
    seen = {(shape.finding, shape.position) for shape in kept}
    missing = {(s.finding, s.position): s.is_inside for s in drawn if (s.finding, s.position) not in seen}
    return LeftOut(sum(missing.values()), len(missing) - sum(missing.values()))
