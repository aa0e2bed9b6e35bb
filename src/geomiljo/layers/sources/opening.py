"""Opening a source by its protocol."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from geomiljo.catalogue.sources import (
    ArcgisSource,
    AtomSource,
    FileSource,
    FolderSource,
    OgcFeaturesSource,
    PostgisSource,
    WfsSource,
)
from geomiljo.layers.sources.arcgis import Arcgis
from geomiljo.layers.sources.atom import AtomFeed
from geomiljo.layers.sources.file import RemoteFile
from geomiljo.layers.sources.local import LocalFolder
from geomiljo.layers.sources.ogc_features import OgcFeatures
from geomiljo.layers.sources.postgis import PostgisTable
from geomiljo.layers.sources.wfs import Wfs
from geomiljo.remote import Remote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomiljo.catalogue.sources import HarvestableSource
    from geomiljo.layers.sources.base import Source
    from geomiljo.settings import Settings


@contextmanager
def opened(source: HarvestableSource, settings: Settings) -> Iterator[Source]:
    """Open a source, and close it at the end."""
    if isinstance(source, FolderSource):
        yield LocalFolder(source)
        return
    if isinstance(source, PostgisSource):
        with PostgisTable.connected(source, settings) as table:
            yield table
        return
    with Remote(settings, source.credentials) as remote, tempfile.TemporaryDirectory(prefix="geomiljo-") as folder:
        scratch = Path(folder) / "answer"
        match source:
            case WfsSource():
                yield Wfs(source, remote, scratch)
            case OgcFeaturesSource():
                yield OgcFeatures(source, remote, scratch)
            case ArcgisSource():
                yield Arcgis(source, remote, scratch)
            case FileSource():
                yield RemoteFile(source, remote)
            case AtomSource():
                yield AtomFeed(source, remote, scratch)
