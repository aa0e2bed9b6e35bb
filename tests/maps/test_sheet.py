"""What the map draws: cut, light, counted, and labelled where there is room."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import shapely
from factories import box, line, point, whole
from maps.document import Document
from maps.world import World, lakeside_plan
from shapely.geometry.base import BaseGeometry

from geomiljo.analysis.results import Finding
from geomiljo.analysis.shapes import FindingShape, Shapes
from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.rules import SEVERITIES, Severity
from geomiljo.maps import map_page
from geomiljo.maps.build import build_map
from geomiljo.maps.fragments import split
from geomiljo.maps.labels import UseLabel, place_flags, place_uses, use_text
from geomiljo.maps.sheet import MAX_SHAPES, MAX_VERTICES, LeftOut, Sheet, draw_sheet
from geomiljo.maps.templating import environment


def world_of(
    world: World, outline: BaseGeometry, findings: Sequence[tuple[Severity, Sequence[tuple[BaseGeometry, bool, float]]]]
) -> World:
    """Return a world with findings of the given severities over (geometry, is clip, distance)."""
    template, thing = world.assessment.findings[0], world.assessment.findings[0].features[0]
    made: list[Finding] = []
    shapes: list[FindingShape] = []
    for number, (severity, objects) in enumerate(findings, start=1):
        things = tuple(replace(thing, id=f"o{n}", distance_m=distance) for n, (_, _, distance) in enumerate(objects))
        finding = replace(template, id=f"f{number}", severity=severity, features=things, parts=(), background=False)
        made.append(finding)
        shapes += [FindingShape(finding, o, g, c) for o, (g, c, _) in zip(things, objects, strict=True)]
    area = replace(world.assessment.area, parts=())
    return World(replace(world.assessment, area=area, findings=tuple(made)), Shapes(whole(outline), tuple(shapes)))


def drawn(world: World) -> Sheet:
    """Return the sheet of a world."""
    return draw_sheet(world.assessment, world.shapes)


def wavy(vertices: int, radius: float = 400.0) -> shapely.Polygon:
    """Return a round shape with many vertices."""
    angles = np.linspace(0, 2 * math.pi, vertices, endpoint=False)
    reach = radius + 0.4 * np.sin(37 * angles)
    middle = box(500, 500, 500, 500).centroid
    return shapely.Polygon(np.column_stack([middle.x + reach * np.cos(angles), middle.y + reach * np.sin(angles)]))


def test_every_shape_is_drawn_worst_first(world: World) -> None:
    sheet = drawn(world)
    assert (sheet.left_out, sheet.tolerance_m) == (LeftOut(0, 0), 0.0)
    ranks = [SEVERITIES.index(shape.severity) for shape in sheet.shapes]
    assert ranks == sorted(ranks)
    assert {shape.finding for shape in sheet.shapes} == {finding.id for finding in world.assessment.findings}
    assert {shape.kind for shape in sheet.shapes} == {"point", "line", "area"}
    assert {flag.finding for flag in sheet.flags} == {finding.id for finding in world.assessment.findings}


def test_objects_outside_are_cut_to_the_sheet_and_reached_by_it(world: World) -> None:
    far = box(1_400, 0, 90_000, 90_000)
    sheet = drawn(world_of(world, box(0, 0, 1_000, 1_000), [("consider", [(far, False, 400.0)])]))
    assert sheet.shapes[0].geometry.bounds[2] == sheet.frame[2]
    assert sheet.frame[2] - box(0, 0, 1_000, 1_000).bounds[2] == pytest.approx(500.0)
    assert sheet.shapes[0].geometry.within(shapely.box(*sheet.frame))


def test_geometry_of_several_kinds_is_divided(world: World) -> None:
    mixed = shapely.GeometryCollection(
        [box(0, 0, 10, 10), line((20, 20), (30, 30)), shapely.MultiPoint([point(1, 2), point(3, 4)])]
    )
    sheet = drawn(world_of(world, box(0, 0, 100, 100), [("permit", [(mixed, True, 0.0)])]))
    assert sorted(shape.kind for shape in sheet.shapes) == ["area", "line", "point", "point"]


def test_heavy_outlines_are_simplified_within_the_stated_tolerance(catalogue: Catalogue, world: World) -> None:
    lake = wavy(40_000)
    heavy = world_of(world, box(0, 0, 1_000, 1_000), [("permit", [(lake, True, 0.0)])])
    sheet = drawn(heavy)
    assert 0 < sheet.tolerance_m <= 1_000 / 400
    assert sheet.left_out == LeftOut(0, 0)
    outline = sheet.shapes[0].geometry
    assert shapely.get_num_coordinates(outline) <= MAX_VERTICES
    assert shapely.hausdorff_distance(outline, lake) <= sheet.tolerance_m
    assert len(split(build_map(sheet, {})).script) < 300_000
    page = Document(map_page(heavy.assessment, heavy.shapes, catalogue=catalogue))
    assert "förenklade med högst" in page.of_class("legend")[0].text


def test_objects_outside_that_are_left_out_are_counted_apart(catalogue: Catalogue, world: World) -> None:
    """Of those inside, tiles tell on a served map; of those near nothing does."""
    inside = [(box(3 * n, 0, 3 * n + 2, 2), True, 0.0) for n in range(MAX_SHAPES)]
    near = [(box(3 * n, -20, 3 * n + 2, -10), False, 10.0) for n in range(30)]
    crowd = world_of(world, box(0, 0, 1_600, 600), [("permit", inside), ("consider", near), ("consider", inside[:20])])
    sheet = drawn(crowd)
    assert sheet.left_out == LeftOut(inside=20, outside=30)
    legend = environment("sv").get_template("legend.html").render(sheet=sheet, is_served=True)
    told = Document(legend).of_class("notice")[0].text
    assert "20 objekt inne i planen ritas" in told
    assert "30 objekt utanför planen ritas inte" in told
    page = Document(map_page(crowd.assessment, crowd.shapes, catalogue=catalogue))
    assert re.search(r"50 \w+ är inte ritade\.", page.of_class("legend")[0].text)


def test_the_least_severe_are_left_out_and_counted(catalogue: Catalogue, world: World) -> None:
    squares = [(box(3 * n, 0, 3 * n + 2, 2), True, 0.0) for n in range(400)]
    crowd = world_of(world, box(0, 0, 1_200, 600), [("prohibition", squares), ("consider", squares)])
    sheet = drawn(crowd)
    assert len(sheet.shapes) == MAX_SHAPES
    assert sheet.left_out == LeftOut(inside=300, outside=0)
    assert [shape.severity for shape in sheet.shapes].count("prohibition") == 400
    page = Document(map_page(crowd.assessment, crowd.shapes, catalogue=catalogue))
    assert re.search(r"300 \w+ är inte ritade\.", page.of_class("legend")[0].text)
    assert len([e for e in page.by_id("f2").inside if e.attributes.get("data-object")]) == 200
    assert re.search(r"200 \w+ till", page.by_id("f2").text)


def test_flags_keep_apart_from_each_other_and_from_use_letters() -> None:
    square = box(0, 0, 100, 100)
    middle = square.centroid
    use = UseLabel("B", middle.x, middle.y, 50.0)
    flags = place_flags([("f1", square), ("f2", square), ("f3", square)], [use], 100.0)
    places = [shapely.Point(flag.x, flag.y) for flag in flags] + [middle]
    assert all(place.within(square) for place in places[:-1])
    assert min(a.distance(b) for n, a in enumerate(places) for b in places[:n]) > 7


def test_flags_stand_on_lines_and_points() -> None:
    road = line((0, 0), (100, 0))
    (on_road, again, on_tree) = place_flags([("f1", road), ("f2", road), ("f3", point(5, 5))], [], 100.0)
    assert road.distance(shapely.Point(on_road.x, on_road.y)) == pytest.approx(0, abs=1e-6)
    assert shapely.Point(on_road.x, on_road.y).distance(shapely.Point(again.x, again.y)) > 7
    assert (on_tree.x, on_tree.y) == (point(5, 5).x, point(5, 5).y)


def test_use_letters_stand_in_their_part() -> None:
    plan = lakeside_plan()
    labels = place_uses([part.uses for part in plan.parts], [part.geometry for part in plan.parts])
    assert [label.text for label in labels] == ["W", "NATUR", "BC", "B", "S", "?"]
    assert all(
        shapely.Point(label.x, label.y).buffer(label.room_m * 0.99).within(part.geometry)
        for label, part in zip(labels, plan.parts, strict=True)
    )
    assert use_text(("GATA", "P")) == "GATA P"
