"""Text for the terminal: what differs between two assessments, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from geomiljo import wording
from geomiljo.reports.console import new_console, new_table
from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    from rich.table import Table

    from geomiljo.analysis.differences import Cause, Comparison, DifferenceKind, FindingDifference
    from geomiljo.texts import Language

_KINDS: dict[DifferenceKind, str] = {"new": _("new"), "gone": _("gone"), "changed": _("changed")}
_CAUSES = {
    "plan": _("the plan"),
    "rules": _("the rules"),
    "several": _("several"),
}


def print_comparison(comparison: Comparison, language: Language) -> None:
    """Print findings, layers and objectives that differ, each with its cause."""
    console = new_console()
    before, after = comparison.before, comparison.after
    console.print(Text(f"{before.id} → {after.id}", style="bold"))
    tables = (
        (_("Findings"), _findings(comparison, language)),
        (_("Layers"), _layers(comparison, language)),
        (_("Objectives"), _objectives(comparison, language)),
    )
    for heading, table in tables:
        if table.row_count:
            console.print()
            console.print(Text(translate(heading, language), style="bold"))
            console.print(table)
    console.print()
    console.print(translate(_("Findings that are the same: {count}"), language, count=comparison.unchanged))
    for note in comparison.notes:
        console.print(note.get(language))


def _table(language: Language, *heads: str) -> Table:
    return new_table(*((translate(head, language), "left") for head in heads))


def _findings(comparison: Comparison, language: Language) -> Table:
    table = _table(language, "", _("Rule"), _("Object"), _("What differs"), _("Cause"))
    for difference in comparison.findings:
        table.add_row(
            translate(_KINDS[difference.kind], language),
            difference.rule,
            _object(difference),
            ", ".join(difference.fields),
            cause_in_words(difference.cause, language),
        )
    return table


def _object(difference: FindingDifference) -> str:
    state = difference.after or difference.before
    return (state.name if state else None) or difference.object_id


def _layers(comparison: Comparison, language: Language) -> Table:
    table = _table(language, "", _("Layer"), _("Before"), _("After"), _("Cause"))
    for difference in comparison.layers:
        sides = (difference.before, difference.after)
        table.add_row(
            translate(_KINDS[difference.kind], language),
            difference.layer,
            *(translate(wording.STATUS[side.status], language) if side else "–" for side in sides),
            cause_in_words(difference.cause, language),
        )
    return table


def _objectives(comparison: Comparison, language: Language) -> Table:
    table = _table(language, _("Number"), _("Before"), _("After"), _("Cause"))
    for difference in comparison.objectives:
        sides = (difference.before, difference.after)
        table.add_row(
            str(difference.number),
            *(translate(wording.FLAG[side.flag], language) for side in sides),
            cause_in_words(difference.cause, language),
        )
    return table


def cause_in_words(cause: Cause, language: Language) -> str:
    """Return a cause in words: the plan, the rules, several, or a layer from one version to another."""
    change = cause.layer
    if change is None:
        return translate(_CAUSES[cause.kind], language)
    was, now = wording.editions(change, language)
    return translate(_("layer {layer}: {was} → {now}"), language, layer=change.layer, was=was, now=now)
