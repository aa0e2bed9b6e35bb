"""The register of layers as people look through it: filtered, grouped by theme, counted by state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args
from urllib.parse import urlencode

from geomiljo.catalogue.layers import Theme
from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer
    from geomiljo.catalogue.rules import Severity
    from geomiljo.layers.overview import LayerRow
    from geomiljo.texts import Language

LayerState = Literal[
    "loaded", "current", "ageing", "outdated", "stale", "undated", "missing", "waiting", "off", "restricted"
]
STATES: dict[LayerState, str] = {
    "loaded": _("Loaded"),
    "current": _("Current"),
    "ageing": _("Ageing"),
    "outdated": _("Outdated"),
    "stale": _("Ageing or outdated"),
    "undated": _("Age not known"),
    "missing": _("Not loaded"),
    "waiting": _("Waits for a person"),
    "off": _("Switched off"),
    "restricted": _("Restricted"),
}
_COUNTED: tuple[tuple[LayerState, str], ...] = (
    ("current", "fresh"),
    ("ageing", "stale"),
    ("outdated", "old"),
    ("missing", "st-undec"),
    ("off", "x"),
)
"""States of the strip above the list, with their marks."""


@dataclass(frozen=True, slots=True)
class LayerFilter:
    """Which layers are shown.

    Attributes
    ----------
    text : str
        Part of title, id, authority or owner.
    theme, state, objective
        None: any.
    county : str
        Whose coverage is told, two digits; empty: none.
    is_incomplete : bool
        Only loaded layers that are not known to map the whole county.
    """

    text: str = ""
    theme: Theme | None = None
    state: LayerState | None = None
    objective: int | None = None
    county: str = ""
    is_incomplete: bool = False

    def address(self, state: LayerState | None) -> str:
        """Return the address of the list with another state."""
        asked = replace(self, state=state)
        named = {"q": asked.text, "theme": asked.theme, "state": asked.state, "objective": asked.objective}
        told = {name: value for name, value in named.items() if value}
        coverage = {"coverage": "incomplete"} if asked.is_incomplete else {}
        return "/layers?" + urlencode({**told, "county": asked.county, **coverage})


@dataclass(frozen=True, slots=True)
class LayerLine:
    """A layer in the list.

    Attributes
    ----------
    worst : str or None
        The worst severity that a rule of the layer has.
    objectives : tuple of int
        Those that its rules carry.
    coverage : str
        What it maps, in words; empty where it is not loaded.
    share : float or None
        Of the county that is asked about; None: not known, or none is asked about.
    """

    layer: Layer
    row: LayerRow
    worst: Severity | None
    objectives: tuple[int, ...]
    coverage: str
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many layers have a state, and where they are listed."""

    state: LayerState
    icon: str
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class LayerList:
    """The list of layers.

    Attributes
    ----------
    groups : tuple of (Theme, tuple of LayerLine)
        Themes in the order of the registers, without those that have no line.
    shown, total : int
    tallies : tuple of Tally
        Of all layers, whatever the filter.
    last_loaded : str or None
        ISO 8601.
    """

    groups: tuple[tuple[Theme, tuple[LayerLine, ...]], ...]
    shown: int
    total: int
    tallies: tuple[Tally, ...]
    last_loaded: str | None


def layer_list(
    rows: Sequence[LayerRow],
    catalogue: Catalogue,
    wanted: LayerFilter,
    language: Language,
    shares: Mapping[str, float | None] | None,
) -> LayerList:
    """Return the layers that a filter leaves, by theme.

    `shares` tells how much of the county each loaded layer has mapped; None: nothing is known of any county, and no
    layer is left out for what it covers.
    """
    told = shares or {}
    lines = [
        replace(line_of(row, catalogue, language), share=told.get(row.id))
        for row in rows
        if _is_wanted(row, catalogue, wanted)
        and (shares is None or not wanted.is_incomplete or told.get(row.id, 1.0) != 1.0)
    ]
    by_theme = ((theme, tuple(line for line in lines if line.layer.theme == theme)) for theme in get_args(Theme))
    return LayerList(
        groups=tuple((theme, found) for theme, found in by_theme if found),
        shown=len(lines),
        total=len(rows),
        tallies=tuple(
            Tally(state, icon, sum(_has_state(row, state) for row in rows), wanted.address(state))
            for state, icon in _COUNTED
        ),
        last_loaded=max((row.loaded_at for row in rows if row.loaded_at), default=None),
    )


def line_of(row: LayerRow, catalogue: Catalogue, language: Language) -> LayerLine:
    """Return a layer as a line of the list."""
    rules = catalogue.rules_by_layer[row.id]
    carried = dict.fromkeys(number for rule in rules for number in rule.objectives)
    return LayerLine(
        catalogue.layers[row.id],
        row,
        next((severity for severity in SEVERITIES if any(rule.severity == severity for rule in rules)), None),
        tuple(sorted(carried)),
        coverage_in_words(row, catalogue, language) if row.version else "",
    )


def coverage_in_words(row: LayerRow, catalogue: Catalogue, language: Language) -> str:
    """Return what a loaded layer maps, as it was stated when it was loaded."""
    if row.coverage is None:
        return translate(_("not known"), language)
    if row.coverage == "sweden":
        return translate(_("the whole country"), language)
    if row.coverage.startswith("county:"):
        codes = row.coverage.removeprefix("county:").split(",")
        return ", ".join(catalogue.counties[code].name if code in catalogue.counties else code for code in codes)
    return translate(_("an area of its own"), language)


def _is_wanted(row: LayerRow, catalogue: Catalogue, wanted: LayerFilter) -> bool:
    searched = " ".join((row.id, row.title_sv, row.title_en, row.authority, row.owner)).casefold()
    return (
        all(word in searched for word in wanted.text.casefold().split())
        and wanted.theme in (None, row.theme)
        and (wanted.state is None or _has_state(row, wanted.state))
        and (
            wanted.objective is None
            or any(wanted.objective in rule.objectives for rule in catalogue.rules_by_layer[row.id])
        )
    )


def _has_state(row: LayerRow, state: LayerState) -> bool:
    is_loaded = row.state in {"active", "register_changed"}
    if state in {"loaded", "missing", "off", "restricted", "waiting"}:
        return {
            "loaded": is_loaded,
            "missing": row.state == "not_loaded",
            "off": row.state == "switched_off",
            "restricted": row.state == "restricted",
            "waiting": row.waiting is not None,
        }[state]
    if state == "stale":
        return is_loaded and row.freshness in {"ageing", "outdated"}
    if state == "undated":
        return is_loaded and row.freshness is None
    return is_loaded and row.freshness == state
