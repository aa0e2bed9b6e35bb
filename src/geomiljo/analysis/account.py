"""The ecosystem-service account: what the land of a plan gives before and after, with its uncertainty.

Two kinds of uncertainty are kept apart: the after side has three whole scenarios with middle factors; runoff and carbon
also have the interval of their factors, given for the middle scenario.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geomiljo.analysis.built import NO_PROVISIONS, Cover, Provisions, as_it_is, cover_after
from geomiljo.catalogue.ecosystem import SCENARIOS, Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from geomiljo.analysis.cover import CoverTable
    from geomiljo.catalogue.ecosystem import LandUseScenario

LOW, MID, HIGH = range(3)
RAIN_M3_PER_HA = 200.0
"""A rain of 20 mm on a hectare."""
KEPT_CROWN_WEIGHT, NEW_CROWN_WEIGHT = 0.5, 0.3
CLEAR_SUPPLY_CHANGE = 0.5
"""A change of a supply index that is smaller may be the scores' own error on a mixed plan."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A number with the interval of its factors."""

    low: float
    mid: float
    high: float

    def minus(self, other: Interval) -> Interval:
        """Return the change from `other`, as wide as both intervals allow."""
        return Interval(self.low - other.high, self.mid - other.mid, self.high - other.low)

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Ground:
    """Indicators of some cover. Shares are percent of the land; land is ground without existing water.

    Attributes
    ----------
    supply : ndarray, shape (services,)
        Potential supply 0-5 for each service.
    """

    valid_ha: float
    land_ha: float
    green_share_pct: float
    sealed_share_pct: float
    canopy_share_pct: float
    runoff_coefficient: float
    runoff_m3: Interval
    carbon_t_c: Interval
    arable_ha: float
    wetland_ha: float
    green_area_ratio: float
    supply: NDArray[np.float64]


def indicators(table: CoverTable, cover: Cover) -> Ground | None:
    """Return the indicators of some cover; None where there is no land.

    Examples
    --------
    A hectare of arable land:

    >>> from geomiljo.catalogue import read_catalogue
    >>> from geomiljo.analysis.cover import CoverTable
    >>> table = CoverTable.of(read_catalogue(), "nmd2018")
    >>> field = indicators(table, as_it_is(table.areas({3: 100}, 0.01), np.zeros(table.size)))
    >>> field.green_share_pct, field.runoff_m3.mid, field.carbon_t_c.mid
    (100.0, 20.0, 96.0)
    """
    valid = float(cover.ground.sum())
    is_land = ~table.has("water")
    land = np.where(is_land, cover.ground, 0.0)
    land_ha = float(land.sum())
    if land_ha <= 0:
        return None
    crowns = cover.kept_crowns_ha + cover.new_crowns_ha
    runoff = table.runoff @ land
    tree_new = table.carbon[:, table.column("tree_new")]
    carbon = table.carbon @ cover.ground + cover.new_crowns_ha * tree_new
    weighted = float(table.ground_weight @ land)
    return Ground(
        valid_ha=valid,
        land_ha=land_ha,
        green_share_pct=100 * float(land[table.has("green")].sum()) / land_ha,
        sealed_share_pct=100 * float(table.sealed[MID] @ land) / land_ha,
        canopy_share_pct=100 * crowns / land_ha,
        runoff_coefficient=float(runoff[MID]) / land_ha,
        runoff_m3=Interval(*(RAIN_M3_PER_HA * float(value) for value in runoff)),
        carbon_t_c=Interval(*(float(value) for value in carbon)),
        arable_ha=float(cover.ground[table.has("arable")].sum()),
        wetland_ha=float(cover.ground[table.has("wetland")].sum()),
        green_area_ratio=(weighted + KEPT_CROWN_WEIGHT * cover.kept_crowns_ha + NEW_CROWN_WEIGHT * cover.new_crowns_ha)
        / land_ha,
        supply=table.supply @ cover.top / valid,
    )


@dataclass(frozen=True, slots=True)
class UseArea:
    """Ground of one use, or of combined uses, before the plan.

    Attributes
    ----------
    areas_ha, crowns_ha : ndarray, shape (n,)
        Cover and crowns by column.
    uses : tuple of LandUseScenario
        Empty: the use is unknown, so nothing can be said of what the land becomes.
    """

    areas_ha: NDArray[np.float64]
    crowns_ha: NDArray[np.float64]
    uses: tuple[LandUseScenario, ...]
    provisions: Provisions = NO_PROVISIONS
    is_left_as_it_is: bool = False


@dataclass(frozen=True, slots=True)
class Sides:
    """Cover of some ground before and after; `after` is empty where its use is unknown."""

    before: Cover
    after: Mapping[Scenario, Cover]


@dataclass(frozen=True, slots=True)
class Account:
    """Before and after of a plan.

    Attributes
    ----------
    after : mapping of Scenario to Ground
        Empty where the use of some of the ground is unknown.
    unknown_use_ha : float
        Ground whose use is unknown.
    unplaced_crowns_ha : float
        Crowns of the middle scenario that found no ground.
    each : tuple of Sides
        One for each ground, in the order that was given.
    """

    table: CoverTable
    before: Ground | None
    after: Mapping[Scenario, Ground]
    cover_before: Cover
    cover_after: Mapping[Scenario, Cover]
    unknown_use_ha: float
    unplaced_crowns_ha: float
    each: tuple[Sides, ...]


def account(table: CoverTable, areas: Sequence[UseArea]) -> Account:
    """Return the account of a plan from its ground, use by use."""
    empty = as_it_is(np.zeros(table.size), np.zeros(table.size))
    each = tuple(_sides(table, area) for area in areas)
    before = sum((sides.before for sides in each), start=empty)
    unknown = sum(float(area.areas_ha.sum()) for area in areas if not area.uses and not area.is_left_as_it_is)
    covers: dict[Scenario, Cover] = {}
    if not unknown:
        covers = {scenario: sum((sides.after[scenario] for sides in each), start=empty) for scenario in SCENARIOS}
    after = {scenario: ground for scenario, cover in covers.items() if (ground := indicators(table, cover)) is not None}
    unplaced = covers["mid"].unplaced_crowns_ha if covers else 0.0
    return Account(table, indicators(table, before), after, before, covers, unknown, unplaced, each)


def _sides(table: CoverTable, area: UseArea) -> Sides:
    before = as_it_is(area.areas_ha, area.crowns_ha)
    if area.is_left_as_it_is:
        return Sides(before, dict.fromkeys(SCENARIOS, before))
    if not area.uses:
        return Sides(before, {})
    made = {s: cover_after(table, area.areas_ha, area.crowns_ha, area.uses, s, area.provisions) for s in SCENARIOS}
    return Sides(before, made)
