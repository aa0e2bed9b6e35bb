"""How far it is to walk to green along a network of paths. What the network does not join is not known, never far.

A walk begins with at most 100 m straight to the nearest place of the network that leads to green, and ends with at most
50 m straight from it to the green. Lines are joined where they share a vertex; where they cross without one, there may
be a bridge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import KDTree

from geomiljo.analysis.green_distance import FARTHEST_M, NEAR_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

TO_NETWORK_M, TO_GREEN_M = 100.0, 50.0
_SAME_PLACE_M = 0.1
_STEP_M = 20.0
"""Longest edge: places along the way are nodes, so that a walk can begin and end there."""
_LEAST_LEG_M = 1e-6
"""A graph takes an edge of length 0 for none."""


@dataclass(frozen=True, slots=True)
class Network:
    """Paths as a graph.

    Attributes
    ----------
    places : ndarray, shape (n, 2)
        Nodes, metres.
    ends : ndarray of int, shape (m, 2)
    lengths_m : ndarray, shape (m,)
    """

    places: NDArray[np.float64]
    ends: NDArray[np.int64]
    lengths_m: NDArray[np.float64]

    @classmethod
    def of(cls, lines: NDArray[np.object_]) -> Network:
        """Return the graph of some lines; other geometries are left out.

        Examples
        --------
            >>> lines = shapely.linestrings([[(0, 0), (10, 0)], [(10, 0), (10, 5)], [(5, -5), (5, 5)]])
            >>> network = Network.of(lines)
            >>> len(network.places), network.lengths_m.tolist()
            (5, [10.0, 5.0, 10.0])
        >>> Network.of(shapely.linestrings([[(0, 0), (50, 0)]])[None]).places[:, 0].tolist()
        [0.0, 50.0, 16.666666666666664, 33.33333333333333]
        """
        parts = shapely.get_parts(lines[shapely.get_dimensions(lines) == 1])
        coordinates, of_line = shapely.get_coordinates(parts, return_index=True)
        places, node = np.unique(coordinates, axis=0, return_inverse=True)
        node = node.reshape(-1)
        is_edge = of_line[1:] == of_line[:-1]
        along = np.stack([node[:-1][is_edge], node[1:][is_edge]], axis=1).reshape(-1, 2)
        same = KDTree(places).query_pairs(_SAME_PLACE_M, output_type="ndarray") if len(places) else along
        return cls._stepwise(places, np.concatenate([along, same]).astype(np.int64))

    @classmethod
    def _stepwise(cls, places: NDArray[np.float64], ends: NDArray[np.int64]) -> Network:
        """Divide edges into steps; the places between belong to their edge alone."""
        start, end = places[ends[:, 0]], places[ends[:, 1]]
        length = np.hypot(*(end - start).T)
        steps = np.maximum(1, np.ceil(length / _STEP_M)).astype(np.int64)
        edge = np.repeat(np.arange(len(ends)), steps)
        step = np.arange(len(edge)) - np.repeat(np.cumsum(steps) - steps, steps)
        between = np.flatnonzero(step > 0)
        number = np.full(len(edge), -1, dtype=np.int64)
        number[between] = len(places) + np.arange(len(between))
        share = (step[between] / steps[edge[between]])[:, None]
        inner = start[edge[between]] * (1 - share) + end[edge[between]] * share
        from_place = np.where(step == 0, ends[edge, 0], number)
        to_place = np.where(step == steps[edge] - 1, ends[edge, 1], np.append(number[1:], -1))
        lengths = np.maximum(length / steps, _LEAST_LEG_M)[edge]
        return cls(np.concatenate([places, inner]), np.stack([from_place, to_place], axis=1), lengths)


@dataclass(frozen=True, slots=True)
class Walks:
    """Walks from some places to the nearest green.

    Attributes
    ----------
    median_m, farthest_m : float or None
        Of the walks that are known; infinite: more than 2,000 m. None: no walk is known.
    unknown_share, near_share : float
        Share of the places whose walk is not known; of those that are known, the share within 300 m.
    """

    median_m: float | None
    farthest_m: float | None
    unknown_share: float
    near_share: float


def walks_to_green(
    network: Network,
    starts: NDArray[np.float64],
    start_green_m: NDArray[np.float64],
    place_green_m: NDArray[np.float64],
    *,
    is_whole: bool,
) -> Walks:
    """Return the walks from some places along a network.

    Parameters
    ----------
    starts : ndarray, shape (k, 2)
        Where to walk from, metres; at least one.
    start_green_m, place_green_m : ndarray, shape (k,), (n,)
        Straight distance to green from the starts, and from the places of the network.
    is_whole : bool
        The network is mapped everywhere within 2,000 m; otherwise what leads on from its edge is not known.
    """
    walks = _walks(network, starts, place_green_m, is_whole=is_whole)
    walks = np.where(start_green_m <= TO_GREEN_M, start_green_m, walks)
    known = walks[~np.isnan(walks)]
    if not known.size:
        return Walks(None, None, 1.0, 0.0)
    return Walks(
        median_m=float(np.quantile(known, 0.5, method="higher" if np.isinf(known).any() else "linear")),
        farthest_m=float(known.max()),
        unknown_share=1.0 - known.size / walks.size,
        near_share=float((known <= NEAR_M).mean()),
    )


def _walks(
    network: Network, starts: NDArray[np.float64], place_green_m: NDArray[np.float64], *, is_whole: bool
) -> NDArray[np.float64]:
    """Return the length of each walk; nan: not known; infinite: more than 2,000 m."""
    count = len(network.places)
    if not count:
        return np.full(len(starts), np.nan)
    graph = coo_array((network.lengths_m, (network.ends[:, 0], network.ends[:, 1])), shape=(count, count))
    _number, group = connected_components(graph, directed=False)
    near_green = np.flatnonzero(place_green_m <= TO_GREEN_M)
    from_green = _from_green(network, near_green, np.maximum(place_green_m[near_green], _LEAST_LEG_M))
    if is_whole:
        from_green[np.isinf(from_green) & ~_leads_out(network, starts, group)] = np.nan
    else:
        from_green[np.isinf(from_green)] = np.nan
    walks = np.full(len(starts), np.nan)
    for chosen in (np.flatnonzero(np.isinf(from_green)), np.flatnonzero(np.isfinite(from_green))):
        leg, nearest = KDTree(network.places[chosen]).query(starts, distance_upper_bound=TO_NETWORK_M)
        is_joined = np.isfinite(leg)
        walks[is_joined] = leg[is_joined] + from_green[chosen[nearest[is_joined]]]
    walks[walks > FARTHEST_M] = np.inf if is_whole else np.nan
    return walks


def _from_green(network: Network, near_green: NDArray[np.int64], legs_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shortest way from green to each place; infinite where there is none."""
    count = len(network.places)
    rows = np.concatenate([network.ends[:, 0], np.full(len(near_green), count)])
    columns = np.concatenate([network.ends[:, 1], near_green])
    lengths = np.concatenate([network.lengths_m, legs_m])
    order = np.argsort(-lengths, kind="stable")  # of several edges between two places the shortest is kept
    shortest = dict(zip(zip(rows[order].tolist(), columns[order].tolist(), strict=True), lengths[order], strict=True))
    if not shortest:
        return np.full(count, np.inf)
    ends = np.array(list(shortest), dtype=np.int64)
    graph = coo_array((np.array(list(shortest.values())), (ends[:, 0], ends[:, 1])), shape=(count + 1, count + 1))
    return np.asarray(dijkstra(graph.tocsr(), directed=False, indices=count), dtype=np.float64)[:count]


def _leads_out(network: Network, starts: NDArray[np.float64], group: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which places are joined to one so far off that there may be green beyond it, more than 2,000 m away."""
    low, high = starts.min(axis=0) - FARTHEST_M, starts.max(axis=0) + FARTHEST_M
    is_outside = ((network.places <= low) | (network.places >= high)).any(axis=1)
    return np.isin(group, np.unique(group[is_outside]))
