"""Registers of the ecosystem-service account: services, indicators, land cover, and what land becomes when built."""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from geomiljo.catalogue.base import BasisStatus, Entry, NonEmpty, Text
from geomiljo.catalogue.layers import LayerId
from geomiljo.catalogue.registers import SetId

Group = Literal["supporting", "regulating", "provisioning", "cultural"]
Strength = Literal["strong", "partial", "weak"]
Scenario = Literal["low", "mid", "high"]
SCENARIOS: tuple[Scenario, ...] = get_args(Scenario)
Trait = Literal["green", "destination", "keepable", "water", "forest", "wetland", "arable"]
Share = Annotated[float, Field(ge=0, le=1)]
Triple = tuple[float, float, float]
SERVICE_COUNT = 22
_SHARE_TOLERANCE = 1e-9


class EcosystemService(Entry):
    """One of the 22 ecosystem services of the account."""

    id: str
    number: str
    group: Group
    name: Text
    meaning: Text
    objectives: tuple[Annotated[int, Field(ge=1, le=16)], ...] = Field(description="Most direct first")
    evidence_strength: Strength = Field(description="How much of what a map can say the rasters carry")
    indicators: tuple[str, ...]
    layers: tuple[LayerId, ...] = Field(description="Layers to look at beside the score")
    question: Text
    basis: BasisStatus


class AccountIndicator(Entry):
    """A number of the account, and when it may be shown."""

    id: str
    name: Text
    unit: str
    better: Literal["higher", "lower"]
    decimals: int
    min_plan_ha: dict[str, float] = Field(description="Smallest plan for which it is shown, by kind of raster")
    min_cells: int
    formula: str
    limits: tuple[str, ...]
    explain: Text


class CoverSet(Entry):
    """A class table of land cover."""

    id: SetId
    title: Text
    cell_m: float | None = Field(default=None, description="Usual side of a cell")
    nodata: tuple[int, ...]
    translated_to: SetId | None = Field(default=None, description="The set whose classes are used for it")
    translation: dict[int, int] = Field(default_factory=dict)
    note: Text | None = None

    @model_validator(mode="after")
    def _is_translated_wholly(self) -> Self:
        if bool(self.translation) != (self.translated_to is not None):
            raise ValueError("translated_to and translation go together")
        return self


class CoverClass(Entry):
    """A class of land cover, or a part of what a plan builds: what an average hectare of it gives."""

    id: NonEmpty
    set: SetId
    code: int | str
    name: Text
    rgb: tuple[int, int, int] | None = None
    supply: tuple[Annotated[int, Field(ge=0, le=5)], ...] = Field(description="One a service, in register order")
    about: str
    sealed_fraction_0_1: Triple
    runoff_coefficient_0_1: Triple
    carbon_vegetation_t_c_per_ha: Triple
    carbon_soil_t_c_per_ha: Triple
    albedo_0_1: float
    surface_storage_mm_per_event: float
    canopy_default_0_1: float = 0.0
    gyf_ground_0_1: float
    traits: tuple[Trait, ...]
    basis: BasisStatus

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if len(self.supply) != SERVICE_COUNT:
            raise ValueError(f"supply has {len(self.supply)} numbers; there are {SERVICE_COUNT} services")
        if self.id != f"{self.set}.{self.code}":
            raise ValueError(f"id must be {self.set}.{self.code}")
        triples = (self.sealed_fraction_0_1, self.runoff_coefficient_0_1)
        for triple in (*triples, self.carbon_vegetation_t_c_per_ha, self.carbon_soil_t_c_per_ha):
            if list(triple) != sorted(triple):
                raise ValueError(f"low, mid, high must not fall: {triple}")
        return self


class GroundShares(Entry):
    """Shares of a use's ground, and of the crowns over it."""

    building: Share
    hard: Share
    semi: Share
    green: Share
    water: Share
    canopy: Share = Field(description="Share under crowns 25 years after planting; an overlay")
    kept: Share = Field(description="Share of the green part that is vegetation left standing")

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        total = self.building + self.hard + self.semi + self.green + self.water
        if abs(total - 1) > _SHARE_TOLERANCE:
            raise ValueError(f"the shares add up to {total:g}, not 1")
        return self


class Scenarios(Entry):
    """A number for each scenario."""

    low: Share
    mid: Share
    high: Share


class LandUseScenario(Entry):
    """What land of a use becomes, gently built to hard built; every number is an assumption."""

    id: NonEmpty
    use: str
    variant: str | None = None
    low: GroundShares
    mid: GroundShares
    high: GroundShares
    canopy_over_hard_0_1: Share = 0.0
    mode: Literal["composition", "keep_before"] = "composition"
    loss: Scenarios | None = Field(default=None, description="keep_before: share that becomes paths")
    keep_arable: bool = Field(default=False, description="Arable land can be kept as it is")
    existing_water: bool = Field(default=False, description="The water of the shares is the water that is there")
    water_to_hard: Scenarios | None = Field(default=None, description="Share of existing water that is built over")
    changed_by: tuple[str, ...] = ()
    note: str | None = None

    @model_validator(mode="after")
    def _mode_is_whole(self) -> Self:
        if (self.mode == "keep_before") != (self.loss is not None):
            raise ValueError("mode keep_before and loss go together")
        return self

    def shares(self, scenario: Scenario) -> GroundShares:
        """Return the shares of a scenario."""
        shares: dict[Scenario, GroundShares] = {"low": self.low, "mid": self.mid, "high": self.high}
        return shares[scenario]


class PlanProvision(Entry):
    """A provision of a plan that changes what land becomes."""

    id: str
    map: str = Field(description="How it stands on the plan map")
    phrases: tuple[NonEmpty, ...] = Field(
        default=(), description="Small letters without punctuation; a wording with one of them is of this kind"
    )
    name: Text
    legal: str
    effect: str
    basis: BasisStatus
