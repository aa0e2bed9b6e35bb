"""The example on the start page: plans of the demo municipality where they are loaded, else one that is shipped."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.maps.drawing import path_of
from geomiljo.plans.example import example_source
from geomiljo.units import format_area

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from geomiljo.plans.listing import ListedPlan
    from geomiljo.texts import Language

DEMO_MUNICIPALITY = "0099"
"""Of no county: only the demo's registers have it."""
_SIDE, _MARGIN = 48, 3
"""Of the square that an outline is drawn in."""


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """A plan of the demo: where its latest result is, its name, size and outline."""

    address: str
    name: str
    area: str
    outline: str


def example_rows(
    plans: Sequence[ListedPlan], shapes: Mapping[int, BaseGeometry], language: Language
) -> list[ExampleRow]:
    """Return the plans that have a result; `shapes` are those of their versions."""
    return [
        ExampleRow(
            f"/assessments/{listed.latest.id}?plan={listed.plan.id}",
            listed.plan.metadata.name,
            format_area(listed.plan.area_m2, language),
            outline(shapes[listed.plan.version_id]),
        )
        for listed in plans
        if listed.latest is not None
    ]


@cache
def shipped_outline() -> str:
    """Return the outline of the plan that is shipped."""
    return outline(shapely.union_all(shapely.get_parts(shapely.from_geojson(example_source().content))))


def outline(geometry: BaseGeometry) -> str:
    """Return an area as path data: north up, in the middle of a square.

    Examples
    --------
    >>> outline(shapely.box(650_000, 6_580_000, 650_400, 6_580_100))
    'M45 29.25L45 18.75L3 18.75L3 29.25Z'
    """
    west, south, east, north = geometry.bounds
    middle = np.array([west + east, south + north]) / 2
    scale = (_SIDE - 2 * _MARGIN) / max(east - west, north - south)
    placed = shapely.transform(geometry, lambda places: (places - middle) * (scale, -scale) + _SIDE / 2)
    return path_of(shapely.simplify(placed, 0.25))
