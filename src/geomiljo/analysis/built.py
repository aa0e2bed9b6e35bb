"""What land becomes when a plan is built: from the cover before and the uses of a plan to the cover after.

The steps are those of `docs/method.md`, in the same order. Every share is an assumption that may be overridden.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geomiljo.analysis.cover import CoverTable
    from geomiljo.catalogue.ecosystem import GroundShares, LandUseScenario, Scenario

MOST_BUILDING = 0.90
"""Most of a use's ground that buildings may take, whatever the provisions say."""
ANCILLARY_BUILDING = 0.10
"""Most that ancillary buildings may take where they alone may stand."""
STOREY_M = 3.0
GREEN_ROOF_SHARE = 0.6
"""Share of the roofs that a provision of living roofs means where it gives none."""
TREE_CROWN_M2 = 25.0
KEPT_BY_PERMIT: dict[Scenario, float] = {"low": 0.9, "mid": 0.7, "high": 0.4}
"""Share of the crowns that stand on where felling needs a permit: such a duty delays, it does not forbid."""


@dataclass(frozen=True, slots=True)
class Provisions:
    """Provisions of a plan that change what land of one use becomes.

    Attributes
    ----------
    footprint_0_1 : float or None
        Largest building footprint as a share of the ground (``e_area``, ``e_floor``).
    least_permeable_0_1 : float or None
        Least share of green and permeable ground (``n_permeable``).
    trees : int or None
        Number of trees that must stand (``plantering``).
    slab_0_1 : float
        Share of the new green that stands on a slab (``b_slab``).
    green_roof_0_1 : float
        Share of the roofs that live (``f_green_roof``).
    no_new_crowns_0_1 : float
        Share of the ground where no tree may be planted (``u_pipe``).
    unbuildable_0_1, ancillary_0_1 : float
        Share of the ground that no building may stand on (``prickmark``), or ancillary ones alone (``korsmark``).
    crowns_protected_0_1, crowns_by_permit_0_1 : float
        Share of the crowns before that must be kept (``n_tree``), or may be felled by permit alone (``marklov_tree``).
    """

    footprint_0_1: float | None = None
    least_permeable_0_1: float | None = None
    trees: int | None = None
    slab_0_1: float = 0.0
    green_roof_0_1: float = 0.0
    no_new_crowns_0_1: float = 0.0
    unbuildable_0_1: float = 0.0
    ancillary_0_1: float = 0.0
    crowns_protected_0_1: float = 0.0
    crowns_by_permit_0_1: float = 0.0

    @property
    def most_building_0_1(self) -> float:
        """Most of the ground that buildings may take where they may stand; what one place loses another may gain.

        Examples
        --------
        >>> Provisions(unbuildable_0_1=0.5).most_building_0_1, Provisions(ancillary_0_1=1.0).most_building_0_1
        (0.45, 0.1)
        """
        free = max(0.0, 1 - self.unbuildable_0_1 - self.ancillary_0_1)
        return MOST_BUILDING * free + ANCILLARY_BUILDING * self.ancillary_0_1

    def crowns_kept(self, scenario: Scenario) -> float:
        """Return the share of the crowns before that the provisions keep."""
        return self.crowns_protected_0_1 + self.crowns_by_permit_0_1 * KEPT_BY_PERMIT[scenario]

    @staticmethod
    def footprint_of_floors(gross_floor_m2: float, height_m: float, area_m2: float) -> float:
        """Return the footprint share that a largest gross floor area and a height allow.

        Examples
        --------
        >>> Provisions.footprint_of_floors(6_000, 10, 5_000)
        0.4
        """
        storeys = max(1, int(height_m // STOREY_M))
        return min(MOST_BUILDING, gross_floor_m2 / (storeys * area_m2))


NO_PROVISIONS = Provisions()


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the ground of one use; the first five add up to 1."""

    building: float
    hard: float
    semi: float
    green: float
    water: float
    canopy: float
    kept: float

    @classmethod
    def mean(cls, rows: list[GroundShares]) -> Shares:
        """Return the plain mean of the rows of combined uses."""
        names = ("building", "hard", "semi", "green", "water", "canopy", "kept")
        return cls(**{name: sum(getattr(row, name) for row in rows) / len(rows) for name in names})

    def with_provisions(self, provisions: Provisions, area_m2: float) -> Shares:
        """Return the shares that the provisions allow."""
        result = self
        building = self.building if provisions.footprint_0_1 is None else provisions.footprint_0_1
        allowed = min(building, provisions.most_building_0_1)
        if allowed != self.building:
            result = result.with_building(allowed)
        least = provisions.least_permeable_0_1
        if least is not None and result.green + result.semi < least:
            moved = min(result.hard, least - result.green - result.semi)
            result = replace(result, hard=result.hard - moved, semi=result.semi + moved)
        if provisions.trees is not None:
            result = replace(result, canopy=max(result.canopy, min(1.0, provisions.trees * TREE_CROWN_M2 / area_m2)))
        if provisions.slab_0_1:
            result = replace(
                result,
                canopy=result.canopy * (1 - provisions.slab_0_1 / 2),
                kept=result.kept * (1 - provisions.slab_0_1),
            )
        return result

    def with_building(self, building: float) -> Shares:
        """Return the shares with another footprint; the other ground is scaled, crowns and what is kept stay."""
        scale = (1 - building) / (1 - self.building) if self.building < 1 else 0.0
        return replace(
            self,
            building=building,
            hard=self.hard * scale,
            semi=self.semi * scale,
            green=self.green * scale,
            water=self.water * scale,
        )


@dataclass(frozen=True, slots=True)
class Cover:
    """Cover of some ground, hectares by column of a :class:`~geomiljo.analysis.cover.CoverTable`.

    Attributes
    ----------
    ground : ndarray, shape (n,)
        What covers the ground.
    top : ndarray, shape (n,)
        Seen from above: new crowns in place of what they stand over. Adds up to the same area.
    kept_crowns_ha, new_crowns_ha : float
        Crowns that were there and crowns that are planted.
    unplaced_crowns_ha : float
        New crowns that found no ground to stand over.
    """

    ground: NDArray[np.float64]
    top: NDArray[np.float64]
    kept_crowns_ha: float
    new_crowns_ha: float
    unplaced_crowns_ha: float = 0.0

    def __add__(self, other: Cover) -> Cover:
        """Return the cover of both grounds together."""
        return Cover(
            self.ground + other.ground,
            self.top + other.top,
            self.kept_crowns_ha + other.kept_crowns_ha,
            self.new_crowns_ha + other.new_crowns_ha,
            self.unplaced_crowns_ha + other.unplaced_crowns_ha,
        )


def as_it_is(areas_ha: NDArray[np.float64], crowns_ha: NDArray[np.float64]) -> Cover:
    """Return the cover of ground that nothing changes."""
    return Cover(areas_ha, areas_ha.copy(), float(crowns_ha.sum()), 0.0)


def cover_after(
    table: CoverTable,
    areas_ha: NDArray[np.float64],
    crowns_ha: NDArray[np.float64],
    uses: tuple[LandUseScenario, ...],
    scenario: Scenario,
    provisions: Provisions = NO_PROVISIONS,
) -> Cover:
    """Return the cover of the ground of one use, or of combined uses, when the plan is built.

    Parameters
    ----------
    areas_ha, crowns_ha : ndarray, shape (n,)
        Cover before, and the crowns over each class.
    uses : tuple of LandUseScenario
        At least one; of several the plain mean is taken.
    """
    standing = crowns_ha * provisions.crowns_kept(scenario)
    if standing.any():
        rest = replace(provisions, crowns_protected_0_1=0.0, crowns_by_permit_0_1=0.0)
        changed = cover_after(table, areas_ha - standing, crowns_ha - standing, uses, scenario, rest)
        return as_it_is(standing, standing) + changed
    if all(use.mode == "keep_before" for use in uses):
        lost = sum(getattr(use.loss, scenario) for use in uses) / len(uses)
        return _kept_before(table, areas_ha, crowns_ha, lost)
    if any(use.existing_water for use in uses) or any(use.water_to_hard for use in uses):
        return _with_existing_water(table, areas_ha, crowns_ha, uses, scenario, provisions)
    return _composed(table, areas_ha, crowns_ha, uses, scenario, provisions)


def _kept_before(
    table: CoverTable, areas_ha: NDArray[np.float64], crowns_ha: NDArray[np.float64], lost: float
) -> Cover:
    ground = areas_ha * (1 - lost)
    ground[table.column("semi")] += lost * areas_ha.sum()
    return Cover(ground, ground.copy(), float(crowns_ha.sum()) * (1 - lost), 0.0)


def _with_existing_water(
    table: CoverTable,
    areas_ha: NDArray[np.float64],
    crowns_ha: NDArray[np.float64],
    uses: tuple[LandUseScenario, ...],
    scenario: Scenario,
    provisions: Provisions,
) -> Cover:
    """Water that is there stays water, but for what is built over it; the shares are those of the land."""
    water = np.where(table.has("water"), areas_ha, 0.0)
    land, crowns = areas_ha - water, np.where(table.has("water"), 0.0, crowns_ha)
    built = [
        use.shares(scenario).hard if use.existing_water else getattr(use.water_to_hard, scenario, 0.0) for use in uses
    ]
    over_water = sum(built) / len(built)
    ground = water * (1 - over_water)
    ground[table.column("hard")] += over_water * water.sum()
    result = Cover(ground, ground.copy(), float((crowns_ha - crowns).sum()) * (1 - over_water), 0.0)
    on_land = tuple(use for use in uses if not use.existing_water)
    if not on_land:
        return result + as_it_is(land, crowns)
    if not land.any():
        return result
    return result + _composed(table, land, crowns, on_land, scenario, provisions)


def _composed(
    table: CoverTable,
    areas_ha: NDArray[np.float64],
    crowns_ha: NDArray[np.float64],
    uses: tuple[LandUseScenario, ...],
    scenario: Scenario,
    provisions: Provisions,
) -> Cover:
    area_ha = float(areas_ha.sum())
    shares = Shares.mean([use.shares(scenario) for use in uses]).with_provisions(provisions, area_ha * 10_000)
    kept = _kept_green(table, areas_ha, uses, shares.green * area_ha, shares.kept)
    crown_share = np.divide(crowns_ha, areas_ha, out=np.zeros_like(areas_ha), where=areas_ha > 0)
    kept_crowns = float((kept * crown_share).sum())
    wanted = max(0.0, shares.canopy * area_ha - kept_crowns) * (1 - provisions.no_new_crowns_0_1)
    ground = kept.copy()
    green_new = shares.green * area_ha - float(kept.sum())
    for name, hectares in (
        ("building", shares.building * area_ha * (1 - provisions.green_roof_0_1)),
        ("green_roof", shares.building * area_ha * provisions.green_roof_0_1),
        ("hard", shares.hard * area_ha),
        ("semi", shares.semi * area_ha),
        ("green_new", green_new * (1 - provisions.slab_0_1)),
        ("green_on_slab", green_new * provisions.slab_0_1),
        ("water_new", shares.water * area_ha),
    ):
        ground[table.column(name)] += hectares
    over_hard = sum(use.canopy_over_hard_0_1 for use in uses) / len(uses)
    open_green = np.where(table.has("green") & ~table.has("forest"), kept - kept * crown_share, 0.0)
    top, unplaced = _planted(table, ground, open_green, wanted, over_hard)
    return Cover(ground, top, kept_crowns, wanted - unplaced, unplaced)


def _kept_green(
    table: CoverTable,
    areas_ha: NDArray[np.float64],
    uses: tuple[LandUseScenario, ...],
    green_ha: float,
    kept_share: float,
) -> NDArray[np.float64]:
    """Return what is left standing of the vegetation before, split over its classes in proportion to their area."""
    keepable = table.has("keepable") | (table.has("arable") if all(use.keep_arable for use in uses) else False)
    before = np.where(keepable, areas_ha, 0.0)
    total = float(before.sum())
    if total == 0:
        return np.zeros_like(areas_ha)
    return np.asarray(before * (min(kept_share * green_ha, total) / total))


def _planted(
    table: CoverTable,
    ground: NDArray[np.float64],
    open_green: NDArray[np.float64],
    wanted_ha: float,
    over_hard: float,
) -> tuple[NDArray[np.float64], float]:
    """Return the cover seen from above with new crowns in it, and the hectares of crowns that found no ground."""
    top = ground.copy()
    left = over_hard * wanted_ha
    for name in ("hard", "semi"):
        left -= _overgrow(table, top, table.column(name), left)
    left += (1 - over_hard) * wanted_ha
    for name in ("green_new", "green_on_slab"):
        left -= _overgrow(table, top, table.column(name), left)
    room = float(open_green.sum())
    if room > 0:
        placed = min(left, room)
        top -= open_green * (placed / room)
        top[table.column("tree_new")] += placed
        left -= placed
    return top, max(0.0, left)


def _overgrow(table: CoverTable, top: NDArray[np.float64], column: int, wanted_ha: float) -> float:
    """Put crowns over a column as far as it reaches; return their hectares."""
    placed = min(wanted_ha, float(top[column]))
    top[column] -= placed
    top[table.column("tree_new")] += placed
    return placed
