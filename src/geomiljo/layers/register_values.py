"""What the source's own register tells of its objects: areas, to compare with, and how uncertain positions are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from geomiljo.catalogue.layers import MAX_POSITION_ERROR_M
from geomiljo.layers.attributes import cast
from geomiljo.units import SQUARE_METRES_PER_HECTARE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from geomiljo.catalogue.filters import Column
    from geomiljo.catalogue.layers import Layer
    from geomiljo.layers.files import RawLayer

_AREA_TOLERANCE = 0.02
_LEAST_AREA_HA = 0.1
_SHOWN_AREAS = 20


def _stated(layer: Layer, role: str, raw: RawLayer, matched: Mapping[str, str | None]) -> Column | None:
    """Return the numbers of the attribute with a role; None where the file has none."""
    attribute = layer.attribute(role)
    column = matched.get(attribute.name) if attribute is not None else None
    if attribute is None or column is None:
        return None
    return cast(attribute, raw.columns.column(column), len(raw.fids), column)


def position_errors_m(
    layer: Layer, raw: RawLayer, matched: Mapping[str, str | None]
) -> tuple[NDArray[np.float64], dict[str, Any] | None]:
    """Return how far each object may lie from where it is drawn, NaN where it is not told, and what to report of it.

    Negative numbers say nothing; beyond the largest error that is counted with, the largest stands.
    """
    stated = _stated(layer, "position_error_m", raw, matched)
    if stated is None:
        return np.full(len(raw.fids), np.nan), None
    errors_m = np.where(stated.null | (stated.values < 0), np.nan, stated.values).astype(np.float64)
    report = {
        "stated": int((~np.isnan(errors_m)).sum()),
        "largest_m": float(np.nanmax(errors_m, initial=0.0)),
        "beyond_limit": int((errors_m > MAX_POSITION_ERROR_M).sum()),
    }
    return np.minimum(errors_m, MAX_POSITION_ERROR_M), report


def area_deviations(
    layer: Layer,
    raw: RawLayer,
    matched: Mapping[str, str | None],
    kept: NDArray[np.intp],
    size: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return how far the area of each kept object is from what the source's register states; NaN: not compared."""
    deviation = np.full(len(kept), np.nan)
    stated = _stated(layer, "area_ha", raw, matched)
    if stated is not None:
        hectares = stated.values[kept]
        compared = ~stated.null[kept] & (hectares >= _LEAST_AREA_HA) & (size > 0)
        deviation[compared] = np.abs(size[compared] / SQUARE_METRES_PER_HECTARE / hectares[compared] - 1)
    return deviation


@dataclass(slots=True)
class RegisterAreas:
    """Areas compared with those that the source's register states; four bytes are kept of each object.

    Objects of several parts whose parts were lost on the way, or flattened into holes, show here.
    """

    _deviations: list[NDArray[np.float32]] = field(default_factory=list)
    _worst: list[tuple[float, str]] = field(default_factory=list)

    def add(self, ids: NDArray[np.object_], deviations: NDArray[np.float64]) -> None:
        """Add objects; those with NaN are not compared."""
        known = np.flatnonzero(~np.isnan(deviations))
        self._deviations.append(deviations[known].astype(np.float32))
        off = known[deviations[known] > _AREA_TOLERANCE]
        worst = off[np.argsort(-deviations[off], kind="stable")][:_SHOWN_AREAS]
        pairs = zip(deviations[worst].tolist(), ids[worst].tolist(), strict=True)
        self._worst = sorted([*self._worst, *pairs], key=lambda pair: -pair[0])[:_SHOWN_AREAS]

    def report(self) -> dict[str, Any]:
        """Return the comparison as JSON has it."""
        deviation = np.concatenate([np.zeros(0, dtype=np.float32), *self._deviations])
        return {
            "compared": len(deviation),
            "median_deviation": float(np.median(deviation)) if len(deviation) else 0.0,
            "over_2_percent": int((deviation > _AREA_TOLERANCE).sum()),
            "worst": [{"id": each, "deviation": share} for share, each in self._worst],
        }
