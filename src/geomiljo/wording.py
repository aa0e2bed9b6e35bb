"""Words for what an assessment says in codes and numbers, the same on the page and in the terminal.

The tables hold English templates, translated when shown; the functions answer in the language asked for.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from typing import TYPE_CHECKING, Literal

from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import format_area, format_decimals, format_length, format_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geomiljo.analysis.account_results import AccountResult, IndicatorResult
    from geomiljo.analysis.differences import Cause, CauseKind, LayerChange
    from geomiljo.analysis.results import Assessment, LayerResult, ObjectResult
    from geomiljo.texts import Language

Difference = Literal["new", "gone", "changed", "same"]
"""Of a finding in two assessments."""
SWEDISH_TIME = zoneinfo.ZoneInfo("Europe/Stockholm")
SEVERITY = {
    "prohibition": _("Prohibition"),
    "permit": _("Permit"),
    "consider": _("Consider"),
    "opportunity": _("Opportunity"),
}
SEVERITY_MEANING = {
    "prohibition": _("conflicts with a protection"),
    "permit": _("needs a permit or an exemption"),
    "consider": _("to be weighed in and accounted for"),
    "opportunity": _("can add value"),
}
FLAG = {"touched": _("Affected"), "not_touched": _("Not affected"), "unknown": _("Cannot be decided")}
STATUS = {
    "failed": _("Failed"),
    "not_checked": _("Not checked"),
    "hit": _("Hit"),
    "not_covered": _("Not covered"),
    "partly_covered": _("Partly covered"),
    "adjacent": _("Adjacent"),
    "near": _("Near"),
    "below_threshold": _("Below threshold"),
    "no_hit": _("No hit"),
}
GAP = {
    "failed": _("Reading stopped. The rest of the check is not affected."),
    "not_checked": _("The layer is known but was not asked."),
    "not_covered": _("The layer exists but does not map the place, or it is not known what it maps."),
    "partly_covered": _("What was found is shown; the rest of the ground is unknown."),
    "hit": _("The hits are shown; there can be more."),
    "adjacent": _("What was found is shown; there can be more."),
    "near": _("What was found is shown; there can be more."),
    "below_threshold": _("What was found is shown; there can be more."),
}
"""What a status means for a layer that did not answer in full."""
REASON = {
    "not_loaded": _("the layer is not loaded"),
    "switched_off": _("the layer is switched off"),
    "restricted": _("the layer is not open to you"),
    "not_supported": _("a picture; nothing in it can be measured"),
    "register_changed": _("the registers have changed since the layer was loaded; load it again"),
    "coverage_unknown": _("it is not known what the layer maps"),
    "objects_rejected": _("some objects of the source could not be loaded"),
    "not_covered": _("the layer does not map the place"),
    "outside_extent": _("the layer has nothing in this part of the country"),
    "source_error": _("the layer could not be read"),
    "layer_unanswered": _("layers did not answer"),
    "no_layer_bearing": _("no layer of the set bears on it"),
    "no_spatial_evidence": _("no map can clear it"),
    "conditional_only": _("depends on what the plan allows"),
}
GROUND = {
    "national_interest": _("Ground 1 | national interest"),
    "intermunicipal": _("Ground 2 | intermunicipal"),
    "quality_norm": _("Ground 3 | environmental quality norm"),
    "shore": _("Ground 4 | shore protection"),
    "health_safety": _("Ground 5 | health and safety"),
}
ADVICE = _("Advice")
STAGE = {
    "samrad": _("before consultation"),
    "granskning": _("before review"),
    "antagande": _("before adoption"),
}
STEP = {
    "avoid": _("Avoid"),
    "minimise": _("Minimise"),
    "restore": _("Restore"),
    "compensate": _("Compensate"),
}
UPDATE = {
    "irregular": _("irregularly"),
    "nightly": _("every night"),
    "continuous": _("continuously"),
    "yearly": _("every year"),
    "static": _("not at all"),
    "daily": _("every day"),
    "weekly": _("every week"),
    "per release": _("with each release"),
    "per study": _("with each study"),
}
"""How often owners update their layers, where the register has one of the usual words for it."""
ROLE = {
    "public": _("Not signed in"),
    "planner": _("Planner, municipality"),
    "reviewer": _("Officer, county board"),
    "admin": _("Administrator"),
}
THEME = {
    "nature": _("Nature"),
    "water": _("Water"),
    "cultural_environment": _("Cultural environment"),
    "land_use": _("Land use"),
    "ecosystem_services": _("Ecosystem services"),
    "climate_risk": _("Climate risk"),
    "health_risk": _("Health"),
}
LAYER_STATE = {
    "active": _("loaded"),
    "not_loaded": _("not loaded"),
    "switched_off": _("switched off"),
    "not_supported": _("picture"),
    "register_changed": _("registers changed, load again"),
    "restricted": _("restricted"),
    "kept": _("kept"),
    "suspicious": _("waits for a person"),
    "rejected": _("rejected"),
}
"""States of a layer, and of its versions."""
DIFFERENCE: dict[Difference, str] = {
    "new": _("New"),
    "gone": _("Gone"),
    "changed": _("Changed"),
    "same": _("Unchanged"),
}
CAUSE: dict[CauseKind, str] = {
    "plan": _("the plan has changed"),
    "layer": _("the data have changed"),
    "rules": _("the rule has changed"),
    "several": _("several causes"),
}
"""Why two assessments differ."""
FRESHNESS = {"current": _("current"), "ageing": _("ageing"), "outdated": _("outdated")}
MAPPED = {
    "whole": _("whole"),
    "part": _("part"),
    "none": _("not covered"),
    "unknown": _("not known"),
}
"""How far a county or municipality is mapped."""
REPORT_STATUS = {
    "open": _("open"),
    "forwarded": _("forwarded to the owner"),
    "corrected": _("corrected"),
    "rejected": _("rejected"),
}
BASIS = {"verified": _("verified"), "own_knowledge": _("own knowledge")}
LEGAL = {
    "verified": _("verified"),
    "partly": _("partly verified"),
    "unverified": _("not verified"),
    "none": _("no legal reference"),
    "not_found": _("no source found"),
    "contradicted": _("contradicted by its source"),
}


_LONG_WORDS = (
    "Be-gränsad klimat-påverkan för-surning Skydd-ande ozon-skikt strål-miljö över-gödning vatten-drag"
    " Grund-vatten kvali-tet skär-gård Myll-rande våt-marker odlings-landskap Stor-slagen fjäll-miljö"
    " Acidi-fi-cation Pro-tec-tive Radi-ation Environ-ment Eutro-phi-cation Flour-ishing Ground-water Bal-anced"
    " Archi-pe-lagos Thriv-ing Wet-lands Sus-tain-able Agri-cul-tural Land-scape Mag-nif-icent Moun-tain Diver-sity"
)
"""Of the objectives' names, with the places where a narrow column may divide them."""
_DIVIDED = {word.replace("-", ""): word.replace("-", "\u00ad") for word in _LONG_WORDS.split()}
ACCOUNT_REASON = {
    "no_land_cover": _("No land cover is loaded: the account of ecosystem services cannot be made."),
    "land_cover_not_covered": _("The land cover has data for too little of the planning area."),
    "only_water": _("The planning area is water alone."),
    "unknown_use": _("The land use of some ground is not known: nothing is said of what it becomes."),
    "no_scenario": _("The registers say nothing of what some land use becomes: state it."),
    "too_large": _("The planning area is too large for the account: make it part by part."),
}
ACCOUNT_HIDDEN = {
    "too_few_cells": _("too few cells"),
    "too_little_covered": _("too little covered"),
    "not_in_class_table": _("not told by this land cover"),
}
ACCOUNT_DIRECTION = {"loss": _("Clearly less of"), "gain": _("Clearly more of")}
_ACCOUNT_UNITS = {"% of A_land": _("% of the land"), "0-1": _("share"), "ratio": _("ratio"), "t C": _("t C")}


