"""Text for the terminal: layers, their versions, and what differs between two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from geomiljo import wording
from geomiljo.reports.console import new_console, new_table
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import format_area, format_count, format_length, format_share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geomiljo.texts import Language


def print_layers(rows: Iterable[Any], language: Language) -> None:
    """Print the layers of the registers and what is loaded of them."""
    rows = list(rows)
    heads = (_("Layer"), _("State"), _("Objects"), _("Coverage"), _("Version"))
    justify = ("left", "left", "right", "left", "left")
    table = new_table(*zip((translate(head, language) for head in heads), justify, strict=True))
    table.columns[0].width = max((len(row.id) for row in rows), default=0)  # ids are copied: never broken
    table.columns[-1].no_wrap = True
    for row in rows:
        state = translate(wording.LAYER_STATE[row.state], language)
        if row.is_stale:
            state += " · " + translate(_("out of date"), language)
        if row.waiting:
            reasons = (doubt_in_words(doubt, language) for doubt in row.waiting["doubts"])
            told = translate(_("{version} waits for a person"), language, version=row.waiting["version"])
            state += f" · {told}: " + " ".join(reasons)
        table.add_row(
            Text.assemble(row.id, "\n", (row.title_en if language == "en" else row.title_sv, "dim")),
            state if not row.why else f"{state}: {row.why}",
            format_count(row.feature_count, language) if row.feature_count is not None else "–",
            _coverage(row.coverage, language) if row.version else "–",
            "\n".join((row.version, row.source_date or "–", _age(row, language))) if row.version else "–",
        )
    new_console().print(table)


def _coverage(stated: str | None, language: Language) -> str:
    """Return what was stated of what is mapped; of a raster nothing need be stated."""
    if stated == "cells":
        return translate(_("its cells with data"), language)
    return (stated or translate(_("unknown"), language)).replace(",", ", ")


def _age(row: Any, language: Language) -> str:
    """Return the age of the data against the cadence of their source, in days."""
    age, cadence = ("–" if days is None else format_count(days, language) for days in (row.age_days, row.cadence_days))
    return translate(_("{age} of {cadence} days"), language, age=age, cadence=cadence)


def doubt_in_words(doubt: Mapping[str, Any], language: Language) -> str:
    """Return why a version waits for a person, as a sentence."""
    was, now = (_doubted_value(doubt["what"], doubt[name], language) for name in ("was", "now"))
    shares = {name: format_share(doubt[name], language) for name in ("share", "limit")}
    return translate(_DOUBTS[doubt["what"]], language, was=was, now=now, **shares)


def _doubted_value(what: str, value: float, language: Language) -> str:
    if what == "count":
        return format_count(round(value), language)
    return format_area(value, language) if what == "area" else format_length(value, language)


_DOUBTS = {
    "count": _("Of {was} objects {now} are left: {share} fewer, and {limit} is suspicious."),
    "extent": _("A side of the extent has moved {now}: {share} of its {was}, and more than {limit} is suspicious."),
    "area": _("The sum of areas was {was} and is {now}: {share} of difference, and more than {limit} is suspicious."),
}


def print_versions(rows: Iterable[Mapping[str, Any]], language: Language) -> None:
    """Print the kept versions of a layer."""
    heads = (_("Version"), _("State"), _("Loaded"), _("Objects"), _("Date"), _("Coverage"), _("Source"))
    justify = ("left", "left", "left", "right", "left", "left", "left")
    table = new_table(*zip((translate(head, language) for head in heads), justify, strict=True))
    for row in rows:
        table.add_row(
            row["version"],
            translate(wording.LAYER_STATE[row["state"]], language),
            row["loadedAt"][:16].replace("T", " "),
            format_count(row["featureCount"], language),
            row["sourceDate"] or "–",
            _coverage(row["coverage"], language),
            row["source"],
        )
    new_console().print(table)


_CHANGES = {"new": _("new"), "gone": _("gone"), "changed": _("changed")}


def print_changes(report: Mapping[str, Any], language: Language) -> None:
    """Print what differs between two versions of a layer, as `ChangeReport.document` tells it."""
    console = new_console()
    counts = {kind: format_count(report[kind], language) for kind in _CHANGES}
    template = _("{layer}, version {was} to {now}: {new} new, {gone} gone, {changed} changed objects.")
    told = {"layer": report["layer"], "was": report["from"], "now": report["to"], **counts}
    console.print(translate(template, language, **told))
    if not report["objects"]:
        return
    heads = (_("Object"), _("Name"), _("Change"), _("What"))
    table = new_table(*((translate(head, language), "left") for head in heads))
    for each in report["objects"]:
        parts = [_("geometry")] * each["geometry"] + [_("attributes")] * each["attributes"]
        what = ", ".join(translate(part, language) for part in parts) if each["change"] == "changed" else ""
        table.add_row(each["id"], each["name"] or "–", translate(_CHANGES[each["change"]], language), what)
    console.print(table)
