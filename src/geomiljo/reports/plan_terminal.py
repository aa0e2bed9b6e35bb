"""Text for the terminal: plans that are kept, and what has changed since they were assessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from geomiljo import wording
from geomiljo.reports.console import new_console, new_table
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import format_area

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geomiljo.texts import Language

_CHANGED = {
    "plan": _("The plan has a newer geometry: version {now}, assessed was {was}."),
    "layer": _("Layer {layer}: version {was} then, {now} now."),
    "registers": _("The registers have changed."),
    "method": _("The method has changed: {was} then, {now} now."),
}


def print_plans(rows: Iterable[Mapping[str, Any]], language: Language) -> None:
    """Print plans, as `ListedPlan.document` tells them."""
    heads = (_("Id"), _("Municipality"), _("Designation"), _("Name"), _("Stage"), _("Objectives"), _("Severity"))
    table = new_table(*((translate(head, language), "left") for head in heads))
    for row in rows:
        latest = row["latestAssessment"]
        table.add_row(
            row["id"],
            row["municipality"],
            row["designation"] or "–",
            row["name"],
            row["stage"],
            ", ".join(map(str, latest["touched"])) if latest else translate(_("not assessed"), language),
            translate(wording.SEVERITY[latest["severity"]], language) if latest and latest["severity"] else "–",
        )
    new_console().print(table)


def print_plan(plan: Mapping[str, Any], assessments: Sequence[Mapping[str, Any]], language: Language) -> None:
    """Print a plan and its assessments, newest first, each with what has changed since."""
    console = new_console()
    console.print(Text(plan["name"], style="bold"), plan["designation"])
    console.print(
        " · ".join((plan["municipality"], plan["type"], plan["stage"], format_area(plan["areaM2"], language)))
    )
    facts = translate(_("Version {version}, revision {revision}, changed {changed}"), language, **_when(plan))
    console.print(Text(facts, style="dim"))
    if not assessments:
        console.print(translate(_("It has not been assessed: `geomiljo plan check {id}`."), language, id=plan["id"]))
    for assessment in assessments:
        console.print()
        console.print(Text(assessment["id"], style="bold"), assessment["createdAt"][:16].replace("T", " "))
        touched = ", ".join(map(str, assessment["touched"])) or "–"
        console.print(translate(_("Objectives: {touched}"), language, touched=touched))
        for text in changes_in_words(assessment["changesSince"], language):
            console.print(Text(f"! {text}", style="dark_orange"))


def _when(plan: Mapping[str, Any]) -> dict[str, Any]:
    changed = plan["changedAt"][:16].replace("T", " ")
    return {"version": plan["version"], "revision": plan["revision"], "changed": changed}


def changes_in_words(changes: Iterable[Mapping[str, Any]], language: Language) -> list[str]:
    """Return what has changed since an assessment, a sentence each."""
    return [
        translate(_CHANGED[each["what"]], language, layer=each["layer"], was=each["from"] or "–", now=each["to"] or "–")
        + ("" if each["matters"] else " " + translate(_("Nothing of it is near the plan."), language))
        for each in changes
    ]
