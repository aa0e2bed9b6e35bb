"""The sums over a county's plans as files: objectives by municipality and month by month, and the plans behind them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.pages.queue_file import Column, plans_geopackage
from geomiljo.reports.workbook import Workbook
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import SQUARE_METRES_PER_HECTARE

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.ledger_series import LedgerMonth
    from geomiljo.analysis.results import Flag
    from geomiljo.assessments.matrix import MatrixCell
    from geomiljo.assessments.queue import QueuedPlan
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.rules import Severity
    from geomiljo.texts import Language

_COUNTS = (_("Plans with prohibition"), _("Plans with permit"), _("Plans with consider"), _("Plans with opportunity"))
_GROUND = (_("Prohibition (ha)"), _("Permit (ha)"), _("Consider (ha)"), _("Opportunity (ha)"))
_MATRIX = (
    _("Code"), _("Municipality"), _("Number"), _("Objective"), _("Plans"), _("Assessed plans"), _("Cannot be decided"),
    *_COUNTS, *_GROUND,
)  # fmt: skip


def overview_xlsx(
    cells: Sequence[MatrixCell],
    months: Sequence[LedgerMonth],
    catalogue: Catalogue,
    today: dt.date,
    language: Language,
) -> bytes:
    """Return a workbook of the sums; `cells` with their ground.

    A plan counts once for each objective and a spot once, by the worst level there, as on the page.
    """
    title = translate(_("Objectives by municipality"), language)
    book = Workbook(title, dt.datetime.combine(today, dt.time()), language)
    book.add(title, _MATRIX, [_cell_row(cell, catalogue, language) for cell in cells])
    names = [f"{number} {objective.name.get(language)} (ha)" for number, objective in catalogue.objectives.items()]
    heads = (_("Month"), _("Plans"), _("All objectives together (ha)"), *names)
    book.add(translate(_("Over time"), language), heads, [_month_row(month, catalogue) for month in months])
    return book.content()


def overview_geopackage(
    plans: Sequence[QueuedPlan],
    places: Mapping[uuid.UUID, BaseGeometry],
    worst: Mapping[uuid.UUID, Mapping[int, Severity]],
) -> bytes:
    """Return the plans with their outlines and what each objective comes to: a severity, or the code of its flag."""

    def told(number: int) -> Callable[[QueuedPlan], str | None]:
        return lambda plan: _objective(plan, number, worst.get(plan.id, {}))

    objectives = [Column(f"objective_{number}", "", "O", told(number)) for number in range(1, 17)]
    return plans_geopackage("plans", plans, places, objectives)


def _objective(plan: QueuedPlan, number: int, worst: Mapping[int, Severity]) -> str | None:
    """Return the worst severity; None: the plan was never assessed."""
    if plan.assessment is None:
        return None
    flag: Flag = "unknown" if number in plan.unknown else "not_touched"
    return worst.get(number, flag)


def _cell_row(cell: MatrixCell, catalogue: Catalogue, language: Language) -> list[Any]:
    municipality = catalogue.municipalities.get(cell.municipality)
    return [
        cell.municipality,
        municipality.name if municipality else "",
        cell.objective,
        catalogue.objectives[cell.objective].name.get(language),
        cell.plans,
        cell.assessed,
        cell.unknown,
        *(cell.touched[severity] for severity in SEVERITIES),
        *(cell.hectares_with([severity]) for severity in SEVERITIES),
    ]


def _month_row(month: LedgerMonth, catalogue: Catalogue) -> list[Any]:
    areas_m2 = (month.area_m2, *(month.objectives.get(number, 0.0) for number in catalogue.objectives))
    return [f"{month.month:%Y-%m}", month.plans, *(area / SQUARE_METRES_PER_HECTARE for area in areas_m2)]
