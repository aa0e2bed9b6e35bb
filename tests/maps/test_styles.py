"""Styles and legends: whatever a collection holds is drawn, by the same table as the maps, and can be read."""

from __future__ import annotations

import struct
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.maps.legend import legend_svg, svg_as_png
from geomiljo.maps.styles import maplibre_style, sld
from geomiljo.maps.symbology import Symbology, of_layer, of_plans, of_severities
from geomiljo.maps.symbols import SEVERITY, THEME_COLOUR

SLD = {"s": "http://www.opengis.net/sld", "o": "http://www.opengis.net/ogc"}
TYPES = {"polygon": "Polygon", "line": "LineString", "point": "Point"}
DRAWS = {"polygon": {"fill", "line"}, "line": {"line"}, "point": {"circle"}}
CHILDREN = {
    "StyledLayerDescriptor": ["NamedLayer"],
    "NamedLayer": ["Name", "UserStyle"],
    "UserStyle": ["Name", "Title", "FeatureTypeStyle"],
    "FeatureTypeStyle": ["SemanticTypeIdentifier", "Rule"],
    "Rule": ["Name", "Title", "Filter", "PolygonSymbolizer", "LineSymbolizer", "PointSymbolizer"],
    "PolygonSymbolizer": ["Fill", "Stroke"],
    "LineSymbolizer": ["Stroke"],
    "PointSymbolizer": ["Graphic"],
    "Graphic": ["Mark", "Size", "Rotation"],
    "Mark": ["WellKnownName", "Fill", "Stroke"],
}
"""What may stand in what, in the order of the schema of SLD 1.0.0."""


def parsed(text: str | bytes) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own


def all_symbologies(catalogue: Catalogue) -> list[tuple[str, Symbology, tuple[str, ...]]]:
    """Return name, symbology and the values that features can have."""
    layers = [layer for layer in catalogue.layers.values() if not layer.is_raster_only]
    of_layers = [(x.id, of_layer(x, catalogue.rules_by_layer[x.id], "class"), x.class_ids) for x in layers]
    return [("findings", of_severities(), SEVERITIES), ("plans", of_plans(), ("",)), *of_layers]


def takes(filtered: Any, feature: dict[str, str]) -> Any:
    """Work out a MapLibre expression."""
    if not isinstance(filtered, list):
        return filtered
    match filtered:
        case ["all", *parts]:
            return all(takes(part, feature) for part in parts)
        case ["==", left, right]:
            return takes(left, feature) == takes(right, feature)
        case ["get", name]:
            return feature.get(name)
        case ["geometry-type"]:
            return feature["type"]
        case ["match", asked, list(labels), yes, no]:
            return yes if takes(asked, feature) in labels else no
    raise AssertionError(filtered)


def test_every_class_and_kind_of_geometry_is_drawn_once_by_each_part_of_its_symbol(catalogue: Catalogue) -> None:
    for name, symbology, values in all_symbologies(catalogue):
        style = maplibre_style(
            symbology, source_layer=name, title=name, tilejson="https://example.org/t.json", feature_id="id"
        )
        assert len({layer["id"] for layer in style["layers"]}) == len(style["layers"])
        for value in values:
            for kind in symbology.kinds:
                feature = {"type": TYPES[kind], "class": value, "severity": value}
                drawn = [layer["type"] for layer in style["layers"] if takes(layer["filter"], feature)]
                wanted = {"line"} if name == "plans" else DRAWS[kind]
                assert sorted(drawn) == sorted(wanted), (name, value, kind)


def test_every_class_and_kind_of_geometry_has_a_rule_of_sld(catalogue: Catalogue) -> None:
    for name, symbology, values in all_symbologies(catalogue):
        root = parsed(sld(symbology, name=name, title=name, language="sv"))
        for kind in symbology.kinds:
            [drawn] = root.findall(f".//s:FeatureTypeStyle[s:SemanticTypeIdentifier='generic:{kind}']", SLD)
            rules = drawn.findall("s:Rule", SLD)
            literals = [rule.findtext(".//o:Literal", None, SLD) for rule in rules]
            if symbology.by is None:
                assert literals == [None]
            else:
                assert sorted(map(str, literals)) == sorted(values)
                assert {e.text for e in drawn.iterfind(".//o:PropertyName", SLD)} == {symbology.by}
            assert all(rule.find(f"s:{kind.capitalize()}Symbolizer", SLD) is not None for rule in rules)


