"""Harvesting: everything that a source holds, or nothing. What is not whole is not used."""

from __future__ import annotations

import hashlib
import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomiljo.database.tables import SRID
from geomiljo.layers.sources.flattened import check_areas
from geomiljo.layers.sources.folder import Entry, HarvestFolder, PageNote, definition_hash
from geomiljo.layers.sources.opening import opened
from geomiljo.layers.sources.reading import Reading
from geomiljo.layers.sources.store import all_rows, assemble, first_ones, shared_reading, write_page
from geomiljo.remote import no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Future
    from pathlib import Path

    from geomiljo.catalogue.layers import Layer
    from geomiljo.catalogue.sources import HarvestableSource
    from geomiljo.layers.sources.base import Inventory, Source, Step, Taken
    from geomiljo.settings import Settings

    Told = Callable[[int, int | None], None]

_BODY = "body"


@dataclass(frozen=True, slots=True)
class Harvested:
    """Outcome of a harvest.

    Attributes
    ----------
    path : Path or None
        A FlatGeobuf of all objects; None: the source has not changed since the state that was known.
    count : int
        Objects in it.
    is_reconciled : bool
        The source says how many objects it holds, before and after, and these are as many; or reading it to its end
        is all of it.
    address : str
        Where it came from.
    state : str or None
        Entity tag or the like, to ask the next time whether anything has changed.
    source_date : date or None
        Day of the data, where the source tells.
    definition : str
        Hash of the source definition.
    """

    path: Path | None
    count: int
    is_reconciled: bool
    address: str
    state: str | None
    source_date: dt.date | None
    definition: str


def harvest(
    layer: Layer,
    source: HarvestableSource,
    settings: Settings,
    folder: HarvestFolder,
    *,
    known_state: str | None = None,
    told: Told | None = None,
) -> Harvested:
    """Fetch all objects of a source into one file in `folder`.

    Parameters
    ----------
    folder : HarvestFolder
        From :func:`geomiljo.layers.sources.folder.held`; keeps the pages, so that a harvest that broke off goes on.
    known_state : str, optional
        State of the source that is loaded: when it is the same, nothing is fetched.
    told : callable, optional
        Called with the objects so far and the objects in all.

    Raises
    ------
    SourceUnavailable
        The source fails, changes meanwhile, or what it gave does not add up.
    """
    with opened(source, settings) as open_source:
        run = _Run(open_source, folder, told)
        before = open_source.inventory()
        if known_state is not None and before.state == known_state:
            return _outcome(open_source, source, before, None, before.count or 0)
        entries = run.to_the_end(folder.begin(before, settings.source_resume_hours), before)
        after = open_source.inventory()
        if (after.count, after.state) != (before.count, before.state):
            folder.clear()
            raise no_answer(_("{address} changed while it was read."), open_source.address)
        notes = [note for entry in entries for note in entry.pages]
        path, count = _settle(layer, open_source, folder, notes, before)
        return _outcome(open_source, source, after, path, count)


def _outcome(
    open_source: Source, source: HarvestableSource, inventory: Inventory, path: Path | None, count: int
) -> Harvested:
    return Harvested(
        path=path,
        count=count,
        is_reconciled=inventory.count is not None or open_source.ends_by_itself,
        address=open_source.address,
        state=inventory.state,
        source_date=inventory.date,
        definition=definition_hash(source),
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """The steps of one harvest; while a page is written down the next one is fetched."""

    source: Source
    folder: HarvestFolder
    told: Told | None

    def to_the_end(self, taken: list[Entry], inventory: Inventory) -> list[Entry]:
        """Take all steps that were not taken yet, and return them all in order."""
        if taken and not self._still_holds(taken):
            self.folder.clear()
            taken = self.folder.begin(inventory, 0)
        entries: list[Entry] = []
        rows = 0
        with ThreadPoolExecutor(1) as writer:
            for future in _one_behind(self._steps({entry.step: entry for entry in taken}, writer)):
                entries.append(future.result())
                rows += sum(note.rows for note in entries[-1].pages)
                if self.told is not None:
                    self.told(rows, inventory.count)
        return entries

    def _steps(self, known: Mapping[Step, Entry], writer: ThreadPoolExecutor) -> Iterator[Future[Entry]]:
        """Yield what comes of each step, known or taken now; it may still be on its way to the disk."""
        waiting = self.source.first_steps()[::-1]
        for number in itertools.count():
            if not waiting:
                return
            step = waiting.pop()
            if step in known:
                waiting += known[step].steps[::-1]
                yield writer.submit(known.__getitem__, step)
                continue
            taken = self.source.take(step, self.folder.path / f"{_BODY}{number % 2}")
            waiting += taken.steps[::-1]
            yield writer.submit(self._kept, step, taken, f"{number:06}")

    def _kept(self, step: Step, taken: Taken, name: str) -> Entry:
        entry = self._written(step, taken, name)
        self.folder.keep(entry)
        return entry

    def _still_holds(self, taken: list[Entry]) -> bool:
        """Take the first page again and compare: a source that tells no state may have changed under the same count."""
        first = next((entry for entry in taken if entry.pages), None)
        if first is None:
            return True
        again = self._written(first.step, self.source.take(first.step, self.folder.path / _BODY), "again")
        return [self._content(note) for note in first.pages] == [self._content(note) for note in again.pages]

    def _content(self, note: PageNote) -> bytes:
        return hashlib.sha256((self.folder.path / note.file).read_bytes()).digest()

    def _written(self, step: Step, taken: Taken, name: str) -> Entry:
        notes = [
            write_page(page, self.folder.path, f"{name}-{number}", self.source, step.name)
            for number, page in enumerate(taken.pages)
        ]
        rows = sum(note.rows for note in notes)
        if step.expected is not None and step.is_page and rows != step.expected:
            raise no_answer(
                _("{address} gave {count} objects where it says there are {expected}."),
                self.source.address,
                count=rows,
                expected=step.expected,
            )
        return Entry(step, notes, taken.steps)


def _one_behind(futures: Iterator[Future[Entry]]) -> Iterator[Future[Entry]]:
    """Yield each when the next has been begun."""
    before = next(futures, None)
    for future in futures:
        yield before  # type: ignore[misc]  # there is one
        before = future
    if before is not None:
        yield before


def _settle(
    layer: Layer, source: Source, folder: HarvestFolder, notes: list[PageNote], inventory: Inventory
) -> tuple[Path, int]:
    """Write what was fetched to one file, if it adds up."""
    chosen = all_rows(notes) if source.ends_by_itself else first_ones(folder.path, notes)
    count = int(sum(mask.sum() for mask in chosen))
    if inventory.count is not None and count != inventory.count:
        folder.clear()
        raise no_answer(
            _("{address} says that it holds {expected} objects, but gave {count} different ones."),
            source.address,
            expected=inventory.count,
            count=count,
        )
    reading = shared_reading(notes, source.address) or Reading(f"EPSG:{source.crs or SRID}", swapped=False)
    check_areas(layer, source.address, folder.path, notes, reading)
    path = folder.path / f"{layer.id}.fgb"
    assemble(folder.path, notes, chosen, reading, path)
    return path, count
