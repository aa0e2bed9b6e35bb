"""Register entries about keeping a layer fresh: how often its source changes, and how far a new version may differ."""

from __future__ import annotations

from pydantic import Field

from geomiljo.catalogue.base import Entry


class Update(Entry):
    """How often the source changes."""

    text: str
    cadence_days: int | None = Field(default=None, gt=0, description="Older than this is stale; absent: never")


class Expectations(Entry):
    """How far a new version may differ from the active one; beyond, it waits for a person. Null: not looked at."""

    max_count_loss: float | None = Field(
        default=0.2, gt=0, le=1, description="Share of the objects; as many or more gone is suspicious"
    )
    max_extent_shift: float | None = Field(
        default=0.1,
        gt=0,
        description="How far a side of the extent moves, as a share of the extent's diagonal (at least 10 km)",
    )
    max_area_change: float | None = Field(
        default=0.2, gt=0, description="Difference of the sum of areas, either way, as a share of the sum"
    )
