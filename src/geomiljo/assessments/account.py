"""The ecosystem-service account of a planning area: rasters read, ground divided by use, before and after."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geomiljo.analysis.account import Account, UseArea, account
from geomiljo.analysis.account_document import (
    LEAST_COVERED,
    Footing,
    composition,
    indicator_results,
    objective_changes,
    part_numbers,
    service_results,
)
from geomiljo.analysis.account_results import (
    AccountReason,
    AccountResult,
    PartAccountResult,
    ThreeThirtyResult,
    UseAssumptionResult,
    no_account,
)
from geomiljo.analysis.cover import CoverTable
from geomiljo.analysis.green_distance import FARTHEST_M
from geomiljo.assessments.green import PATHS_LAYER, canopy_around, green_sides, paths_around
from geomiljo.assessments.provisions import provisions_on
from geomiljo.errors import SourceUnavailable
from geomiljo.layers.land_cover import Surroundings, ground_cover
from geomiljo.layers.rasters import opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.area import PlanArea, ProvisionGround
    from geomiljo.analysis.assumptions import Assumptions
    from geomiljo.analysis.results import LayerResult
    from geomiljo.assessments.green import GreenSide, Paths
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.ecosystem import LandUseScenario
    from geomiljo.layers.rasters import OpenRaster
    from geomiljo.layers.readers.base import LoadedLayer, RasterVersion, Reader

CROWNS_LAYER = "tradkrona"
_DWELLINGS = frozenset({"B", "S", "D", "O"})
_PLACES_TO_BE = frozenset({"PARK", "NATUR"})
_TREES_IN_VIEW_M2, _VIEW_M2 = 75.0, 2_827.0
"""Crowns of three trees, and a circle of 30 m around a dwelling."""
_CANOPY_PCT = 30.0
_LIKE_BUILT = 0.15
_MOST_CELLS = 4_000
_BETWEEN_PARTS = 0.01
"""Share of the plan that ground between the parts may be without leaving the after side open: it is left as it is."""
_WHOLLY = 0.95
"""Share of the planning area that a raster of crowns must cover to be used."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Ground of one kind: the uses that the plan allows there; None: not known."""

    ids: tuple[str, ...]
    uses: tuple[str, ...] | None
    ground: BaseGeometry
    is_gap: bool = False


def account_of(
    catalogue: Catalogue,
    reader: Reader,
    loaded: Mapping[str, LoadedLayer],
    plan: PlanArea,
    layers: Sequence[LayerResult],
    assumptions: Assumptions,
) -> AccountResult:
    """Return the account of a planning area.

    Parameters
    ----------
    loaded : mapping of str to LoadedLayer
        What the reader has.
    layers : sequence of LayerResult
        What became of each layer; only those that were read are used.
    """
    results = {layer.id: layer for layer in layers}
    chosen = _land_cover(catalogue, results)
    if chosen is None:
        return no_account("no_land_cover")
    raster = loaded[chosen.id].raster
    if raster is None or raster.cover_set is None or chosen.raster is None:
        return no_account("no_land_cover")
    if chosen.raster.valid_share < LEAST_COVERED:
        return replace(no_account("land_cover_not_covered"), valid_share=chosen.raster.valid_share)
    if chosen.raster.valid_cells > _MOST_CELLS**2:
        return no_account("too_large")
    crowns = results.get(CROWNS_LAYER)
    has_crowns = crowns is not None and crowns.raster is not None and crowns.raster.valid_share >= _WHOLLY
    above = loaded[CROWNS_LAYER].raster if has_crowns else None
    is_told = results[PATHS_LAYER].status not in ("failed", "not_checked")
    paths = paths_around(reader, loaded, plan.geometry) if is_told else None
    try:
        return _made(catalogue, plan, raster, above, paths, chosen, results, assumptions)
    except SourceUnavailable:
        return no_account("no_land_cover")


def _land_cover(catalogue: Catalogue, results: Mapping[str, LayerResult]) -> LayerResult | None:
    """Return the land cover to use: the finest that was read and covers enough, else the one that covers most."""
    sets = catalogue.cover_sets

    def cell_m(layer: str) -> float:
        spec = catalogue.layers[layer].raster
        return min((sets[name].cell_m or np.inf for name in spec.cover_sets), default=np.inf) if spec else np.inf

    read = [
        result
        for result in results.values()
        if result.raster is not None and catalogue.layers[result.id].raster and result.raster.class_table
    ]
    covering = [r for r in read if r.raster is not None and r.raster.valid_share >= LEAST_COVERED]
    if covering:
        return min(covering, key=lambda result: cell_m(result.id))
    return max(read, key=lambda r: r.raster.valid_share if r.raster else 0.0, default=None)


