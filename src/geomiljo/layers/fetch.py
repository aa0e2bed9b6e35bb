"""Loading a layer from where the registers say that it comes from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import func, update

from geomiljo.catalogue.sources import ManualSource, StacSource
from geomiljo.database.tables import LayerVersion
from geomiljo.errors import InputError, NotFound
from geomiljo.layers.load import Loaded, LoadOptions, load_layer, refresh_layer, require_vector
from geomiljo.layers.load_report import LoadReport
from geomiljo.layers.sources.folder import definition_hash, held
from geomiljo.layers.sources.harvest import harvest
from geomiljo.layers.stage import classification_hash
from geomiljo.layers.versions import active_versions
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer
    from geomiljo.catalogue.sources import HarvestableSource
    from geomiljo.layers.sources.harvest import Harvested, Told
    from geomiljo.settings import Settings


def source_of(layer: Layer, number: int | None = None) -> HarvestableSource | StacSource:
    """Return the source to harvest a layer from.

    Parameters
    ----------
    number : int, optional
        Position in the register, from 1; the first that a program can read without it.

    Raises
    ------
    NotFound
        The layer has no such source.
    """
    listed = layer.sources if number is None else layer.sources[max(number - 1, 0) : max(number, 0)]
    for source in listed:
        if not isinstance(source, ManualSource):
            return source
    raise NotFound(
        _("The registers know no source of {layer} that a program can read."),
        remedy=_("Load a file: geomiljo layer load {layer} FILE; geomiljo layer show {layer} tells where to look."),
        layer=layer.id,
    )


def load_from_source(
    engine: Engine,
    catalogue: Catalogue,
    layer_id: str,
    settings: Settings,
    options: LoadOptions | None = None,
    *,
    number: int | None = None,
    told: Told | None = None,
) -> Loaded:
    """Harvest a layer and load what came as its new active version.

    A source that says by its entity tag or the like that nothing has changed is not fetched; only `checked_at` moves.
    The coverage is the register's where the harvest is reconciled, unless `options` state another.

    Parameters
    ----------
    options : LoadOptions, optional
        What the caller states; `table` and `crs` are the source's.
    number : int, optional
        Which of the layer's sources, from 1.
    told : callable, optional
        Called with the objects so far and the objects in all.

    Raises
    ------
    SourceUnavailable
        The source fails, or what it gave does not add up; the active version stays.
    InputError
        What came does not fit the register; the active version stays.
    """
    stated = options or LoadOptions()
    layer = catalogue.layer(layer_id)
    require_vector(layer)
    source = source_of(layer, number)
    if isinstance(source, StacSource):
        raise InputError(
            _("Source {protocol} brings rasters; layer {layer} holds objects."),
            remedy=_("Choose another source with --source, or load a file: geomiljo layer load {layer} FILE."),
            protocol=source.protocol,
            layer=layer_id,
        )
    with engine.connect() as connection:
        active = active_versions(connection).get(layer_id)
    known = _known_state(layer, source, active, stated)
    with held(settings.state_dir, layer_id, source) as folder:
        harvested = harvest(layer, source, settings, folder, known_state=known, told=told)
        if harvested.path is None and active is not None:
            touch(engine, active.id)
            return Loaded(layer_id, active.version, is_new=False, report=LoadReport(**active.report))
        loaded = _load(engine, catalogue, layer_id, harvested, _with_register(stated, source, harvested, number))
        folder.clear()
    return loaded


def refresh(
    engine: Engine, catalogue: Catalogue, layer_id: str, settings: Settings, *, told: Told | None = None
) -> Loaded:
    """Load a layer again from where its active version came from: the source, or the file that it was loaded from.

    A layer that is not loaded yet is harvested.
    """
    layer = catalogue.layer(layer_id)
    require_vector(layer)
    with engine.connect() as connection:
        active = active_versions(connection).get(layer_id)
    if active is not None and not active.options.get("harvest"):
        return refresh_layer(engine, catalogue, layer_id)
    if active is None:
        source_of(layer)
        return load_from_source(engine, catalogue, layer_id, settings, told=told)
    before = active.options
    options = LoadOptions(
        mapping=before["mapping"],
        coverage=before["harvest"]["coverage_stated"],
        accept_rejected=before["accept_rejected"],
        allow_empty=before["allow_empty"],
    )
    return load_from_source(
        engine, catalogue, layer_id, settings, options, number=before["harvest"]["number"], told=told
    )


def _known_state(
    layer: Layer, source: HarvestableSource, active: LayerVersion | None, stated: LoadOptions
) -> str | None:
    """Return the state of the source that is loaded, if loading it again would bring the same version."""
    if active is None or not active.options.get("harvest"):
        return None
    before = active.options
    same = (
        before["harvest"]["definition"] == definition_hash(source)
        and active.classification == classification_hash(layer)
        and before["coverage"] == (stated.coverage or source.coverage)
        and before["mapping"] == stated.mapping
        and before["accept_rejected"] == stated.accept_rejected
        and stated.source_date in {None, active.source_date}
    )
    state: str | None = before["harvest"]["state"]
    return state if same else None


def _with_register(
    stated: LoadOptions, source: HarvestableSource, harvested: Harvested, number: int | None
) -> LoadOptions:
    """Return what is stated about what came: by the caller, else by source and register."""
    return replace(
        stated,
        table=None,
        crs=None,
        source_date=stated.source_date or harvested.source_date,
        coverage=stated.coverage or (source.coverage if harvested.is_reconciled else None),
        harvest={
            "protocol": source.protocol,
            "address": harvested.address,
            "state": harvested.state,
            "definition": harvested.definition,
            "count": harvested.count,
            "is_reconciled": harvested.is_reconciled,
            "number": number,
            "coverage_stated": stated.coverage,
        },
    )


def _load(engine: Engine, catalogue: Catalogue, layer_id: str, harvested: Harvested, options: LoadOptions) -> Loaded:
    if harvested.path is None:
        raise AssertionError("without a known state a harvest brings a file")
    return load_layer(engine, catalogue, layer_id, harvested.path, options)


def touch(engine: Engine, version_id: int) -> None:
    """Note that the source of a version has been asked, and nothing has changed."""
    with engine.begin() as connection:
        connection.execute(update(LayerVersion).where(LayerVersion.id == version_id).values(checked_at=func.now()))
