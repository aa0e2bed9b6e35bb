"""The ledger month by month: how the ground that plans touch has grown."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from geomiljo.geometry import geometry_array

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.ledger import TouchedGround


@dataclass(frozen=True, slots=True)
class LedgerMonth:
    """What plans touch together at the end of a month.

    Attributes
    ----------
    month : date
        Its first day.
    plans : int
        Plans that had come to their stage, whether they touch anything or not.
    area_m2 : float
        Of the ground that flags any objective: what plans or objectives share counts once.
    objectives : mapping of int to float
        Likewise for each objective that is touched, m².
    """

    month: dt.date
    plans: int
    area_m2: float
    objectives: Mapping[int, float]


def month_by_month(
    came: Mapping[str, dt.date], grounds: Sequence[TouchedGround], until: dt.date
) -> tuple[LedgerMonth, ...]:
    """Return the sums of every month from the first plan's to that of `until`.

    Parameters
    ----------
    came : mapping of str to date
        Day on which each plan came to its stage.
    grounds : sequence of TouchedGround
        Of these plans; conditional and background findings flag no objective and are left out.

    Examples
    --------
    >>> from geomiljo.analysis.ledger import TouchedGround
    >>> a, b = shapely.box(0, 0, 100, 100), shapely.box(50, 0, 150, 100)
    >>> grounds = [TouchedGround(p, "r", "l", "c", False, False, (16,), g) for p, g in (("A", a), ("B", b))]
    >>> came = {"A": dt.date(2026, 1, 5), "B": dt.date(2026, 3, 1)}
    >>> [(m.month.month, m.plans, m.area_m2) for m in month_by_month(came, grounds, dt.date(2026, 3, 9))]
    [(1, 1, 10000.0), (2, 1, 10000.0), (3, 2, 15000.0)]
    """
    if not came:
        return ()
    added: dict[dt.date, list[TouchedGround]] = defaultdict(list)
    for ground in grounds:
        if ground.geometry is not None and not (ground.conditional or ground.background):
            added[came[ground.plan].replace(day=1)].append(ground)
    unions: dict[int, BaseGeometry] = {}
    months = []
    for month in _months(min(came.values()), until):
        for number, shapes in _by_objective(added.get(month, [])).items():
            unions[number] = shapely.union_all(
                geometry_array([*shapes, *([unions[number]] if number in unions else [])])
            )
        areas = {number: float(union.area) for number, union in sorted(unions.items())}
        plans = sum(day.replace(day=1) <= month for day in came.values())
        months.append(LedgerMonth(month, plans, areas.pop(_ANY, 0.0), areas))
    return tuple(months)


_ANY = 0
"""Stands for all objectives together."""


def _by_objective(grounds: Sequence[TouchedGround]) -> dict[int, list[BaseGeometry]]:
    shapes: dict[int, list[BaseGeometry]] = defaultdict(list)
    for ground in grounds:
        for number in (_ANY, *ground.objectives):
            shapes[number].append(ground.geometry)
    return shapes


def _months(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = (month + dt.timedelta(days=31)).replace(day=1)
