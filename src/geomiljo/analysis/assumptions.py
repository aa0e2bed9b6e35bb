"""What a planner states of the ground instead of what the registers assume."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from geomiljo.analysis.built import Provisions
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
    gross_floor_m2: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="Largest gross floor area of each part's ground; with heightM it gives the footprint"
    )
    height_m: Annotated[float, Field(gt=0)] | None = Field(default=None, description="Largest height of buildings")
    least_permeable_share: _Share | None = Field(default=None, description="Least green and permeable ground")
    trees: int | None = Field(default=None, ge=0, description="Trees that must stand")
    slab_share: _Share | None = Field(default=None, description="Share of the new green that stands on a slab")
    green_roof_share: _Share | None = Field(default=None, description="Share of the roofs that live")
    no_new_crowns: bool | None = Field(default=None, description="No tree may be planted")
    crowns_protected_share: _Share | None = Field(default=None, description="Share of the crowns that must be kept")
    crowns_by_permit_share: _Share | None = Field(
        default=None, description="Share of the crowns felled by permit alone"
    )
    by: str | None = None
    date: str | None = None
    reason: str | None = None

    @model_validator(mode="after")
    def _floors_have_a_height(self) -> Self:
        if (self.gross_floor_m2 is None) != (self.height_m is None):
            raise ValueError("grossFloorM2 and heightM go together")
        return self

    def over(self, provisions: Provisions, area_m2: float) -> Provisions:
        """Return provisions with what is stated in their place."""
        footprint = self.footprint_share
        if footprint is None and self.gross_floor_m2 is not None and self.height_m is not None:
            footprint = Provisions.footprint_of_floors(self.gross_floor_m2, self.height_m, area_m2)
        stated: dict[str, Any] = {
            "footprint_0_1": footprint,
            "least_permeable_0_1": self.least_permeable_share,
            "trees": self.trees,
            "slab_0_1": self.slab_share,
            "green_roof_0_1": self.green_roof_share,
            "no_new_crowns_0_1": None if self.no_new_crowns is None else float(self.no_new_crowns),
            "crowns_protected_0_1": self.crowns_protected_share,
            "crowns_by_permit_0_1": self.crowns_by_permit_share,
        }
        return replace(provisions, **{name: value for name, value in stated.items() if value is not None})


class Assumptions(_Stated):
    """What is stated of a plan; empty: the registers' assumptions hold."""

    uses: dict[str, StatedUse] = Field(default_factory=dict, description="By code of the land use register")
    keep_existing: tuple[str, ...] = Field(default=(), description="Parts whose ground is left as it is")

    def of(self, use: str) -> StatedUse | None:
        """Return what is stated of a use."""
        return self.uses.get(use)

    def provisions(self, uses: tuple[str, ...], of_plan: Provisions, area_m2: float) -> Provisions:
        """Return the plan's provisions, with what is stated of the first of some uses in their place."""
        return next((self.uses[use].over(of_plan, area_m2) for use in uses if use in self.uses), of_plan)

    def document(self) -> dict[str, Any]:
        """Return what changes the account, for its identity: nothing where nothing is stated."""
        about = {"by", "date", "reason"}
        stated = self.model_dump(mode="json", exclude_defaults=True, exclude={"uses": {"__all__": about}})
        return {name: value for name, value in stated.items() if value}


NO_ASSUMPTIONS = Assumptions()
