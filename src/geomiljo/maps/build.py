"""The map of an assessment, described with Folium: no tiles, no base map, nothing from outside.

Folium draws; what a click does is the page's module's business. No text of a layer reaches the map: shapes carry the
number of their finding and object, and the module reads the words from the list in the page.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import folium
import shapely
from branca.element import MacroElement
from folium.template import Template

from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.maps.symbols import SEVERITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shapely.geometry.base import BaseGeometry

    from geomiljo.catalogue.rules import Severity
    from geomiljo.maps.sheet import Drawn, Sheet

_MARK_PX = 18
_PLAN_MARGIN_PX = 36
_DEEPEST_ZOOM = 4
"""Sixteen pixels to the metre."""
_WIDEST_ZOOM = -10


class SheetElement(MacroElement):
    """Something on the map that Folium has no class for; it goes by the name of its class."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = type(self).__name__


class MetricScale(SheetElement):
    """A scale bar in metres and kilometres only."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            L.control.scale({imperial: false, maxWidth: 140}).addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )


class Labels(SheetElement):
    """Numbers of the findings and use letters of the parts."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = new L.SheetLabels({{ this.flags | tojson }}, {{ this.uses | tojson }});
            {{ this.get_name() }}.addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self.flags = [{"finding": flag.finding, "at": _place(flag.x, flag.y)} for flag in sheet.flags]
        self.uses = [{"text": use.text, "at": _place(use.x, use.y), "room": round(use.room_m, 1)} for use in sheet.uses]


class Grid(SheetElement):
    """The grid of SWEREF 99 TM: crosses, and coordinates along the edges."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            new L.SheetGrid().addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )


class Bridge(SheetElement):
    """Hands the map and its shapes to the page's module as ``window.geomiljo``."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            window.geomiljo = {
                map: {{ this._parent.get_name() }},
                shapes: {{ this.shapes | tojavascript }},
                plan: {{ this.plan | tojavascript }},
                labels: {{ this.labels.get_name() }},
                settings: {{ this.settings | tojson }},
            };
        {% endmacro %}
        """
    )

    def __init__(
        self, shapes: list[folium.GeoJson], plan: list[folium.GeoJson], labels: Labels, settings: Mapping[str, Any]
    ) -> None:
        super().__init__()
        self.shapes = shapes
        self.plan = plan
        self.labels = labels
        self.settings = settings


def build_map(sheet: Sheet, settings: Mapping[str, Any]) -> folium.Map:
    """Return the map of a sheet.

    Parameters
    ----------
    settings : mapping
        What the module wants to know besides: JSON.

    Notes
    -----
    Drawn from mildest to worst and from outside to inside, so that the worst level is seen where shapes lie upon one
    another; the plan comes last.
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
    map_.options |= {"min_zoom": _WIDEST_ZOOM, "max_zoom": _DEEPEST_ZOOM, "max_bounds": _corners(sheet.frame)}
    shapes = list(_shape_layers(sheet))
    plan = [
        _outline("m-use", sheet.parts),
        _outline("m-plan-case", [sheet.plan]),
        _outline("m-plan", [sheet.plan]),
    ]
    for layer in [*shapes, *plan]:
        layer.add_to(map_)
    extent, frame = _corners(sheet.plan_bounds), _corners(sheet.frame)
    labels = Labels(sheet)
    whole_plan = folium.FitBounds(extent, padding=(_PLAN_MARGIN_PX, _PLAN_MARGIN_PX))
    whole_plan.options["animate"] = False  # an animation at the start would undo what a quick user does
    whole_plan.add_to(map_)
    bridge = Bridge(shapes, plan, labels, {**settings, "extent": extent, "frame": frame})
    for element in (Grid(), MetricScale(), labels, bridge):
        element.add_to(map_)
    return map_


def _corners(bounds: tuple[float, float, float, float]) -> list[list[float]]:
    west, south, east, north = (round(value, 1) for value in bounds)
    return [[south, west], [north, east]]


def _place(x: float, y: float) -> list[float]:
    """Return a place as Leaflet writes it: north before east."""
    return [round(y, 1), round(x, 1)]


def _shape_layers(sheet: Sheet) -> Iterable[folium.GeoJson]:
    """Return a layer for each way of drawing and severity that there is, in the order of drawing."""
    for prefix in ("o", "b", "m", "l", "pt"):
        for severity in reversed(SEVERITIES):
            shapes = [s for s in sheet.shapes if s.severity == severity and _class_prefix(s) == prefix]
            if shapes:
                yield _shape_layer(shapes, f"{prefix}-{SEVERITY[severity].code}", severity)


def _class_prefix(shape: Drawn) -> str:
    """Return how a shape is drawn: outside the plan, background, measured ground, line or point."""
    if shape.kind != "area":
        return "l" if shape.kind == "line" else "pt"
    if not shape.is_inside:
        return "o"
    return "b" if shape.is_background else "m"


def _shape_layer(shapes: list[Drawn], class_name: str, severity: Severity) -> folium.GeoJson:
    features = [
        {
            "type": "Feature",
            "properties": {"finding": s.finding, "object": s.position},
            "geometry": _geojson(s.geometry),
        }
        for s in shapes
    ]
    mark = f'<svg class="sevmark" aria-hidden="true"><use href="#m-{SEVERITY[severity].code}"/></svg>'
    icon = folium.DivIcon(html=mark, icon_size=(_MARK_PX, _MARK_PX), class_name=f"mark {class_name}")
    return folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        class_name=class_name,
        marker=folium.Marker(icon=icon, keyboard=False),
        smooth_factor=0.5,
    )


def _outline(class_name: str, geometries: Iterable[BaseGeometry]) -> folium.GeoJson:
    features = [{"type": "Feature", "properties": {}, "geometry": _geojson(geometry)} for geometry in geometries]
    return folium.GeoJson(
        {"type": "FeatureCollection", "features": features}, class_name=class_name, interactive=False, smooth_factor=0.5
    )


def _geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """Return a geometry in whole decimetres; nothing is measured from it."""
    document: dict[str, Any] = json.loads(shapely.to_geojson(geometry), parse_float=_in_decimetres)
    return document


def _in_decimetres(text: str) -> float:
    return round(float(text), 1)
