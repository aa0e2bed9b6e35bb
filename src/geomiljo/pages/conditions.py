"""When a rule fires, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geomiljo.catalogue.rules import Absent, Count, Length, Near, Overlap, Share
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import format_area, format_count, format_length, format_share, format_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.rules import Condition, Rule, Value
    from geomiljo.texts import Language

_STATISTIC = {
    "share": _("the share of the planning area with certain classes"),
    "mean": _("the mean over the planning area"),
    "max": _("the highest value in the planning area"),
    "sum": _("the sum over the planning area"),
}


def condition_in_words(rule: Rule, catalogue: Catalogue, language: Language) -> str:
    r"""Return when a rule fires, with the classes and land uses that it is about.

    Examples
    --------
    >>> from geomiljo.catalogue import read_catalogue
    >>> registers = read_catalogue()
    >>> condition_in_words(registers.rules["nationalpark.overlap"], registers, "en").replace("\N{NO-BREAK SPACE}", " ")
    'Something of the layer lies in the planning area, at least 10 m².'
    """
    return " ".join((_relation(rule.when, language), *_narrowed(rule, catalogue, language)))


def _relation(when: Condition, language: Language) -> str:
    if isinstance(when, Overlap):
        return _overlap(when, language)
    if isinstance(when, Near):
        distance = format_length(when.within_m, language)
        text = _(
            "Something of the layer lies within {distance} of the planning area, and nothing above threshold in it."
        )
        return translate(text, language, distance=distance)
    if isinstance(when, Share):
        share = format_share(when.min_share, language)
        return translate(_("The layer covers at least {share} of the planning area."), language, share=share)
    if isinstance(when, Absent):
        text = _(
            "Nothing of the layer lies in the planning area or within {distance} of it, and all of that is mapped."
        )
        return translate(text, language, distance=format_length(when.within_m, language))
    if isinstance(when, Count):
        return _count(when, language)
    if isinstance(when, Length):
        length = format_length(when.min_length_m, language)
        return translate(_("At least {length} of the layer's lines lie in the planning area."), language, length=length)
    return _value(when, language)


def _overlap(when: Overlap, language: Language) -> str:
    least = [
        *([format_area(when.min_area_m2, language)] if when.min_area_m2 else []),
        *([format_length(when.min_length_m, language)] if when.min_length_m else []),
        *([translate(_("{count} points"), language, count=when.min_count)] if when.min_count else []),
    ]
    if not least:
        return translate(_("Something of the layer lies in the planning area."), language)
    some = translate(_(" or "), language).join(least)
    return translate(_("Something of the layer lies in the planning area, at least {least}."), language, least=some)


def _count(when: Count, language: Language) -> str:
    count = format_count(when.min_count, language)
    if when.within_m is None:
        return translate(_("At least {count} objects lie in the planning area."), language, count=count)
    text = _("At least {count} objects lie in the planning area or within {distance} of it.")
    return translate(text, language, count=count, distance=format_length(when.within_m, language))


def _value(when: Value, language: Language) -> str:
    threshold = when.value
    statistic = translate(_STATISTIC[threshold.statistic], language)
    if threshold.at_least is not None:
        value = _threshold(threshold.at_least, threshold.unit, language)
        return translate(_("Fires where {statistic} is at least {value}."), language, statistic=statistic, value=value)
    value = _threshold(threshold.at_most or 0.0, threshold.unit, language)
    return translate(_("Fires where {statistic} is at most {value}."), language, statistic=statistic, value=value)


def _threshold(value: float, unit: str, language: Language) -> str:
    return format_share(value, language) if unit == "share" else format_value(value, unit, language)


def _narrowed(rule: Rule, catalogue: Catalogue, language: Language) -> Iterator[str]:
    """Yield what the rule is about where it is not about all of the layer and any land use."""
    titles = {each.id: each.title.get(language) for each in catalogue.layers[rule.layer].classes}
    if rule.when.classes:
        named = ", ".join(titles.get(name, name) for name in rule.when.classes)
        yield translate(_("Only of the classes: {classes}."), language, classes=named)
    if rule.when.uses:
        uses = catalogue.land_uses
        named = ", ".join(
            f"{code} {uses[code].name.get(language)}" if code in uses else code for code in rule.when.uses
        )
        yield translate(_("Only on ground that the plan uses for: {uses}."), language, uses=named)
