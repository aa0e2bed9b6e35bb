"""Pieces that every map of ours is put together from, described with Folium; what a click does is the page's business.

No text of a layer reaches the map: shapes carry the number of their finding and object, and the page's module reads
the words from the list in the page. Coordinates are written with as many decimals as the plane of the map wants.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import folium
import shapely
from branca.element import Element, MacroElement
from folium.template import Template

from geomiljo.maps.sheet import drawing_order
from geomiljo.maps.symbols import SEVERITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shapely.geometry.base import BaseGeometry

    from geomiljo.catalogue.rules import Severity
    from geomiljo.maps.sheet import Drawn, Sheet

Handed = Element | list[Any] | dict[str, Any]
"""An element, several, or several by their ids."""
MARK_PX = 18
PLAN_MARGIN_PX = 36
DECIMETRES = 1
"""Decimals of metres; nothing is measured from them."""
DEGREES = 7
"""Decimals of longitude and latitude: a centimetre."""


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

    def __init__(self, sheet: Sheet, decimals: int) -> None:
        super().__init__()
        self.flags = [{"finding": flag.finding, "at": _place(flag.x, flag.y, decimals)} for flag in sheet.flags]
        self.uses = [
            {"text": use.text, "at": _place(use.x, use.y, decimals), "room": round(use.room_m, 1)} for use in sheet.uses
        ]


class Bridge(SheetElement):
    """Hands the map and what lies on it to the page's module as ``window.geomiljo``."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            window.geomiljo = {
                map: {{ this._parent.get_name() }},
                {%- for name, element in this.elements.items() %}
                {{ name }}: {{ this.reference(element) }},
                {%- endfor %}
                settings: {{ this.settings | tojson }},
            };
        {% endmacro %}
        """
    )

    def __init__(self, elements: Mapping[str, Handed], settings: Mapping[str, Any]) -> None:
        super().__init__()
        self.elements = elements
        self.settings = settings

    def reference(self, handed: Handed) -> str:
        """Return elements by the names that they have in the script; names are given when the map is rendered."""
        if isinstance(handed, dict):
            members = (f"{json.dumps(key)}: {element.get_name()}" for key, element in handed.items())
            return f"{{{', '.join(members)}}}"
        if isinstance(handed, list):
            return f"[{', '.join(element.get_name() for element in handed)}]"
        return str(handed.get_name())


def whole_plan(extent: list[list[float]]) -> folium.FitBounds:
    """Return what shows the whole plan when the map opens, at once: an animation would undo what a quick user does."""
    fit = folium.FitBounds(extent, padding=(PLAN_MARGIN_PX, PLAN_MARGIN_PX))
    fit.options["animate"] = False
    return fit


def corners(bounds: tuple[float, float, float, float], decimals: int) -> list[list[float]]:
    """Return a box as Leaflet writes it: two places, north before east."""
    west, south, east, north = (round(value, decimals) for value in bounds)
    return [[south, west], [north, east]]


def _place(x: float, y: float, decimals: int) -> list[float]:
    return [round(y, decimals), round(x, decimals)]


def shape_layers(sheet: Sheet, decimals: int) -> list[folium.GeoJson]:
    """Return a layer for each way of drawing and severity that there is, in the order of drawing."""
    return [
        _shape_layer(shapes, f"{place}-{SEVERITY[severity].code}", severity, decimals)
        for place, severity, shapes in drawing_order(sheet)
    ]


def plan_layers(sheet: Sheet, decimals: int) -> list[folium.GeoJson]:
    """Return the boundaries between parts, and the plan's outline on its casing; they come last."""
    return [
        _outline("m-use", sheet.parts, decimals),
        _outline("m-plan-case", [sheet.plan], decimals),
        _outline("m-plan", [sheet.plan], decimals),
    ]


def _shape_layer(shapes: list[Drawn], class_name: str, severity: Severity, decimals: int) -> folium.GeoJson:
    features = [feature(s.geometry, decimals, {"finding": s.finding, "object": s.position}) for s in shapes]
    return shape_layer(class_name, features, marker=severity_marker(severity, f"mark {class_name}"))


def shape_layer(class_name: str, features: list[dict[str, Any]], **options: Any) -> folium.GeoJson:
    """Return features that look alike as a layer."""
    collection = {"type": "FeatureCollection", "features": features}
    return folium.GeoJson(collection, class_name=class_name, smooth_factor=0.5, **options)


def severity_marker(severity: Severity | None, class_name: str) -> folium.Marker:
    """Return the mark of a severity as it stands on a point; without a severity, an empty circle."""
    shape = f'<use href="#m-{SEVERITY[severity].code}"/>' if severity else '<circle cx="9" cy="9" r="6"/>'
    mark = f'<svg class="sevmark" aria-hidden="true">{shape}</svg>'
    icon = folium.DivIcon(html=mark, icon_size=(MARK_PX, MARK_PX), class_name=class_name)
    return folium.Marker(icon=icon, keyboard=False)


def _outline(class_name: str, geometries: Iterable[BaseGeometry], decimals: int) -> folium.GeoJson:
    return shape_layer(class_name, [feature(geometry, decimals) for geometry in geometries], interactive=False)


def feature(geometry: BaseGeometry, decimals: int, properties: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a GeoJSON feature with rounded coordinates."""
    rounded = partial(_rounded, decimals)
    document: dict[str, Any] = json.loads(shapely.to_geojson(geometry), parse_float=rounded)
    return {"type": "Feature", "properties": dict(properties or {}), "geometry": document}


def _rounded(decimals: int, text: str) -> float:
    return round(float(text), decimals)
