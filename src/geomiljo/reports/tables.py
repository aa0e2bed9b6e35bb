"""An assessment as tables: CSV for programs, XLSX for people.

Every layer is in the tables, also one that did not answer: a missing row would read as a no.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from typing import TYPE_CHECKING, Any

import xlsxwriter

from geomiljo import wording
from geomiljo.reports import account_table
from geomiljo.reports.account_table import account_rows
from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geomiljo.analysis.results import Assessment, Finding, LayerResult, ObjectResult
    from geomiljo.analysis.values import Words
    from geomiljo.texts import Language

CSV_TYPE = "text/csv; charset=utf-8; header=present"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

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
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_LONGEST_SHEET_NAME = 31
_LONGEST_CELL = 32_767
_RESERVED = "history"


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
    target = io.BytesIO()
    workbook = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False})
    made = dt.datetime.fromisoformat(assessment.created_at).replace(tzinfo=None)
    workbook.set_properties({"title": assessment.area.name, "created": made, "comments": assessment.id})
    sheets = _Sheets(workbook, language)
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
    workbook.close()
    return target.getvalue()


class _Sheets:
    """Adds tables to a workbook, each on a sheet with a name of its own."""

    def __init__(self, workbook: Any, language: Language) -> None:
        self._workbook = workbook
        self._language = language
        self._taken: set[str] = set()
        self._bold = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        self._number = workbook.add_format({"num_format": "#,##0.0", "valign": "top"})

    def add(self, name: str, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        sheet = self._workbook.add_worksheet(sheet_name(name, self._taken))
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, translate(heading, self._language), self._bold)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                self._write(sheet, number, column, value)
        if rows:
            sheet.autofilter(0, 0, len(rows), len(headings) - 1)
        sheet.autofit(max_width=400)

    def _write(self, sheet: Any, row: int, column: int, value: Any) -> None:
        if isinstance(value, float):
            sheet.write_number(row, column, value, self._number)
        elif isinstance(value, int):
            sheet.write_number(row, column, value, self._wrapped)
        elif value:
            sheet.write_string(row, column, str(value)[:_LONGEST_CELL], self._wrapped)


def sheet_name(wanted: str, taken: set[str]) -> str:
    """Return a name that spreadsheets take for a sheet, and note it as taken.

    Examples
    --------
    >>> taken: set[str] = set()
    >>> sheet_name("Vatten: sjöar/åar", taken), sheet_name("vatten  sjöar åar", taken)
    ('Vatten sjöar åar', 'vatten sjöar åar (2)')
    """
    plain = " ".join(_NOT_IN_SHEET_NAMES.sub(" ", wanted).split()).strip("' ")[:_LONGEST_SHEET_NAME].rstrip("' ")
    if not plain or plain.casefold() == _RESERVED:
        plain = f"{plain}_"
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        ending = f" ({number})"
        name = plain[: _LONGEST_SHEET_NAME - len(ending)] + ending
    taken.add(name.casefold())
    return name


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
