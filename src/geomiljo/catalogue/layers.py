"""Register entries about layers: what a map layer is, where it comes from and how its objects are classed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from geomiljo.catalogue.base import Entry, Owned, Text
from geomiljo.catalogue.recipes import Recipe
from geomiljo.catalogue.sources import Source
from geomiljo.catalogue.upkeep import Expectations, Update

LayerId = Annotated[str, StringConstraints(pattern=r"^(local\.)?[a-z][a-z0-9_]*$", max_length=60)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
ClassId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Theme = Literal[
    "nature", "water", "cultural_environment", "land_use", "ecosystem_services", "climate_risk", "health_risk"
]
GeometryKind = Literal["point", "line", "polygon", "raster"]
UNCLASSIFIED = "unclassified"
"""Class of objects that no filter of their layer takes."""
MAX_POSITION_ERROR_M = 2_000.0
"""A place that is not known better than this tells nothing about a plan."""
MAX_CLASSES = 30
"""Classes of a layer are bits of an integer; one bit is kept for :data:`UNCLASSIFIED`."""


class Attribute(Entry):
    """A column that a layer's file is expected to have."""

    name: str = Field(description="The column's published name")
    type: Literal["text", "number", "date", "boolean"] = "text"
    aliases: tuple[str, ...] = Field(default=(), description="Other names that files use for the same column")
    title: Text | None = Field(default=None, description="What the column holds, for people")
    role: Literal["id", "name", "area_ha", "date", "link", "position_error_m"] | None = Field(
        default=None,
        description="id: stable identifier; name: shown name, of several the first that an object has; area_ha: area "
        "in the source register; position_error_m: how far the object may lie from where it is drawn, m",
    )
    codes: dict[str, str] | None = Field(default=None, description="Code values and what they mean")

    @property
    def columns(self) -> tuple[str, ...]:
        """The names to look for in a file, the published one first."""
        return (self.name, *self.aliases)


class LayerClass(Entry):
    """A kind of object within a layer. The first class whose filter takes an object gets it."""

    id: ClassId
    title: Text
    filter: str | None = Field(
        default=None, description="CQL2 text over the attributes; absent on the last class: all that remain"
    )
    context: bool = Field(default=False, description="No rule is about these objects; they are shown as facts")


class RasterSpec(Entry):
    """What the cells of a raster layer hold: a measured value with its unit, or classes."""

    unit: str = Field(
        description="Unit of the values, as rules state it: %, m, °C, ppm; class: codes of classes; image: a picture"
    )
    class_table: dict[int, Text] = Field(default_factory=dict, description="What each code means")
    cover_sets: tuple[str, ...] = Field(
        default=(), description="Class tables of land cover that the layer comes in; the load says which"
    )

    colours: dict[int, Colour] = Field(default_factory=dict, description="Colour of each code of class_table on maps")
    ramp: tuple[tuple[float, Colour], ...] = Field(
        default=(),
        description="Values and their colours on maps, blended in between; without it by lowest and highest value",
    )

    @model_validator(mode="after")
    def _is_drawn_by_what_it_holds(self) -> RasterSpec:
        if self.colours.keys() != self.class_table.keys():
            raise ValueError("colours must have the codes of class_table, each of them")
        values = [value for value, _colour in self.ramp]
        if self.ramp and (self.unit in {"class", "image"} or len(values) < 2 or values != sorted(set(values))):
            raise ValueError("ramp goes with measured values, two at least, rising")
        return self

    @model_validator(mode="after")
    def _classes_have_a_table(self) -> RasterSpec:
        if (self.unit == "class") != bool(self.class_table or self.cover_sets):
            raise ValueError("unit: class goes with class_table or cover_sets")
        return self

    @property
    def is_measured(self) -> bool:
        """Whether the cells say something that can be measured; a picture says it to people alone."""
        return self.unit != "image"


class Licence(Entry):
    """What may be done with the data."""

    name: str
    redistribution: bool = Field(description="Whether the layer's objects may be passed on by this service")


class Layer(Owned):
    """A layer of the registers."""

    id: LayerId
    title: Text
    theme: Theme
    authority: str
    kinds: tuple[GeometryKind, ...] = Field(min_length=1, description="Kinds of geometry that the layer holds")
    derived: bool = Field(default=False, description="No national register exists; the layer is calculated")
    attributes: tuple[Attribute, ...] = ()
    classes: tuple[LayerClass, ...] = ()
    recipe: Recipe | None = Field(default=None, description="How the layer is made from others")
    context_only: bool = Field(default=False, description="Shown as a fact; no rule, and no objective waits for it")
    administrative: bool = Field(default=False, description="Counties and municipalities: used, not judged")
    tolerance_m: float = Field(
        default=0.5,
        ge=0,
        le=100,
        description="Nearer than this without meeting is adjacent: lines drawn twice",
    )
    sliver_width_m: float = Field(default=1.0, ge=0, le=100, description="Narrower overlaps are slivers")
    raster: RasterSpec | None = Field(default=None, description="What the cells hold, of a raster layer")
    position_error_m: float = Field(
        default=0.0,
        ge=0,
        le=MAX_POSITION_ERROR_M,
        description="How far points and lines may lie from where they are drawn, where no attribute tells",
    )
    extent: str | None = Field(default=None, description="Named extent outside which the layer has nothing")
    access: Literal["public", "restricted"] = "public"
    update: Update
    expectations: Expectations = Expectations()
    licence: Licence
    legal: str | None = None
    hint: Text | None = None
    sources: tuple[Source, ...] = ()
    note: str | None = None
    basis: Literal["verified", "mixed", "own_knowledge"]

    @model_validator(mode="after")
    def _is_whole(self) -> Layer:
        if len(self.classes) > MAX_CLASSES:
            raise ValueError(f"at most {MAX_CLASSES} classes")
        for layer_class in self.classes[:-1]:
            if layer_class.filter is None:
                raise ValueError(f"class {layer_class.id} has no filter and is not the last: nothing reaches the next")
        if self.is_raster_only != (self.raster is not None):
            raise ValueError("a layer of rasters says in `raster` what the cells hold, and only such a layer")
        error = self.attribute("position_error_m")
        if error is not None and error.type != "number":
            raise ValueError(f"attribute {error.name} is a position error and must be of type number")
        if len({c.id for c in self.classes}) < len(self.classes) or UNCLASSIFIED in {c.id for c in self.classes}:
            raise ValueError(f"class ids must be unique and not {UNCLASSIFIED}")
        return self

    @property
    def class_ids(self) -> tuple[str, ...]:
        """Ids of all classes in the order of their bits; :data:`UNCLASSIFIED` last where an object can end there.

        A layer without classes has a single one, named like the layer.
        """
        if not self.classes:
            return (self.id.removeprefix("local."),)
        ids = tuple(c.id for c in self.classes)
        return ids if self.classes[-1].filter is None else (*ids, UNCLASSIFIED)

    @property
    def is_raster_only(self) -> bool:
        """Whether the layer has no vector form."""
        return self.kinds == ("raster",)

    def attribute(self, role: str) -> Attribute | None:
        """Return the first attribute with `role`."""
        return next(iter(self.attributes_with(role)), None)

    def attributes_with(self, role: str) -> tuple[Attribute, ...]:
        """Return the attributes with `role` in the order of the register."""
        return tuple(a for a in self.attributes if a.role == role)
