"""Loading a raster layer from where the registers say that it comes from, and again from where it came from."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import replace
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from geomiljo.catalogue.sources import FileSource, FolderSource
from geomiljo.errors import InputError, NotFound
from geomiljo.layers.fetch import source_of, touch
from geomiljo.layers.raster_file import RasterStatements
from geomiljo.layers.raster_load import LoadedRaster, RasterOptions, load_raster, raster_folder
from geomiljo.layers.sources.folder import definition_hash, held
from geomiljo.layers.sources.local import LocalFolder
from geomiljo.layers.sources.tables import require_whole
from geomiljo.layers.stage import classification_hash
from geomiljo.layers.versions import active_versions
from geomiljo.remote import Asked, Remote, no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer
    from geomiljo.database.tables import LayerVersion
    from geomiljo.layers.sources.folder import HarvestFolder
    from geomiljo.settings import Settings

_P = TypeVar("_P", bound=PurePath)
_RASTERS = {".tif", ".tiff", ".img", ".vrt", ".asc"}


def load_raster_from_source(
    engine: Engine,
    catalogue: Catalogue,
    layer_id: str,
    settings: Settings,
    options: RasterOptions,
    *,
    number: int | None = None,
) -> LoadedRaster:
    """Fetch a raster by its address or from its folder, and load it as the layer's new active version.

    A source that says that nothing has changed is not fetched; only `checked_at` moves.

    Raises
    ------
    SourceUnavailable
        The source fails; the active version stays.
    InputError
        The source is of a protocol that brings no raster, or what came does not fit the register; the active version
        stays.
    """
    layer = catalogue.layer(layer_id)
    source = source_of(layer, number)
    if not isinstance(source, FileSource | FolderSource):
        raise InputError(
            _("A raster is fetched from a file or a folder; source {protocol} of {layer} is neither."),
            remedy=_("Choose another source with --source, or load a file: geomiljo layer load {layer} FILE."),
            protocol=source.protocol,
            layer=layer_id,
        )
    with engine.connect() as connection:
        active = active_versions(connection).get(layer_id)
    with held(settings.state_dir, layer_id, source) as folder:
        state, address = _state(source, settings)
        if active is not None and state is not None and state == _known_state(layer, source, active, options):
            touch(engine, active.id)
            return LoadedRaster(layer_id, active.version, is_new=False, report=active.report)
        path = _fetched(source, settings, folder)
        told = {"address": address, "state": state, "definition": definition_hash(source), "number": number}
        loaded = load_raster(engine, catalogue, layer_id, path, raster_folder(settings), options, harvest=told)
        folder.clear()
    return loaded


def refresh_raster(engine: Engine, catalogue: Catalogue, layer_id: str, settings: Settings) -> LoadedRaster:
    """Load a raster layer again from where its active version came from, as was stated then, but for the date.

    A layer that is not loaded yet is fetched.

    Raises
    ------
    UnreadableFile
        The file is no longer there; the active version stays.
    """
    with engine.connect() as connection:
        active = active_versions(connection).get(layer_id)
    if active is None:
        return load_raster_from_source(engine, catalogue, layer_id, settings, RasterOptions())
    before = active.options
    options = _stated(before)
    harvest = before.get("harvest")
    if harvest:
        return load_raster_from_source(engine, catalogue, layer_id, settings, options, number=harvest["number"])
    if "path" not in before:
        raise NotFound(
            _("Layer {layer} was made from others by a recipe that it no longer has."),
            remedy=_("Load a file: geomiljo layer load {layer} FILE."),
            layer=layer_id,
        )
    return load_raster(engine, catalogue, layer_id, Path(before["path"]), raster_folder(settings), options)


def _stated(before: dict[str, object]) -> RasterOptions:
    """Return what was stated at an earlier load; its date is that load's."""
    statements = before["statements"]
    class_table, coverage = before["class_table"], before["coverage"]
    return RasterOptions(
        RasterStatements(**statements) if isinstance(statements, dict) else RasterStatements(),
        class_table if isinstance(class_table, str) else None,
        None,
        coverage if isinstance(coverage, str) else None,
    )


def _known_state(
    layer: Layer, source: FileSource | FolderSource, active: LayerVersion, options: RasterOptions
) -> str | None:
    """Return the state of the source that is loaded, if loading it again would bring the same version."""
    harvest = active.options.get("harvest")
    if not harvest:
        return None
    same = (
        harvest["definition"] == definition_hash(source)
        and active.classification == classification_hash(layer)
        and _stated(active.options) == replace(options, source_date=None)
        and options.source_date in {None, active.source_date}
    )
    state: str | None = harvest["state"]
    return state if same else None


def _state(source: FileSource | FolderSource, settings: Settings) -> tuple[str | None, str]:
    """Return what changes when the raster does, where the source tells, and what people are told of its place."""
    if isinstance(source, FolderSource):
        return LocalFolder(source).inventory().state, source.path
    with Remote(settings, source.credentials) as remote:
        headers = remote.peek(Asked(source.url))
    return headers.get("etag") or headers.get("last-modified"), source.url


def _fetched(source: FileSource | FolderSource, settings: Settings, folder: HarvestFolder) -> Path:
    """Return the raster file on this machine."""
    if isinstance(source, FolderSource):
        return _only(LocalFolder(source).files(), source.path)
    with Remote(settings, source.credentials) as remote:
        path = remote.fetch(Asked(source.url, resumes=True), folder.path / "raster").path
    require_whole(path, source.url)
    if not zipfile.is_zipfile(path):
        return path
    with zipfile.ZipFile(path) as archive:
        names = [PurePosixPath(name) for name in archive.namelist()]
        member = _only([name for name in names if name.suffix.lower() in _RASTERS], source.url)
        unpacked = folder.path / member.name
        with archive.open(str(member)) as packed, unpacked.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
    return unpacked


def _only(files: Sequence[_P], address: str) -> _P:
    if len(files) != 1:
        raise no_answer(
            _("{address} holds {count} rasters; a layer is one: {names}."),
            address,
            count=len(files),
            names=", ".join(file.name for file in files) or "-",
        )
    return files[0]
