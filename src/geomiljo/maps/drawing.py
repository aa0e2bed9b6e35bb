"""The map of an assessment as SVG, in a stated scale: for paper, for pictures, and where no script runs.

Everything is an attribute, so that the drawing looks the same inside a page, under any policy, and as a picture.
Patterns and marks are those of :func:`geomiljo.maps.symbols.severity_sprite`; whoever shows the drawing brings them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from markupsafe import Markup

from geomiljo.maps.leaders import Box, place_labels
from geomiljo.maps.paper import nice_length
from geomiljo.maps.sheet import drawing_order
from geomiljo.maps.symbols import INK, SEVERITY, map_looks
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import format_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from geomiljo.maps.leaders import Placed
    from geomiljo.maps.overlays import GroundShapes
    from geomiljo.maps.paper import Window
    from geomiljo.maps.sheet import Sheet
    from geomiljo.texts import Language

PAPER, LAND = "#FFFFFF", "#F6F3EB"
_GRID, _GRID_TEXT = "#CFC8B8", "#6A6456"
_GRID_APART = 130
"""Least distance of grid lines, pixels."""
_BAR = 90
"""Least length of the scale bar, pixels."""
_MARK = 18
_ROUND = 2
"""Decimals of pixels."""
PLAN_LOOKS: Mapping[str, Mapping[str, str]] = {
    "use": {"fill": "none", "stroke": INK, "stroke-width": ".8", "stroke-opacity": ".6"},
    "case": {"fill": "none", "stroke": PAPER, "stroke-width": "6", "stroke-opacity": ".9", "stroke-linejoin": "round"},
    "plan": {
        "fill": "none",
        "stroke": INK,
        "stroke-width": "2.4",
        "stroke-dasharray": "14 4 2 4 2 4",
        "stroke-linejoin": "round",
    },
}


def draw_map(sheet: Sheet, window: Window, language: Language, ground: Sequence[GroundShapes] = ()) -> Markup:
    """Return the map as an SVG element, as large as its window, on a ground of shapes from below."""
    corners = _corner_boxes(window)
    uses = list(_use_letters(sheet, window))
    flags = [(flag.finding.upper(), *_at(window, flag.x, flag.y)) for flag in sheet.flags]
    west, south, east, north = sheet.plan_bounds
    middle = _at(window, (west + east) / 2, (south + north) / 2)
    view = Box(0, 0, window.width, window.height)
    coordinates = list(_coordinates(window))
    taken = [*corners, *(box for box, _text in (*uses, *coordinates))]
    labels = place_labels(flags, view, middle, taken)
    title = translate(
        _("Map of the planning area with its findings, scale 1:{scale}"), language, scale=_grouped(window.scale)
    )
    parts = [
        element("rect", width=window.width, height=window.height, fill=LAND),
        *_ground(ground, window),
        *_crosses(window),
        *_shapes(sheet, window),
        *_plan(sheet, window),
        *(text for _box, text in uses),
        *(drawn for label in labels for drawn in _label(label)),
        _ticks(window),
        *(text for _box, text in coordinates),
        *_scale_bar(window, language),
        *_north_arrow(window),
        element("rect", width=window.width, height=window.height, fill="none", stroke="#78868C", stroke_width=1),
    ]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{}mm" height="{}mm" viewBox="0 0 {} {}" role="img" lang="{}"'
        " font-family=\"'Source Sans 3', sans-serif\"><title>{}</title>{}</svg>"
    ).format(
        f"{window.width_mm:g}",
        f"{window.height_mm:g}",
        round(window.width, _ROUND),
        round(window.height, _ROUND),
        language,
        title,
        Markup("").join(parts),
    )


def element(tag: str, content: str | Markup = "", /, **attributes: Any) -> Markup:
    """Return an SVG element; numbers are rounded, and underscores in names are hyphens."""
    written = Markup("").join(
        Markup(' {}="{}"').format(
            name.replace("_", "-"), f"{round(value, _ROUND):g}" if isinstance(value, float) else value
        )
        for name, value in attributes.items()
    )
    return Markup("<{0}{1}>{2}</{0}>").format(tag, written, content)


def _at(window: Window, x: float, y: float) -> tuple[float, float]:
    [[left, top]] = window.place(np.array([[x, y]]))
    return float(left), float(top)


def path_of(geometry: BaseGeometry) -> str:
    """Return a placed geometry as path data."""
    return "".join(_lines(geometry))


def _lines(geometry: BaseGeometry) -> Iterator[str]:
    for part in shapely.get_parts(geometry):
        rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        for ring in rings:
            places = np.round(shapely.get_coordinates(ring), _ROUND)
            points = [f"{x:g} {y:g}" for x, y in (places[:-1] if ring.is_ring else places)]
            yield "M" + "L".join(points) + ("Z" if ring.is_ring else "")


def _ground(ground: Sequence[GroundShapes], window: Window) -> Iterator[Markup]:
    for layer in ground:
        look = {"stroke": layer.look.line, "stroke-width": f"{layer.look.width:g}", "fill": layer.look.ground or "none"}
        if layer.look.dash:
            look["stroke-dasharray"] = layer.look.dash
        placed = [shape for shape in window.placed(layer.shapes) if not shape.is_empty]
        yield element("g", Markup("").join(element("path", d=path_of(shape)) for shape in placed), **look)


def _shapes(sheet: Sheet, window: Window) -> Iterator[Markup]:
    for place, severity, shapes in drawing_order(sheet):
        placed = window.placed([shape.geometry for shape in shapes])
        if place == "pt":
            yield from _marks(placed, SEVERITY[severity].code)
            continue
        look = map_looks(SEVERITY[severity])[place]
        drawn = Markup("").join(element("path", d=path_of(shape)) for shape in placed if not shape.is_empty)
        yield element("g", drawn, **look)


def _marks(points: Sequence[BaseGeometry], code: str) -> Iterator[Markup]:
    for point in points:
        if not point.is_empty:
            x, y = point.x - _MARK / 2, point.y - _MARK / 2
            yield element("use", href=f"#m-{code}", x=x, y=y, width=_MARK, height=_MARK)


def _plan(sheet: Sheet, window: Window) -> Iterator[Markup]:
    parts = window.placed([shapely.boundary(part) for part in sheet.parts])
    [plan] = window.placed([shapely.boundary(sheet.plan)])
    outlines = [("use", part) for part in parts] + [("case", plan), ("plan", plan)]
    for look, outline in outlines:
        if not outline.is_empty:
            yield element("path", d=path_of(outline), **PLAN_LOOKS[look])


def _use_letters(sheet: Sheet, window: Window) -> Iterator[tuple[Box, Markup]]:
    """Yield the use letters of the parts that have room for them, with the room that they take."""
    for use in sheet.uses:
        if use.room_m / window.metres_per_pixel >= 4 + 4 * len(use.text):
            x, y = _at(window, use.x, use.y)
            yield Box.around(x, y, 10 * len(use.text), 18), _halo(use.text, x, y + 5, 13, INK, PAPER, weight=700)


def _halo(
    text: str, x: float, y: float, size: int, ink: str, halo: str, *, weight: int = 400, anchor: str = "middle"
) -> Markup:
    """Return text that can be read upon anything."""
    return element(
        "text",
        text,
        x=x,
        y=y,
        font_size=size,
        font_weight=weight,
        fill=ink,
        text_anchor=anchor,
        stroke=halo,
        stroke_width=3.5,
        stroke_linejoin="round",
        paint_order="stroke",
    )


def _label(label: Placed) -> Iterable[Markup]:
    (x, y), (left, top) = label.dot, label.at
    return (
        element("line", x1=x, y1=y, x2=left, y2=top, stroke=INK, stroke_width=1),
        element("circle", cx=x, cy=y, r=3, fill=INK, stroke=PAPER, stroke_width=1.2),
        element("rect", x=left - label.width / 2, y=top - 9, width=label.width, height=18, rx=2.5, fill=INK),
        element("text", label.text, x=left, y=top + 4, font_size=12, font_weight=700, fill=PAPER, text_anchor="middle"),
    )


def _lines_of_grid(window: Window) -> tuple[list[tuple[float, int]], list[tuple[float, int]]]:
    """Return where the grid's lines cross the edges, and their coordinates: eastings and northings."""
    west, south, east, north = window.bounds
    step = nice_length(_GRID_APART * window.metres_per_pixel)
    easts = range(int(np.ceil(west / step)) * step, int(east) + 1, step)
    norths = range(int(np.ceil(south / step)) * step, int(north) + 1, step)
    return [(_at(window, x, north)[0], x) for x in easts], [(_at(window, west, y)[1], y) for y in norths]


