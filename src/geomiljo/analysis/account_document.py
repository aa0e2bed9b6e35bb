"""From an account's numbers to what an assessment carries: names, what may be shown, changes that are clear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from geomiljo.analysis.account import CLEAR_SUPPLY_CHANGE, Account, Ground, Interval, indicators
from geomiljo.analysis.account_results import (
    CoverShareResult,
    IndicatorResult,
    ObjectiveChangeResult,
    PartNumberResult,
    ServiceResult,
)
from geomiljo.analysis.findings import words
from geomiljo.catalogue.ecosystem import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geomiljo.analysis.account import Sides
    from geomiljo.analysis.account_results import Direction
    from geomiljo.analysis.results import LayerResult
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.ecosystem import AccountIndicator

LEAST_COVERED = 0.80
"""Below this share of the plan with land cover no number is shown."""
_CELLS_OF_A_SHARE = 100
_CROWNS_RASTER = "cdsm_2m"
_NEVER_ZERO = 1e-9
_WITH_RECORDS = ("hit", "adjacent", "near", "below_threshold")
_NUMBERS = {
    "green_share_pct": "green_share_pct",
    "sealed_share_pct": "sealed_share_pct",
    "canopy_share_pct": "canopy_share_pct",
    "runoff_coefficient_weighted": "runoff_coefficient",
    "rain20_runoff_m3": "runoff_m3",
    "carbon_stock_t_c": "carbon_t_c",
    "arable_ha": "arable_ha",
    "wetland_ha": "wetland_ha",
    "gyf_like": "green_area_ratio",
}
"""Attribute of :class:`~geomiljo.analysis.account.Ground` for each indicator that is a number of the ground."""
_OF_ITS_CLASSES = {"arable_ha": "arable", "wetland_ha": "wetland"}
"""Indicators that only class tables with such a class can tell."""


@dataclass(frozen=True, slots=True)
class Footing:
    """What the account stands on, which decides what may be shown.

    Attributes
    ----------
    area_ha, cells, valid_share : float
        Of the planning area.
    has_crowns : bool
        A raster of crowns was read.
    """

    area_ha: float
    cells: float
    valid_share: float
    has_crowns: bool

    def hidden(
        self, indicator: AccountIndicator, account: Account
    ) -> Literal["too_few_cells", "too_little_covered", "not_in_class_table"] | None:
        """Return why an indicator is not shown; None: it is."""
        trait = _OF_ITS_CLASSES.get(indicator.id)
        if trait is not None and not any(trait in cover.traits for cover in account.table.classes):
            return "not_in_class_table"
        if self.valid_share < LEAST_COVERED:
            return "too_little_covered"
        kinds = indicator.min_plan_ha
        if self.has_crowns and _CROWNS_RASTER in kinds:
            return None if self.area_ha >= kinds[_CROWNS_RASTER] else "too_few_cells"
        least_ha = kinds.get(account.table.set_id.removesuffix("2018"), max(kinds.values()))
        least_cells = _CELLS_OF_A_SHARE if _CROWNS_RASTER in kinds else indicator.min_cells
        is_enough = self.area_ha >= least_ha - _NEVER_ZERO and self.cells >= least_cells - _NEVER_ZERO
        return None if is_enough else "too_few_cells"


def indicator_results(catalogue: Catalogue, account: Account, footing: Footing) -> tuple[IndicatorResult, ...]:
    """Return the indicators in the order of the register."""
    return tuple(
        _indicator(entry, account, footing) for entry in catalogue.account_indicators.values() if entry.id in _NUMBERS
    )


def _indicator(entry: AccountIndicator, account: Account, footing: Footing) -> IndicatorResult:
    hidden = footing.hidden(entry, account)
    before = _number(entry, account.before) if hidden is None else None
    after = {s: _number(entry, account.after.get(s)) if hidden is None else None for s in SCENARIOS}
    change = _difference(after["mid"], before)
    interval = _change_interval(entry, account) if hidden is None else None
    return IndicatorResult(
        id=entry.id,
        name=words(entry.name),
        unit=entry.unit,
        better=entry.better,
        decimals=entry.decimals,
        before=before,
        low=after["low"],
        mid=after["mid"],
        high=after["high"],
        change=change,
        interval=None if interval is None else (interval.low, interval.high),
        clear=_is_clear([_difference(after[s], before) for s in SCENARIOS], interval),
        hidden=hidden,
        explain=words(entry.explain),
    )


def part_numbers(
    catalogue: Catalogue, account: Account, sides: Sides, footing: Footing
) -> tuple[PartNumberResult, ...]:
    """Return the indicators of part of the plan, in the order of the register."""
    before = indicators(account.table, sides.before)
    after = {scenario: indicators(account.table, cover) for scenario, cover in sides.after.items()}
    told = []
    for entry in catalogue.account_indicators.values():
        if entry.id in _NUMBERS:
            is_shown = footing.hidden(entry, account) is None
            values = [_number(entry, ground) if is_shown else None for ground in (before, *map(after.get, SCENARIOS))]
            told.append(PartNumberResult(entry.id, *values))
    return tuple(told)


def _number(entry: AccountIndicator, ground: Ground | None) -> float | None:
    if ground is None:
        return None
    value = getattr(ground, _NUMBERS[entry.id])
    return float(value.mid if isinstance(value, Interval) else value)


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _change_interval(entry: AccountIndicator, account: Account) -> Interval | None:
    before, after = account.before, account.after.get("mid")
    if before is None or after is None:
        return None
    then, now = getattr(before, _NUMBERS[entry.id]), getattr(after, _NUMBERS[entry.id])
    return now.minus(then) if isinstance(then, Interval) and isinstance(now, Interval) else None


def _is_clear(changes: Sequence[float | None], interval: Interval | None) -> bool:
    known = [change for change in changes if change is not None]
    if len(known) < len(changes) or (interval is not None and not interval.is_clear):
        return False
    return all(change > _NEVER_ZERO for change in known) or all(change < -_NEVER_ZERO for change in known)


def service_results(
    catalogue: Catalogue, account: Account, footing: Footing, layers: Mapping[str, LayerResult]
) -> tuple[ServiceResult, ...]:
    """Return the 22 services with what bears on each."""
    is_shown = footing.hidden(catalogue.account_indicators["supply_index"], account) is None
    results = []
    for index, service in enumerate(catalogue.ecosystem_services.values()):
        before = _supply(account.before, index) if is_shown else None
        after = {
            s: float(account.after[s].supply[index]) if is_shown and s in account.after else None for s in SCENARIOS
        }
        bearing = [layers[name] for name in service.layers if name in layers]
        results.append(
            ServiceResult(
                id=service.id,
                number=service.number,
                name=words(service.name),
                group=service.group,
                before=before,
                low=after["low"],
                mid=after["mid"],
                high=after["high"],
                direction=_direction([_difference(after[s], before) for s in SCENARIOS]),
                strength=service.evidence_strength,
                objectives=service.objectives,
                question=words(service.question),
                evidence=tuple(layer.id for layer in bearing if layer.status in _WITH_RECORDS),
                unanswered=tuple(layer.id for layer in bearing if not layer.answered),
            )
        )
    return tuple(results)


def _supply(ground: Ground | None, index: int) -> float | None:
    return None if ground is None else float(ground.supply[index])


def _direction(changes: Sequence[float | None]) -> Direction | None:
    """Return where a supply goes; a change under half a step may be the scores' own error."""
    low, mid, high = changes
    if low is None or mid is None or high is None:
        return None
    if mid >= CLEAR_SUPPLY_CHANGE and min(low, high) > 0:
        return "gain"
    return "loss" if mid <= -CLEAR_SUPPLY_CHANGE and max(low, high) < 0 else "unclear"


def objective_changes(services: Sequence[ServiceResult]) -> tuple[ObjectiveChangeResult, ...]:
    """Return the objectives with services that clearly gain or lose; services of weak evidence do not speak."""
    told = [service for service in services if service.strength != "weak"]
    numbers = sorted({number for service in told for number in service.objectives})
    found = (
        ObjectiveChangeResult(
            number,
            tuple(s.id for s in told if number in s.objectives and s.direction == "gain"),
            tuple(s.id for s in told if number in s.objectives and s.direction == "loss"),
        )
        for number in numbers
    )
    return tuple(change for change in found if change.gains or change.losses)


def composition(account: Account) -> tuple[CoverShareResult, ...]:
    """Return the land cover before, largest first."""
    areas = account.cover_before.ground
    order = np.argsort(-areas, kind="stable")
    covers = account.table.classes
    return tuple(CoverShareResult(covers[i].id, words(covers[i].name), float(areas[i])) for i in order if areas[i] > 0)
