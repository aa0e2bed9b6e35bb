"""What a result page shows of an assessment, as its address asks: tab, filters, page, open finding, selection."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from markupsafe import Markup

from geomiljo import wording
from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.layers.overview import freshness_of
from geomiljo.maps import view
from geomiljo.maps.content import page_content
from geomiljo.pages import plan_words
from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geomiljo.analysis.results import Assessment, Finding, ObjectResult
    from geomiljo.catalogue import Catalogue
    from geomiljo.layers.overview import Freshness
    from geomiljo.plans.case import Stage
    from geomiljo.texts import Language

Tab = Literal["objectives", "findings", "account", "not-checked", "sources"]
Group = Literal["", "objective", "layer", "ground", "severity"]
TABS: dict[Tab, str] = {
    "objectives": _("Objectives"),
    "findings": _("Findings"),
    "account": _("Ecosystem services"),
    "not-checked": _("Not checked"),
    "sources": _("Sources"),
}
GROUPS: dict[Group, str] = {
    "": _("Level and share"),
    "objective": _("Objective"),
    "layer": _("Layer"),
    "ground": _("Ground of the county board"),
    "severity": _("Level"),
}
ADVICE = "advice"
"""Ground of findings that are advice."""
_ON_A_PAGE, _OF_MANY, _MANY = 50, 25, 100
"""Rows on a page; of lists with more than so many, fewer, so that a page is swapped at once."""
_FEW_OBJECTS = 10
"""Objects that a finding lists until it is opened by its address."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a result is shown.

    Attributes
    ----------
    objective : int or None
    severity, ground, text : str
        Filters; empty: all.
    finding : str
        Id of the one that is open; empty: none.
    page : int
        From 1.
    chosen : tuple of str
        Ids of the findings that are selected for export.
    """

    tab: Tab = "objectives"
    group: Group = ""
    objective: int | None = None
    severity: str = ""
    ground: str = ""
    text: str = ""
    finding: str = ""
    page: int = 1
    chosen: tuple[str, ...] = ()

    def members(self) -> dict[str, str]:
        """Return what stands in the address; what is as by default is left out."""
        stated = {
            "tab": "" if self.tab == "objectives" else self.tab,
            "group": self.group,
            "objective": "" if self.objective is None else str(self.objective),
            "severity": self.severity,
            "ground": self.ground,
            "q": self.text,
            "finding": self.finding,
            "page": "" if self.page == 1 else str(self.page),
            "select": ",".join(self.chosen),
        }
        return {name: value for name, value in stated.items() if value}


@dataclass(frozen=True)
class Shown:
    """A result that is shown.

    Attributes
    ----------
    address : str
        Path of its page.
    query : dict of str to str
        Members of its address that say which it is.
    stage : str or None
        Stage of the plan.
    disputed : frozenset of str
        Ids of findings that somebody disputes.
    """

    assessment: Assessment
    address: str
    query: Mapping[str, str] = field(default_factory=dict)
    stage: Stage | None = None
    disputed: frozenset[str] = frozenset()

    def link(self, wanted: Wanted, place: str = "", **more: str) -> str:
        """Return the address of what is wanted of the result, or of something below it."""
        members = {**self.query, **wanted.members(), **more}
        query = f"?{urlencode(members)}" if members else ""
        return f"{self.address}{query}{place}"

    def below(self, name: str, **more: str) -> str:
        """Return the address of something that belongs to the result."""
        members = {**self.query, **more}
        return f"{self.address}/{name}" + (f"?{urlencode(members)}" if members else "")


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings under one heading."""

    title: str
    count: int
    rows: tuple[tuple[str, Finding], ...]


