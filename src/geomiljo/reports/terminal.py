"""Text for the terminal: an assessment, layers, versions, a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.text import Text

from geomiljo import wording
from geomiljo.reports.account_terminal import print_account
from geomiljo.reports.console import new_console, new_table
from geomiljo.texts import mark as _
from geomiljo.texts import plural, translate
from geomiljo.units import format_area, format_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import Console
    from rich.table import Table

    from geomiljo.analysis.results import Assessment, Finding, LayerResult, ObjectiveResult, RepairResult
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.rules import Rule
    from geomiljo.texts import Language

_SEVERITY_STYLE = {
    "prohibition": "bold magenta",
    "permit": "bold dark_orange",
    "consider": "bold yellow",
    "opportunity": "bold cyan",
}
_SHOWN_OBJECTS = 10


def print_assessment(assessment: Assessment, language: Language) -> None:
    """Print an assessment: verdict, objectives, findings, objects that do not count, and what was not checked."""
    console = new_console()
    area = assessment.area
    where = area.municipality_name or area.municipality
    facts = [format_area(area.area_m2, language), *([where] if where else []), assessment.layer_set.title.get(language)]
    console.print(Text(area.name, style="bold"), " · ".join(facts))
    for repair in area.repairs:
        console.print(Text("! " + _repair(repair, language), style="dark_orange"))
    console.print(Text(wording.verdict(assessment, language), style="bold"))
    console.print(Text(translate(_("Evidence, not a decision."), language), style="dim"))
    _heading(console, translate(_("Environmental objectives"), language))
    console.print(_objectives_table(assessment.objectives, language))
    _heading(console, plural("{count} finding", "{count} findings", len(assessment.findings), language))
    for finding in assessment.findings:
        _print_finding(console, finding, language)
    _heading(console, translate(_("Ecosystem services"), language))
    print_account(console, assessment.account, language)
    _print_aside(console, assessment.layers, language)
    _print_unanswered(console, assessment.layers, language)
    console.print()
    made = wording.moment(assessment.created_at, language)
    console.print(Text(f"id {assessment.id} · {assessment.software} · {made}", style="dim"))


def _repair(repair: RepairResult, language: Language) -> str:
    before, after = (format_area(area_m2, language) for area_m2 in (repair.area_before_m2, repair.area_after_m2))
    told = repair.detail.get(language)
    if before == after:
        return told
    return f"{told} " + translate(_("Area before {before}, after {after}."), language, before=before, after=after)


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold underline"))


def _objectives_table(objectives: Iterable[ObjectiveResult], language: Language) -> Table:
    table = new_table(("", "right"), ("", "left"), ("", "left"), ("", "left"))
    for objective in objectives:
        flag = translate(wording.FLAG[objective.flag], language)
        if objective.severity is not None:
            state = Text(f"{flag} · {translate(wording.SEVERITY[objective.severity], language)}")
            state.stylize(_SEVERITY_STYLE[objective.severity])
            about = ", ".join(objective.findings)
        else:
            state = Text(flag, style="dim" if objective.flag == "not_touched" else "")
            about = "; ".join(translate(wording.REASON[reason], language) for reason in objective.reasons)
        answered = translate(
            _("{answered} of {bearing} layers"),
            language,
            answered=objective.layers_answered,
            bearing=objective.layers_bearing,
        )
        table.add_row(
            str(objective.number), objective.name.get(language), state, f"{answered} · {about}" if about else answered
        )
    return table


def _print_finding(console: Console, finding: Finding, language: Language) -> None:
    severity = translate(wording.SEVERITY[finding.severity], language)
    title = Text.assemble(
        (f"{finding.id}  ", "bold"),
        (severity, _SEVERITY_STYLE[finding.severity]),
        (f"  {finding.title.get(language)}", "bold"),
    )
    if finding.background:
        title.append("  (" + translate(_("background, flags no objective"), language) + ")", style="dim")
    console.print(title)
    ground = _ground(finding.ground, language)
    objectives = translate(_("objectives {numbers}"), language, numbers=", ".join(map(str, finding.objectives)))
    basis = translate(_("rule: {basis}"), language, basis=translate(wording.BASIS[finding.basis.status], language))
    lines: list[tuple[str, str]] = [
        (finding.statement.get(language), ""),
        (f"{ground} · {objectives} · {basis} · {finding.rule}", "dim"),
        (translate(_("Question: {question}"), language, question=finding.question.get(language)), ""),
    ]
    for text, style in lines:
        _indented(console, text, 4, style)


def _indented(console: Console, text: str, columns: int, style: str = "") -> None:
    console.print(Padding(Text(text, style=style), (0, 0, 0, columns), expand=False))


def _ground(ground: str | None, language: Language) -> str:
    """Return the county's ground for review with its number; advice where there is none."""
    return translate(wording.GROUND[ground] if ground else wording.ADVICE, language).replace(" | ", ": ")


