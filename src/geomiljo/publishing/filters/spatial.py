"""Spatial functions. A filter's own geometries are moved to SWEREF 99 TM; the column stays as it is indexed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import sqlalchemy as sa
from shapely.errors import ShapelyError
from shapely.geometry import shape

from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, northing_first, transform_one
from geomiljo.geometry import reason_text
from geomiljo.publishing.filters.typed import property_value
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import ColumnElement

    from geomiljo.publishing.filters.tree import Node
    from geomiljo.publishing.filters.typed import Scope

SPATIAL = {
    "s_intersects": "ST_Intersects",
    "s_disjoint": "ST_Intersects",  # and not: ST_Disjoint takes no collections
    "s_contains": "ST_Contains",
    "s_within": "ST_Within",
    "s_touches": "ST_Touches",
    "s_overlaps": "ST_Overlaps",
    "s_crosses": "ST_Crosses",
    "s_equals": "ST_Equals",
}
_HOLDERS = {("s_within", 1), ("s_contains", 0)}
_PLANE = (-10.0, 40.0, 50.0, 85.0)  # degrees: beyond it SWEREF 99 TM means nothing, and nothing is published
_FREE = {"s_intersects", "s_disjoint"}  # true or false of any part, so that parts can be united and cut


@dataclass(frozen=True, slots=True)
class _Geometry:
    sql: ColumnElement[Any]
    mixed: bool = False
    cut: bool = False


def spatial(node: Node, scope: Scope) -> ColumnElement[bool]:
    """Return a spatial function as SQL."""
    op = str(node.op)
    nodes = node.args(2)
    operands = [_operand(arg, scope) for arg in nodes]
    for place, (arg, operand) in enumerate(zip(nodes, operands, strict=True)):
        if operand.cut and op not in _FREE and (op, place) not in _HOLDERS:
            raise arg.fault(
                _("The geometry reaches far beyond Sweden, and {operator} cannot tell then."), operator=op.upper()
            )
        if operand.mixed and op not in _FREE:
            raise arg.fault(_("A GEOMETRYCOLLECTION goes with S_INTERSECTS and S_DISJOINT only."))
    test: ColumnElement[bool] = getattr(sa.func, SPATIAL[op])(operands[0].sql, operands[1].sql, type_=sa.Boolean)
    return sa.not_(test) if op == "s_disjoint" else test


def _operand(node: Node, scope: Scope) -> _Geometry:
    if node.member("property") is not None:
        value = property_value(node, scope)
        if value.kind == "geometry":
            return _Geometry(value.sql)
    elif node.member("bbox") is not None:
        return _literal(node, _box(node, node.member("bbox"), scope.crs), scope.crs)
    elif node.member("type") is not None:
        return _literal(node, _shape(node, scope.crs), scope.crs)
    raise node.fault(_("Here a geometry is needed."))


def _literal(node: Node, drawn: BaseGeometry, crs: CRS) -> _Geometry:
    """Check a geometry, x before y, and move it to SWEREF 99 TM."""
    if not np.isfinite(shapely.get_coordinates(drawn)).all():
        raise node.fault(_("A coordinate is no number."))
    if not shapely.is_valid(drawn):
        reason = reason_text(str(shapely.is_valid_reason(drawn)))
        raise node.fault(_("The geometry is not valid: {reason}."), reason=reason)
    drawn, cut = _within_plane(drawn, crs)
    moved = transform_one(drawn, crs)
    sql = sa.func.ST_GeomFromWKB(sa.literal(shapely.to_wkb(moved), sa.LargeBinary), ANALYSIS_CRS.to_epsg())
    return _Geometry(sql, moved.geom_type == "GeometryCollection", cut)


def _within_plane(drawn: BaseGeometry, crs: CRS) -> tuple[BaseGeometry, bool]:
    if crs == ANALYSIS_CRS:
        return drawn, False
    plane = shapely.box(*transform_one(shapely.box(*_PLANE), WIRE_CRS, crs).bounds)
    if shapely.covers(plane, drawn):
        return drawn, False
    return shapely.intersection(drawn, plane), True


def _shape(node: Node, crs: CRS) -> BaseGeometry:
    if "crs" in node.value:
        raise node.fault(_("A geometry in a filter has no crs of its own. Give filter-crs."))
    try:
        drawn = shapely.force_2d(shape(node.value))
    except (ShapelyError, ValueError, TypeError, IndexError, AttributeError, KeyError) as error:
        raise node.fault(_("The geometry cannot be read.")) from error
    if drawn.is_empty:
        raise node.fault(_("The geometry is empty."))
    return _combined(shapely.transform(drawn, lambda xy: xy[:, ::-1]) if northing_first(crs) else drawn)


def _combined(drawn: BaseGeometry) -> BaseGeometry:
    """Return a collection of one dimension as the multi-part geometry that it is."""
    parts = shapely.get_parts(drawn)
    if drawn.geom_type != "GeometryCollection" or not shapely.is_valid(drawn):
        return drawn
    return shapely.union_all(parts) if len(set(shapely.get_dimensions(parts).tolist())) == 1 else drawn


def _box(node: Node, bbox: Any, crs: CRS) -> BaseGeometry:
    """Return a box as a polygon, or as the line or point that it may be; one over the antimeridian is two."""
    if not isinstance(bbox, list) or len(bbox) not in {4, 6} or not all(isinstance(n, (int, float)) for n in bbox):
        raise node.fault(_("A BBOX has four or six numbers."))
    half = len(bbox) // 2
    low, high = bbox[:2], bbox[half : half + 2]
    (x_min, y_min), (x_max, y_max) = (low[::-1], high[::-1]) if northing_first(crs) else (low, high)
    if crs.is_geographic and x_min > x_max and y_min < y_max:
        return shapely.multipolygons([shapely.box(x_min, y_min, 180, y_max), shapely.box(-180, y_min, x_max, y_max)])
    if x_min > x_max or y_min > y_max:
        raise node.fault(_("The BBOX ends before it starts: first come the smaller values, then the larger."))
    corners = shapely.multipoints([[x_min, y_min], [x_max, y_min], [x_max, y_max], [x_min, y_max]])
    return shapely.convex_hull(corners)
