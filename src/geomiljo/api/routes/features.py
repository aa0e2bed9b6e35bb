"""What is at a place, from all layers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from geomiljo.api.place import place_of
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.security import HiddenLayers
from geomiljo.api.state import State
from geomiljo.catalogue.base import Text
from geomiljo.layers.here import Answer, CellHere, LayerHere, Reason, ThingHere, layers_at

MOST_WITHIN_M = 1_000.0
router = APIRouter(
    prefix="/api/v1/features", tags=["features"], responses={code: PROBLEM_RESPONSES[code] for code in (400, 422)}
)
Longitude = Annotated[float | None, Query(description="Longitude")]
Latitude = Annotated[float | None, Query(description="Latitude")]
East = Annotated[float | None, Query(description="East, or longitude, in `crs`; instead of lon")]
North = Annotated[float | None, Query(description="North, or latitude, in `crs`; instead of lat")]
System = Annotated[str | None, Query(description="Coordinate system of x and y; CRS84")]
Within = Annotated[
    float, Query(ge=0, le=MOST_WITHIN_M, description="Metres from the place in which objects are told of")
]


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class AttributeAt(_Model):
    """What is known of an object."""

    title: Text
    value: str


class ObjectAt(_Model):
    """An object at the place."""

    id: str
    name: str | None
    class_title: Text | None = Field(description="Class of the layer; null: it has one only")
    distance_m: float = Field(description="0: the place lies in or on it")
    error_m: float = Field(description="How far it may lie from where it is drawn")
    attributes: list[AttributeAt] = Field(
        description="Attributes that the register declares; none where the licence lets nobody pass them on"
    )


class CellAt(_Model):
    """The cell of a raster layer at the place."""

    value: float
    unit: str
    class_title: Text | None = Field(description="What the value means, where it is a code")


class LayerAt(_Model):
    """What a layer says of the place."""

    layer: str
    title: Text
    answer: Answer = Field(description="unknown: the layer cannot tell, for the reason; never to be taken for nothing")
    reason: Reason | None
    version: str | None
    source_date: str | None
    objects: list[ObjectAt]
    cell: CellAt | None


class FeaturesAt(_Model):
    """What all layers say of a place."""

    x: float = Field(description="East, EPSG:3006")
    y: float = Field(description="North, EPSG:3006")
    within_m: float
    layers: list[LayerAt] = Field(description="Every layer of the registers, in their order")


@router.get("/at", summary="What is at a place")
def features_at(
    state: State,
    hidden: HiddenLayers,
    lon: Longitude = None,
    lat: Latitude = None,
    x: East = None,
    y: North = None,
    crs: System = None,
    within: Within = 0.0,
) -> FeaturesAt:
    """Tell what every layer has at a place, and which layers cannot tell."""
    catalogue = state.assessor.catalogue
    place = place_of(catalogue, lon, lat, None) if x is None else place_of(catalogue, x, y, crs)
    with state.engine.connect() as connection:
        found = layers_at(connection, catalogue, hidden, place, within)
    return FeaturesAt(x=place.x, y=place.y, within_m=within, layers=[_layer(here) for here in found])


def _layer(here: LayerHere) -> LayerAt:
    return LayerAt(
        layer=here.layer.id,
        title=here.layer.title,
        answer=here.answer,
        reason=here.reason,
        version=here.version,
        source_date=here.source_date,
        objects=[_object(thing) for thing in here.things],
        cell=None if here.cell is None else _cell(here.cell),
    )


def _object(thing: ThingHere) -> ObjectAt:
    return ObjectAt(
        id=thing.id,
        name=thing.name,
        class_title=thing.class_title,
        distance_m=round(thing.distance_m, 2),
        error_m=thing.error_m,
        attributes=[AttributeAt(title=title, value=value) for title, value in thing.attributes],
    )


def _cell(cell: CellHere) -> CellAt:
    return CellAt(value=cell.value, unit=cell.unit, class_title=cell.class_title)