def indicator_number(entry: IndicatorResult, value: float | None, language: Language) -> str:
    """Return a number of an indicator with the decimals that are worth showing."""
    return "–" if value is None else format_decimals(value, entry.decimals, language)


def indicator_span(entry: IndicatorResult, language: Language) -> str:
    """Return what an indicator is from gently to hard built, as far as it is known."""
    return " – ".join(
        indicator_number(entry, value, language) for value in (entry.low, entry.high) if value is not None
    )


def named_services(account: AccountResult, direction: str, language: Language) -> str:
    """Return the names of the services that go this way, without those of which a map can say little."""
    return ", ".join(
        s.name.get(language) for s in account.services if s.direction == direction and s.strength != "weak"
    )


def no_change(entry: IndicatorResult) -> str:
    """Return what is said where an indicator has no clear change: none at all, or not one that is sure."""
    is_same = all(value == entry.before for value in (entry.low, entry.mid, entry.high))
    return _("unchanged") if is_same else _("no clear change")


def account_unit(unit: str, language: Language) -> str:
    """Return the unit of an indicator in words."""
    return translate(_ACCOUNT_UNITS[unit], language) if unit in _ACCOUNT_UNITS else unit.replace("m3", "m³")


def verdict(assessment: Assessment, language: Language) -> str:
    """Return the result in one sentence.

    Examples
    --------
    "Planen berör 6 av 16 miljömål; 3 kan inte avgöras."
    """
    flags = [objective.flag for objective in assessment.objectives]
    return translate(
        _("The plan affects {touched} of 16 environmental objectives; {unknown} cannot be decided."),
        language,
        touched=flags.count("touched"),
        unknown=flags.count("unknown"),
    )


