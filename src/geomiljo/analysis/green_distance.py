"""How far it is to green that one can be in: patches of land cover of at least a hectare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_PATCH_HA = 1.0
FARTHEST_M = 2_000.0
DETOUR = 1.3
"""How much longer one walks than the crow flies, where no path network is at hand; own judgement."""
NEAR_M = 300.0
_LOOKS_M = (300.0, 900.0)
"""What is found so near is found without measuring the whole neighbourhood."""
_EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=int)


@dataclass(frozen=True, slots=True)
class GreenDistance:
    """Straight distances from cells to the nearest green patch, m.

    Attributes
    ----------
    median_m, farthest_m : float or None
        None: no patch within the search distance, or no cell to measure from.
    near_walk_share : float
        Share of the cells within 300 m by the estimated walk.
    is_at_most : bool
        The raster ends nearer than the distance: it may be shorter.
    """

    median_m: float | None
    farthest_m: float | None
    near_walk_share: float
    is_at_most: bool


def green_patches(is_green: NDArray[np.bool_], cell_m: float) -> NDArray[np.bool_]:
    """Return the cells of green patches.

    Parameters
    ----------
    is_green : ndarray of bool, shape (rows, columns)
        Cells that one can be in.
    """
    labels, _count = ndimage.label(is_green, structure=_EIGHT_NEIGHBOURS)
    cells = np.bincount(labels.ravel())
    is_large = cells * cell_m**2 >= LEAST_PATCH_HA * 10_000 - 1e-6
    is_large[0] = False
    return np.asarray(is_large[labels], dtype=bool)


def distances_to(patches: NDArray[np.bool_], cell_m: float) -> NDArray[np.float64]:
    """Return the distance of every cell to the nearest patch, m, centre to centre; infinite without any."""
    if not patches.any():
        return np.full(patches.shape, np.inf)
    return np.asarray(ndimage.distance_transform_edt(~patches) * cell_m, dtype=np.float64)


def distances_from(start: NDArray[np.bool_], patches: NDArray[np.bool_], cell_m: float) -> NDArray[np.float64]:
    """Return the distances of some cells to the nearest patch, in their order; first looked for nearby.

    Examples
    --------
    >>> patches, start = np.zeros((2, 90), dtype=bool), np.zeros((2, 90), dtype=bool)
    >>> patches[0, 80], start[0, [2, 70]] = True, True
    >>> distances_from(start, patches, 10.0).tolist()
    [780.0, 100.0]
    """
    rows, columns = (np.flatnonzero(start.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return np.empty(0)
    for reach_m in _LOOKS_M:
        cells = int(reach_m / cell_m)
        around = np.s_[
            max(0, rows[0] - cells) : rows[-1] + cells + 1, max(0, columns[0] - cells) : columns[-1] + cells + 1
        ]
        found = distances_to(patches[around], cell_m)[start[around]]
        if found.max() <= cells * cell_m:
            return found
    return distances_to(patches, cell_m)[start]


def distance_to_green(distances_m: NDArray[np.float64], edge_m: float) -> GreenDistance:
    """Return what the distances of some cells say.

    Parameters
    ----------
    distances_m : ndarray, shape (n,)
        Of the cells to measure from.
    edge_m : float
        Distance from those cells to where the raster ends; beyond it green may be nearer.

    Examples
    --------
    A patch of 100 × 100 m begins 20 m east of the cell:

    >>> green = np.zeros((10, 14), dtype=bool); green[:, 4:] = True
    >>> start = np.zeros_like(green); start[5, 1] = True
    >>> distance_to_green(distances_from(start, green_patches(green, 10.0), 10.0), 5_000.0).median_m
    30.0
    """
    if not (distances_m <= FARTHEST_M).any():
        return GreenDistance(None, None, 0.0, is_at_most=edge_m < FARTHEST_M)
    farthest = float(distances_m.max())
    return GreenDistance(
        median_m=float(np.median(distances_m)),
        farthest_m=farthest,
        near_walk_share=float((distances_m * DETOUR <= NEAR_M).mean()),
        is_at_most=edge_m < farthest,
    )
