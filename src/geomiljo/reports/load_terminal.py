"""Text for the terminal: what a load did to the objects of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geomiljo.catalogue.layers import MAX_POSITION_ERROR_M
from geomiljo.geometry import format_spot, reason_spot, reason_text
from geomiljo.reports.console import new_console
from geomiljo.reports.layers_terminal import doubt_in_words
from geomiljo.texts import Marked, translate
from geomiljo.texts import mark as _
from geomiljo.units import Count, format_area, format_length

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from geomiljo.texts import Language

_SHOWN_OBJECTS = 10
_COUNTS = {
    "dropped_z": _("{count} objects had heights, which are not kept."),
    "dropped_m": _("{count} objects had measures, which are not kept."),
    "duplicate_ids": _("{count} objects share an id with another; they got a number behind it."),
    "missing_ids": _("{count} objects have no id; they got their number in the file."),
}


_OUTCOMES = {
    "new": _("{layer}: {stored} of {read} objects loaded as version {version}."),
    "same": _("{layer}: nothing has changed; version {version} with {stored} of {read} objects stays."),
    "suspicious": _("{layer}: version {version} with {stored} of {read} objects is suspicious and waits for a person."),
    "rejected": _("{layer}: version {version} has been rejected before, and stays so."),
}


def print_load_report(told: Mapping[str, Any], report: Mapping[str, Any], language: Language) -> None:
    """Print what became of a load, as `Loaded.document` tells it, and what happened to the objects of the file."""
    console = new_console()
    layer, version, is_new = told["layer"], told["version"], told["isNew"]
    template = _OUTCOMES[told["state"] if told["state"] != "active" else "new" if is_new else "same"]
    counts = {name: Count(report[name]) for name in ("stored", "read")}
    console.print(translate(template, language, layer=layer, version=version, **counts))
    for line in (
        *waiting_lines(told, language),
        *_objects(report, language),
        *_doubts(report, language, is_new=is_new),
    ):
        console.print("  " + line)


def waiting_lines(told: Mapping[str, Any], language: Language) -> Iterator[str]:
    """Yield why the version waits for a person, and what that person can do."""
    for doubt in told["doubts"]:
        yield doubt_in_words(doubt, language)
    if told["doubts"]:
        remedy = _("Accept it with `geomiljo layer accept {layer} {version}`, or reject it.")
        yield translate(remedy, language, layer=told["layer"], version=told["version"])


def _objects(report: Mapping[str, Any], language: Language) -> Iterator[str]:
    """Yield a line for each object that was rejected or repaired; of many, for the first."""
    rejected, repaired = report["rejected"], report["repaired"]
    for entry in rejected[:_SHOWN_OBJECTS]:
        yield translate(_("rejected {id}: {reason}"), language, id=entry["id"], reason=Marked(entry["reason"]))
    if len(rejected) > _SHOWN_OBJECTS:
        yield translate(_("rejected in all: {count}"), language, count=Count(len(rejected)))
    for entry in repaired[:_SHOWN_OBJECTS]:
        yield _repair(entry, language)
    if len(repaired) > _SHOWN_OBJECTS:
        yield translate(_("repaired in all: {count}"), language, count=Count(len(repaired)))


def _repair(entry: Mapping[str, Any], language: Language) -> str:
    about = {"id": entry["id"], "reason": reason_text(entry["reason"])}
    spot = reason_spot(entry["reason"])
    if spot is None:
        return translate(_("repaired {id}: {reason}"), language, **about)
    return translate(
        _("repaired {id}: {reason} at {spot}; area {before} → {after}"),
        language,
        **about,
        spot=format_spot(spot),
        before=format_area(entry["area_before_m2"], language),
        after=format_area(entry["area_after_m2"], language),
    )


def _position_errors(errors: Mapping[str, Any], language: Language) -> str:
    """Return how many objects tell how uncertain their position is."""
    told = translate(
        _("{count} objects tell how far off they may lie, at most {largest}."),
        language,
        count=Count(errors["stated"]),
        largest=format_length(errors["largest_m"], language),
    )
    if not errors["beyond_limit"]:
        return told
    limit = format_length(MAX_POSITION_ERROR_M, language)
    beyond = _("For {count} of them {limit} is counted with.")
    return f"{told} {translate(beyond, language, count=Count(errors['beyond_limit']), limit=limit)}"


def _doubts(report: Mapping[str, Any], language: Language, *, is_new: bool) -> Iterator[str]:
    """Yield what somebody should look at."""
    for name, template in _COUNTS.items():
        if report[name]:
            yield translate(template, language, count=Count(report[name]))
    if errors := report["position_errors"]:
        yield _position_errors(errors, language)
    if report["has_curves"]:
        yield translate(_("Arcs were replaced by short straight edges."), language)
    if unclassified := report["classes"].get("unclassified"):
        yield translate(
            _("{count} objects have no class; the strictest rule applies to them."), language, count=Count(unclassified)
        )
    if report["rejected"] and is_new:
        yield translate(_("What was rejected keeps the layer from saying no."), language)
    area = report["register_area"]
    if area and area["over_2_percent"]:
        yield translate(
            _("{count} of {compared} areas differ by more than 2 % from those that the register states."),
            language,
            count=Count(area["over_2_percent"]),
            compared=Count(area["compared"]),
        )