def why_open(layer: LayerResult, language: Language) -> str:
    """Return why a layer did not answer in full, as one or several sentences; nothing where it is not known."""
    is_told = layer.message is not None and layer.reason in {"source_error", "objects_rejected"}
    reasons = [translate(REASON[layer.reason], language)] if layer.reason and not is_told else []
    if layer.message:
        reasons.append(layer.message.get(language))
    if layer.covered_share is not None and {layer.covered_share, layer.ring_covered_share} != {1.0}:
        reasons.append(_coverage(layer.covered_share, layer, language))
    return " ".join(_sentence(reason) for reason in reasons)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _coverage(share: float, layer: LayerResult, language: Language) -> str:
    """Return how much of the plan and of the zone around it a layer maps."""
    plan = format_share(share, language)
    if layer.ring_covered_share is None or layer.ring_covered_share == share:
        return translate(_("covers {share} of the plan"), language, share=plan)
    return translate(
        _("covers {share} of the plan and {zone_share} of the zone of {distance} around it"),
        language,
        share=plan,
        zone_share=format_share(layer.ring_covered_share, language),
        distance=format_length(layer.search_m, language),
    )


def moment(stated: str, language: Language) -> str:
    """Return a moment of an assessment to the minute, on Swedish clocks.

    Examples
    --------
    >>> moment("2026-11-25T04:46:10+00:00", "sv")
    '2026-11-25 05:46 svensk tid'
    """
    local = dt.datetime.fromisoformat(stated).astimezone(SWEDISH_TIME)
    return translate(_("{time} Swedish time"), language, time=f"{local:%Y-%m-%d %H:%M}")


def zone_label(thing: ObjectResult, language: Language) -> str:
    """Return that an object was judged by a zone around its uncertain position; nothing where it was not."""
    if thing.zone_m is None:
        return ""
    radius = format_length(thing.zone_m, language)
    return translate(_("derived zone of {radius}, original geometry kept"), language, radius=radius)


def object_measure(thing: ObjectResult, language: Language) -> str:
    """Return how much of an object meets the plan, or how far away it is."""
    if thing.area_m2 > 0:
        return f"{format_area(thing.area_m2, language)} ({format_share(thing.share_plan, language)})"
    if thing.length_m > 0:
        return format_length(thing.length_m, language)
    if thing.distance_m > 0:
        return translate(_("{distance} away"), language, distance=format_length(thing.distance_m, language))
    return translate(_("touches"), language) if thing.share_feature is not None else ""


def cause(found: Cause, language: Language, titles: Mapping[str, str] | None = None) -> str:
    """Return why two assessments differ, with the layer and its versions where that is the reason.

    Parameters
    ----------
    titles : mapping of str to str, optional
        What layers are called, by their ids; those without a title are called by the id.
    """
    told = translate(CAUSE[found.kind], language)
    if found.layer is None:
        return told
    layer = (titles or {}).get(found.layer.layer, found.layer.layer)
    was, now = editions(found.layer, language)
    return translate(_("{cause}: {layer}, {now} instead of {was}"), language, cause=told, layer=layer, was=was, now=now)


def editions(change: LayerChange, language: Language) -> tuple[str, str]:
    """Return how a layer stood before and after: its version, else why it did not answer."""
    before, after = (
        edition.version or (translate(REASON[edition.reason], language) if edition.reason else "–")
        for edition in (change.before, change.after)
    )
    return before, after


def divided(name: str) -> str:
    r"""Return the name of an objective with soft hyphens.

    Examples
    --------
    >>> divided("Frisk luft"), divided("Ingen övergödning")
    ('Frisk luft', 'Ingen över\xadgödning')
    """
    return re.sub(r"\w+", lambda word: _DIVIDED.get(word[0], word[0]), name)