def _crosses(window: Window) -> Iterator[Markup]:
    easts, norths = _lines_of_grid(window)
    crosses = (f"M{x - 4:.1f} {y:.1f}h8M{x:.1f} {y - 4:.1f}v8" for x, _east in easts for y, _north in norths)
    yield element("path", d="".join(crosses), fill="none", stroke=_GRID, stroke_width=1)


def _ticks(window: Window) -> Markup:
    """Return ticks of the grid along the lower and the right edge."""
    easts, norths = _lines_of_grid(window)
    width, height = window.width, window.height
    ticks = [*(f"M{x:.1f} {height:.1f}v-7" for x, _e in easts), *(f"M{width:.1f} {y:.1f}h-7" for y, _n in norths)]
    return element("path", d="".join(ticks), fill="none", stroke=_GRID_TEXT, stroke_width=1)


def _coordinates(window: Window) -> Iterator[tuple[Box, Markup]]:
    """Yield the coordinates at the ticks, clear of what stands in the corners, with the room that they take."""
    easts, norths = _lines_of_grid(window)
    width, height = window.width, window.height
    for x, east in easts:
        if _bar_end(window) + 30 < x < width - 40:
            yield Box.around(x, height - 14, 48, 16), _halo(_grouped(east), x, height - 11, 11, _GRID_TEXT, LAND)
    for y, north in norths:
        if 80 < y < height - 20:
            text = _halo(_grouped(north), width - 11, y + 4, 11, _GRID_TEXT, LAND, anchor="end")
            yield Box.around(width - 38, y, 56, 16), text


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\u00a0")