def test_sld_holds_what_the_schema_allows_in_its_order(catalogue: Catalogue) -> None:
    for name, symbology, _values in all_symbologies(catalogue):
        root = parsed(sld(symbology, name=name, title="A < B & C", language="en"))
        assert (root.get("version"), root.findtext(".//s:UserStyle/s:Title", None, SLD)) == ("1.0.0", "A < B & C")
        for element in root.iter():
            allowed = CHILDREN.get(element.tag.partition("}")[2])
            if allowed is not None:
                places = [allowed.index(child.tag.partition("}")[2]) for child in element]
                assert places == sorted(places), (name, element.tag)
        marks = {mark.text for mark in root.iterfind(".//s:WellKnownName", SLD)}
        assert marks <= {"square", "circle", "triangle", "star", "cross", "x"}


def test_severities_look_as_on_the_maps() -> None:
    style = maplibre_style(of_severities(), source_layer="findings", title="", tilejson="", feature_id="")
    layers = {layer["id"]: layer["paint"] for layer in style["layers"]}
    for severity, symbol in SEVERITY.items():
        assert layers[f"{severity}-polygon-fill"]["fill-color"] == symbol.fill
        outline = layers[f"{severity}-polygon"]
        assert (outline["line-color"], outline["line-width"]) == (symbol.text, symbol.outline_width)
        assert ("line-dasharray" in outline) == bool(symbol.outline_dash)
    drawn = [layer["id"].partition("-")[0] for layer in style["layers"] if layer["type"] == "fill"]
    assert drawn == list(reversed(SEVERITIES))  # the worst on top


def test_a_class_looks_as_bad_as_the_worst_rule_about_it(catalogue: Catalogue) -> None:
    ramsar = of_layer(catalogue.layers["ramsar"], catalogue.rules_by_layer["ramsar"], "class")
    assert [symbol.look.severity for symbol in ramsar.symbols] == [SEVERITY["consider"]]
    background = [r.model_copy(update={"background": True}) for r in catalogue.rules_by_layer["ramsar"]]
    [informing] = of_layer(catalogue.layers["ramsar"], background, "class").symbols
    assert (informing.look.severity, informing.look.fill) == (None, THEME_COLOUR["nature"])
    worse = [
        *catalogue.rules_by_layer["ramsar"],
        background[0].model_copy(update={"background": False, "severity": "prohibition"}),
    ]
    assert of_layer(catalogue.layers["ramsar"], worse, "class").symbols[0].look.severity == SEVERITY["prohibition"]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_legends_are_small_and_name_every_symbol(catalogue: Catalogue, language: Any) -> None:
    for name, symbology, _values in all_symbologies(catalogue):
        svg = legend_svg(symbology, f"{name} <&>", language)
        root = parsed(svg)
        texts = [text.text for text in root.iterfind("{http://www.w3.org/2000/svg}text")]
        assert texts == [f"{name} <&>", *(symbol.label.get(language) for symbol in symbology.symbols)]
        assert int(root.attrib["height"]) == 24 * len(texts) + 16
        assert int(root.attrib["width"]) <= 900
        assert len(svg) < 12_000


def test_legends_as_png_are_as_large_as_asked_for_and_hold_letters_of_the_project() -> None:
    svg = legend_svg(of_severities(), "Utfall", "sv")
    root = parsed(svg)
    for scale in (1, 2):
        png = svg_as_png(svg, scale)
        assert png.startswith(b"\x89PNG\r\n\x1a\n")
        assert struct.unpack(">II", png[16:24]) == tuple(int(root.attrib[side]) * scale for side in ("width", "height"))
        assert len(png) < 20_000
    assert svg_as_png(svg, 1) != svg_as_png(svg.replace(">Förbud<", "><"), 1)
