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


def distance_to_green(
    is_green: NDArray[np.bool_], from_cells: NDArray[np.bool_], cell_m: float, edge_m: float
) -> GreenDistance:
    """Return the distances from cells to the nearest green patch, centre to centre.

    Parameters
    ----------
    is_green : ndarray of bool, shape (rows, columns)
        Cells that one can be in.
    from_cells : ndarray of bool, same shape
        Cells to measure from.
    edge_m : float
        Distance from those cells to where the raster ends; beyond it green may be nearer.

    Examples
    --------
    A patch of 100 × 100 m begins 20 m east of the cell:

    >>> green = np.zeros((10, 14), dtype=bool); green[:, 4:] = True
    >>> start = np.zeros_like(green); start[5, 1] = True
    >>> distance_to_green(green, start, 10.0, 5_000.0).median_m
    30.0
    """
    labels, _count = ndimage.label(is_green, structure=_EIGHT_NEIGHBOURS)
    cells = np.bincount(labels.ravel())
    is_large = cells * cell_m**2 >= LEAST_PATCH_HA * 10_000 - 1e-6
    is_large[0] = False
    patches = is_large[labels]
    if not patches.any() or not from_cells.any():
        return GreenDistance(None, None, 0.0, is_at_most=edge_m < FARTHEST_M)
    distances = ndimage.distance_transform_edt(~patches)[from_cells] * cell_m
    is_near = distances <= FARTHEST_M
    if not is_near.any():
        return GreenDistance(None, None, 0.0, is_at_most=edge_m < FARTHEST_M)
    farthest = float(distances.max())
    return GreenDistance(
        median_m=float(np.median(distances)),
        farthest_m=farthest,
        near_walk_share=float((distances * DETOUR <= NEAR_M).mean()),
        is_at_most=edge_m < farthest,
    )