def _bar(window: Window) -> tuple[int, float]:
    """Return the length of the scale bar, in metres and in pixels."""
    length = nice_length(_BAR * window.metres_per_pixel)
    return length, length / window.metres_per_pixel


def _bar_end(window: Window) -> float:
    """Return how far the scale bar with its words reaches."""
    return _bar(window)[1] + 46


def _corner_boxes(window: Window) -> list[Box]:
    """Return where scale bar and arrow stand."""
    return [Box(0, window.height - 44, _bar_end(window), window.height), Box(window.width - 44, 0, window.width, 70)]


def _scale_bar(window: Window, language: Language) -> Iterator[Markup]:
    """Yield a scale bar of two halves, in metres."""
    length, pixels = _bar(window)
    half, x, y = pixels / 2, 16.0, window.height - 14.0
    yield element(
        "rect", x=8.0, y=y - 22, width=_bar_end(window) - 8, height=30.0, fill=PAPER, fill_opacity=".86", rx=2
    )
    yield element("rect", x=x, y=y - 5, width=half, height=5.0, fill=INK, stroke=INK, stroke_width=1)
    yield element("rect", x=x + half, y=y - 5, width=half, height=5.0, fill=PAPER, stroke=INK, stroke_width=1)
    for share, text in (
        (0.0, "0"),
        (1.0, format_count(length // 2, language)),
        (2.0, f"{format_count(length, language)}\u00a0m"),
    ):
        yield element("text", text, x=x + share * half, y=y - 9, font_size=11, fill=INK, text_anchor="middle")


def _north_arrow(window: Window) -> Iterator[Markup]:
    """Yield an arrow to grid north, which is up."""
    x, y = window.width - 24, 14.0
    yield element("path", d=f"M{x:.1f} {y:.1f}l7 20-7-5-7 5z", fill=INK, stroke=PAPER, stroke_width=1)
    yield _halo("N", x, y + 36, 12, INK, PAPER, weight=700)
