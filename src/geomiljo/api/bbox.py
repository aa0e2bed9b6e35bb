"""A box in a request, in any coordinate system, as one in that of the database."""

from __future__ import annotations

import math

import numpy as np
import shapely

from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, parse_crs, transform_one
from geomiljo.errors import InputError
from geomiljo.texts import mark as _


def bounds_of(text: str | None, crs: str | None) -> tuple[float, float, float, float] | None:
    """Return a box in EPSG:3006 around a box in any coordinate system.

    Raises
    ------
    InputError
        `text` is no box.
    """
    if text is None:
        return None
    system = parse_crs(crs) if crs else WIRE_CRS
    box = np.array([_number(part) for part in text.split(",")])
    bounds: tuple[float, ...] = ()
    if box.shape == (4,) and np.isfinite(box).all() and (box[:2] <= box[2:]).all():
        bounds = transform_one(shapely.box(*box), system, ANALYSIS_CRS).bounds
    if not (bounds and np.isfinite(bounds).all()):
        raise InputError(
            _("bbox {text} is no box."),
            remedy=_("Write four numbers with commas: west, south, east, north."),
            location="bbox",
            text=text[:80],
        )
    xmin, ymin, xmax, ymax = bounds
    return xmin, ymin, xmax, ymax


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
