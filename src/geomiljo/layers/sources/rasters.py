"""Sources of rasters: files that together are a layer, from an address, a folder or a STAC catalogue."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from geomiljo.catalogue.sources import FileSource, FolderSource, StacSource
from geomiljo.layers.sources.file import RemoteFile
from geomiljo.layers.sources.local import LocalFolder
from geomiljo.layers.sources.stac_tiles import StacRasters
from geomiljo.layers.sources.tables import require_whole
from geomiljo.remote import Asked, Remote, no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomiljo.layers.sources.base import Inventory
    from geomiljo.settings import Settings

RasterSource = FileSource | FolderSource | StacSource
_IN_ARCHIVES = {".tif", ".tiff", ".img", ".asc"}


class Rasters(Protocol):
    """A source that is open."""

    address: str
    """What people are told; no secrets."""

    def inventory(self) -> Inventory:
        """Return what the source says that it holds now."""

    def sample(self) -> tuple[int | None, tuple[str, ...]]:
        """Return how many rasters or items there are, and the names of files; nothing large is fetched."""

    def bring(self, folder: Path) -> list[Path]:
        """Return the files on this machine; where they overlap, what comes later lies on top."""


@contextmanager
def opened_rasters(source: RasterSource, settings: Settings) -> Iterator[Rasters]:
    """Open a source, and close it at the end."""
    if isinstance(source, FolderSource):
        yield _Folder(source)
        return
    with Remote(settings, source.credentials) as remote, tempfile.TemporaryDirectory(prefix="geomiljo-") as folder:
        if isinstance(source, FileSource):
            yield _File(source, remote)
        else:
            yield StacRasters(source, remote, Path(folder) / "answer", settings.source_max_bytes)


class _Folder(LocalFolder):
    """Rasters in a folder, by name."""

    def sample(self) -> tuple[int | None, tuple[str, ...]]:
        names = tuple(file.name for file in self.files())
        return len(names), names

    def bring(self, folder: Path) -> list[Path]:
        return self.files()


class _File(RemoteFile):
    """A raster, or an archive of rasters, which are taken by name."""

    def sample(self) -> tuple[int | None, tuple[str, ...]]:
        if "html" in self._remote.peek(Asked(self._source.url)).get("content-type", ""):
            raise no_answer(_("{address} answered with a web page instead of data."), self.address)
        return None, ()

    def bring(self, folder: Path) -> list[Path]:
        path = self._remote.fetch(Asked(self._source.url, resumes=True), folder / "raster").path
        require_whole(path, self.address)
        if not zipfile.is_zipfile(path):
            return [path]
        unpacked = folder / "unpacked"
        shutil.rmtree(unpacked, ignore_errors=True)
        with zipfile.ZipFile(path) as archive:
            archive.extractall(unpacked)
        found = sorted(file for file in unpacked.rglob("*") if file.suffix.lower() in _IN_ARCHIVES)
        if not found:
            raise no_answer(_("{address} sent an archive without a raster."), self.address)
        return found
