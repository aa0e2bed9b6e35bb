"""Places that somebody looks for: coordinates, municipalities and counties, plans, and objects of layers by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import shapely
from sqlalchemy import func, or_, select

from geomiljo.database.case_tables import Plan, PlanVersionRow
from geomiljo.database.tables import Feature
from geomiljo.placement import read_extent
from geomiljo.plans.places import written_places
from geomiljo.plans.visibility import visible
from geomiljo.publishing.layers import published_versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Connection

    from geomiljo.access import Caller
    from geomiljo.catalogue import Catalogue

Kind = Literal["coordinates", "plan", "object"]
Bounds = tuple[float, float, float, float]
LEAST_LETTERS = 2
MOST_PLANS, MOST_OBJECTS = 8, 20


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """A place.

    Attributes
    ----------
    kind : Kind
    title : str
        Its name; of coordinates, as they were written.
    about : str
        Label of the coordinate system, designation of the plan, or id of the layer.
    id : str
        Of the plan or the object.
    bounds : tuple of float
        EPSG:3006.
    """

    kind: Kind
    title: str
    about: str
    id: str
    bounds: Bounds


def find_places(
    connection: Connection, catalogue: Catalogue, caller: Caller, hidden: frozenset[str], text: str
) -> tuple[FoundPlace, ...]:
    """Return the places that a text can mean, the likeliest first.

    Parameters
    ----------
    hidden : frozenset of str
        Layers that the caller may not see.
    """
    text = " ".join(text.split())
    written = tuple(_written(catalogue, text))
    if written or len(text) < LEAST_LETTERS:
        return written
    return (*_plans(connection, caller, text), *_objects(connection, catalogue, hidden, text))


def _written(catalogue: Catalogue, text: str) -> Iterator[FoundPlace]:
    sweden = read_extent(catalogue.extent_file("sverige"))
    for place in written_places(text):
        if shapely.contains(sweden, place.point):
            yield FoundPlace("coordinates", text, place.crs, "", _bounds(place.point.bounds))


def _plans(connection: Connection, caller: Caller, text: str) -> Iterator[FoundPlace]:
    searched = func.concat_ws("\n", Plan.name, Plan.designation)
    query = (
        select(Plan.id, Plan.name, Plan.designation, *_box(PlanVersionRow.geom))
        .join(PlanVersionRow, (PlanVersionRow.plan_id == Plan.id) & PlanVersionRow.is_current)
        .where(visible(caller), Plan.state == "active", searched.icontains(text, autoescape=True))
        .order_by(*_likeliest(Plan.name, text), Plan.name, Plan.id)
        .limit(MOST_PLANS)
    )
    for row in connection.execute(query):
        yield FoundPlace("plan", row.name, row.designation or "", str(row.id), _bounds(row[3:7]))


def _objects(connection: Connection, catalogue: Catalogue, hidden: frozenset[str], text: str) -> Iterator[FoundPlace]:
    """Yield objects of layers that are passed on; municipalities and counties also by their names in the registers."""
    layers = {version.id: version.layer for version in published_versions(connection, catalogue, hidden)}
    named = {
        code: entry.name
        for register in (catalogue.municipalities, catalogue.counties)
        for code, entry in register.items()
        if text.casefold() in entry.name.casefold()
    }
    of_registers = [version for version, layer in layers.items() if catalogue.layers[layer].administrative]
    by_code = Feature.version_id.in_(of_registers) & Feature.id.in_(named)
    query = (
        select(Feature.version_id, Feature.id, Feature.name, *_box(Feature.geom))
        .where(Feature.version_id.in_(layers), or_(Feature.name.icontains(text, autoescape=True), by_code))
        .order_by(by_code.desc(), *_likeliest(Feature.name, text), Feature.size.desc(), Feature.id)
        .limit(MOST_OBJECTS)
    )
    for row in connection.execute(query):
        title = row.name or named.get(row.id) or row.id
        yield FoundPlace("object", title, layers[row.version_id], row.id, _bounds(row[3:7]))


def _likeliest(name: Any, text: str) -> tuple[ColumnElement[Any], ...]:
    """Return the order of names: those that are the text, those that begin with it, the rest."""
    lowered = func.lower(name)
    return (
        func.coalesce(lowered == text.lower(), False).desc(),
        func.coalesce(lowered.startswith(text.lower(), autoescape=True), False).desc(),
    )


def _box(geometry: Any) -> tuple[ColumnElement[float], ...]:
    return (
        func.ST_XMin(geometry),
        func.ST_YMin(geometry),
        func.ST_XMax(geometry),
        func.ST_YMax(geometry),
    )


def _bounds(values: Any) -> Bounds:
    west, south, east, north = (float(value) for value in values)
    return west, south, east, north
