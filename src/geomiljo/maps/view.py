"""What the page says about objectives, findings and the plan, in words and numbers of one language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.maps.labels import use_text
from geomiljo.maps.symbols import SEVERITY
from geomiljo.texts import mark as _
from geomiljo.texts import plural, translate
from geomiljo.units import format_area, format_length, format_share, format_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geomiljo.analysis.results import Assessment, Finding, ObjectiveResult, ObjectResult, PartResult
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.rules import Severity
    from geomiljo.texts import Language

_NAMED_LAYERS = 2
"""Layers that a tile names before it counts the rest."""
MAX_OBJECTS = 200
"""Objects of a finding that the page lists; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Tile:
    """An objective among the sixteen.

    Attributes
    ----------
    objective : ObjectiveResult
    look : str
        Code of the worst severity, ``none`` or ``unk``.
    findings : str
        How many findings carry it; empty where none does.
    missing : str
        What keeps it from being decided, or what is unclear although it is touched.
    """

    objective: ObjectiveResult
    look: str
    findings: str
    missing: str


@dataclass(frozen=True, slots=True)
class ObjectTable:
    """The objects of a finding: only the columns that say something.

    Attributes
    ----------
    columns : tuple of str
    rows : tuple of (ObjectResult, str, tuple of str)
        Object, its class where the layer has several, and its cells.
    left_out : int
        Objects that are not listed.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[ObjectResult, str, tuple[str, ...]], ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class UseRow:
    """A land use of the plan with the findings that concern it.

    Attributes
    ----------
    code, name : str
    area : str
    counts : tuple of int
        Findings from the worst severity to the mildest.
    """

    code: str
    name: str
    area: str
    counts: tuple[int, ...]


def severity_counts(findings: Sequence[Finding]) -> dict[Severity, int]:
    """Return how many findings there are of each severity, worst first."""
    return {severity: sum(f.severity == severity for f in findings) for severity in SEVERITIES}


def tiles(assessment: Assessment, language: Language) -> list[Tile]:
    """Return the sixteen objectives in their order."""
    titles = {layer.id: layer.title.get(language) for layer in assessment.layers}
    return [_tile(objective, titles, language) for objective in assessment.objectives]


def _tile(objective: ObjectiveResult, titles: dict[str, str], language: Language) -> Tile:
    look = SEVERITY[objective.severity].code if objective.severity else "none"
    missing = ""
    unanswered = [short(titles[layer]) for layer in objective.unanswered_layers]
    if objective.flag == "unknown":
        look, missing = "unk", _why_unknown(objective, unanswered, language)
    elif objective.flag == "touched" and unanswered:
        missing = plural("{count} layer unclear", "{count} layers unclear", len(unanswered), language)
    count = len(objective.findings)
    return Tile(
        objective, look, plural("{count} finding", "{count} findings", count, language) if count else "", missing
    )


def short(name: str) -> str:
    """Return a name without what it says in brackets and after a semicolon.

    Examples
    --------
    >>> short("Naturvårdsverket (register); länsstyrelse (beslut)")
    'Naturvårdsverket'
    """
    return name.partition(";")[0].partition(" (")[0]


def _why_unknown(objective: ObjectiveResult, unanswered: list[str], language: Language) -> str:
    if "no_spatial_evidence" in objective.reasons:
        return translate(_("no map can clear it"), language)
    reasons = []
    if "conditional_only" in objective.reasons:
        reasons.append(translate(_("depends on what the plan allows"), language))
    if "no_layer_bearing" in objective.reasons:
        reasons.append(translate(_("no layer of the set bears on it"), language))
    named, more = ", ".join(unanswered[:_NAMED_LAYERS]), len(unanswered) - _NAMED_LAYERS
    if more > 0:
        reasons.append(translate(_("lacks {layers} and {count} more"), language, layers=named, count=more))
    elif unanswered:
        reasons.append(translate(_("lacks {layers}"), language, layers=named))
    return "; ".join(reasons)


def finding_measure(finding: Finding, language: Language) -> str:
    """Return how much of it there is: area and share, length, distance, or the number of objects."""
    parts = []
    if finding.area_m2 > 0:
        parts.append(format_area(finding.area_m2, language))
        if finding.share:
            parts.append(translate(_("{share} of the plan"), language, share=format_share(finding.share, language)))
    if finding.length_m:
        parts.append(format_length(finding.length_m, language))
    if finding.distance_m:
        parts.append(translate(_("{distance} away"), language, distance=format_length(finding.distance_m, language)))
    if finding.value is not None and finding.unit is not None and finding.share is None:
        parts.append(format_value(finding.value, finding.unit, language))
    if finding.relation == "absent":
        parts.append(translate(_("nothing there"), language))
    return " · ".join(parts) or plural("{count} object", "{count} objects", finding.count, language)


def object_table(finding: Finding, catalogue: Catalogue, language: Language, most: int = MAX_OBJECTS) -> ObjectTable:
    """Return the objects of a finding, `most` of them."""
    things = finding.features
    columns = []
    if any(o.area_m2 > 0 for o in things):
        columns += [_AREA, _OF_PLAN, _OF_OBJECT]
    if any(o.length_m > 0 for o in things):
        columns.append(_LENGTH)
    if any(o.distance_m > 0 for o in things) or not columns:
        columns.append(_DISTANCE)
    titles = _class_titles(finding.layer, catalogue, language)
    rows = [
        (o, titles.get(o.class_id, ""), tuple(_cell(o, column, language) for column in columns)) for o in things[:most]
    ]
    heads = tuple(translate(column, language) for column in columns)
    return ObjectTable(heads, tuple(rows), max(0, len(things) - most))


_AREA, _OF_PLAN, _OF_OBJECT = _("Area inside"), _("Of the plan"), _("Of the object")
_LENGTH, _DISTANCE = _("Length inside"), _("Distance")


def _cell(thing: ObjectResult, column: str, language: Language) -> str:
    if column == _AREA:
        return format_area(thing.area_m2, language)
    if column == _OF_PLAN:
        return format_share(thing.share_plan, language)
    if column == _OF_OBJECT:
        return "–" if thing.share_feature is None else format_share(thing.share_feature, language)
    if column == _LENGTH:
        return format_length(thing.length_m, language)
    return format_length(thing.distance_m, language) if thing.distance_m else translate(_("in the plan"), language)


def _class_titles(layer_id: str, catalogue: Catalogue, language: Language) -> dict[str, str]:
    """Return the titles of a layer's classes; nothing for a layer of one class."""
    layer = catalogue.layers.get(layer_id)
    if layer is None or not layer.classes:
        return {}
    return {c.id: c.title.get(language) for c in layer.classes} | {
        "unclassified": translate(_("no class of the layer fits"), language)
    }


def use_rows(assessment: Assessment, catalogue: Catalogue, language: Language) -> list[UseRow]:
    """Return the land uses of the plan in the order of its parts; parts with the same uses are one row."""
    groups: dict[tuple[tuple[str, ...] | None, tuple[str, ...]], list[PartResult]] = {}
    for part in assessment.area.parts:
        groups.setdefault((part.uses, () if part.uses else part.wordings), []).append(part)
    rows = []
    for (uses, wordings), parts in groups.items():
        ids = {part.id for part in parts}
        known = [catalogue.land_uses[use].name.get(language) for use in uses or () if use in catalogue.land_uses]
        name = ", ".join(known or wordings) or translate(_("unknown use"), language)
        counts = severity_counts([f for f in assessment.findings if ids & set(f.parts)])
        area = format_area(sum(part.area_m2 for part in parts), language)
        rows.append(UseRow(use_text(uses), name, area, tuple(counts.values())))
    return rows
