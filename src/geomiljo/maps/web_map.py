"""Interactive maps of served pages, in Web Mercator: what they are about above, our own layers and base maps below.

What a click does is the page's module's business (``maps/static/interactive.js``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

import folium
import shapely
from folium.plugins import GeoMan, MarkerCluster
from folium.template import Template

from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, transform, transform_one
from geomiljo.geometry import geometry_array
from geomiljo.maps.elements import (
    DEGREES,
    Bridge,
    Labels,
    MetricScale,
    SheetElement,
    corners,
    feature,
    plan_layers,
    severity_marker,
    shape_layer,
    shape_layers,
    whole_plan,
)
from geomiljo.maps.sheet import drawing_order, in_degrees, lightened
from geomiljo.maps.symbols import SEVERITY
from geomiljo.maps.tiles import (
    BACKDROP_PANE,
    DEEPEST_ZOOM,
    OVERLAY_PANE,
    PANES,
    base_map_layers,
    tile_layers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from folium import Element
    from shapely.geometry.base import BaseGeometry

    from geomiljo.catalogue.rules import Severity
    from geomiljo.maps.elements import Handed
    from geomiljo.maps.overlays import Surroundings
    from geomiljo.maps.sheet import Bounds, Sheet

_WIDEST_ZOOM = 4
"""Sweden in 512 pixels."""


class Attribution(SheetElement):
    """Who stands behind what is shown, and nothing else."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            L.control.attribution({prefix: false}).addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )


