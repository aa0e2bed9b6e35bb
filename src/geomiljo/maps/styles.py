"""Styles for programs: Leaflet for our own maps, MapLibre for vector tiles, SLD for everything that reads features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from geomiljo.maps.symbology import Kind, Look, Symbol, Symbology
    from geomiljo.texts import Language

_GEOMETRY_TYPES: dict[Kind, list[str]] = {
    "polygon": ["Polygon", "MultiPolygon"],
    "line": ["LineString", "MultiLineString"],
    "point": ["Point", "MultiPoint"],
}
_FILL_OPACITY = 0.35
_POINT_RADIUS = 5
_GROUND_OPACITY = 0.6
_HATCH_SIZE = 8
_OPEN_MARKS = frozenset({"x", "cross"})
_SLD, _OGC = "http://www.opengis.net/sld", "http://www.opengis.net/ogc"
ET.register_namespace("sld", _SLD)
ET.register_namespace("ogc", _OGC)


def leaflet_styles(symbology: Symbology, fill_opacity: float) -> Mapping[str, Mapping[Kind, Mapping[str, Any]]]:
    """Return path options of Leaflet by value and kind of geometry; the value is empty for whatever has no symbol."""
    return {
        symbol.value or "": {kind: _leaflet_style(symbol.look, kind, fill_opacity) for kind in _GEOMETRY_TYPES}
        for symbol in symbology.symbols
    }


def _leaflet_style(look: Look, kind: Kind, fill_opacity: float) -> Mapping[str, Any]:
    style = {"color": look.line, "weight": _line_width(look, kind), "opacity": 1, "fill": False}
    if kind == "point":
        return {**style, "fill": True, "fillColor": look.fill, "fillOpacity": 1, "radius": _POINT_RADIUS}
    if look.dash:
        style["dashArray"] = look.dash
    if kind == "polygon" and look.ground:
        return {**style, "fill": True, "fillColor": look.fill, "fillOpacity": fill_opacity}
    return style


def maplibre_style(
    symbology: Symbology, *, source_layer: str, title: str, tilejson: str, feature_id: str
) -> dict[str, Any]:
    """Return a style document for vector tiles in Web Mercator.

    Parameters
    ----------
    source_layer : str
        Name of the layer inside the tiles.
    title : str
    tilejson : str
        Address of the tiles' TileJSON.
    feature_id : str
        Property that holds the features' ids.
    """
    layers = [
        layer
        for symbol in reversed(symbology.symbols)
        for kind in symbology.kinds
        for layer in _maplibre_layers(symbology, symbol, kind)
    ]
    source = {"type": "vector", "url": tilejson, "promoteId": feature_id}
    return {
        "version": 8,
        "name": title,
        "sources": {source_layer: source},
        "layers": [{**layer, "source": source_layer, "source-layer": source_layer} for layer in layers],
    }


def _maplibre_layers(symbology: Symbology, symbol: Symbol, kind: Kind) -> Iterator[dict[str, Any]]:
    look, name = symbol.look, f"{symbol.name}-{kind}"
    only: list[Any] = ["all", ["match", ["geometry-type"], _GEOMETRY_TYPES[kind], True, False]]
    if symbol.value is not None:
        only.append(["==", ["get", symbology.by], symbol.value])
    if kind == "point":
        paint: dict[str, Any] = {
            "circle-color": look.fill,
            "circle-radius": _POINT_RADIUS,
            "circle-stroke-color": look.line,
            "circle-stroke-width": look.width,
        }
        yield {"id": name, "type": "circle", "filter": only, "paint": paint}
        return
    if kind == "polygon" and look.ground:
        paint = {"fill-color": look.fill, "fill-opacity": _FILL_OPACITY}
        yield {"id": f"{name}-fill", "type": "fill", "filter": only, "paint": paint}
    paint = {"line-color": look.line, "line-width": _line_width(look, kind)}
    if look.dash:
        paint["line-dasharray"] = [round(length / look.width, 2) for length in look.dashes]
    yield {"id": name, "type": "line", "filter": only, "paint": paint}


def _line_width(look: Look, kind: Kind) -> float:
    """Lines are drawn wider than outlines, as on the map."""
    return look.width + (2 if kind == "line" else 0)


def sld(symbology: Symbology, *, name: str, title: str, language: Language) -> bytes:
    """Return a Styled Layer Descriptor 1.0.0, with none but the marks and elements that every reader of it knows.

    Parameters
    ----------
    name : str
        Name of the layer that it is for.
    title : str
    language : Language
        Of the titles of its rules.
    """
    root = ET.Element(_sld("StyledLayerDescriptor"), {"version": "1.0.0"})
    layer = ET.SubElement(root, _sld("NamedLayer"))
    _text(layer, "Name", name)
    style = ET.SubElement(layer, _sld("UserStyle"))
    _text(style, "Name", name)
    _text(style, "Title", title)
    for kind in symbology.kinds:
        drawn = ET.SubElement(style, _sld("FeatureTypeStyle"))
        _text(drawn, "SemanticTypeIdentifier", f"generic:{kind}")
        for symbol in reversed(symbology.symbols):
            _rule(drawn, symbology, symbol, kind, language)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _sld(tag: str) -> str:
    return f"{{{_SLD}}}{tag}"


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, _sld(tag)).text = text


def _rule(parent: ET.Element, symbology: Symbology, symbol: Symbol, kind: Kind, language: Language) -> None:
    rule = ET.SubElement(parent, _sld("Rule"))
    _text(rule, "Name", f"{symbol.name}-{kind}")
    _text(rule, "Title", symbol.label.get(language))
    if symbol.value is not None:
        equal = ET.SubElement(ET.SubElement(rule, f"{{{_OGC}}}Filter"), f"{{{_OGC}}}PropertyIsEqualTo")
        ET.SubElement(equal, f"{{{_OGC}}}PropertyName").text = symbology.by
        ET.SubElement(equal, f"{{{_OGC}}}Literal").text = symbol.value
    _SYMBOLIZERS[kind](rule, symbol.look)


def _polygon(rule: ET.Element, look: Look) -> None:
    if look.hatch:
        below = ET.SubElement(rule, _sld("PolygonSymbolizer"))
        _parameters(below, "Fill", {"fill": look.ground, "fill-opacity": str(_GROUND_OPACITY)})
        above = ET.SubElement(rule, _sld("PolygonSymbolizer"))
        hatch = ET.SubElement(ET.SubElement(above, _sld("Fill")), _sld("GraphicFill"))
        _graphic(hatch, look.hatch, 0, _HATCH_SIZE, look.line if look.hatch in _OPEN_MARKS else look.fill, look.line)
    else:
        above = ET.SubElement(rule, _sld("PolygonSymbolizer"))
        if look.ground:
            _parameters(above, "Fill", {"fill": look.ground, "fill-opacity": str(_FILL_OPACITY)})
    _stroke(above, look, look.width)


def _line(rule: ET.Element, look: Look) -> None:
    _stroke(ET.SubElement(rule, _sld("LineSymbolizer")), look, _line_width(look, "line"))


def _point(rule: ET.Element, look: Look) -> None:
    symbolizer = ET.SubElement(rule, _sld("PointSymbolizer"))
    _graphic(symbolizer, look.mark, look.mark_angle, 2 * _POINT_RADIUS, look.fill, look.line)


def _graphic(parent: ET.Element, mark_name: str, angle: int, size: int, fill: str, line: str) -> None:
    graphic = ET.SubElement(parent, _sld("Graphic"))
    mark = ET.SubElement(graphic, _sld("Mark"))
    _text(mark, "WellKnownName", mark_name)
    _parameters(mark, "Fill", {"fill": fill})
    _parameters(mark, "Stroke", {"stroke": line, "stroke-width": "1"})
    _text(graphic, "Size", str(size))
    if angle:
        _text(graphic, "Rotation", str(angle))


def _stroke(symbolizer: ET.Element, look: Look, width: float) -> None:
    values = {"stroke": look.line, "stroke-width": f"{width:g}"}
    if look.dash:
        values["stroke-dasharray"] = look.dash
    _parameters(symbolizer, "Stroke", values)


def _parameters(parent: ET.Element, tag: str, values: dict[str, str]) -> None:
    element = ET.SubElement(parent, _sld(tag))
    for name, value in values.items():
        ET.SubElement(element, _sld("CssParameter"), {"name": name}).text = value


_SYMBOLIZERS: dict[Kind, Callable[[ET.Element, Look], None]] = {"polygon": _polygon, "line": _line, "point": _point}
