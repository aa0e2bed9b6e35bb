"""Making derived layers, and making them again when what they are made from has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geomiljo.layers.derive import dependants, derive
from geomiljo.layers.fetch import refresh
from geomiljo.layers.load import Arriving, Loaded, take_in
from geomiljo.layers.versions import active_versions

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from geomiljo.catalogue import Catalogue
    from geomiljo.layers.raster_load import LoadedRaster
    from geomiljo.settings import Settings


def make_derived(engine: Engine, catalogue: Catalogue, layer_id: str, *, accept: bool = False) -> Loaded | LoadedRaster:
    """Make a layer by its recipe, as its new active version.

    Raises
    ------
    InputError
        The layer has no recipe, or an input is not loaded.
    """
    layer = catalogue.layer(layer_id)
    if layer.is_raster_only and layer.recipe is not None:
        from geomiljo.layers.terrain_load import make_terrain_raster  # what it stands on takes long to load

        return make_terrain_raster(engine, catalogue, layer_id, accept=accept)
    with engine.connect() as connection:
        derived = derive(connection, layer)
    absent = {a.name: "" for a in layer.attributes if not set(a.columns) & set(derived.raw.columns.column_names)}
    inputs = ", ".join(f"{name} {version}" for name, version in derived.versions.items())
    statements: dict[str, Any] = {
        "source": inputs,
        "source_date": derived.source_date,
        "coverage_stated": None if derived.coverage is None else ", ".join(derived.versions),
        "options": {"derived_from": derived.versions},
    }
    arriving = Arriving([derived.raw], absent, derived.coverage, statements, unknown_count=derived.unknown_count)
    return take_in(engine, layer, arriving, accept=accept)


def rebuild_dependants(engine: Engine, catalogue: Catalogue, layer_id: str) -> tuple[Loaded | LoadedRaster, ...]:
    """Make again what was made from a layer, and from that in turn, where a version is another; loaded files stay."""
    with engine.connect() as connection:
        active = active_versions(connection)
    made: list[Loaded | LoadedRaster] = []
    for layer in dependants(catalogue, layer_id):
        if layer.recipe is None or layer.id not in active:
            continue
        before = active[layer.id].options.get("derived_from")
        if before is None or before == {name: active[name].version for name in layer.recipe.inputs if name in active}:
            continue
        made.append(make_derived(engine, catalogue, layer.id))
        made += rebuild_dependants(engine, catalogue, layer.id)
    return tuple(made)


def renew(engine: Engine, catalogue: Catalogue, layer_id: str, settings: Settings) -> Loaded | LoadedRaster:
    """Load a layer again from where it came from, by its recipe where it has one, and then what is made from it.

    Raises
    ------
    GeomiljoError
        The layer cannot be loaded; its active version stays.
    """
    loaded = _renewed(engine, catalogue, layer_id, settings)
    rebuild_dependants(engine, catalogue, layer_id)
    return loaded


def _renewed(engine: Engine, catalogue: Catalogue, layer_id: str, settings: Settings) -> Loaded | LoadedRaster:
    layer = catalogue.layer(layer_id)
    if layer.recipe is not None:
        return make_derived(engine, catalogue, layer_id)
    if layer.is_raster_only:
        from geomiljo.layers.raster_fetch import refresh_raster  # what it stands on takes long to load

        return refresh_raster(engine, catalogue, layer_id, settings)
    return refresh(engine, catalogue, layer_id, settings)