def web_map(
    sheet: Sheet, surroundings: Surroundings, settings: Mapping[str, Any], earlier: Earlier | None = None
) -> folium.Map:
    """Return the map of an assessment.

    ``window.geomiljo`` holds the map, its shapes, plan, labels, overlays and bases, and the settings.

    Parameters
    ----------
    settings : mapping
        What the page's module wants to know besides: JSON.
    earlier : Earlier, optional
        How the plan stood before: what was found (``before``), a thin outline, and what is gone (class ``m-gone``),
        below what is there now.
    """
    placed = in_degrees(sheet)
    map_, handed = _ground(placed.plan_bounds, surroundings)
    if placed.left_out.inside and surroundings.rest is not None:
        for layer in tile_layers([surroundings.rest], OVERLAY_PANE, show=True).values():
            layer.add_to(map_)
    shapes, plan, labels = shape_layers(placed, DEGREES), plan_layers(placed, DEGREES), Labels(placed, DEGREES)
    before = _found_before(earlier) if earlier is not None else []
    gone, outline = _gone_and_outline(earlier) if earlier is not None else ([], [])
    for element in (*gone, *shapes, *before, *outline, *plan, labels):
        element.add_to(map_)
    handed |= {"shapes": shapes, "before": before, "plan": plan, "labels": labels}
    return _closed(map_, handed, surroundings, settings, placed.plan_bounds, placed.frame)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier assessment of the plan that a map shows.

    Attributes
    ----------
    gone : set of str
        Ids of its findings that are there no longer.
    """

    sheet: Sheet
    gone: frozenset[str]


def _found_before(earlier: Earlier) -> list[folium.GeoJson]:
    return [
        shape_layer(
            f"{place}-{SEVERITY[severity].code} is-before",
            [feature(shape.geometry, DEGREES) for shape in shapes],
            marker=severity_marker(severity, "mark is-before"),
            interactive=False,
        )
        for place, severity, shapes in drawing_order(in_degrees(earlier.sheet))
    ]


def _gone_and_outline(earlier: Earlier) -> tuple[list[folium.GeoJson], list[folium.GeoJson]]:
    placed = in_degrees(earlier.sheet)
    gone = [
        feature(shape.geometry, DEGREES)
        for shape in placed.shapes
        if shape.finding in earlier.gone and shape.is_inside and shape.kind != "point"
    ]
    outline = shape_layer("m-planold", [feature(placed.plan, DEGREES)], interactive=False)
    return [shape_layer("m-gone", gone, interactive=False)], [outline]


@dataclass(frozen=True, slots=True)
class Shape:
    """Something that a map shows.

    Attributes
    ----------
    class_name : str
        How it looks, as the stylesheet has it.
    geometry : Geometry
        EPSG:3006.
    properties : mapping
        What the module knows it by.
    """

    class_name: str
    geometry: BaseGeometry
    properties: Mapping[str, Any] = field(default_factory=dict)


def area_map(
    bounds: Bounds, surroundings: Surroundings, settings: Mapping[str, Any], shapes: Sequence[Shape] = ()
) -> folium.Map:
    """Return a map of an area, with shapes in the order of drawing; ``window.geomiljo.shapes`` holds them.

    Parameters
    ----------
    bounds : tuple of float
        EPSG:3006.
    """
    extent = _degrees(bounds)
    map_, handed = _ground(extent, surroundings)
    layers = _layers_of(shapes)
    for layer in layers:
        layer.add_to(map_)
    return _closed(map_, {**handed, "shapes": layers}, surroundings, settings, extent, extent)


def drawing_map(bounds: Bounds, surroundings: Surroundings, settings: Mapping[str, Any]) -> folium.Map:
    """Return a map on which one draws; its tools are the page's own buttons, which have names.

    Parameters
    ----------
    bounds : tuple of float
        EPSG:3006.
    """
    extent = _degrees(bounds)
    map_, handed = _ground(extent, surroundings)
    GeoMan(draw_controls=False, edit_controls=False, options_controls=False).add_to(map_)  # type: ignore[no-untyped-call]
    return _closed(map_, handed, surroundings, settings, extent, extent)


@dataclass(frozen=True, slots=True)
class PlanOnMap:
    """A plan among others.

    Attributes
    ----------
    id : str
    severity : Severity or None
        The worst; None: nothing was found, or nothing was checked.
    geometry : Geometry
        EPSG:3006.
    """

    id: str
    severity: Severity | None
    geometry: BaseGeometry

    @property
    def code(self) -> str:
        """Short name of the severity in class names."""
        return SEVERITY[self.severity].code if self.severity else "none"


def plans_map(
    plans: Sequence[PlanOnMap], bounds: Bounds, surroundings: Surroundings, settings: Mapping[str, Any]
) -> folium.Map:
    """Return a map of many plans: outlines, and marks by worst severity that come together when far out.

    ``window.geomiljo.plans`` holds the marks and ``outlines`` the outlines, each with the id of its plan.

    Parameters
    ----------
    bounds : tuple of float
        What is shown where there are no plans, EPSG:3006.
    """
    extent = _degrees(shapely.total_bounds([plan.geometry for plan in plans]) if plans else bounds)
    map_, handed = _ground(extent, surroundings)
    worst_last = sorted(plans, key=lambda plan: _rank(plan.severity), reverse=True)
    light = lightened([plan.geometry for plan in worst_last])
    outlines = _layers_of(
        [Shape(f"plan-{plan.code}", shape, {"plan": plan.id}) for plan, shape in zip(worst_last, light, strict=True)]
    )
    marks = MarkerCluster(  # type: ignore[no-untyped-call]
        control=False,
        icon_create_function="L.plansIcon",
        show_coverage_on_hover=False,
        max_cluster_radius=44,
        animate=False,
    )
    for severity in (None, *reversed(SEVERITIES)):
        _marks([plan for plan in plans if plan.severity == severity], severity, marks)
    for element in (*outlines, marks):
        element.add_to(map_)
    return _closed(map_, {**handed, "plans": marks, "outlines": outlines}, surroundings, settings, extent, extent)


def _rank(severity: Severity | None) -> int:
    return SEVERITIES.index(severity) if severity else len(SEVERITIES)


def _marks(plans: Sequence[PlanOnMap], severity: Severity | None, cluster: MarkerCluster) -> None:
    """Add a mark in each plan to the cluster."""
    if not plans:
        return
    places = _placed([plan.geometry.representative_point() for plan in plans])
    features = [
        feature(place, DEGREES, {"plan": plan.id, "code": plan.code}) for plan, place in zip(plans, places, strict=True)
    ]
    marker = severity_marker(severity, f"plan-mark plan-mark--{plans[0].code}")
    collection = {"type": "FeatureCollection", "features": features}
    folium.GeoJson(collection, marker=marker, control=False).add_to(cluster)


def _layers_of(shapes: Sequence[Shape]) -> list[folium.GeoJson]:
    """Return a layer for each run of shapes that look alike."""
    placed = _placed([shape.geometry for shape in shapes])
    runs = groupby(zip(shapes, placed, strict=True), key=lambda pair: pair[0].class_name)
    return [
        shape_layer(class_name, [feature(place, DEGREES, shape.properties) for shape, place in run])
        for class_name, run in runs
    ]


def _placed(geometries: list[BaseGeometry]) -> list[BaseGeometry]:
    return list(transform(geometry_array(geometries), ANALYSIS_CRS, WIRE_CRS))


def _degrees(bounds: Bounds) -> Bounds:
    west, south, east, north = transform_one(shapely.box(*bounds), ANALYSIS_CRS, WIRE_CRS).bounds
    return west, south, east, north


def _ground(bounds: Bounds, surroundings: Surroundings) -> tuple[folium.Map, dict[str, Handed]]:
    """Return a map with its ground, and what of it the module is handed."""
    west, south, east, north = bounds
    map_ = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_start=12,
        zoom_control=False,
        attribution_control=False,
        scroll_wheel_zoom=False,
        zoom_snap=0.5,
    )
    map_.options |= {"min_zoom": _WIDEST_ZOOM, "max_zoom": DEEPEST_ZOOM}
    has_base_map = bool(surroundings.base_maps)
    bases = base_map_layers(surroundings.base_maps)
    backdrop = tile_layers(surroundings.backdrop, BACKDROP_PANE, show=not has_base_map)
    overlays = tile_layers(surroundings.overlays, OVERLAY_PANE, show=False)
    panes = [folium.map.CustomPane(name, depth) for name, depth in PANES.items()]
    everything: list[Element] = [*panes, *bases.values(), *backdrop.values(), *overlays.values(), MetricScale()]
    for element in (*everything, Attribution()):
        element.add_to(map_)
    return map_, {"bases": bases, "backdrop": list(backdrop.values()), "overlays": overlays}


def _closed(
    map_: folium.Map,
    handed: dict[str, Handed],
    surroundings: Surroundings,
    settings: Mapping[str, Any],
    extent: Bounds,
    frame: Bounds,
) -> folium.Map:
    """Show all of `extent`, and hand everything to the module."""
    shown = corners(extent, DEGREES)
    language = surroundings.language
    whole_plan(shown).add_to(map_)
    told = {
        **settings,
        "extent": shown,
        "frame": corners(frame, DEGREES),
        "overlayTitles": {overlay.id: overlay.title for overlay in surroundings.overlays},
        "baseTitles": [getattr(base_map, language) for base_map in surroundings.base_maps],
    }
    Bridge(handed, told).add_to(map_)
    return map_
