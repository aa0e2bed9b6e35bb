"""How the features of a collection are drawn: which symbol for which value, out of the table of the maps.

Map styles, SLD documents and legends are written from it, so that they cannot say different things.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from geomiljo import wording
from geomiljo.catalogue.base import Text, in_both
from geomiljo.catalogue.layers import UNCLASSIFIED
from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.maps.symbols import INK, SEVERITY, THEME_COLOUR
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geomiljo.catalogue.layers import Layer
    from geomiljo.catalogue.rules import Rule, Severity
    from geomiljo.maps.symbols import SeveritySymbol

Kind = Literal["point", "line", "polygon"]
KINDS: tuple[Kind, ...] = ("polygon", "line", "point")
"""In drawing order."""
_PLAN_DASH = "14 4 2 4 2 4"


@dataclass(frozen=True, slots=True)
class Look:
    """A symbol.

    Attributes
    ----------
    fill, ground, line : str
        Colour of marks and chips; of areas, empty: they are not filled; of outlines and lines.
    width : float
        Of the outline, pixels.
    dash : str
        ``stroke-dasharray`` of the outline, pixels; empty: solid.
    mark, mark_angle, hatch : str, int, str
        See `SeveritySymbol`; without `hatch` areas have no pattern.
    severity : SeveritySymbol or None
        The severity that it stands for.
    """

    fill: str
    ground: str
    line: str
    width: float
    dash: str = ""
    mark: str = "circle"
    mark_angle: int = 0
    hatch: str = ""
    severity: SeveritySymbol | None = None

    @property
    def dashes(self) -> tuple[float, ...]:
        """Lengths of strokes and gaps in turn, pixels."""
        return tuple(float(length) for length in self.dash.split())


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a value looks like. `value` is None for whatever has no symbol of its own."""

    value: str | None
    label: Text
    look: Look

    @property
    def name(self) -> str:
        """Name in styles."""
        return self.value or "other"


@dataclass(frozen=True, slots=True)
class Symbology:
    """The symbols of a collection.

    Attributes
    ----------
    by : str or None
        The property that decides; None: all features look alike.
    kinds : tuple of Kind
        Kinds of geometry that occur, in drawing order.
    symbols : tuple of Symbol
        In the order of the legend; drawn in the opposite one.
    """

    by: str | None
    kinds: tuple[Kind, ...]
    symbols: tuple[Symbol, ...]


def of_severities() -> Symbology:
    """Return the symbols of findings and of conflicts, by their severity; worst first."""
    symbols = tuple(
        Symbol(severity, in_both(wording.SEVERITY[severity]), _look(SEVERITY[severity])) for severity in SEVERITIES
    )
    return Symbology("severity", KINDS, symbols)


def of_plans() -> Symbology:
    """Return the symbol of plans: the dashed outline that they have on the map."""
    look = Look(fill=INK, ground="", line=INK, width=2.4, dash=_PLAN_DASH)
    return Symbology(None, ("polygon",), (Symbol(None, in_both(_("Planning area")), look),))


def of_layer(layer: Layer, rules: Sequence[Rule], by: str) -> Symbology:
    """Return the symbols of a layer's classes: the worst severity that the rules give a class, else the theme's colour.

    Parameters
    ----------
    rules : sequence of Rule
        Those about the layer. Rules that only inform give no severity.
    by : str
        Property that holds the class.
    """
    kinds = tuple(kind for kind in KINDS if kind in layer.kinds)
    if not layer.classes:
        look = _of_class(layer, layer.class_ids[0], rules)
        return Symbology(None, kinds, (Symbol(None, layer.title, look),))
    titles = {c.id: c.title for c in layer.classes} | {UNCLASSIFIED: in_both(_("Unclassified"))}
    symbols = [Symbol(c, titles[c], _of_class(layer, c, rules)) for c in layer.class_ids]
    symbols.sort(key=lambda symbol: _rank(symbol.look))
    return Symbology(by, kinds, tuple(symbols))


def _of_class(layer: Layer, class_id: str, rules: Sequence[Rule]) -> Look:
    """Return the look of a class; unclassified objects fire the strictest rules of their layer."""
    found: list[Severity] = [
        rule.severity
        for rule in rules
        if not rule.background
        and (class_id == UNCLASSIFIED or rule.when.classes is None or class_id in rule.when.classes)
    ]
    if found:
        return _look(SEVERITY[min(found, key=SEVERITIES.index)])
    colour = THEME_COLOUR[layer.theme]
    return Look(fill=colour, ground=colour, line=colour, width=1)


def _look(symbol: SeveritySymbol) -> Look:
    return Look(
        fill=symbol.fill,
        ground=symbol.ground,
        line=symbol.text,
        width=symbol.outline_width,
        dash=symbol.outline_dash,
        mark=symbol.mark,
        mark_angle=symbol.mark_angle,
        hatch=symbol.hatch,
        severity=symbol,
    )


def _rank(look: Look) -> int:
    worst_first = [SEVERITY[severity] for severity in SEVERITIES]
    return worst_first.index(look.severity) if look.severity else len(worst_first)
