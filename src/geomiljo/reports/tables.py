"""An assessment as tables: CSV for programs, XLSX for people.

Every layer is in the tables, also one that did not answer: a missing row would read as a no.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from typing import TYPE_CHECKING, Any

from geomiljo import wording
from geomiljo.reports import account_table
from geomiljo.reports.account_table import account_rows
from geomiljo.reports.workbook import Workbook
from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomiljo.analysis.results import Assessment, Finding, LayerResult, ObjectResult
    from geomiljo.analysis.values import Words
    from geomiljo.texts import Language

CSV_TYPE = "text/csv; charset=utf-8; header=present"

COLUMNS = (
    "kind", "assessment", "layer", "theme", "status", "reason", "finding", "rule", "severity", "ground", "objectives",
    "conditional", "background", "parts", "titleSv", "titleEn", "object", "objectName", "class", "areaM2", "lengthM",
    "sharePlan", "shareFeature", "distanceM", "zoneM", "version", "sourceDate", "coveredShare",
)  # fmt: skip
"""Columns of the CSV; `kind` is ``finding`` (a finding's object) or ``layer`` (what became of a layer)."""

_FINDING_HEADINGS = (
    _("Finding"), _("Severity"), _("What was found"), _("Layer"), _("Object"), _("Name"), _("Class"), _("Area (m²)"),
    _("Length (m)"), _("Share of the plan"), _("Distance (m)"), _("Objectives"), _("County board's ground"), _("Parts"),
    _("What the plan must answer"), _("Rule"),
)  # fmt: skip
_OBJECTIVE_HEADINGS = (_("Number"), _("Objective"), _("Assessment"), _("Severity"), _("Why"), _("Findings"))
_LAYER_HEADINGS = (
    _("Layer"), _("Theme"), _("Status"), _("Why"), _("Answered"), _("Must answer"), _("Area (m²)"),
    _("Share of the plan"), _("Objects"), _("Source date"), _("Version"),
)  # fmt: skip
_FORMULA = re.compile(r"^\s*[=+\-@\t\r]")


def assessment_csv(assessment: Assessment) -> bytes:
    """Return findings and layers as one CSV table: UTF-8, comma, decimal point, m and m², columns `COLUMNS`.

    Text that a spreadsheet would run as a formula is preceded by an apostrophe.
    """
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in _records(assessment):
        writer.writerow({name: _csv_cell(value) for name, value in row.items()})
    return target.getvalue().encode()


def _csv_cell(value: Any) -> Any:
    if isinstance(value, str) and _FORMULA.match(value):
        return f"'{value}"
    if isinstance(value, bool):
        return str(value).lower()
    return value


def _records(assessment: Assessment) -> Iterator[dict[str, Any]]:
    themes = {layer.id: layer.theme for layer in assessment.layers}
    for finding in assessment.findings:
        own = {
            "kind": "finding",
            "assessment": assessment.id,
            "layer": finding.layer,
            "theme": themes[finding.layer],
            "finding": finding.id,
            "rule": finding.rule,
            "severity": finding.severity,
            "ground": finding.ground,
            "objectives": " ".join(map(str, finding.objectives)),
            "conditional": finding.conditional,
            "background": finding.background,
            "parts": " ".join(finding.parts),
            "titleSv": finding.title.sv,
            "titleEn": finding.title.en,
        }
        for affected in finding.features:
            yield own | _object_record(affected)
    for layer in assessment.layers:
        yield {
            "kind": "layer",
            "assessment": assessment.id,
            "layer": layer.id,
            "theme": layer.theme,
            "status": layer.status,
            "reason": layer.reason,
            "titleSv": layer.title.sv,
            "titleEn": layer.title.en,
            "areaM2": layer.area_m2,
            "sharePlan": layer.share,
            "version": layer.version,
            "sourceDate": layer.source_date,
            "coveredShare": layer.covered_share,
        }


def _object_record(affected: ObjectResult) -> dict[str, Any]:
    return {
        "object": affected.id,
        "objectName": affected.name,
        "class": affected.class_id,
        "areaM2": affected.area_m2,
        "lengthM": affected.length_m,
        "sharePlan": affected.share_plan,
        "shareFeature": affected.share_feature,
        "distanceM": affected.distance_m,
        "zoneM": affected.zone_m,
    }


def assessment_xlsx(assessment: Assessment, language: Language = "sv") -> bytes:
    """Return an assessment as a workbook: objectives, layers, and a sheet with the findings of each theme.

    All text is written as text, never as a formula or a link. The same assessment gives the same sheets.
    """
    made = dt.datetime.fromisoformat(assessment.created_at)
    sheets = Workbook(assessment.area.name, made, language, comments=assessment.id)
    sheets.add(translate(_("Objectives"), language), _OBJECTIVE_HEADINGS, list(_objective_rows(assessment, language)))
    sheets.add(translate(_("Layers"), language), _LAYER_HEADINGS, list(_layer_rows(assessment, language)))
    account = list(account_rows(assessment.account, language))
    sheets.add(translate(_("Before and after"), language), account_table.HEADINGS, account)
    layers = {layer.id: layer for layer in assessment.layers}
    for theme in dict.fromkeys(layer.theme for layer in assessment.layers):
        rows = [
            row
            for finding in assessment.findings
            if layers[finding.layer].theme == theme
            for row in _finding_rows(finding, layers[finding.layer].title, language)
        ]
        if rows:
            sheets.add(_theme(theme, language), _FINDING_HEADINGS, rows)
    return sheets.content()


def _objective_rows(assessment: Assessment, language: Language) -> Iterator[tuple[Any, ...]]:
    for objective in assessment.objectives:
        yield (
            objective.number,
            objective.name.get(language),
            translate(wording.FLAG[objective.flag], language),
            translate(wording.SEVERITY.get(objective.severity or "", ""), language),
            "; ".join(translate(wording.REASON[reason], language) for reason in objective.reasons),
            " ".join(objective.findings),
        )


def _layer_rows(assessment: Assessment, language: Language) -> Iterator[tuple[Any, ...]]:
    for layer in assessment.layers:
        yield (
            layer.title.get(language),
            _theme(layer.theme, language),
            translate(wording.STATUS[layer.status], language),
            _why(layer, language),
            _yes_no(layer.answered, language),
            _yes_no(layer.in_layer_set, language),
            layer.area_m2,
            layer.share,
            layer.feature_count,
            layer.source_date,
            layer.version,
        )


def _why(layer: LayerResult, language: Language) -> str:
    reason = translate(wording.REASON.get(layer.reason or "", ""), language)
    return " ".join(filter(None, (reason, layer.message.get(language) if layer.message else "")))


def _finding_rows(finding: Finding, layer: Words, language: Language) -> Iterator[tuple[Any, ...]]:
    for affected in finding.features:
        yield (
            finding.id,
            translate(wording.SEVERITY[finding.severity], language),
            finding.title.get(language),
            layer.get(language),
            affected.id,
            affected.name,
            affected.class_id,
            affected.area_m2,
            affected.length_m,
            affected.share_plan,
            affected.distance_m,
            ", ".join(map(str, finding.objectives)),
            translate(wording.GROUND.get(finding.ground or "", wording.ADVICE), language),
            ", ".join(finding.parts),
            finding.question.get(language),
            finding.rule,
        )


def _theme(theme: str, language: Language) -> str:
    return translate(wording.THEME.get(theme, theme), language)


def _yes_no(value: bool, language: Language) -> str:
    return translate(_("Yes") if value else _("No"), language)
