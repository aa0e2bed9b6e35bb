"""Files in a folder of this machine."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from geomiljo.layers.sources.base import Inventory, Step, Taken
from geomiljo.layers.sources.tables import file_pages, require_whole
from geomiljo.remote import no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from geomiljo.catalogue.sources import FolderSource


class LocalFolder:
    """Files that together are a layer."""

    ends_by_itself = True

    def __init__(self, source: FolderSource) -> None:
        self.address = source.path
        self.crs = source.crs
        self._source = source

    def inventory(self) -> Inventory:
        """Return a state that is another when a file is added, removed or written."""
        facts = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in self.files()]
        return Inventory(None, hashlib.sha256(repr(facts).encode()).hexdigest()[:32])

    def first_steps(self) -> list[Step]:
        """Return the files."""
        return [Step(path.name) for path in self.files()]

    def take(self, step: Step, path: Path) -> Taken:
        """Read a file."""
        file = Path(self._source.path) / step.name
        require_whole(file, self.address)
        return Taken(file_pages(file, self.address, self._source.tables))

    def files(self) -> list[Path]:
        """Return the files, by name.

        Raises
        ------
        SourceUnavailable
            There are none.
        """
        files = sorted(path for path in Path(self._source.path).glob(self._source.pattern) if path.is_file())
        if not files:
            raise no_answer(_("{address} holds no files named {pattern}."), self.address, pattern=self._source.pattern)
        return files
