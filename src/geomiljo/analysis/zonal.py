"""Zonal statistics: what the cells of a raster say about an area. Arrays in, frozen values out.

Small areas are weighed by the exact part of each cell that lies inside, large ones by whole cells whose centre does.
The reader of the raster chooses, and `Zonal.is_exact` says which it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from shapely.geometry import mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

WHOLE_CELLS_FROM = 1_000
"""Cells a side of the area's bounds from which whole cells are counted instead of parts."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a raster.

    Attributes
    ----------
    values : ndarray, shape (rows, columns)
        Row 0 is the northernmost.
    is_valid : ndarray of bool, same shape
        False: no data.
    bounds : tuple of float
        xmin, ymin, xmax, ymax in the raster's coordinate system.
    """

    values: NDArray[np.generic]
    is_valid: NDArray[np.bool_]
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of an area with the weight of each: the part of it that lies inside, 0 to 1.

    Attributes
    ----------
    values, weights : ndarray, shape (n,)
        Cells with data; whole cells of one value may stand together, weighed by their number.
    missing : float
        Weight of the cells without data.
    index : ndarray of int, shape (n,)
        Position of each cell in its window, row by row; empty where cells stand together.
    """

    values: NDArray[np.generic]
    weights: NDArray[np.float64]
    missing: float
    index: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Zonal:
    """What the cells of an area say.

    Attributes
    ----------
    valid_cells, missing_cells : float
        Cells with and without data; parts of cells count as parts.
    valid_share : float
        Share of the area that cells with data cover, 0 to 1; what lies outside the raster has none.
    cell_m2 : float
        Area of a cell.
    minimum, maximum, mean, total : float or None
        Of the cells with data; None without any.
    counts : mapping of int to float
        Cells of each value, of rasters of whole numbers.
    is_exact : bool
        Parts of cells were weighed; otherwise whole cells by their centre.
    """

    valid_cells: float
    missing_cells: float
    valid_share: float
    cell_m2: float
    minimum: float | None
    maximum: float | None
    mean: float | None
    total: float | None
    counts: Mapping[int, float] = field(default_factory=dict)
    is_exact: bool = True

    def share_of(self, values: Iterable[int]) -> float:
        """Return the share of the cells with data that have one of the values; 0.0 without any data.

        Examples
        --------
        >>> window = Window(np.array([[1, 1], [2, 3]]), np.ones((2, 2), dtype=bool), (0, 0, 20, 20))
        >>> import shapely
        >>> zonal([cells_inside(window, shapely.box(0, 0, 20, 20))], 400.0).share_of([1, 3])
        0.75
        """
        if not self.valid_cells:
            return 0.0
        return min(1.0, sum(self.counts.get(value, 0.0) for value in set(values)) / self.valid_cells)


def cells_inside(window: Window, area: BaseGeometry) -> Cells:
    """Return the cells of a window that meet an area, each weighed by its part inside.

    Parameters
    ----------
    area : (Multi)Polygon
        In the raster's coordinate system.

    Examples
    --------
    >>> import shapely
    >>> window = Window(np.array([[5, 7]]), np.array([[True, True]]), (0, 0, 20, 10))
    >>> found = cells_inside(window, shapely.box(5, 0, 20, 10))
    >>> found.values.tolist(), found.weights.tolist()
    ([5, 7], [0.5, 1.0])
    """
    xmin, ymin, xmax, ymax = window.bounds
    source = NumPyRasterSource(np.zeros(window.values.shape), xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax)
    feature = {"type": "Feature", "geometry": mapping(area), "properties": {}}
    [row] = exact_extract(source, feature, ["cell_id", "coverage"])
    found = row["properties"]
    index = np.asarray(found["cell_id"], dtype=np.int64)
    return chosen_cells(window, index, np.asarray(found["coverage"], dtype=np.float64))


def chosen_cells(window: Window, index: NDArray[np.int64], weights: NDArray[np.float64]) -> Cells:
    """Return chosen cells of a window with their weights, those without data told apart."""
    is_valid = window.is_valid.ravel()[index]
    return Cells(
        window.values.ravel()[index[is_valid]], weights[is_valid], float(weights[~is_valid].sum()), index[is_valid]
    )


def whole_cells(window: Window, inside: NDArray[np.bool_]) -> Cells:
    """Return the cells of a window that lie inside, each as a whole.

    Parameters
    ----------
    inside : ndarray of bool, of the window's shape

    Examples
    --------
    >>> window = Window(np.array([[5, 7, 5, 5]], np.uint8), np.array([[True, True, True, False]]), (0, 0, 40, 10))
    >>> found = whole_cells(window, np.ones((1, 4), dtype=bool))
    >>> found.values.tolist(), found.weights.tolist(), found.missing
    ([5, 7], [2.0, 1.0], 1.0)
    """
    values = window.values[inside & window.is_valid]
    missing = float(np.count_nonzero(inside) - values.size)
    no_index = np.empty(0, dtype=np.int64)
    if not values.size or values.dtype.kind not in "iu" or values.dtype.itemsize > 2:
        return Cells(values, np.ones(values.size), missing, no_index)
    least = int(values.min())
    counts = np.bincount(values if least == 0 else values.astype(np.int64) - least)
    there = np.flatnonzero(counts)
    return Cells(there + least, counts[there].astype(np.float64), missing, no_index)


def zonal(parts: Sequence[Cells], area_m2: float, *, is_exact: bool = True) -> Zonal:
    """Return the statistics of an area from its cells.

    Parameters
    ----------
    parts : sequence of Cells
        The area's cells, window by window; where the area reaches outside the raster, cells without data.
    area_m2 : float
        Of the area; shared by its cells, it tells how large a cell is here, whatever the raster's units.
    """
    filled = [part for part in parts if part.values.size]
    missing = float(sum(part.missing for part in parts))
    valid = float(sum(part.weights.sum() for part in filled))
    cell_m2 = area_m2 / (valid + missing) if valid + missing else 0.0
    if not valid:
        return Zonal(0.0, missing, 0.0, cell_m2, None, None, None, None, is_exact=is_exact)
    total = float(sum(np.dot(part.values.astype(np.float64), part.weights) for part in filled))
    return Zonal(
        valid_cells=valid,
        missing_cells=missing,
        valid_share=valid / (valid + missing),
        cell_m2=cell_m2,
        minimum=float(min(part.values.min() for part in filled)),
        maximum=float(max(part.values.max() for part in filled)),
        mean=total / valid,
        total=total,
        counts=_counts(filled),
        is_exact=is_exact,
    )


def _counts(parts: Sequence[Cells]) -> dict[int, float]:
    if parts[0].values.dtype.kind not in "iu":
        return {}
    counts: dict[int, float] = {}
    for part in parts:
        values, weights = _weight_of_each(part)
        for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
            counts[value] = counts.get(value, 0.0) + weight
    return counts


def _weight_of_each(part: Cells) -> tuple[NDArray[np.generic], NDArray[np.float64]]:
    """Return the values that occur, in order, and the weight of each; short whole numbers without sorting the cells."""
    if part.values.dtype.itemsize > 2:
        values, inverse = np.unique(part.values, return_inverse=True)
        return values, np.asarray(np.bincount(inverse, weights=part.weights), dtype=np.float64)
    least = int(part.values.min())
    index = part.values.astype(np.int64) - least
    weights = np.asarray(np.bincount(index, weights=part.weights), dtype=np.float64)
    found = np.flatnonzero(weights)
    return found + least, weights[found]
