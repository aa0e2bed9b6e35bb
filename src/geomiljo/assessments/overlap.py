"""How many interests lie on the same spot of plans' ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import shapely
from sqlalchemy import text

from geomiljo.access import PUBLISHED_STAGES
from geomiljo.database.engine import query
from geomiljo.errors import LimitExceeded
from geomiljo.texts import mark as _
from geomiljo.units import Count

if TYPE_CHECKING:
    import uuid

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Connection

    from geomiljo.plans.case import Stage

Interest = Literal["layer", "object"]
MOST_PIECES = 20_000
GRID_M = 0.001
"""The grid that outlines are compared on."""


@dataclass(frozen=True, slots=True)
class OverlapQuery:
    """Which plans, and what is counted.

    Attributes
    ----------
    county, municipality : str or None
        Codes; None: every one.
    plans : tuple of UUID
        Empty: every one.
    stages : tuple of str
        Empty: all from consultation on.
    hidden : frozenset of str
        Layers that the caller may not see.
    interest : str
        ``layer``: a layer counts once wherever it lies; ``object``: each of its objects.
    """

    county: str | None = None
    municipality: str | None = None
    plans: tuple[uuid.UUID, ...] = ()
    stages: tuple[Stage, ...] = ()
    hidden: frozenset[str] = frozenset()
    interest: Interest = "layer"


class OverlapArea(NamedTuple):
    """Ground that a number of interests cover; the areas of an answer do not overlap. EPSG:3006, m²."""

    interests: int
    area_m2: float
    geometry: BaseGeometry


def overlap_count(
    connection: Connection, asked: OverlapQuery, *, most_pieces: int = MOST_PIECES
) -> tuple[OverlapArea, ...]:
    """Return the ground of the plans' findings by how many interests cover it, fewest first.

    Findings that only inform or hold under a condition are left out, and so are lines and points.

    Raises
    ------
    LimitExceeded
        The plans have more pieces of conflicts than are laid over each other at once.
    """
    values = {
        "county": asked.county,
        "municipality": asked.municipality,
        "plans": list(asked.plans) or None,
        "stages": sorted(PUBLISHED_STAGES.intersection(asked.stages or PUBLISHED_STAGES)),
        "hidden": sorted(asked.hidden),
        "by_object": asked.interest == "object",
        "grid_m": GRID_M,
        "most": most_pieces,
    }
    rows = connection.execute(text(query("overlap_count")), values).all()
    if rows and rows[0].interests == 0:
        raise LimitExceeded(
            _("The plans meet more than {most} parts of objects: too many to lay over each other at once."),
            remedy=_("Choose a municipality, fewer stages, or single plans."),
            most=Count(most_pieces),
        )
    return tuple(OverlapArea(row.interests, row.area_m2, shapely.from_wkb(bytes(row.shape))) for row in rows)
