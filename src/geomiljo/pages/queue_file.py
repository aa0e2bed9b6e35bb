"""The queue of a county board as a file: every plan that the filters let through, with the columns of the page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geomiljo import wording
from geomiljo.catalogue.rules import GROUNDS, SEVERITIES
from geomiljo.errors import LimitExceeded
from geomiljo.pages.plan_words import STAGE
from geomiljo.reports.geopackage import geopackage
from geomiljo.reports.workbook import Workbook
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import SQUARE_METRES_PER_HECTARE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from geomiljo.assessments.queue import QueuedPlan, QueuePage
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.rules import Severity
    from geomiljo.texts import Language

MOST_PLANS = 5_000
Value = str | int | float | dt.date | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file.

    Attributes
    ----------
    name : str
        In a GeoPackage.
    heading : str
        In a workbook, as a marked text.
    kind : str
        Type of its values in a GeoPackage, as NumPy writes it.
    value : callable
        None: there is nothing to tell; of a plan that was never assessed nothing is told of findings.
    words : mapping of str to str
        What a workbook says for codes.
    """

    name: str
    heading: str
    kind: str
    value: Callable[[QueuedPlan], Value]
    words: Mapping[Any, str] | None = None


_YES_NO = {True: _("Yes"), False: _("No")}


def _count(severity: Severity) -> Callable[[QueuedPlan], Value]:
    return lambda plan: plan.findings.get(severity, 0) if plan.assessment else None


COLUMNS = (
    Column("name", _("Plan"), "O", lambda plan: plan.name),
    Column("designation", _("Designation"), "O", lambda plan: plan.designation),
    Column("municipality", _("Municipality"), "O", lambda plan: plan.municipality),
    Column("county_case", _("Case number"), "O", lambda plan: plan.county_case),
    Column("stage", _("Stage"), "O", lambda plan: plan.stage, STAGE),
    Column("answer_by", _("Answer due"), "datetime64[D]", lambda plan: plan.answer_by),
    Column("area_ha", _("Area (ha)"), "f8", lambda plan: plan.area_m2 / SQUARE_METRES_PER_HECTARE),
    Column("assessed", _("Assessed"), "datetime64[D]", lambda plan: plan.assessed_at and plan.assessed_at.date()),
    Column("worst", _("Worst level"), "O", lambda plan: plan.severity, wording.SEVERITY),
    *(Column(severity, wording.SEVERITY[severity], "i4", _count(severity)) for severity in SEVERITIES),
    Column("grounds", _("Review grounds"), "O", lambda plan: _grounds(plan)),
    Column("unreviewed", _("Not reviewed"), "i4", lambda plan: plan.unreviewed if plan.assessment else None),
    Column("unclear", _("Unclear objectives"), "i4", lambda plan: len(plan.unknown) if plan.assessment else None),
    Column("since_new", _("New since consultation"), "i4", lambda plan: plan.since.new if plan.since else None),
    Column("since_gone", _("Gone since consultation"), "i4", lambda plan: plan.since.gone if plan.since else None),
    Column(
        "since_changed", _("Changed since consultation"), "i4", lambda plan: plan.since.changed if plan.since else None
    ),
    Column("stale", _("Newer data"), "?", lambda plan: plan.is_stale, _YES_NO),
    Column("answered", _("The municipality's words"), "?", lambda plan: plan.has_answer, _YES_NO),
    Column("plan", _("Id"), "O", lambda plan: str(plan.id)),
)


def _grounds(plan: QueuedPlan) -> str | None:
    numbers = [str(number) for number, ground in enumerate(GROUNDS, start=1) if ground in plan.grounds]
    return " ".join(numbers) if plan.assessment else None


def whole_queue(page: QueuePage) -> tuple[QueuedPlan, ...]:
    """Return the plans of a page that holds all of them.

    Raises
    ------
    LimitExceeded
        There are more.
    """
    if page.next is not None:
        raise LimitExceeded(
            _("More than {most} plans fit the filters: too many for one file."),
            remedy=_("Narrow the filters, for example to a municipality or a stage."),
            most=MOST_PLANS,
        )
    return page.items


def queue_xlsx(plans: Sequence[QueuedPlan], catalogue: Catalogue, today: dt.date, language: Language) -> bytes:
    """Return the plans as a workbook."""
    title = translate(_("Plans to review"), language)
    book = Workbook(title, dt.datetime.combine(today, dt.time()), language)
    names = {code: municipality.name for code, municipality in catalogue.municipalities.items()}
    rows = [[_shown(column, plan, names, language) for column in COLUMNS] for plan in plans]
    book.add(title, [column.heading for column in COLUMNS], rows)
    return book.content()


def _shown(column: Column, plan: QueuedPlan, names: Mapping[str, str], language: Language) -> Value:
    value = column.value(plan)
    if column.name == "municipality":
        return names.get(plan.municipality, plan.municipality)
    if value is not None and column.words is not None:
        return translate(column.words[value], language)
    return value


def plans_geopackage(
    layer: str, plans: Sequence[QueuedPlan], places: Mapping[Any, BaseGeometry], more: Sequence[Column] = ()
) -> bytes:
    """Return the plans with their outlines as a GeoPackage; codes stay codes."""
    columns = {column.name: _array(column, plans) for column in (*COLUMNS, *more)}
    return geopackage(layer, columns, [places[plan.id] for plan in plans])


def _array(column: Column, plans: Sequence[QueuedPlan]) -> np.ma.MaskedArray[Any, Any]:
    values = [column.value(plan) for plan in plans]
    nothing = {"O": "", "datetime64[D]": dt.date(1970, 1, 1)}.get(column.kind, 0)
    filled = np.array([nothing if value is None else value for value in values], dtype=column.kind)
    return np.ma.array(filled, mask=[value is None for value in values])
