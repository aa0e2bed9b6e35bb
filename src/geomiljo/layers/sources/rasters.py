"""Sources of rasters: files that together are a layer, from an address, a feed, a folder or a STAC catalogue."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from geomiljo.catalogue.sources import AtomSource, FileSource, FolderSource, StacSource
from geomiljo.layers.sources.atom import AtomFeed
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

RasterSource = FileSource | AtomSource | FolderSource | StacSource
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
        scratch = Path(folder) / "answer"
        match source:
            case FileSource():
                yield _File(source, remote)
            case AtomSource():
                yield _Feed(source, remote, scratch)
            case StacSource():
                yield StacRasters(source, remote, scratch, settings.source_max_bytes)


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
        _require_data(self._remote, self._source.url)
        return None, ()

    def bring(self, folder: Path) -> list[Path]:
        return _fetched(self._remote, self._source.url, folder / "raster")


class _Feed(AtomFeed):
    """Rasters that a feed leads to, in its order."""

    def sample(self) -> tuple[int | None, tuple[str, ...]]:
        self.inventory()
        urls = [step.name for step in self.first_steps()]
        _require_data(self._remote, urls[0])
        return len(urls), tuple(PurePosixPath(urlsplit(url).path).name for url in urls)

    def bring(self, folder: Path) -> list[Path]:
        urls = [step.name for step in self.first_steps()]
        return [
            file for number, url in enumerate(urls) for file in _fetched(self._remote, url, folder / f"{number:04}")
        ]


def _require_data(remote: Remote, url: str) -> None:
    if "html" in remote.peek(Asked(url)).get("content-type", ""):
        raise no_answer(_("{address} answered with a web page instead of data."), url)


def _fetched(remote: Remote, url: str, path: Path) -> list[Path]:
    """Return the raster behind an address, or those of the archive there, by name."""
    remote.fetch(Asked(url, resumes=True), path)
    require_whole(path, url)
    if not zipfile.is_zipfile(path):
        return [path]
    unpacked = path.with_name(f"{path.name}.unpacked")
    shutil.rmtree(unpacked, ignore_errors=True)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(unpacked)
    found = sorted(file for file in unpacked.rglob("*") if file.suffix.lower() in _IN_ARCHIVES)
    if not found:
        raise no_answer(_("{address} sent an archive without a raster."), url)
    return found