def _print_aside(console: Console, layers: Iterable[LayerResult], language: Language) -> None:
    """Print the objects that are there but made no hit: nothing is hidden. Of those near, the uncertain ones."""
    rows = [
        (layer, status, result)
        for layer in layers
        for status, results in (
            ("below_threshold", layer.below_threshold),
            ("adjacent", layer.adjacent),
            ("near", [near for near in layer.near if near.zone_m is not None]),
        )
        for result in results
    ]
    if not rows:
        return
    _heading(console, translate(_("Below threshold, adjacent, or of uncertain position"), language))
    table = new_table(("", "left"), ("", "left"), ("", "left"), ("", "right"))
    for layer, status, result in rows[: 5 * _SHOWN_OBJECTS]:
        name = result.name or result.id
        table.add_row(
            layer.title.get(language),
            name,
            translate(wording.STATUS[status], language),
            " · ".join(filter(None, (wording.object_measure(result, language), wording.zone_label(result, language)))),
        )
    console.print(table)
    if len(rows) > 5 * _SHOWN_OBJECTS:
        more = format_count(len(rows) - 5 * _SHOWN_OBJECTS, language)
        console.print(translate(_("… and {count} more; all stand in the JSON."), language, count=more))


def _print_unanswered(console: Console, layers: Iterable[LayerResult], language: Language) -> None:
    """Print the layers without a full answer by status and reason; last those that no objective waits for."""
    unanswered = [layer for layer in layers if not layer.answered]
    in_set = [layer for layer in unanswered if layer.in_layer_set]
    others = [layer for layer in unanswered if not layer.in_layer_set and layer.version]
    if not in_set and not others:
        return
    _heading(console, translate(_("Not checked, or not wholly"), language))
    console.print(Text(translate(_("Nothing here is a no."), language), style="bold"))
    _print_by_status(console, in_set, language)
    if others:
        console.print(translate(_("Outside the layer set; no objective waits for them:"), language))
        _print_by_status(console, others, language)


def _print_by_status(console: Console, layers: Iterable[LayerResult], language: Language) -> None:
    groups: dict[str, dict[str, list[LayerResult]]] = {}
    for layer in layers:
        groups.setdefault(layer.status, {}).setdefault(wording.why_open(layer, language), []).append(layer)
    for status, reasons in groups.items():
        count = sum(map(len, reasons.values()))
        _indented(console, f"{translate(wording.STATUS[status], language)} ({count})", 2)
        for why, members in reasons.items():
            _indented(console, why, 4)
            for theme in dict.fromkeys(member.theme for member in members):
                titles = " · ".join(member.title.get(language) for member in members if member.theme == theme)
                _indented(console, f"{translate(wording.THEME[theme], language)}: {titles}", 6, "dim")


_KEY_STATES = {"valid": _("valid"), "expired": _("expired"), "revoked": _("revoked")}


def print_keys(rows: Iterable[Mapping[str, Any]], language: Language) -> None:
    """Print API keys, as `KeyInfo.as_json` tells them."""
    heads = (_("Key"), _("Name"), _("Role"), _("Where"), _("Scope"), _("State"), _("Until"), _("Last used"))
    table = new_table(*((translate(head, language), "left") for head in heads))
    for row in rows:
        table.add_row(
            row["prefix"],
            row["name"],
            row["role"],
            row["municipality"] or row["county"] or "–",
            row["scope"],
            translate(_KEY_STATES[row["state"]], language),
            row["expiresAt"][:10],
            (row["lastUsedAt"] or "–")[:16].replace("T", " "),
        )
    new_console().print(table)


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def print_rule(catalogue: Catalogue, rule: Rule, language: Language) -> None:
    """Print a rule as people read it."""
    console = new_console()
    severity = translate(wording.SEVERITY[rule.severity], language)
    console.print(Text(f"{rule.id}  {severity}  {getattr(rule.title, language)}", style="bold"))
    when = rule.when.model_dump(mode="json", exclude_none=True)
    names = [f"{n} {catalogue.objectives[n].name.get(language)}" for n in rule.objectives]
    legal = [f"{x.ref} ({translate(wording.LEGAL[catalogue.legal_status[x.ref]], language)})" for x in rule.legal]
    rows = {
        _("Fires when"): "; ".join(f"{key}: {_listed(value)}" for key, value in when.items()),
        _("Ground"): _ground(rule.ground, language),
        _("Objectives"): ", ".join(names),
        _("Statement"): rule.statement.get(language),
        _("Question"): rule.question.get(language),
        _("Measures"): "\n".join(
            f"{translate(wording.STEP[m.step], language)}: {m.get(language)}" for m in rule.measures
        ),
        _("Evidence"): ", ".join(e if language == "sv" else catalogue.evidence[e].en for e in rule.evidence),
        _("Needed"): translate(wording.STAGE[rule.before], language),
        _("Legal references"): "\n".join(legal) or translate(wording.LEGAL["none"], language),
        _("Basis"): translate(wording.BASIS[rule.basis.status], language)
        + (f": {rule.basis.source}" if rule.basis.source else ""),
        _("Owner"): rule.owner,
    }
    table = new_table(("", "left"), ("", "left"))
    for name, value in rows.items():
        table.add_row(Text(translate(name, language), style="dim"), value)
    console.print(table)
