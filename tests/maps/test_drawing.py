"""The map on paper: exactly in its scale, whole, and with labels that can all be read."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from factories import box
from hypothesis import given
from hypothesis import strategies as st
from maps.test_sheet import world_of
from maps.world import World

from geomiljo.maps.drawing import draw_map
from geomiljo.maps.leaders import Box, place_labels
from geomiljo.maps.paper import PIXELS_PER_MM, SCALES, Window, nice_length, window_on
from geomiljo.maps.picture import picture_svg
from geomiljo.maps.sheet import draw_sheet

SVG = "{http://www.w3.org/2000/svg}"
PLACES = st.floats(min_value=0, max_value=600)


def drawing(world: World, scale: int | None = None, language: str = "sv") -> tuple[ET.Element, Window]:
    bounds = world.shapes.plan.geometry.bounds
    window = window_on(bounds, 186, 158, scale)
    sheet = draw_sheet(world.assessment, world.shapes, paper=window.bounds)
    return ET.fromstring(draw_map(sheet, window, "sv")), window  # noqa: S314 - our own


def numbers(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+", path)]


@pytest.mark.parametrize("scale", [1_000, 2_000, 25_000])
def test_a_length_on_paper_is_the_scale_th_part_of_that_on_the_ground(world: World, scale: int) -> None:
    square = world_of(world, box(0, 0, 100, 100), [])
    svg, _window = drawing(square, scale)
    [plan] = [path for path in svg.iter(f"{SVG}path") if path.get("stroke-dasharray") == "14 4 2 4 2 4"]
    across = numbers(plan.attrib["d"])[::2]
    assert (max(across) - min(across)) / PIXELS_PER_MM == pytest.approx(100 * 1_000 / scale, abs=0.01)
    assert svg.get("width") == "186mm"
    assert numbers(svg.attrib["viewBox"])[2] == pytest.approx(186 * PIXELS_PER_MM, abs=0.01)


def test_the_scale_bar_is_as_long_as_it_says(world: World) -> None:
    svg, window = drawing(world)
    texts = [text.text or "" for text in svg.iter(f"{SVG}text")]
    [told] = [int(text.removesuffix("\u00a0m")) for text in texts if re.fullmatch(r"\d+\u00a0m", text)]
    halves = [rect for rect in svg.iter(f"{SVG}rect") if rect.get("height") == "5"]
    assert sum(float(half.attrib["width"]) for half in halves) * window.metres_per_pixel == pytest.approx(
        told, rel=1e-3
    )


@pytest.mark.parametrize("side", [30, 400, 5_000, 90_000, 2_000_000])
def test_the_whole_plan_is_shown_in_a_usual_scale(side: int) -> None:
    bounds = box(0, 0, side, side / 2).bounds
    window = window_on(bounds, 186, 158)
    assert window.holds(bounds)
    assert window.scale in SCALES or window.scale % 100_000 == 0


def test_everything_that_is_found_is_drawn(world: World) -> None:
    svg, _window = drawing(world)
    assert sum(1 for _ in svg.iter(f"{SVG}use")) >= 9
    fills = {element.get("fill") for element in svg.iter()}
    assert {f"url(#p-{code})" for code in ("pro", "per", "con", "opp")} <= fills
    texts = [text.text for text in svg.iter(f"{SVG}text")]
    assert {"F1", "F21", "NATUR", "BC", "N", "6\u00a0500\u00a0000"} <= set(texts)


def test_outlines_are_not_closed_along_the_edge_of_the_map(world: World) -> None:
    svg, window = drawing(world_of(world, box(0, 0, 1_000, 1_000), []), 1_000)
    assert not window.holds(box(0, 0, 1_000, 1_000).bounds)
    assert not [path for path in svg.iter(f"{SVG}path") if path.get("stroke-dasharray") == "14 4 2 4 2 4"]


@given(st.lists(st.tuples(PLACES, PLACES), max_size=30))
def test_no_label_lies_upon_another_or_upon_a_dot(places: list[tuple[float, float]]) -> None:
    view, taken = Box(0, 0, 600, 600), Box(0, 500, 100, 600)
    labels = place_labels([(f"F{n}", x, y) for n, (x, y) in enumerate(places)], view, (300, 300), [taken])
    rooms = [Box.around(*label.at, label.width + 4, 22) for label in labels]
    assert all(view.holds(room) and not room.meets(taken) for room in rooms)
    assert not any(one.meets(other) for n, one in enumerate(rooms) for other in rooms[:n])
    dots = [Box.around(x, y, 9, 9) for x, y in places if view.holds(Box.around(x, y, 1, 1))]
    assert not any(room.meets(dot) for room in rooms for dot in dots)


@given(st.floats(min_value=0.01, max_value=1e7))
def test_nice_lengths_are_short_numbers_and_long_enough(least: float) -> None:
    length = nice_length(least)
    assert length >= least or length == pytest.approx(least)
    assert str(length).rstrip("0") in {"1", "2", "5"}


def test_names_in_pictures_are_text(world: World) -> None:
    from dataclasses import replace

    evil = '<script>alert("x")</script>'
    named = replace(world.assessment, area=replace(world.assessment.area, name=evil))
    window = window_on(world.shapes.plan.geometry.bounds, 180, 120)
    svg = picture_svg(named, draw_sheet(named, world.shapes, paper=window.bounds), window, "sv")
    assert "<script" not in svg
    assert "Källor: " in svg
    assert evil in [text.text for text in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own
