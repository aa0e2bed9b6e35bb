"""What a planner states of the ground instead of what the registers assume."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from geomiljo.analysis.built import NO_PROVISIONS, Provisions
from geomiljo.catalogue.ecosystem import GroundShares

_Share = Annotated[float, Field(ge=0, le=1)]


class _Stated(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class StatedUse(_Stated):
    """What becomes of the ground of one use.

    `by`, `date` and `reason` tell who changed the assumption, and why; they do not change the account.
    """

    variant: str | None = Field(default=None, description="Building type, a variant of the register: villa, terraced …")
    low: GroundShares | None = Field(default=None, description="Shares when gently built; absent: the register's")
    mid: GroundShares | None = Field(default=None, description="Shares when typically built")
    high: GroundShares | None = Field(default=None, description="Shares when hard built")
    footprint_share: _Share | None = Field(default=None, description="Largest building footprint, share of the ground")
    least_permeable_share: _Share | None = Field(default=None, description="Least green and permeable ground")
    trees: int | None = Field(default=None, ge=0, description="Trees that must stand")
    slab_share: _Share = Field(default=0.0, description="Share of the new green that stands on a slab")
    green_roof_share: _Share = Field(default=0.0, description="Share of the roofs that live")
    no_new_crowns: bool = Field(default=False, description="No tree may be planted")
    crowns_protected_share: _Share = Field(default=0.0, description="Share of the crowns that must be kept")
    crowns_by_permit_share: _Share = Field(default=0.0, description="Share of the crowns felled by permit alone")
    by: str | None = None
    date: str | None = None
    reason: str | None = None

    @property
    def provisions(self) -> Provisions:
        """The provisions that are stated."""
        return Provisions(
            self.footprint_share,
            self.least_permeable_share,
            self.trees,
            self.slab_share,
            self.green_roof_share,
            self.no_new_crowns,
            self.crowns_protected_share,
            self.crowns_by_permit_share,
        )


class Assumptions(_Stated):
    """What is stated of a plan; empty: the registers' assumptions hold."""

    uses: dict[str, StatedUse] = Field(default_factory=dict, description="By code of the land use register")
    keep_existing: tuple[str, ...] = Field(default=(), description="Parts whose ground is left as it is")

    def of(self, use: str) -> StatedUse | None:
        """Return what is stated of a use."""
        return self.uses.get(use)

    def provisions(self, uses: tuple[str, ...]) -> Provisions:
        """Return the provisions of the first of some uses that has any stated."""
        return next((self.uses[use].provisions for use in uses if use in self.uses), NO_PROVISIONS)

    def document(self) -> dict[str, Any]:
        """Return what changes the account, for its identity: nothing where nothing is stated."""
        about = {"by", "date", "reason"}
        stated = self.model_dump(mode="json", exclude_defaults=True, exclude={"uses": {"__all__": about}})
        return {name: value for name, value in stated.items() if value}


NO_ASSUMPTIONS = Assumptions()
