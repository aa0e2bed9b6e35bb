"""What is at a place, in words: layers that have something there, those that cannot tell, and how many have nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomiljo import wording
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import format_length, format_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geomiljo.layers.here import LayerHere, ThingHere
    from geomiljo.texts import Language


@dataclass(frozen=True, slots=True)
class ThingRow:
    """An object, as text."""

    name: str
    kind: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer that has something at the place."""

    id: str
    title: str
    theme: str
    date: str
    things: tuple[ThingRow, ...]
    cell: str


@dataclass(frozen=True, slots=True)
class HereView:
    """What is shown of a place.

    Attributes
    ----------
    place : str
        In whole metres.
    there : tuple of LayerRow
    unknown : dict of str to list of str
        Titles of the layers that cannot tell, by why.
    nothing : int
        Layers that map the place and have nothing there.
    """

    place: str
    there: tuple[LayerRow, ...]
    unknown: dict[str, list[str]]
    nothing: int

    @property
    def unknown_count(self) -> int:
        """How many layers cannot tell."""
        return sum(map(len, self.unknown.values()))


def here_view(found: Sequence[LayerHere], x: float, y: float, language: Language) -> HereView:
    """Return what layers say of a place at `x` east and `y` north, EPSG:3006."""
    unknown: dict[str, list[str]] = defaultdict(list)
    for here in found:
        if here.answer == "unknown" and here.reason is not None:
            unknown[translate(wording.REASON[here.reason], language)].append(here.layer.title.get(language))
    return HereView(
        place=translate(_("N {north} E {east} in SWEREF 99 TM"), language, north=f"{y:.0f}", east=f"{x:.0f}"),
        there=tuple(_row(here, language) for here in found if here.answer == "there"),
        unknown=dict(unknown),
        nothing=sum(here.answer == "nothing" for here in found),
    )


def _row(here: LayerHere, language: Language) -> LayerRow:
    cell = ""
    if here.cell is not None:
        title = here.cell.class_title
        cell = title.get(language) if title else format_value(here.cell.value, here.cell.unit, language)
    return LayerRow(
        here.layer.id,
        here.layer.title.get(language),
        here.layer.theme,
        here.source_date or translate(_("date unknown"), language),
        tuple(_thing(thing, language) for thing in here.things),
        cell,
    )


def _thing(thing: ThingHere, language: Language) -> ThingRow:
    facts = [(title.get(language), value) for title, value in thing.attributes]
    if thing.distance_m > 0:
        facts.insert(0, (translate(_("Distance"), language), format_length(thing.distance_m, language)))
    return ThingRow(thing.name or thing.id, thing.class_title.get(language) if thing.class_title else "", tuple(facts))
