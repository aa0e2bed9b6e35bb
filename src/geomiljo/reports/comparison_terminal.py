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

    from geomiljo.analysis.differences import Comparison, FindingDifference
    from geomiljo.texts import Language


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
            translate(wording.DIFFERENCE[difference.kind], language),
            difference.rule,
            _object(difference),
            ", ".join(difference.fields),
            wording.cause(difference.cause, language),
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
            translate(wording.DIFFERENCE[difference.kind], language),
            difference.layer,
            *(translate(wording.STATUS[side.status], language) if side else "–" for side in sides),
            wording.cause(difference.cause, language),
        )
    return table


def _objectives(comparison: Comparison, language: Language) -> Table:
    table = _table(language, _("Number"), _("Before"), _("After"), _("Cause"))
    for difference in comparison.objectives:
        sides = (difference.before, difference.after)
        table.add_row(
            str(difference.number),
            *(translate(wording.FLAG[side.flag], language) for side in sides),
            wording.cause(difference.cause, language),
        )
    return table