def _made(
    catalogue: Catalogue,
    plan: PlanArea,
    raster: RasterVersion,
    crowns: RasterVersion | None,
    paths: Paths | None,
    chosen: LayerResult,
    results: Mapping[str, LayerResult],
    assumptions: Assumptions,
) -> AccountResult:
    table = CoverTable.of(catalogue, raster.cover_set or "")
    parts = _grounds(plan)
    with ExitStack() as stack:
        cover = stack.enter_context(opened(raster))
        above = stack.enter_context(opened(crowns)) if crowns is not None else None
        areas = [_use_area(catalogue, table, cover, above, part, plan.provisions, assumptions) for part in parts]
        made = account(table, areas)
        around = Surroundings.of(table, cover, plan.geometry, FARTHEST_M)
        nearby = canopy_around(above, plan.geometry)
    before, after = _green(table, around, plan, parts, areas, paths)
    is_read = chosen.raster
    footing = Footing(
        float(plan.geometry.area) / 10_000,
        is_read.valid_cells if is_read else 0.0,
        is_read.valid_share if is_read else 0.0,
        crowns is not None,
    )
    services = service_results(catalogue, made, footing, results)
    return AccountResult(
        cover_layer=chosen.id,
        cover_version=chosen.version,
        class_table=raster.cover_set,
        crowns="raster" if crowns is not None else "estimated",
        reasons=_reasons(made, parts, areas),
        cells=footing.cells,
        valid_share=footing.valid_share,
        unknown_use_ha=made.unknown_use_ha + sum(part.ground.area for part in parts if part.is_gap) / 10_000,
        composition=composition(made),
        indicators=indicator_results(catalogue, made, footing),
        services=services,
        objectives=objective_changes(services),
        green_distance_before=before.told,
        green_distance_after=after.told if made.after else None,
        three_thirty=_three_thirty(made, parts, areas, after.near_share, nearby),
        assumptions=tuple(
            _assumed(table, part, area, assumptions) for part, area in zip(parts, areas, strict=True) if part.uses
        ),
        unplaced_crowns_ha=made.unplaced_crowns_ha,
        parts=_part_results(catalogue, made, parts, footing),
    )


def _grounds(plan: PlanArea) -> list[_Part]:
    """Return the parts of known use, and the rest of the plan as ground of unknown use."""
    grounds = [_Part((part.id,), part.uses, part.geometry) for part in plan.parts if part.uses is not None]
    if plan.unknown_ground is not None:
        unknown = tuple(part.id for part in plan.parts if part.uses is None)
        is_gap = not unknown and plan.unknown_ground.area < _BETWEEN_PARTS * plan.geometry.area
        grounds.append(_Part(unknown, None, plan.unknown_ground, is_gap))
    return grounds


def _use_area(
    catalogue: Catalogue,
    table: CoverTable,
    cover: OpenRaster,
    above: OpenRaster | None,
    part: _Part,
    limits: Sequence[ProvisionGround],
    assumptions: Assumptions,
) -> UseArea:
    found = ground_cover(table, cover, above, part.ground)
    uses, area_m2 = part.uses or (), float(part.ground.area)
    lying = [limit for limit in limits if limit.kind in _changing(catalogue, uses)]
    of_plan = provisions_on(part.ground, lying, lambda ground: ground_cover(table, cover, above, ground).crowns_ha)
    rows = tuple(row for use in uses if (row := _scenario(catalogue, use, assumptions)) is not None)
    return UseArea(
        found.areas_ha,
        found.crowns_ha,
        rows if len(rows) == len(uses) else (),
        assumptions.provisions(uses, of_plan, area_m2),
        is_left_as_it_is=part.is_gap or (bool(part.ids) and set(part.ids) <= set(assumptions.keep_existing)),
    )


def _changing(catalogue: Catalogue, uses: Sequence[str]) -> set[str]:
    """Return the kinds of provisions that change what land of some uses becomes."""
    return {kind for row in catalogue.land_use_scenarios.values() if row.use in uses for kind in row.changed_by}


