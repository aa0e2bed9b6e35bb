"""The map of an assessment as a picture for reports: the drawing with its title above, scale and legend below."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from markupsafe import Markup

from geomiljo import wording
from geomiljo.maps.drawing import PAPER, PLAN_LOOKS, draw_map, element
from geomiljo.maps.legend import svg_as_png
from geomiljo.maps.paper import PIXELS_PER_INCH
from geomiljo.maps.symbols import INK, SEVERITY, map_looks, severity_sprite
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geomiljo.analysis.results import Assessment
    from geomiljo.maps.overlays import GroundShapes
    from geomiljo.maps.paper import Window
    from geomiljo.maps.sheet import Sheet
    from geomiljo.texts import Language

_HEAD, _ROW, _SWATCH = 50.0, 26.0, 30.0
_MUTED = "#42525B"
_LETTER = 6.9
"""More than the average letter is wide at the size of the legend."""
_SMALL_LETTER = 5.1
_TITLE_LETTER = 10.0
_LINE = 15.0


def map_picture(picture: str, dots_per_inch: int) -> bytes:
    """Return a picture of :func:`picture_svg` as PNG."""
    return svg_as_png(picture, dots_per_inch / PIXELS_PER_INCH)


def picture_svg(
    assessment: Assessment,
    sheet: Sheet,
    window: Window,
    language: Language,
    ground: Sequence[GroundShapes] = (),
) -> str:
    """Return the picture as an SVG document that needs nothing but the letters."""
    legend = list(_legend(sheet, window.width, language))
    rows = 1 + max((row for _place, row, _drawn in legend), default=0)
    foot = _HEAD + window.height
    below = [_moved(place, foot + row * _ROW + 10, drawn) for place, row, drawn in legend]
    sources = _sources(assessment, ground, window.width, language)
    below += [_small(line, foot + rows * _ROW + 22 + n * _LINE) for n, line in enumerate(sources)]
    height = foot + (rows + 0.5) * _ROW + len(sources) * _LINE
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" lang="{2}"'
            " font-family=\"'Source Sans 3', sans-serif\"><defs>{3}</defs>{4}</svg>"
        ).format(
            f"{window.width:.0f}",
            f"{height:.0f}",
            language,
            severity_sprite(),
            Markup("").join(
                [
                    element("rect", width="100%", height="100%", fill=PAPER),
                    *_head(assessment, window, language),
                    _moved(0, _HEAD, draw_map(sheet, window, language, ground)),
                    *below,
                ]
            ),
        )
    )


def _moved(x: float, y: float, drawn: Markup) -> Markup:
    return element("g", drawn, transform=f"translate({x:.1f} {y:.1f})")


def _head(assessment: Assessment, window: Window, language: Language) -> Iterator[Markup]:
    name = assessment.area.name
    most = int(window.width / _TITLE_LETTER)
    title = name if len(name) <= most else name[: most - 1].rstrip() + "…"
    facts = [
        translate(_("Scale 1:{scale}"), language, scale=format_count(window.scale, language)),
        "SWEREF 99 TM",
        translate(_("Checked {when}"), language, when=wording.moment(assessment.created_at, language)),
        assessment.software,
    ]
    yield element("text", title, x=0, y=20, font_size=19, font_weight=700, fill=INK)
    yield element("text", " · ".join(facts), x=0, y=40, font_size=13, fill=_MUTED)


def _small(text: str, y: float) -> Markup:
    return element("text", text, x=0, y=y, font_size=11, fill=_MUTED)


def _sources(assessment: Assessment, ground: Sequence[GroundShapes], width: float, language: Language) -> list[str]:
    """Return who stands behind what is drawn, in lines: the findings' layers with their dates, then the ground."""
    with_findings = {finding.layer for finding in assessment.findings}
    named = [
        f"{layer.title.get(language)} {layer.source_date or ''}".strip()
        for layer in assessment.layers
        if layer.id in with_findings
    ]
    below = dict.fromkeys(layer.attribution for layer in ground if layer.shapes)
    told = [translate(_("Sources: {sources}."), language, sources=", ".join(named))] if named else []
    told += [translate(_("Ground: {owners}."), language, owners=", ".join(below))] if below else []
    return textwrap.wrap(" ".join(told), int(width / _SMALL_LETTER))


def _legend(sheet: Sheet, width: float, language: Language) -> Iterator[tuple[float, int, Markup]]:
    """Yield the entries of the legend with their place: from the left, and row."""
    x, row = 0.0, 0
    for swatch, text in _entries(sheet, language):
        needed = _SWATCH + 8 + _LETTER * len(text) + 20
        if x and x + needed > width:
            x, row = 0.0, row + 1
        yield x, row, swatch + element("text", text, x=_SWATCH + 8, y=13, font_size=13, fill=INK)
        x += needed


def _entries(sheet: Sheet, language: Language) -> Iterator[tuple[Markup, str]]:
    shown = {shape.severity for shape in sheet.shapes}
    for severity, symbol in SEVERITY.items():
        if severity in shown:
            yield _area(map_looks(symbol)["m"]), translate(wording.SEVERITY[severity], language)
    if any(not shape.is_inside for shape in sheet.shapes):
        yield _area(map_looks(SEVERITY["permit"])["o"]), translate(_("Object outside the plan"), language)
    yield _line("case") + _line("plan"), translate(_("Planning area"), language)
    if sheet.parts:
        yield _line("use"), translate(_("Boundary between land uses"), language)


def _area(look: Mapping[str, str]) -> Markup:
    return element("rect", x=1, y=1, width=_SWATCH - 2, height=15, **look)


def _line(name: str) -> Markup:
    return element("path", d=f"M0 9h{_SWATCH:.0f}", **PLAN_LOOKS[name])