def result_content(
    shown: Shown, wanted: Wanted, catalogue: Catalogue, language: Language, *, is_part: bool = False
) -> dict[str, Any]:
    """Return what the template of the page shows.

    Parameters
    ----------
    is_part : bool
        A part of the page is swapped: bodies of findings that are not open come when they are opened.
    """
    assessment = shown.assessment
    titles = {layer.id: layer.title.get(language) for layer in assessment.layers}
    matching = [f for f in assessment.findings if _matches(f, wanted, titles, language)]
    rows = _rows(matching, wanted.group, assessment, titles, language)
    wanted = replace(wanted, page=_page(wanted, rows))
    size = _page_size(rows)
    listed = rows[(wanted.page - 1) * size : wanted.page * size]
    return {
        **page_content(assessment, catalogue, language),
        **_links(shown, wanted),
        "shown": shown,
        "wanted": wanted,
        "tabs": TABS,
        "groupings": GROUPS,
        "grounds": [(code, translate(name, language)) for code, name in _grounds(assessment)],
        "stage": translate(plan_words.STAGE[shown.stage], language) if shown.stage else "",
        "matching": matching,
        "finding_groups": _grouped(listed, rows),
        "pages": range(1, -(-len(rows) // size) + 1),
        "object_tables": {
            f.id: view.object_table(f, catalogue, language, _most_objects(f, wanted))
            for _title, f in listed
            if not is_part or f.id == wanted.finding
        },
        "off_map": " ".join(f.id for f in assessment.findings if f not in matching),
        "chosen": frozenset(wanted.chosen),
        "chosen_elsewhere": [c for c in wanted.chosen if c not in {f.id for _title, f in listed}],
        "disputed": shown.disputed,
        "freshness": _freshness(assessment, catalogue),
        "finding_of": {finding.id: finding for finding in assessment.findings},
        "report_link": lambda finding, thing=None: _report_link(assessment, finding, thing),
    }


def _report_link(assessment: Assessment, finding: Finding, thing: ObjectResult | None) -> str:
    """Return where a fault in the data of a finding is reported, with what is known of it."""
    version = next(layer.version for layer in assessment.layers if layer.id == finding.layer)
    known = {"version": version, "object": thing.id if thing else None}
    query = urlencode({name: value for name, value in known.items() if value})
    return f"/layers/{finding.layer}" + (f"?{query}" if query else "") + "#reports"


def _freshness(assessment: Assessment, catalogue: Catalogue) -> dict[str, Freshness | None]:
    """Return how old the data of each layer are today, against its cadence."""
    today = dt.datetime.now(dt.UTC).date()
    return {
        layer.id: freshness_of(
            (today - dt.date.fromisoformat(layer.source_date)).days if layer.source_date else None,
            catalogue.layers[layer.id].update.cadence_days if layer.id in catalogue.layers else None,
        )
        for layer in assessment.layers
    }


def _links(shown: Shown, wanted: Wanted) -> dict[str, Any]:
    """Return where the links of the shared templates lead, and what of them is the present place."""
    bare = Wanted(chosen=wanted.chosen, group=wanted.group)

    def link(**changes: Any) -> str:
        first = {} if "page" in changes else {"page": 1}
        return shown.link(replace(wanted, **{"finding": "", **first, **changes}))

    def of_objective(objective: Any) -> str:
        if objective.number == wanted.objective:
            return link(objective=None)
        return link(objective=objective.number)

    return {
        "is_served": True,
        "swap": Markup(' data-swap="#result"'),
        "link": link,
        "all_link": shown.link(replace(bare, tab=wanted.tab)),
        "severity_link": lambda severity: shown.link(replace(bare, tab="findings", severity=severity)),
        "gaps_link": shown.link(replace(bare, tab="not-checked")),
        "objective_link": of_objective,
        "finding_link": lambda finding: shown.link(replace(wanted, finding=finding.id), f"#{finding.id}"),
        "wanted_objective": wanted.objective,
        "wanted_severity": wanted.severity,
        "wanted_finding": wanted.finding,
    }


def _most_objects(finding: Finding, wanted: Wanted) -> int:
    return view.MAX_OBJECTS if finding.id == wanted.finding else _FEW_OBJECTS


def _matches(finding: Finding, wanted: Wanted, titles: Mapping[str, str], language: Language) -> bool:
    return (
        (wanted.objective is None or wanted.objective in finding.objectives)
        and wanted.severity in {"", finding.severity}
        and wanted.ground in {"", finding.ground or ADVICE}
        and _speaks_of(finding, wanted.text.casefold(), titles, language)
    )


def _speaks_of(finding: Finding, text: str, titles: Mapping[str, str], language: Language) -> bool:
    """Tell whether a finding, its layer or one of its objects is called so."""
    if not text:
        return True
    own = (finding.id, finding.title.get(language), finding.statement.get(language), titles[finding.layer])
    return any(text in part.casefold() for part in own) or any(
        text in (thing.name or thing.id).casefold() for thing in finding.features
    )


def _rows(
    findings: Sequence[Finding],
    group: Group,
    assessment: Assessment,
    titles: Mapping[str, str],
    language: Language,
) -> list[tuple[str, Finding]]:
    """Return findings with the heading that they stand under; a finding stands under each of its objectives."""
    if group == "objective":
        return [
            (f"{o.number} {o.name.get(language)}", finding)
            for o in assessment.objectives
            for finding in findings
            if o.number in finding.objectives
        ] + [(translate(_("No objective"), language), f) for f in findings if not f.objectives]
    if group == "layer":
        order = {layer.id: position for position, layer in enumerate(assessment.layers)}
        return [(titles[f.layer], f) for f in sorted(findings, key=lambda f: order[f.layer])]
    if group == "ground":
        grounds = [code for code, _name in _grounds(assessment)]
        ranked = sorted(findings, key=lambda f: grounds.index(f.ground or ADVICE))
        return [(_ground_title(f, language), f) for f in ranked]
    if group == "severity":
        ranked = sorted(findings, key=lambda f: SEVERITIES.index(f.severity))
        return [(translate(wording.SEVERITY[f.severity], language), f) for f in ranked]
    return [("", finding) for finding in findings]


def _ground_title(finding: Finding, language: Language) -> str:
    if finding.ground is None:
        return translate(wording.ADVICE, language)
    return translate(wording.GROUND[finding.ground], language).replace(" | ", ": ")


def _grounds(assessment: Assessment) -> list[tuple[str, str]]:
    """Return the grounds that some finding has, in their order; advice last."""
    there = {finding.ground for finding in assessment.findings}
    named = [(code, name) for code, name in wording.GROUND.items() if code in there]
    return [*named, *([(ADVICE, wording.ADVICE)] if None in there else [])]


def _page_size(rows: Sequence[Any]) -> int:
    return _OF_MANY if len(rows) > _MANY else _ON_A_PAGE


def _page(wanted: Wanted, rows: Sequence[tuple[str, Finding]]) -> int:
    """Return the page that is asked for, or that of the open finding; the last one where there are fewer."""
    size = _page_size(rows)
    last = max(1, -(-len(rows) // size))
    if wanted.finding:
        position = next((n for n, (_title, f) in enumerate(rows) if f.id == wanted.finding), None)
        if position is not None:
            return position // size + 1
    return min(wanted.page, last)


def _grouped(listed: Sequence[tuple[str, Finding]], rows: Sequence[tuple[str, Finding]]) -> list[FindingGroup]:
    """Return what is listed under its headings, each with how many there are; the first row of a finding has its id."""
    groups: dict[str, list[tuple[str, Finding]]] = {}
    seen: set[str] = set()
    for number, (title, finding) in enumerate(listed):
        row_id = finding.id if finding.id not in seen else f"{finding.id}-{number}"
        seen.add(finding.id)
        groups.setdefault(title, []).append((row_id, finding))
    counts = [title for title, _finding in rows]
    return [FindingGroup(title, counts.count(title), tuple(members)) for title, members in groups.items()]