def _scenario(catalogue: Catalogue, use: str, assumptions: Assumptions) -> LandUseScenario | None:
    """Return the row of a use with what the planner states in place of it; None: the registers have none."""
    stated = assumptions.of(use)
    name = f"{use}.{stated.variant}" if stated is not None and stated.variant else use
    row = catalogue.land_use_scenarios.get(name)
    if row is None or stated is None:
        return row
    own = {scenario: shares for scenario in ("low", "mid", "high") if (shares := getattr(stated, scenario)) is not None}
    return row.model_copy(update=own)


def _reasons(made: Account, parts: Sequence[_Part], areas: Sequence[UseArea]) -> tuple[AccountReason, ...]:
    reasons: list[AccountReason] = []
    if made.before is None:
        reasons.append("only_water")
    if any(part.uses is None and not area.is_left_as_it_is for part, area in zip(parts, areas, strict=True)):
        reasons.append("unknown_use")
    if any(part.uses and not area.uses for part, area in zip(parts, areas, strict=True)):
        reasons.append("no_scenario")
    return tuple(reasons)


def _green(
    table: CoverTable,
    around: Surroundings,
    plan: PlanArea,
    parts: Sequence[_Part],
    areas: Sequence[UseArea],
    paths: Paths | None,
) -> tuple[GreenSide, GreenSide]:
    """Return the way to green from dwellings, or from the whole plan where there are none, before and after."""
    dwellings = [part.ground for part in parts if part.uses and _DWELLINGS & set(part.uses)]
    changes = [
        (part.ground, bool(part.uses) and set(part.uses or ()) <= _PLACES_TO_BE)
        for part, area in zip(parts, areas, strict=True)
        if not area.is_left_as_it_is
    ]
    return green_sides(table, around, dwellings or [plan.geometry], changes, paths)


def _part_results(
    catalogue: Catalogue, made: Account, parts: Sequence[_Part], footing: Footing
) -> tuple[PartAccountResult, ...]:
    results = []
    for part, sides in zip(parts, made.each, strict=True):
        area_ha, known_ha = float(part.ground.area) / 10_000, float(sides.before.ground.sum())
        cells = footing.cells * known_ha / (footing.area_ha * footing.valid_share)
        own = Footing(area_ha, cells, min(1.0, known_ha / area_ha), footing.has_crowns)
        if part.ids:
            results.append(PartAccountResult(part.ids, area_ha, part_numbers(catalogue, made, sides, own)))
    return tuple(results)


def _three_thirty(
    made: Account,
    parts: Sequence[_Part],
    areas: Sequence[UseArea],
    green_share: float,
    nearby_pct: float | None,
) -> ThreeThirtyResult:
    dwellings = [
        area for part, area in zip(parts, areas, strict=True) if part.uses and _DWELLINGS & set(part.uses) and area.uses
    ]
    in_view = None
    if dwellings:
        canopies = [sum(row.mid.canopy for row in area.uses) / len(area.uses) for area in dwellings]
        in_view = all(canopy * _VIEW_M2 >= _TREES_IN_VIEW_M2 for canopy in canopies)
    mid = made.after.get("mid")
    return ThreeThirtyResult(
        trees_in_view=in_view,
        canopy_of_plan=None if mid is None else mid.canopy_share_pct >= _CANOPY_PCT,
        canopy_of_neighbourhood=None if nearby_pct is None else nearby_pct >= _CANOPY_PCT,
        green_within_300_m=green_share if dwellings else None,
    )


def _assumed(table: CoverTable, part: _Part, area: UseArea, assumptions: Assumptions) -> UseAssumptionResult:
    hectares = float(area.areas_ha.sum())
    sealed = float(table.sealed[1] @ area.areas_ha) / hectares if hectares else 0.0
    usual = [row.mid.building + row.mid.hard for row in area.uses]
    return UseAssumptionResult(
        uses=part.uses or (),
        scenarios=tuple(row.id for row in area.uses),
        area_ha=hectares,
        left_as_it_is=area.is_left_as_it_is,
        overridden=any(use in assumptions.uses for use in part.uses or ()),
        built_already=bool(usual) and abs(sealed - sum(usual) / len(usual)) <= _LIKE_BUILT,
    )
