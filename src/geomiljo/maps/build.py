"""The map of an assessment that is one file: no tiles, no base map, nothing from outside, in metres of SWEREF 99 TM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import folium
from folium.template import Template

from geomiljo.maps.elements import (
    DECIMETRES,
    Bridge,
    Labels,
    MetricScale,
    SheetElement,
    corners,
    plan_layers,
    shape_layers,
    whole_plan,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geomiljo.maps.sheet import Sheet

_DEEPEST_ZOOM = 4
"""Sixteen pixels to the metre."""
_WIDEST_ZOOM = -10


class Grid(SheetElement):
    """The grid of SWEREF 99 TM: crosses, and coordinates along the edges."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            new L.SheetGrid().addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )


def build_map(sheet: Sheet, settings: Mapping[str, Any]) -> folium.Map:
    """Return the map of a sheet.

    Parameters
    ----------
    settings : mapping
        What the module wants to know besides: JSON.
    """
    west, south, east, north = sheet.plan_bounds
    map_ = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        crs="Simple",
        tiles=None,
        zoom_start=0,
        zoom_control=False,
        attribution_control=False,
        scroll_wheel_zoom=False,
        zoom_snap=0.25,
        zoom_delta=0.5,
        max_bounds_viscosity=0.8,
    )
    extent, frame = corners(sheet.plan_bounds, DECIMETRES), corners(sheet.frame, DECIMETRES)
    map_.options |= {"min_zoom": _WIDEST_ZOOM, "max_zoom": _DEEPEST_ZOOM, "max_bounds": frame}
    shapes, plan = shape_layers(sheet, DECIMETRES), plan_layers(sheet, DECIMETRES)
    labels = Labels(sheet, DECIMETRES)
    bridge = Bridge({"shapes": shapes, "plan": plan, "labels": labels}, {**settings, "extent": extent, "frame": frame})
    for element in (*shapes, *plan, whole_plan(extent), Grid(), MetricScale(), labels, bridge):
        element.add_to(map_)
    return map_
