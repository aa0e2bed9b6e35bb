"""Jobs that load layers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geomiljo.errors import GeomiljoError
from geomiljo.jobs.files import drop_file, read_file
from geomiljo.jobs.work import Outcome
from geomiljo.layers.load import Loaded, LoadOptions, load_layer
from geomiljo.layers.rebuild import rebuild_dependants, renew
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from geomiljo.jobs.kinds import LoadLayer, RefreshLayers
    from geomiljo.jobs.work import Work
    from geomiljo.layers.raster_load import LoadedRaster

UPLOAD = "upload"
"""Name under which an uploaded file is kept."""


def load(work: Work, asked: LoadLayer) -> Outcome:
    """Load an uploaded file; the upload is dropped once it has been read to its end."""
    tools, progress = work.tools, work.progress
    options = LoadOptions(
        asked.table, asked.crs, dict(asked.mapping), asked.source_date, asked.coverage, accept=asked.accept
    )
    with tempfile.TemporaryDirectory(prefix="geomiljo-") as folder:
        path = Path(folder) / asked.file
        with tools.engine.connect() as connection:
            read_file(connection, progress.job_id, UPLOAD, path)
        progress.step(0, 1)
        loaded = load_layer(tools.engine, tools.assessor.catalogue, asked.layer, path, options)
    rebuild_dependants(tools.engine, tools.assessor.catalogue, asked.layer)
    with tools.engine.begin() as connection:
        drop_file(connection, progress.job_id, UPLOAD)
    _tell(work, loaded)
    progress.step(1, 1)
    return Outcome({"layers": [_document(loaded)]})


def refresh(work: Work, asked: RefreshLayers) -> Outcome:
    """Load layers again from source or file, one after the other; one that fails does not stop the others."""
    documents: list[dict[str, Any]] = []
    failed = 0
    for number, layer_id in enumerate(asked.layers):
        work.progress.step(number, len(asked.layers))
        try:
            tools = work.tools
            loaded = renew(tools.engine, tools.assessor.catalogue, layer_id, tools.settings)
        except GeomiljoError as error:
            failed += 1
            work.progress.say_error(error)
            documents.append({"layer": layer_id, "error": error.code})
            continue
        _tell(work, loaded)
        documents.append(_document(loaded))
    work.progress.step(len(asked.layers), len(asked.layers))
    return Outcome({"layers": documents}, failed, len(asked.layers))


def _tell(work: Work, loaded: Loaded | LoadedRaster) -> None:
    if loaded.state == "suspicious":
        message = _("{layer}: version {version} is suspicious and waits for a person; the active version stays.")
        work.progress.say(message, "warning", layer=loaded.layer, version=loaded.version)
    elif loaded.state == "rejected":
        message = _("{layer}: version {version} has been rejected before, and stays so.")
        work.progress.say(message, "warning", layer=loaded.layer, version=loaded.version)
    elif not loaded.is_new:
        message = _("{layer}: version {version} holds this content already.")
        work.progress.say(message, layer=loaded.layer, version=loaded.version)
    elif isinstance(loaded, Loaded):
        message = _("{layer}: version {version}, {stored} objects.")
        work.progress.say(message, layer=loaded.layer, version=loaded.version, stored=loaded.report.stored)
    else:
        work.progress.say(_("{layer}: version {version}."), layer=loaded.layer, version=loaded.version)


def _document(loaded: Loaded | LoadedRaster) -> dict[str, Any]:
    return {**loaded.document(), "href": f"/api/v1/layers/{loaded.layer}"}
