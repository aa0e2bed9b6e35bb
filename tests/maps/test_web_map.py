"""Maps of served pages as Folium describes them: in degrees, with layers as tiles, and no word of a layer in them."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
import shapely
from factories import box
from maps.test_sheet import drawn, wavy, world_of
from maps.world import World

from geomiljo.catalogue import Catalogue
from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, transform_one
from geomiljo.maps.elements import DEGREES
from geomiljo.maps.fragments import Fragments, split
from geomiljo.maps.overlays import Overlay, Surroundings, image_origins
from geomiljo.maps.sheet import draw_sheet, in_degrees
from geomiljo.maps.styles import leaflet_styles
from geomiljo.maps.symbology import of_layer
from geomiljo.maps.web_map import web_map
from geomiljo.settings import BaseMap

MAPS = (
    BaseMap(sv="Topografisk", en="Topographic", url="https://a.example/w/{z}/{y}/{x}.png", attribution="A & B"),
    BaseMap(sv="Ortofoto", en="Aerial", url="https://b.example:8443/{z}/{x}/{y}.jpg", attribution="C", max_zoom=16),
)


def overlay(catalogue: Catalogue, layer_id: str) -> Overlay:
    layer = catalogue.layers[layer_id]
    symbology = of_layer(layer, catalogue.rules_by_layer[layer_id], "gm_class")
    address = f"/ogc/collections/{layer_id}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
    return Overlay(layer_id, layer.title.sv, layer.theme, symbology, address, (10.0, 55.0, 25.0, 70.0), 18, "Ägare <b>")


def around(catalogue: Catalogue, *layers: str, base_maps: tuple[BaseMap, ...] = ()) -> Surroundings:
    return Surroundings("sv", tuple(overlay(catalogue, layer) for layer in layers), base_maps)


def rendered(world: World, surroundings: Surroundings) -> Fragments:
    return split(web_map(drawn(world), surroundings, {}))


def embedded(script: str) -> list[dict[str, object]]:
    return [json.loads(text) for text in re.findall(r"^\s*geo_json_\w+_add\((\{.*\})\);$", script, re.MULTILINE)]


def test_shapes_are_where_they_were(world: World) -> None:
    sheet = drawn(world)
    placed = in_degrees(sheet)
    back = [transform_one(s.geometry, WIRE_CRS, ANALYSIS_CRS) for s in placed.shapes]
    assert max(shapely.hausdorff_distance(a.geometry, b) for a, b in zip(sheet.shapes, back, strict=True)) < 0.001
    assert shapely.hausdorff_distance(sheet.plan, transform_one(placed.plan, WIRE_CRS, ANALYSIS_CRS)) < 0.001
    flag, moved = sheet.flags[0], placed.flags[0]
    again = transform_one(shapely.Point(moved.x, moved.y), WIRE_CRS, ANALYSIS_CRS)
    assert again.distance(shapely.Point(flag.x, flag.y)) < 0.001
    assert [use.room_m for use in placed.uses] == [use.room_m for use in sheet.uses]


def test_long_edges_get_vertices_before_they_are_moved(world: World) -> None:
    sheet = drawn(world_of(world, box(0, 0, 5_000, 5_000), [("consider", [(box(10, 10, 4_990, 20), True, 0.0)])]))
    placed = in_degrees(sheet)
    assert shapely.get_num_coordinates(placed.plan) == 4 * 5 + 1
    middle = shapely.line_interpolate_point(shapely.LineString(shapely.get_coordinates(sheet.plan)[:2]), 2_500)
    on_map = transform_one(placed.plan, WIRE_CRS, ANALYSIS_CRS).exterior
    assert on_map.distance(middle) < 0.05


def test_coordinates_have_seven_decimals(world: World, catalogue: Catalogue) -> None:
    script = rendered(world, around(catalogue)).script
    collections = embedded(script)
    numbers = re.findall(r"\d+\.(\d+)", "".join(json.dumps(collection["features"]) for collection in collections))
    assert max(map(len, numbers)) == DEGREES
    assert len(collections) > 8


def test_layers_are_tiles_that_wait_until_they_are_switched_on(world: World, catalogue: Catalogue) -> None:
    fragments = rendered(world, around(catalogue, "strandskydd_generellt", "naturreservat"))
    assert fragments.scripts == ("leaflet", "vectorGrid")
    script = fragments.script
    assert "'/ogc/collections/strandskydd_generellt/tiles/WebMercatorQuad/{z}/{y}/{x}'" in script
    assert '"strandskydd_generellt": L.symbolsBy("gm_class", {' in script
    assert "strandskyddGenerellt" not in script
    assert not re.search(r"vector_grid_protobuf_\d+\.addTo", script)
    assert re.search(r'overlays: \{"strandskydd_generellt": vector_grid_protobuf_\d+, "naturreservat": vector', script)
    assert "Ägare <b>" not in script


def test_own_layers_make_the_ground_where_there_is_no_base_map(world: World, catalogue: Catalogue) -> None:
    surroundings = around(catalogue, "kommun", "ytvattenforekomst", "naturreservat")
    assert [overlay.id for overlay in surroundings.backdrop] == ["ytvattenforekomst", "kommun"]
    shown = re.findall(r"vector_grid_protobuf_\d+\.addTo", rendered(world, surroundings).script)
    assert len(shown) == 2
    with_base_map = rendered(world, replace(surroundings, base_maps=MAPS)).script
    assert not re.search(r"vector_grid_protobuf_\d+\.addTo", with_base_map)
    assert len(re.findall(r"tile_layer_\d+\.addTo", with_base_map)) == 1
    assert "A &amp; B" not in with_base_map
    assert "A \\u0026amp; B" in with_base_map


def test_images_may_come_from_base_maps_alone() -> None:
    assert image_origins(MAPS) == ("https://a.example", "https://b.example:8443")
    assert image_origins([MAPS[0], MAPS[0]]) == ("https://a.example",)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/{z}/{x}/{y}",
        "https://a.example/{z}/{x}.png",
        "https://*.example/{z}/{x}/{y}",
        "https://a.example; script-src */{z}/{x}/{y}",
        "/tiles/{z}/{x}/{y}",
    ],
)
def test_a_base_map_is_an_address_with_places_for_the_tile(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        BaseMap(sv="x", en="x", url=url, attribution="x")


def test_the_heaviest_sheet_weighs_less_than_300_kb(world: World, catalogue: Catalogue) -> None:
    squares = [(box(3 * n, 0, 3 * n + 2, 2), True, 0.0) for n in range(600)]
    lakes = [(wavy(40_000), True, 0.0), (wavy(30_000, 300), True, 0.0)]
    heavy = world_of(world, box(0, 0, 1_800, 1_800), [("permit", lakes), ("consider", squares)])
    script = split(web_map(draw_sheet(heavy.assessment, heavy.shapes), around(catalogue), {})).script
    assert sum(len(json.dumps(collection)) for collection in embedded(script)) < 300_000


def test_every_class_of_a_layer_has_a_style_for_every_kind(catalogue: Catalogue) -> None:
    layer = catalogue.layers["naturreservat"]
    styles = leaflet_styles(of_layer(layer, catalogue.rules_by_layer[layer.id], "gm_class"), 0.2)
    assert set(styles) == set(layer.class_ids)
    assert all(set(by_kind) == {"point", "line", "polygon"} for by_kind in styles.values())
    assert all(not by_kind["line"]["fill"] for by_kind in styles.values())


def test_what_is_left_out_comes_as_tiles(world: World, catalogue: Catalogue) -> None:
    squares = [(box(3 * n, 0, 3 * n + 2, 2), True, 0.0) for n in range(600)]
    crowd = drawn(world_of(world, box(0, 0, 1_800, 600), [("consider", squares)]))
    rest = replace(overlay(catalogue, "naturreservat"), id="pieces", address="/a/pieces/{z}/{y}/{x}?plan=1")
    surroundings = replace(around(catalogue), rest=rest)
    assert "'/a/pieces/{z}/{y}/{x}?plan=1'" in split(web_map(crowd, surroundings, {})).script
    assert "/a/pieces/" not in split(web_map(drawn(world), surroundings, {})).script
