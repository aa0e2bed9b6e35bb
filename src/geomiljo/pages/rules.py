"""The register of rules as people read it: filtered, grouped by theme; and one rule with all that it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from geomiljo.catalogue.layers import Theme

if TYPE_CHECKING:
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.base import BasisStatus
    from geomiljo.catalogue.registers import LegalSection
    from geomiljo.catalogue.rules import Ground, Rule, Severity


@dataclass(frozen=True, slots=True)
class RuleFilter:
    """Which rules are shown; None: any.

    Attributes
    ----------
    text : str
        Words that title, id, layer or statement hold, in either language.
    ground : str or None
        ``advice``: those without a review ground.
    """

    text: str = ""
    theme: Theme | None = None
    layer: str | None = None
    objective: int | None = None
    severity: Severity | None = None
    ground: Ground | str | None = None
    basis: BasisStatus | None = None


RuleGroup = tuple[Theme, tuple["Rule", ...]]


def rule_groups(catalogue: Catalogue, wanted: RuleFilter) -> tuple[RuleGroup, ...]:
    """Return the rules that a filter leaves, by theme of their layer; themes without one are left out."""
    rules = [rule for rule in catalogue.rules.values() if _is_wanted(rule, catalogue, wanted)]
    by_theme = (
        (theme, tuple(rule for rule in rules if catalogue.layers[rule.layer].theme == theme))
        for theme in get_args(Theme)
    )
    return tuple((theme, found) for theme, found in by_theme if found)


def _is_wanted(rule: Rule, catalogue: Catalogue, wanted: RuleFilter) -> bool:
    layer = catalogue.layers[rule.layer]
    texts = (
        rule.id,
        rule.title.sv,
        rule.title.en,
        layer.title.sv,
        layer.title.en,
        rule.statement.sv,
        rule.statement.en,
    )
    searched = " ".join(texts).casefold()
    return (
        all(word in searched for word in wanted.text.casefold().split())
        and wanted.theme in (None, layer.theme)
        and wanted.layer in (None, rule.layer)
        and (wanted.objective is None or wanted.objective in rule.objectives)
        and wanted.severity in (None, rule.severity)
        and wanted.ground in (None, rule.ground or "advice")
        and wanted.basis in (None, rule.basis.status)
    )


def sections_of(rule: Rule, catalogue: Catalogue) -> dict[str, tuple[LegalSection, ...]]:
    """Return the sections of law that each of the rule's references means."""
    wanted = {reference.ref for reference in rule.legal}
    found: dict[str, list[LegalSection]] = {ref: [] for ref in wanted}
    for section in catalogue.legal.values():
        if section.ref in wanted:
            found[section.ref].append(section)
    return {ref: tuple(sections) for ref, sections in found.items()}
