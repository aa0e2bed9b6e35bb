"""How severities, statuses and themes look: one table for the map, the legend, the lists and the stylesheet.

A severity is never colour alone: it has a mark of its own shape, a pattern, an outline and a word.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from geomiljo.catalogue.rules import SEVERITIES


@dataclass(frozen=True, slots=True)
class SeveritySymbol:
    """How a severity is drawn.

    Attributes
    ----------
    code : str
        Short name in ids and class names.
    fill, text, tint, on, edge : str
        Colour of chips and bars; of text on white; of large areas; of text on `fill`; of the border of a chip.
    ground : str
        Opaque ground of the map pattern, so that the worst level covers milder ones below it.
    shape, sign : str
        SVG of the mark: its outline, and what stands on it, with ``{ink}`` for the colour.
    pattern : str
        SVG of the map pattern without its ground.
    pattern_size, pattern_angle, outline_width : float
        Pixels, degrees, pixels.
    outline_dash : str
        ``stroke-dasharray`` of the outline; empty: solid.
    mark, mark_angle : str, int
        Where styles are told to other programs: the nearest of the marks that every one of them knows, turned so far.
    hatch : str
        Likewise, the mark that fills areas.
    """

    code: str
    fill: str
    text: str
    tint: str
    on: str
    edge: str
    ground: str
    shape: str
    sign: str
    pattern: str
    pattern_size: int
    pattern_angle: int
    outline_width: float
    outline_dash: str
    mark: str
    mark_angle: int
    hatch: str


INK = "#15232B"
"""Text, and outlines of plans."""
SEVERITY: dict[str, SeveritySymbol] = {
    "prohibition": SeveritySymbol(
        code="pro",
        fill="#861A3A",
        text="#7D1736",
        tint="#F8E8EC",
        on="#FFFFFF",
        edge="#861A3A",
        ground="#D4B2B6",
        shape='<path d="M5.4 1h5.2L15 5.4v5.2L10.6 15H5.4L1 10.6V5.4z"',
        sign='<path d="M4.4 8h7.2" stroke="{ink}" stroke-width="2.3"/>',
        pattern='<path d="M0 3.5h7M3.5 0v7" stroke="#7D1736" stroke-width="1.5"/>',
        pattern_size=7,
        pattern_angle=45,
        outline_width=2,
        outline_dash="",
        mark="square",
        mark_angle=0,
        hatch="x",
    ),
    "permit": SeveritySymbol(
        code="per",
        fill="#DB7420",
        text="#944600",
        tint="#FDEFDF",
        on=INK,
        edge="#DB7420",
        ground="#F1DAC2",
        shape='<path d="M8 1.3 15.3 14.4H.7z" stroke-linejoin="round"',
        sign='<path d="M8 5.6v4.2" stroke="{ink}" stroke-width="1.9"/><circle cx="8" cy="11.9" r="1.15" fill="{ink}"/>',
        pattern='<path d="M4 0v8" stroke="#B85A10" stroke-width="1.7"/>',
        pattern_size=8,
        pattern_angle=45,
        outline_width=1.3,
        outline_dash="",
        mark="triangle",
        mark_angle=0,
        hatch="triangle",
    ),
    "consider": SeveritySymbol(
        code="con",
        fill="#F5D565",
        text="#6A5200",
        tint="#FCF5DC",
        on=INK,
        edge="#8A6D0A",
        ground="#F5E3A1",
        shape='<path d="M8 .9 15.1 8 8 15.1.9 8z" stroke-linejoin="round"',
        sign='<circle cx="8" cy="8" r="2.1" fill="{ink}"/>',
        pattern='<circle cx="2" cy="2" r="1.25" fill="#6A5200"/><circle cx="6" cy="6" r="1.25" fill="#6A5200"/>',
        pattern_size=8,
        pattern_angle=0,
        outline_width=1.3,
        outline_dash="5 2",
        mark="square",
        mark_angle=45,
        hatch="circle",
    ),
    "opportunity": SeveritySymbol(
        code="opp",
        fill="#1F7F83",
        text="#0B5F63",
        tint="#E2F2F2",
        on="#FFFFFF",
        edge="#1F7F83",
        ground="#D4E0DA",
        shape='<circle cx="8" cy="8" r="7"',
        sign='<path d="M8 4.4v7.2M4.4 8h7.2" stroke="{ink}" stroke-width="2"/>',
        pattern='<path d="M3 1v4M1 3h4M9 7v4M7 9h4" stroke="#0B5F63" stroke-width="1.3"/>',
        pattern_size=12,
        pattern_angle=0,
        outline_width=1.3,
        outline_dash="1.5 2.5",
        mark="circle",
        mark_angle=0,
        hatch="cross",
    ),
}
"""From worst to mildest, in the order of :data:`geomiljo.catalogue.rules.SEVERITIES`."""

STATUS_ICON = {
    "hit": "st-hit",
    "adjacent": "st-adj",
    "near": "st-near",
    "below_threshold": "st-below",
    "no_hit": "st-none",
    "partly_covered": "st-part",
    "not_covered": "st-unc",
    "not_checked": "st-undec",
    "failed": "st-fail",
}
STATUS_FAMILY = {
    "below_threshold": "muted",
    "no_hit": "muted",
    "partly_covered": "unk",
    "not_covered": "unk",
    "not_checked": "unk",
    "failed": "unk",
}
"""Statuses that are not plain: muted, or unknown with its signature (slate text, dashes)."""
THEME_COLOUR = {
    "nature": "#5B7F45",
    "water": "#3C78A6",
    "cultural_environment": "#8E5B45",
    "land_use": "#7B7548",
    "ecosystem_services": "#3F8074",
    "climate_risk": "#6C5E9C",
    "health_risk": "#94527A",
}


def severity_style() -> str:
    """Return the part of the stylesheet that follows from the table: tokens, and symbols of the map."""
    return "\n".join([_tokens(), *(_map_rules(SEVERITY[severity]) for severity in SEVERITIES)])


def _tokens() -> str:
    colours = (
        f"--{s.code}-{name}: {getattr(s, name)};"
        for s in SEVERITY.values()
        for name in ("fill", "text", "tint", "on", "edge")
    )
    return f":root {{ {' '.join(colours)} }}"


def _map_rules(symbol: SeveritySymbol) -> str:
    return "\n".join(
        f".{place}-{symbol.code} {{ {' '.join(f'{name}: {value};' for name, value in look.items())} }}"
        for place, look in map_looks(symbol).items()
    )


def map_looks(symbol: SeveritySymbol) -> dict[str, dict[str, str]]:
    """Return how shapes of a severity are drawn, as properties that are styles of CSS and attributes of SVG.

    By place: ground inside the plan (m), lines (l), objects outside the plan (o) and background inside it (b).
    """
    looks = {
        "m": {"fill": f"url(#p-{symbol.code})", "fill-opacity": "1"}
        | _stroke(symbol.outline_width, symbol.outline_dash),
        "l": {"fill": "none", "stroke-linecap": "butt"}
        | _stroke(symbol.outline_width + 2, _doubled(symbol.outline_dash)),
        "o": {"fill": symbol.fill, "fill-opacity": ".1"} | _stroke(1.3, "8 3"),
        "b": {"fill": symbol.fill, "fill-opacity": ".06"} | _stroke(1, "1 4"),
    }
    return {place: {"stroke": symbol.text, **look} for place, look in looks.items()}


def _stroke(width: float, dash: str) -> dict[str, str]:
    return {"stroke-opacity": "1", "stroke-width": f"{width:g}", "stroke-dasharray": dash or "none"}


def _doubled(dash: str) -> str:
    return " ".join(str(2 * float(length)) for length in dash.split())


def severity_sprite() -> Markup:
    """Return marks (``m-``), marks on their own colour (``k-``) and patterns (``p-``) as SVG definitions."""
    return Markup("").join(Markup(text) for symbol in SEVERITY.values() for text in _definitions(symbol))  # noqa: S704


def _definitions(symbol: SeveritySymbol) -> tuple[str, str, str]:
    coloured = f'{symbol.shape} fill="{symbol.fill}" stroke="{symbol.text}"/>{symbol.sign.format(ink=symbol.on)}'
    on_fill = f'{symbol.shape} fill="{symbol.on}" stroke="{symbol.on}"/>{symbol.sign.format(ink=symbol.fill)}'
    if symbol.on == INK:
        on_fill = f'{symbol.shape} fill="{INK}" stroke="{INK}"/>{symbol.sign.format(ink="#FFFFFF")}'
    size = symbol.pattern_size
    return (
        f'<symbol id="m-{symbol.code}" viewBox="0 0 16 16">{coloured}</symbol>',
        f'<symbol id="k-{symbol.code}" viewBox="0 0 16 16">{on_fill}</symbol>',
        f'<pattern id="p-{symbol.code}" width="{size}" height="{size}" patternUnits="userSpaceOnUse"'
        f' patternTransform="rotate({symbol.pattern_angle})">'
        f'<rect width="{size}" height="{size}" fill="{symbol.ground}"/>{symbol.pattern}</pattern>',
    )
