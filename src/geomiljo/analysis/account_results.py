"""The frozen values of an ecosystem-service account, as an assessment carries them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from geomiljo.analysis.values import CAMEL_CASE, Words

AccountReason = Literal[
    "no_land_cover", "land_cover_not_covered", "only_water", "unknown_use", "no_scenario", "too_large"
]
Direction = Literal["gain", "loss", "unclear"]


@dataclass(frozen=True, slots=True)
class CoverShareResult:
    """A class of land cover before the plan."""

    __pydantic_config__ = CAMEL_CASE
    id: Annotated[str, Field(description="Id of the class in the registers")]
    title: Annotated[Words, Field(description="Name of the class")]
    area_ha: Annotated[float, Field(ge=0, description="Hectares")]


@dataclass(frozen=True, slots=True)
class IndicatorResult:
    """A number of the account before and after."""

    __pydantic_config__ = CAMEL_CASE
    id: Annotated[str, Field(description="Id of the indicator in the registers")]
    name: Annotated[Words, Field(description="Name of the indicator")]
    unit: Annotated[str, Field(description="Unit of the numbers")]
    better: Annotated[Literal["higher", "lower"], Field(description="Which way is better")]
    decimals: Annotated[int, Field(description="Decimals that are worth showing; -1: whole tens")]
    before: Annotated[float | None, Field(description="Before the plan; null: too few cells, or not known")]
    low: Annotated[float | None, Field(description="After, gently built; null: not known")]
    mid: Annotated[float | None, Field(description="After, typically built; null: not known")]
    high: Annotated[float | None, Field(description="After, hard built; null: not known")]
    change: Annotated[float | None, Field(description="Typically built minus before; null: not known")]
    interval: Annotated[
        tuple[float, float] | None,
        Field(description="Of the change, from the interval of the factors; null: the indicator has none"),
    ]
    clear: Annotated[bool, Field(description="The change has one direction in every scenario and interval")]
    hidden: Annotated[
        Literal["too_few_cells", "too_little_covered", "not_in_class_table"] | None,
        Field(description="Why no number is shown; null: it is"),
    ]
    explain: Annotated[Words, Field(description="What the number says")]


@dataclass(frozen=True, slots=True)
class ServiceResult:
    """An ecosystem service before and after: potential supply 0 to 5, a standard score."""

    __pydantic_config__ = CAMEL_CASE
    id: Annotated[str, Field(description="Id of the service in the registers")]
    number: Annotated[str, Field(description="Number of the service")]
    name: Annotated[Words, Field(description="Name of the service")]
    group: Annotated[
        Literal["supporting", "regulating", "provisioning", "cultural"], Field(description="Group of the service")
    ]
    before: Annotated[float | None, Field(description="Supply before; null: too few cells")]
    low: Annotated[float | None, Field(description="Supply after, gently built; null: not known")]
    mid: Annotated[float | None, Field(description="Supply after, typically built; null: not known")]
    high: Annotated[float | None, Field(description="Supply after, hard built; null: not known")]
    direction: Annotated[
        Direction | None,
        Field(description="Of the change; unclear under 0.5 or where scenarios differ; null: not known"),
    ]
    strength: Annotated[
        Literal["strong", "partial", "weak"], Field(description="How much of what a map can say the rasters carry")
    ]
    objectives: Annotated[tuple[int, ...], Field(description="Objectives that the service speaks for")]
    question: Annotated[Words, Field(description="What a person must answer")]
    evidence: Annotated[tuple[str, ...], Field(description="Layers with a hit or something near that bear on it")]
    unanswered: Annotated[tuple[str, ...], Field(description="Layers that bear on it and did not answer")]


@dataclass(frozen=True, slots=True)
class GreenDistanceResult:
    """Distance to the nearest green area of at least a hectare."""

    __pydantic_config__ = CAMEL_CASE
    median_m: Annotated[float | None, Field(description="Straight, from the middle cell; null: more than 2,000 m")]
    farthest_m: Annotated[float | None, Field(description="Straight, from the farthest cell; null: more than 2,000 m")]
    walk_median_m: Annotated[float | None, Field(description="Estimated walk: 1.3 times the straight distance")]
    at_most: Annotated[bool, Field(description="The raster ends nearer than that: it may be shorter, or not known")]
    network_median_m: Annotated[
        float | None,
        Field(description="Along the paths, of the cells whose way is known; null: not known, or > 2,000 m"),
    ] = None
    network_farthest_m: Annotated[
        float | None, Field(description="Along the paths, the farthest that is known; null: not known, or > 2,000 m")
    ] = None
    network_unknown_share: Annotated[
        float | None,
        Field(ge=0, le=1, description="Share of the cells whose way is not known; null: no paths are loaded"),
    ] = None


@dataclass(frozen=True, slots=True)
class ThreeThirtyResult:
    """The parts of the 3-30-300 rule; null: not known. Never one score."""

    __pydantic_config__ = CAMEL_CASE
    trees_in_view: Annotated[
        bool | None, Field(description="3: crowns of three trees within 30 m of the dwellings, typically built")
    ]
    canopy_of_plan: Annotated[bool | None, Field(description="30: crowns over 30 % of the plan, typically built")]
    canopy_of_neighbourhood: Annotated[bool | None, Field(description="30: crowns over 30 % within 300 m, before")]
    green_within_300_m: Annotated[
        float | None, Field(ge=0, le=1, description="300: share of the dwellings' cells by the estimated walk")
    ]


@dataclass(frozen=True, slots=True)
class ObjectiveChangeResult:
    """What the account says for an objective: services that gain and lose. Gains never pay for losses."""

    __pydantic_config__ = CAMEL_CASE
    number: Annotated[int, Field(ge=1, le=16, description="Number of the objective")]
    gains: Annotated[tuple[str, ...], Field(description="Services whose supply clearly grows")]
    losses: Annotated[tuple[str, ...], Field(description="Services whose supply clearly falls")]


@dataclass(frozen=True, slots=True)
class UseAssumptionResult:
    """What was assumed of the ground of a use; the planner may override it."""

    __pydantic_config__ = CAMEL_CASE
    uses: Annotated[tuple[str, ...], Field(description="Codes of the land use register")]
    scenarios: Annotated[tuple[str, ...], Field(description="Rows of the register of scenarios that were used")]
    area_ha: Annotated[float, Field(ge=0, description="Hectares")]
    left_as_it_is: Annotated[bool, Field(description="The ground is left as it is")]
    overridden: Annotated[bool, Field(description="The planner stated something else than the register")]
    built_already: Annotated[
        bool, Field(description="Sealed about as much before as the use would be: is the ground left as it is?")
    ]


@dataclass(frozen=True, slots=True)
class PartNumberResult:
    """A number of the account on part of the plan; null: too few cells there, or not known."""

    __pydantic_config__ = CAMEL_CASE
    id: Annotated[str, Field(description="Id of the indicator in the registers")]
    before: Annotated[float | None, Field(description="Before the plan")]
    low: Annotated[float | None, Field(description="After, gently built")]
    mid: Annotated[float | None, Field(description="After, typically built")]
    high: Annotated[float | None, Field(description="After, hard built")]


@dataclass(frozen=True, slots=True)
class PartAccountResult:
    """Part of the plan before and after."""

    __pydantic_config__ = CAMEL_CASE
    parts: Annotated[tuple[str, ...], Field(description="Several: ground of unknown use, together")]
    area_ha: Annotated[float, Field(ge=0, description="Hectares")]
    numbers: Annotated[tuple[PartNumberResult, ...], Field(description="Numbers before and after")]


@dataclass(frozen=True, slots=True)
class AccountResult:
    """Ecosystem services before and after the plan. Potential supply by land cover; replaces no inventory."""

    __pydantic_config__ = CAMEL_CASE
    cover_layer: Annotated[str | None, Field(description="Layer of land cover; null: there is none for this area")]
    cover_version: Annotated[str | None, Field(description="Its version")]
    class_table: Annotated[str | None, Field(description="Its class table")]
    crowns: Annotated[
        Literal["raster", "estimated"] | None, Field(description="Where the crowns are from; estimated: by class")
    ]
    reasons: Annotated[tuple[AccountReason, ...], Field(description="Why there is no account, or no after side")]
    cells: Annotated[float, Field(ge=0, description="Cells of land cover with data in the planning area")]
    valid_share: Annotated[float, Field(ge=0, le=1, description="Share of the planning area with land cover data")]
    unknown_use_ha: Annotated[float, Field(ge=0, description="Ground whose use, or what becomes of it, is not known")]
    composition: Annotated[tuple[CoverShareResult, ...], Field(description="Land cover before, largest first")]
    indicators: Annotated[tuple[IndicatorResult, ...], Field(description="Numbers before and after")]
    services: Annotated[tuple[ServiceResult, ...], Field(description="The 22 services")]
    objectives: Annotated[tuple[ObjectiveChangeResult, ...], Field(description="Objectives with a clear change")]
    green_distance_before: Annotated[GreenDistanceResult | None, Field(description="Before; null: not known")]
    green_distance_after: Annotated[GreenDistanceResult | None, Field(description="After; null: not known")]
    three_thirty: Annotated[ThreeThirtyResult | None, Field(description="3-30-300; null: not known")]
    assumptions: Annotated[tuple[UseAssumptionResult, ...], Field(description="What was assumed, use by use")]
    unplaced_crowns_ha: Annotated[
        float, Field(ge=0, description="New crowns, typically built, that find no ground to stand over")
    ] = 0.0
    parts: Annotated[tuple[PartAccountResult, ...], Field(description="Numbers of the parts")] = ()


def no_account(reason: AccountReason) -> AccountResult:
    """Return the account that could not be made, with the reason."""
    return AccountResult(
        cover_layer=None,
        cover_version=None,
        class_table=None,
        crowns=None,
        reasons=(reason,),
        cells=0.0,
        valid_share=0.0,
        unknown_use_ha=0.0,
        composition=(),
        indicators=(),
        services=(),
        objectives=(),
        green_distance_before=None,
        green_distance_after=None,
        three_thirty=None,
        assumptions=(),
    )
