"""Derived layers: made from other layers by the recipe in the register, and made again when these change.

What a derived layer has mapped follows its inputs: ground so near the edge of what they have mapped that an unmapped
object's zone could reach it counts as unmapped. Objects of the inputs that could not be loaded may have had a zone
anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import text

from geomiljo.analysis.answers import zone_radius_m
from geomiljo.catalogue.recipes import TerrainRecipe, ZoneRecipe
from geomiljo.crs import ANALYSIS_CRS
from geomiljo.errors import InputError, NotFound
from geomiljo.geometry import BUFFER_QUADRANT_SEGMENTS, geometry_array, polygonal
from geomiljo.layers.files import RawLayer
from geomiljo.layers.versions import active_versions
from geomiljo.texts import mark as _
from geomiljo.units import SQUARE_METRES_PER_HECTARE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Connection

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer
    from geomiljo.database.tables import LayerVersion


@dataclass(frozen=True, slots=True)
class Derived:
    """What a recipe makes.

    Attributes
    ----------
    raw : RawLayer
        As a file would give it.
    coverage : (Multi)Polygon or None
        None: unknown, as that of some input is.
    unknown_count : int
        Objects of the inputs that could not be loaded.
    versions : dict of str to str
        The inputs' versions.
    source_date : date or None
        The oldest of the inputs'; None where one of them is not known.
    """

    raw: RawLayer
    coverage: BaseGeometry | None
    unknown_count: int
    versions: dict[str, str]
    source_date: dt.date | None


def dependants(catalogue: Catalogue, layer_id: str) -> tuple[Layer, ...]:
    """Return the layers that are made from a layer."""
    return tuple(layer for layer in catalogue.layers.values() if layer.recipe and layer_id in layer.recipe.inputs)


def inputs_of(connection: Connection, layer: Layer) -> dict[str, LayerVersion]:
    """Return the active versions of what a layer is made from.

    Raises
    ------
    InputError
        The layer has no recipe.
    NotFound
        An input is not loaded.
    """
    recipe = layer.recipe
    if recipe is None:
        raise InputError(
            _("Layer {layer} is not made from others."),
            remedy=_("Load it from a file: geomiljo layer load {layer} FILE."),
            layer=layer.id,
        )
    active = active_versions(connection)
    for missing in (name for name in recipe.inputs if name not in active):
        raise NotFound(
            _("Layer {layer} is made from {missing}, which is not loaded."),
            remedy=_("Load it first: geomiljo layer load {missing} FILE."),
            layer=layer.id,
            missing=missing,
        )
    return {name: active[name] for name in recipe.inputs}


def derive(connection: Connection, layer: Layer) -> Derived:
    """Make a layer by its recipe from the active versions of its inputs.

    Raises
    ------
    InputError
        The layer has no recipe.
    NotFound
        An input is not loaded.
    """
    inputs = inputs_of(connection, layer)
    recipe = layer.recipe
    if isinstance(recipe, TerrainRecipe):
        return _low_points(layer.id, inputs)
    assert recipe is not None  # noqa: S101 - it has inputs
    dates = [version.source_date for version in inputs.values() if version.source_date is not None]
    return Derived(
        _zones(connection, layer.id, recipe, inputs),
        _coverage(recipe, inputs),
        sum(version.unknown_count for version in inputs.values()),
        {name: version.version for name, version in inputs.items()},
        min(dates) if len(dates) == len(inputs) else None,
    )


def _low_points(layer_id: str, inputs: Mapping[str, LayerVersion]) -> Derived:
    from geomiljo.layers.low_points import low_points  # what it stands on takes long to load

    [(name, version)] = inputs.items()
    raw, mapped = low_points(layer_id, version.raster)
    stated = to_shape(version.coverage) if version.coverage is not None else None
    inside = mapped if stated is None else shapely.intersection(mapped, stated)
    areas = shapely.get_parts(polygonal(geometry_array([inside]))[0])
    coverage = shapely.multipolygons(areas) if len(areas) else None
    return Derived(raw, coverage, 0, {name: version.version}, version.source_date)


def _zones(connection: Connection, layer_id: str, recipe: ZoneRecipe, inputs: Mapping[str, LayerVersion]) -> RawLayer:
    ids: list[str] = []
    names: list[str | None] = []
    attributes: list[dict[str, Any]] = []
    shapes: list[BaseGeometry] = []
    for name, version in inputs.items():
        query = (
            "SELECT id, name, attributes, ST_AsBinary(geom) AS geom FROM feature WHERE version_id = :v ORDER BY number"
        )
        for row in connection.execute(text(query), {"v": version.id}):
            ids.append(f"{name}/{row.id}" if len(inputs) > 1 else row.id)
            names.append(row.name)
            attributes.append(row.attributes)
            shapes.append(shapely.from_wkb(bytes(row.geom)))
    geometry = np.array(shapes, dtype=object)
    columns: dict[str, Sequence[Any]] = {"id": ids, "name": names}
    columns |= {own: [each.get(theirs) for each in attributes] for own, theirs in recipe.copied.items()}
    if recipe.area is not None:
        columns[recipe.area.attribute] = _areas(recipe, attributes, geometry)
    return RawLayer(
        source=layer_id,
        crs=ANALYSIS_CRS,
        fids=np.arange(1, len(ids) + 1, dtype=np.int64),
        columns=pa.table({name: pa.array(values) for name, values in columns.items()}),
        geometry=zones(geometry, recipe.distance_m, is_both_ways=recipe.sides == "both"),
        dropped_z=0,
        dropped_m=0,
        has_curves=False,
    )


def zones(geometry: NDArray[np.object_], distance_m: float, *, is_both_ways: bool) -> NDArray[np.object_]:
    """Return everything within `distance_m` of each object, or with `is_both_ways` of each polygon's outline.

    Drawn a trifle too large, as search zones are: chords touch the true zone from outside.

    Examples
    --------
    >>> lake = np.array([shapely.box(0, 0, 1000, 1000)], dtype=object)
    >>> middle, shore = shapely.points([(500, 500), (50, 50)])
    >>> [zones(lake, 100, is_both_ways=way)[0].contains([middle, shore]).tolist() for way in (False, True)]
    [[True, True], [False, True]]
    """
    if is_both_ways:
        flat = shapely.get_dimensions(geometry) == 2
        geometry = np.where(flat, shapely.boundary(geometry), geometry)
    radius = zone_radius_m(distance_m)
    grown: NDArray[np.object_] = shapely.buffer(geometry, radius, quad_segs=BUFFER_QUADRANT_SEGMENTS)
    return grown


def _areas(
    recipe: ZoneRecipe, attributes: Sequence[Mapping[str, Any]], geometry: NDArray[np.object_]
) -> list[float | None]:
    """Return hectares of the polygons of the kind that the recipe names."""
    stated = recipe.area
    assert stated is not None  # noqa: S101 - asked by the caller
    wanted = stated.contains.casefold()
    hectares = shapely.area(geometry) / SQUARE_METRES_PER_HECTARE
    return [
        float(area) if area > 0 and wanted in str(each.get(stated.where) or "").casefold() else None
        for each, area in zip(attributes, hectares, strict=True)
    ]


def _coverage(recipe: ZoneRecipe, inputs: Mapping[str, LayerVersion]) -> BaseGeometry | None:
    """Return what all inputs have mapped, less the margin that an unmapped object's zone could reach into."""
    stored = [version.coverage for version in inputs.values()]
    mapped = [to_shape(each) for each in stored if each is not None]
    if len(mapped) < len(stored):
        return None
    inside: BaseGeometry = shapely.buffer(shapely.intersection_all(mapped), -zone_radius_m(recipe.distance_m))
    return shapely.multipolygons(shapely.get_parts(inside)) if not inside.is_empty else None
