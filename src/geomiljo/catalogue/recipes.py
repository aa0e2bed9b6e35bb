"""Register entries about recipes: how a derived layer is calculated from others."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from geomiljo.catalogue.base import Entry, NonEmpty, Text

InputId = Annotated[str, StringConstraints(pattern=r"^(local\.)?[a-z][a-z0-9_]*$", max_length=60)]


class StatedArea(Entry):
    """An attribute that holds the area of the objects that it is asked of; null at all others."""

    attribute: NonEmpty = Field(description="Attribute of the derived layer, in hectares")
    where: NonEmpty = Field(description="Attribute of the input that says what kind of object it is")
    contains: NonEmpty = Field(description="Text in it, whatever its case")


class ZoneRecipe(Entry):
    """A zone around each object of the inputs, with a lineage that is shown."""

    inputs: tuple[InputId, ...] = Field(min_length=1, description="Layers that it is made from")
    distance_m: float = Field(gt=0, le=5_000, description="Width of the zone")
    sides: Literal["outside", "both"] = Field(
        default="outside", description="outside: the object and around it; both: its outline, both ways"
    )
    copied: dict[str, str] = Field(default={}, description="Attributes taken from the input: own name, input's name")
    area: StatedArea | None = None
    lineage: Text = Field(description="What was done, and what was left out, for people")


class TerrainRecipe(Entry):
    """What an elevation model says of the lie of the land, cell by cell or as low points."""

    inputs: tuple[InputId] = Field(description="The elevation model, heights in metres")
    terrain: Literal["slope", "flow", "low_points"] = Field(
        description="slope: percent; flow: hectares that drain through a cell; low_points: areas, with depth and volume"
    )
    lineage: Text = Field(description="What was done, and what was left out, for people")


def _kind(recipe: Any) -> str:
    is_terrain = "terrain" in recipe if isinstance(recipe, dict) else isinstance(recipe, TerrainRecipe)
    return "terrain" if is_terrain else "zone"


Recipe = Annotated[Annotated[ZoneRecipe, Tag("zone")] | Annotated[TerrainRecipe, Tag("terrain")], Discriminator(_kind)]
