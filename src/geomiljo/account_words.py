"""What is said about an ecosystem-service account beside its tables, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import format_decimals, format_length, format_share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomiljo.analysis.account_results import AccountResult, GreenDistanceResult
    from geomiljo.texts import Language

_WARN_BELOW = 0.95
_MOST_CLASSES = 6
_LEAST_HA = 0.005
_AS_THEY_ARE = 1e-6


def account_remarks(account: AccountResult, language: Language) -> tuple[str, ...]:
    """Return sentences on what covers the land, the way to green, 3-30-300, objectives, and what is left out."""
    return tuple(_remarks(account, language))


def _remarks(account: AccountResult, language: Language) -> Iterator[str]:
    if account.composition:
        yield _composition(account, language)
    if account.indicators and account.valid_share < _WARN_BELOW:
        share = format_share(account.valid_share, language)
        yield translate(_("Only {share} of the plan has data on land cover."), language, share=share)
    if account.crowns == "estimated":
        yield translate(_("Crowns are estimated from the classes of land cover."), language)
    yield from _green(account, language)
    if account.three_thirty is not None:
        yield _three_thirty(account, language)
    for template, numbers in (
        (
            _("Objectives with services that clearly fall: {numbers}."),
            [o.number for o in account.objectives if o.losses],
        ),
        (
            _("Objectives with services that clearly grow: {numbers}."),
            [o.number for o in account.objectives if o.gains],
        ),
    ):
        if numbers:
            yield translate(template, language, numbers=", ".join(map(str, numbers)))
    if account.unplaced_crowns_ha > _LEAST_HA:
        hectares = format_decimals(account.unplaced_crowns_ha, 2, language)
        yield translate(_("New crowns on {hectares} ha find no ground to stand over."), language, hectares=hectares)


def _green(account: AccountResult, language: Language) -> Iterator[str]:
    before, after = account.green_distance_before, account.green_distance_after
    if before is None:
        return
    yield _straight(before, language)
    if before.network_unknown_share is not None:
        yield _along_paths(before, language)
    if after is not None and after != before:
        yield translate(_("After the plan: {told}"), language, told=_straight(after, language))


def _composition(account: AccountResult, language: Language) -> str:
    total = sum(cover.area_ha for cover in account.composition)
    told = [
        f"{cover.title.get(language)} {format_share(cover.area_ha / total, language)}"
        for cover in account.composition[:_MOST_CLASSES]
    ]
    more = " …" if len(account.composition) > _MOST_CLASSES else ""
    return translate(_("Land cover before: {told}."), language, told=", ".join(told) + more)


def _straight(distance: GreenDistanceResult, language: Language) -> str:
    """Return how far it is to green, straight."""
    if distance.median_m is None:
        unfound = (
            _("Nearest green area of a hectare: not known, the land cover ends less than 2,000 m away.")
            if distance.at_most
            else _("Nearest green area of a hectare: more than 2,000 m away.")
        )
        return translate(unfound, language)
    template = (
        _("Nearest green area of a hectare: at most {distance} away (median).")
        if distance.at_most
        else _("Nearest green area of a hectare: {distance} away (median).")
    )
    return translate(template, language, distance=format_length(distance.median_m, language))


def _along_paths(distance: GreenDistanceResult, language: Language) -> str:
    unknown = format_share(distance.network_unknown_share or 0.0, language)
    if distance.network_median_m is not None:
        length = format_length(distance.network_median_m, language)
        return translate(
            _("Along the paths: {distance} (median); not known for {unknown} of the ground."),
            language,
            distance=length,
            unknown=unknown,
        )
    if distance.network_unknown_share is not None and distance.network_unknown_share > 1 - _AS_THEY_ARE:
        return translate(_("Along the paths: not known, the loaded paths do not lead to green."), language)
    return translate(
        _("Along the paths: more than 2,000 m; not known for {unknown} of the ground."), language, unknown=unknown
    )


def _three_thirty(account: AccountResult, language: Language) -> str:
    rule = account.three_thirty
    words = {True: _("met"), False: _("not met"), None: _("not known")}
    near = None if rule is None else rule.green_within_300_m
    return translate(
        _(
            "3-30-300: three trees in view {trees}; crowns over 30 % of the plan {plan}, within 300 m {around}; "
            "green within 300 m {near}."
        ),
        language,
        trees=translate(words[rule.trees_in_view if rule else None], language),
        plan=translate(words[rule.canopy_of_plan if rule else None], language),
        around=translate(words[rule.canopy_of_neighbourhood if rule else None], language),
        near=translate(_("not known"), language)
        if near is None
        else translate(_("for {share} of the dwellings"), language, share=format_share(near, language)),
    )
