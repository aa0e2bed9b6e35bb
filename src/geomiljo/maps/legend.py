"""Legends: a small picture with a symbol and a name for each entry, as SVG and as PNG."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from markupsafe import Markup

from geomiljo.maps.assets import manifest, vendor_folder
from geomiljo.maps.symbols import INK, severity_sprite

if TYPE_CHECKING:
    from geomiljo.maps.symbology import Kind, Look, Symbology
    from geomiljo.texts import Language

_ROW, _SWATCH, _MARK, _GAP, _MARGIN = 24, 28, 16, 8, 8
_BASELINE = 17
_FONT, _FONT_SIZE = "Source Sans 3", 13
_LETTER = 7.4
"""More than the average letter is wide, so that no name is cut."""


def legend_svg(symbology: Symbology, title: str, language: Language) -> str:
    """Return a legend as SVG: the title, then a row for each symbol, drawn once for each kind of geometry."""
    names = [symbol.label.get(language) for symbol in symbology.symbols]
    left = _MARGIN + len(symbology.kinds) * (_SWATCH + _GAP)
    longest = max(left + _LETTER * max(map(len, names)), _MARGIN + _LETTER * len(title))
    rows = [Markup('<text x="{}" y="{}" font-weight="600">{}</text>').format(_MARGIN, _MARGIN + _BASELINE, title)]
    for position, symbol in enumerate(symbology.symbols, start=1):
        top = _MARGIN + position * _ROW
        rows += [
            _swatch(symbol.look, kind, _MARGIN + column * (_SWATCH + _GAP), top)
            for column, kind in enumerate(symbology.kinds)
        ]
        rows.append(Markup('<text x="{}" y="{}">{}</text>').format(left, top + _BASELINE, names[position - 1]))
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            ' viewBox="0 0 {width} {height}" role="img" lang="{language}" font-family="\'{font}\', sans-serif"'
            ' font-size="{size}" fill="{ink}"><title>{title}</title><defs>{defs}</defs>{rows}</svg>'
        ).format(
            width=math.ceil(longest) + _MARGIN,
            height=(len(names) + 1) * _ROW + 2 * _MARGIN,
            language=language,
            font=_FONT,
            size=_FONT_SIZE,
            ink=INK,
            title=title,
            defs=severity_sprite(),
            rows=Markup("").join(rows),
        )
    )


def svg_as_png(svg: str, scale: float) -> bytes:
    """Return a drawing as PNG, `scale` times as large; the letters are those of the pages, whatever the machine has."""
    from resvg_py import svg_to_bytes

    fonts = [str(vendor_folder() / manifest().keys[key]) for key in ("font_sans_ttf", "font_sans_bold_ttf")]
    return bytes(svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=fonts, zoom=scale, dpi=96))


def _swatch(look: Look, kind: Kind, x: int, top: int) -> Markup:
    """Return the symbol of a kind of geometry in its place."""
    middle = top + _ROW / 2
    line = Markup('stroke="{}" stroke-width="{}" stroke-dasharray="{}"')
    if kind == "polygon":
        fill = f"url(#p-{look.severity.code})" if look.severity else look.ground or "none"
        return Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}" {}/>').format(
            x + 1, top + 3, _SWATCH - 2, _ROW - 6, fill, line.format(look.line, look.width, look.dash or "none")
        )
    if kind == "line":
        drawn = line.format(look.line, look.width + 2, look.dash or "none")
        return Markup('<path d="M{} {}h{}" {}/>').format(x, middle, _SWATCH, drawn)
    if look.severity:
        place = x + (_SWATCH - _MARK) / 2, middle - _MARK / 2, _MARK, _MARK
        return Markup('<use href="#m-{}" x="{}" y="{}" width="{}" height="{}"/>').format(look.severity.code, *place)
    return Markup('<circle cx="{}" cy="{}" r="{}" fill="{}"/>').format(x + _SWATCH / 2, middle, _MARK / 3, look.fill)
