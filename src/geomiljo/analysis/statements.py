"""Filling a rule's statement with what was measured, in Swedish and in English."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geomiljo.analysis.values import Words
from geomiljo.units import format_area, format_count, format_length, format_share

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geomiljo.catalogue.base import Text
    from geomiljo.catalogue.registers import LandUse

_SHOWN_NAMES = 5
_PLACE = re.compile(r"\{(\w+)\}")
_AND = {"sv": "och", "en": "and"}
_OR = {"sv": "eller", "en": "or"}
_UNNAMED = {"sv": "{count} utan namn", "en": "{count} without a name"}
_MORE = {"sv": "{count} till", "en": "{count} more"}
_UNCLASSIFIED = {
    "sv": " {count} av objekten saknar känd klass i lagret och behandlas efter den strängaste regeln.",
    "en": " {count} of the objects have no known class in the layer and are treated by the strictest rule.",
}
_BY_ZONE = {
    "sv": " {count} av dem genom osäkert läge: en härledd zon på högst {radius} runt den registrerade geometrin, som "
    "är oförändrad.",
    "en": " {count} of them by an uncertain position: a derived zone of at most {radius} around the geometry as "
    "registered, which is kept.",
}
_AT_BOUNDARY = {
    "sv": "vid eller innanför plangränsen, {distance}",
    "en": "at or inside the plan boundary, {distance}",
}
_APPLIES = {"sv": "Gäller {condition}. {statement}", "en": "Applies {condition}. {statement}"}
_CONDITION = {
    "sv": "om planen medger {uses} på mark vars användning inte är känd",
    "en": "if the plan allows {uses} on ground whose use is not known",
}
_GROUND = {
    "sv": " Mätt på den mark där planen medger {uses}.",
    "en": " Measured on the ground where the plan allows {uses}.",
}


def fill(
    template: Text,
    *,
    count: int = 0,
    names: Sequence[str | None] = (),
    classes: Sequence[Text] = (),
    area_m2: float = 0.0,
    share: float = 0.0,
    length_m: float = 0.0,
    distance_m: float | None = None,
    value: Mapping[str, str] | None = None,
    unclassified: int = 0,
    zones_m: Sequence[float] = (),
) -> Words:
    r"""Return a statement with its places filled.

    Parameters
    ----------
    value : mapping of str to str, optional
        A text in each language.
    zones_m : sequence of float
        Radius of the derived zone of each object that is meant only since its position is uncertain.

    Examples
    --------
    >>> from geomiljo.catalogue.base import Text
    >>> text = Text(sv="{area} ({share}) av {names}.", en="{area} ({share}) of {names}.")
    >>> fill(text, count=2, names=["Bornsjön", "Lovö"], area_m2=12_000.0, share=0.25).en
    '1.2\xa0ha (25.0\xa0%) of Bornsjön and Lovö.'
    """

    def in_language(language: str) -> str:
        values: dict[str, Callable[[], str]] = {
            "count": lambda: format_count(count, language),
            "names": lambda: join_names(names, language),
            "classes": lambda: _join([text.get(language).lower() for text in classes], _AND[language]),
            "area": lambda: format_area(area_m2, language),
            "share": lambda: format_share(share, language),
            "length": lambda: format_length(length_m, language),
            "distance": lambda: _distance(distance_m or 0.0, language),
            "value": lambda: (value or {}).get(language, ""),
        }
        filled = _PLACE.sub(lambda place: values[place.group(1)](), template.get(language))
        if unclassified:
            filled += _UNCLASSIFIED[language].format(count=format_count(unclassified, language))
        if zones_m:
            radius = format_length(max(zones_m), language)
            filled += _BY_ZONE[language].format(count=format_count(len(zones_m), language), radius=radius)
        return filled

    return Words(in_language("sv"), in_language("en"))


def _distance(distance_m: float, language: str) -> str:
    """Return a distance as statements tell it: of an object that touches or lies inside, they say so."""
    length = format_length(distance_m, language)
    return length if distance_m > 0 else _AT_BOUNDARY[language].format(distance=length)


def join_names(names: Sequence[str | None], language: str) -> str:
    """Return names as a list in words; of many, the first five and how many more. None stands for no name.

    Examples
    --------
    >>> join_names(["a", "b", "c"], "sv"), join_names(list("abcdefg"), "en")
    ('a, b och c', 'a, b, c, d, e and 2 more')
    >>> join_names(["a", None, None], "sv")
    'a och 2 utan namn'
    """
    known = list(dict.fromkeys(name for name in names if name is not None))
    if len(known) > _SHOWN_NAMES + 1:
        more = _MORE[language].format(count=format_count(len(known) - _SHOWN_NAMES, language))
        known = [*known[:_SHOWN_NAMES], more]
    unnamed = sum(name is None for name in names)
    if unnamed:
        known.append(_UNNAMED[language].format(count=format_count(unnamed, language)))
    return _join(known, _AND[language])


def condition(uses: Sequence[str], land_uses: Mapping[str, LandUse]) -> Words:
    """Return under what condition a finding on ground of unknown use holds."""
    return _about_uses(_CONDITION, uses, land_uses)


def on_ground(statement: Words, uses: Sequence[str], land_uses: Mapping[str, LandUse]) -> Words:
    """Return the statement of a finding that was measured on the ground of some land uses only."""
    ground = _about_uses(_GROUND, uses, land_uses)
    return Words(statement.sv + ground.sv, statement.en + ground.en)


def _about_uses(template: Mapping[str, str], uses: Sequence[str], land_uses: Mapping[str, LandUse]) -> Words:
    def in_language(language: str) -> str:
        names = [f"{land_uses[use].name.get(language).lower()} ({use})" for use in uses]
        return template[language].format(uses=_join(names, _OR[language]))

    return Words(in_language("sv"), in_language("en"))


def under_condition(statement: Words, when: Words) -> Words:
    """Return the statement with its condition in front, as a sentence of its own."""
    return Words(
        _APPLIES["sv"].format(condition=when.sv, statement=statement.sv),
        _APPLIES["en"].format(condition=when.en, statement=statement.en),
    )


def _join(words: Sequence[str], last: str) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
