"""Whether a new version of a layer is too unlike the active one to be used without a person looking at it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geomiljo.catalogue.upkeep import Expectations

LEAST_DIAGONAL_M = 10_000.0
"""Extents are compared as if they were at least this large, so that a small layer may get one more object."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is compared of a version.

    Attributes
    ----------
    feature_count : int
    area_m2 : float
        Sum over the polygons.
    extent : sequence of float or None
        xmin, ymin, xmax, ymax in metres; None: no objects.
    """

    feature_count: int
    area_m2: float
    extent: Sequence[float] | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a version waits for a person.

    Attributes
    ----------
    what : str
        ``count``: objects are gone; ``extent``: it lies elsewhere; ``area``: the sum of areas is another.
    was, now : float
        Number of objects, m² of area, or metres: length of the diagonal and how far a side has moved.
    share : float
        The difference as a share.
    limit : float
        What the register allows.
    """

    what: Literal["count", "extent", "area"]
    was: float
    now: float
    share: float
    limit: float

    def document(self) -> dict[str, Any]:
        """Return the doubt as JSON has it."""
        return asdict(self)


def doubts_about(new: Content, active: Content | None, allowed: Expectations) -> tuple[Doubt, ...]:
    """Return what is suspicious about new content; empty for a first load, which has nothing to compare with.

    Examples
    --------
    >>> from geomiljo.catalogue.upkeep import Expectations
    >>> old = Content(10, 500.0, (0.0, 0.0, 30_000.0, 40_000.0))
    >>> [doubt.what for doubt in doubts_about(Content(8, 600.0, (0.0, 0.0, 30_000.0, 40_000.0)), old, Expectations())]
    ['count']
    """
    return () if active is None else tuple(_doubts(new, active, allowed))


def _doubts(new: Content, active: Content, allowed: Expectations) -> Iterator[Doubt]:
    limit = allowed.max_count_loss
    if limit is not None and active.feature_count:
        loss = (active.feature_count - new.feature_count) / active.feature_count
        if loss >= limit:
            yield Doubt("count", active.feature_count, new.feature_count, loss, limit)
    limit = allowed.max_extent_shift
    if limit is not None and active.extent is not None and new.extent is not None:
        xmin, ymin, xmax, ymax = active.extent
        diagonal = max(math.hypot(xmax - xmin, ymax - ymin), LEAST_DIAGONAL_M)
        moved = max(abs(a - b) for a, b in zip(active.extent, new.extent, strict=True))
        if moved > limit * diagonal:
            yield Doubt("extent", diagonal, moved, moved / diagonal, limit)
    limit = allowed.max_area_change
    if limit is not None and active.area_m2:
        change = abs(new.area_m2 - active.area_m2) / active.area_m2
        if change > limit:
            yield Doubt("area", active.area_m2, new.area_m2, change, limit)
