"""The folder of a harvest: pages on disk and a journal of the steps that were taken, so that it can be continued."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import orjson

from geomiljo.errors import Conflict
from geomiljo.layers.sources.base import Inventory, Step
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from geomiljo.catalogue.sources import HarvestableSource, StacSource

_SECONDS_PER_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class PageNote:
    """What is remembered of a page on disk.

    Attributes
    ----------
    file : str
        Name within the folder.
    rows : int
    crs : str or None
        What the page says of its coordinates.
    reading : tuple of str and bool or None
        How its coordinates must be read; None: no reading puts them into Sweden.
    """

    file: str
    rows: int
    crs: str | None
    reading: tuple[str, bool] | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A step that was taken, with what came of it."""

    step: Step
    pages: list[PageNote]
    steps: list[Step]


class HarvestFolder:
    """Folder of one layer and one source definition; whoever holds it is alone in it.

    Parameters
    ----------
    path : Path
        Made by :func:`held`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._journal = path / "journal"

    def begin(self, inventory: Inventory, resume_hours: float) -> list[Entry]:
        """Return what was taken from this very state of the source not long ago; anything else is removed.

        A source that says nothing about its state beyond a count is taken for the same only for a short time: as long
        as one harvest in one go may take.
        """
        told = orjson.dumps(_plain(inventory))
        if self._journal.exists():
            lines = self._journal.read_bytes().split(b"\n")
            age_s = time.time() - float(self._journal.stat().st_mtime)
            if lines[0] == told and age_s < resume_hours * _SECONDS_PER_HOUR:
                return [_entry(line) for line in lines[1:-1]]
        self.clear()
        self._journal.write_bytes(told + b"\n")
        return []

    def keep(self, entry: Entry) -> None:
        """Write down a step; its pages are on disk already."""
        document = {
            "step": entry.step.document(),
            "pages": [asdict(page) for page in entry.pages],
            "steps": [step.document() for step in entry.steps],
        }
        with self._journal.open("ab") as file:
            file.write(orjson.dumps(document) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def clear(self) -> None:
        """Remove everything but the lock."""
        for path in self.path.iterdir():
            if path.name == "lock":
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _plain(inventory: Inventory) -> dict[str, Any]:
    return {"count": inventory.count, "state": inventory.state}


def _entry(line: bytes) -> Entry:
    document = orjson.loads(line)
    notes = [
        PageNote(page["file"], page["rows"], page["crs"], tuple(page["reading"]) if page["reading"] else None)
        for page in document["pages"]
    ]
    return Entry(Step.of(document["step"]), notes, [Step.of(step) for step in document["steps"]])


def definition_hash(source: HarvestableSource | StacSource) -> str:
    """Return a hash of what decides what a harvest brings; comments and dates do not."""
    said = source.model_dump_json(exclude={"comment", "status", "as_of", "coverage", "licence"})
    return hashlib.sha256(said.encode()).hexdigest()[:16]


@contextmanager
def held(state_dir: Path, layer_id: str, source: HarvestableSource | StacSource) -> Iterator[HarvestFolder]:
    """Hold the folder of a layer and a source; nobody else can at the same time.

    Raises
    ------
    Conflict
        Another process harvests this layer from this source now.
    """
    path = (state_dir / "harvest" / layer_id / definition_hash(source)).resolve()
    path.mkdir(parents=True, exist_ok=True)
    with (path / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                _("Layer {layer} is being harvested from this source by another process."),
                remedy=_("Wait until it is done."),
                layer=layer_id,
            ) from error
        yield HarvestFolder(path)
