"""What surrounds a planning area: how far it is to green, before and after, and how much of it crowns cover."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.analysis.account_results import GreenDistanceResult
from geomiljo.analysis.green_distance import (
    DETOUR,
    FARTHEST_M,
    NEAR_M,
    distance_to_green,
    distances_from,
    distances_to,
    green_patches,
)
from geomiljo.analysis.network_distance import Network, walks_to_green
from geomiljo.analysis.pieces import FEATURE, LayerSearch
from geomiljo.geometry import geometry_array

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.cover import CoverTable
    from geomiljo.layers.land_cover import Surroundings
    from geomiljo.layers.rasters import OpenRaster
    from geomiljo.layers.readers.base import LoadedLayer, Reader

PATHS_LAYER = "gangvagar"
_KNOWN = 0.95
_MOST_UNKNOWN = 0.5
"""Share of walks that may be unknown where the network tells how many are near."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths around a planning area; `is_whole`: all of them within 2,000 m are mapped."""

    network: Network
    is_whole: bool


@dataclass(frozen=True, slots=True)
class GreenSide:
    """Way to green on one side of the plan; `near_share`: of the dwellings, within a walk of 300 m."""

    told: GreenDistanceResult
    near_share: float


def paths_around(reader: Reader, loaded: Mapping[str, LoadedLayer], area: BaseGeometry) -> Paths | None:
    """Return the paths around an area; None where none are loaded, or they cannot be read."""
    layer = loaded.get(PATHS_LAYER)
    if layer is None:
        return None
    around = shapely.box(*area.bounds).buffer(FARTHEST_M, join_style="mitre")
    search = LayerSearch(PATHS_LAYER, FARTHEST_M, 0.0, 0.0, (), ())
    found = reader.pieces(geometry_array([area]), [search])
    if found.failures:
        return None
    own = found.pieces.geometry[found.pieces.flags & FEATURE != 0]
    is_whole = layer.coverage is not None and bool(shapely.covers(layer.coverage, around)) and not layer.unknown_count
    return Paths(Network.of(own), is_whole)


def green_sides(
    table: CoverTable,
    around: Surroundings,
    starts: Sequence[BaseGeometry],
    changes: Sequence[tuple[BaseGeometry, bool]],
    paths: Paths | None,
) -> tuple[GreenSide, GreenSide]:
    """Return the way to green from some ground, before and after.

    Parameters
    ----------
    starts : sequence of (Multi)Polygon
        EPSG:3006.
    changes : sequence of ((Multi)Polygon, bool)
        Ground that changes, and whether one can be in green there afterwards.
    """
    destination = np.append(table.has("destination"), False)
    is_green = destination[around.columns]
    start = np.zeros(is_green.shape, dtype=bool)
    for ground in starts:
        start |= around.inside(ground)
    before = _side(around, is_green, start, paths)
    changed = is_green.copy()
    for ground, becomes_green in changes:
        changed[around.inside(ground)] = becomes_green
    return before, before if (changed == is_green).all() else _side(around, changed, start, paths)


def _side(
    around: Surroundings, is_green: NDArray[np.bool_], start: NDArray[np.bool_], paths: Paths | None
) -> GreenSide:
    patches = green_patches(is_green, around.cell_m)
    distances = distances_from(start, patches, around.cell_m)
    straight = distance_to_green(distances, edge_distance(around, start))
    median = straight.median_m
    told = GreenDistanceResult(
        median, straight.farthest_m, None if median is None else median * DETOUR, straight.is_at_most
    )
    if paths is None or not start.any():
        return GreenSide(told, straight.near_walk_share)
    network = paths.network
    walks = walks_to_green(
        network,
        around.centres(start),
        distances,
        around.at(distances_to(patches, around.cell_m), network.places),
        is_whole=paths.is_whole,
    )
    told = replace(
        told,
        network_median_m=_finite(walks.median_m),
        network_farthest_m=_finite(walks.farthest_m),
        network_unknown_share=walks.unknown_share,
    )
    is_known = walks.unknown_share <= _MOST_UNKNOWN
    return GreenSide(told, walks.near_share if is_known else straight.near_walk_share)


def _finite(distance_m: float | None) -> float | None:
    return None if distance_m is None or np.isinf(distance_m) else distance_m


def edge_distance(around: Surroundings, start: NDArray[np.bool_]) -> float:
    """Return the distance from the bounds of some cells to where nothing is known, m; at most 2,000."""
    unknown, measured = np.argwhere(~around.is_valid), np.argwhere(start)
    if not len(unknown) or not len(measured):
        return FARTHEST_M
    outside = np.maximum(measured.min(axis=0) - unknown, unknown - measured.max(axis=0))
    return min(FARTHEST_M, float(np.hypot(*np.maximum(outside, 0).T).min()) * around.cell_m)


def canopy_around(crowns: OpenRaster | None, area: BaseGeometry) -> float | None:
    """Return the percent under crowns of an area with 300 m around it; None where that is not known."""
    if crowns is None:
        return None
    found = crowns.zonal(shapely.buffer(area, NEAR_M))
    return found.mean if found.valid_share >= _KNOWN else None
