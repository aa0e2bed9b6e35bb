"""Atom feeds, by which authorities offer files for download: the feed is followed to the files that are the layer."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree as ET

from geomiljo.layers.sources.base import Inventory, Step
from geomiljo.layers.sources.file import download
from geomiljo.remote import Asked, at_home, no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from geomiljo.catalogue.sources import AtomSource
    from geomiljo.layers.sources.base import Taken
    from geomiljo.remote import Remote

_ATOM = "{http://www.w3.org/2005/Atom}"
_FEED = "application/atom+xml"
_FILE_RELATIONS = {"alternate", "enclosure", "section"}
_NO_FILES = {"text/html", "application/xml", "text/xml", "application/opensearchdescription+xml"}
_DEEPEST = 2
"""A feed of the service, and one of the data set."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of a feed: its title, when it was changed, the feeds it leads to, and its files with their relation."""

    title: str
    updated: str
    feeds: tuple[str, ...]
    files: tuple[tuple[str, str], ...]


class AtomFeed:
    """Files that a feed leads to."""

    ends_by_itself = True

    def __init__(self, source: AtomSource, remote: Remote, scratch: Path) -> None:
        self.address = source.url
        self.crs = source.crs
        self._source = source
        self._remote = remote
        self._scratch = scratch
        self._files: list[str] = []

    def inventory(self) -> Inventory:
        """Return a state that is another when the feed names other files or days, and the latest of the days."""
        entries = list(self._entries(self._source.url, 1))
        chosen = self._chosen(entries)
        self._files = [self._allowed(url) for entry in chosen for url in self._files_of(entry)]
        facts = [(entry.updated, *self._files_of(entry)) for entry in chosen]
        days = [day for entry in chosen if (day := _day(entry.updated)) is not None]
        state = hashlib.sha256(repr(facts).encode()).hexdigest()[:32]
        return Inventory(None, state if len(days) == len(chosen) else None, max(days, default=None))

    def first_steps(self) -> list[Step]:
        """Return the downloads."""
        return [Step(url) for url in self._files]

    def take(self, step: Step, path: Path) -> Taken:
        """Download a file; a download that broke off goes on."""
        return download(self._remote, step.name, path, self.address, self._source.tables)

    def _entries(self, url: str, depth: int) -> Iterator[_Entry]:
        """Yield the entries of the feed, those that lead to a wanted feed replaced by its entries."""
        for entry in _read(self._remote.fetch(Asked(url, {}, {"Accept": _FEED}), self._scratch).body(), url):
            if entry.feeds and depth < _DEEPEST and self._is_wanted(entry):
                for feed in entry.feeds:
                    yield from self._entries(self._allowed(feed), depth + 1)
            else:
                yield entry

    def _is_wanted(self, entry: _Entry) -> bool:
        return self._source.entry is None or fnmatch(entry.title.casefold(), self._source.entry.casefold())

    def _chosen(self, entries: Sequence[_Entry]) -> list[_Entry]:
        offered = [entry for entry in entries if self._named(entry)] or [entry for entry in entries if entry.files]
        chosen = [entry for entry in offered if self._is_wanted(entry)] or list(offered if len(offered) == 1 else ())
        if not chosen or (self._source.entry is None and len(chosen) > 1):
            raise no_answer(
                _("{address} offers {found}; the source must say by `entry` which is meant."),
                self.address,
                found="; ".join(entry.title for entry in entries) or "-",
            )
        return chosen

    def _files_of(self, entry: _Entry) -> list[str]:
        """Return the file of an entry, or its sections, which are one file in parts."""
        named = self._named(entry)
        if not named or (len(named) > 1 and {relation for _url, relation in named} != {"section"}):
            raise no_answer(
                _("{address} offers the files {found}; the source must say by `file` which is meant."),
                self.address,
                found=", ".join(_name(url) for url, _relation in entry.files),
            )
        return [url for url, _relation in named]

    def _named(self, entry: _Entry) -> list[tuple[str, str]]:
        return [pair for pair in entry.files if fnmatch(_name(pair[0]), (self._source.file or "*").casefold())]

    def _allowed(self, url: str) -> str:
        return at_home(url, self.address) if self._source.credentials else url


def _read(body: bytes, address: str) -> Iterator[_Entry]:
    """Yield the entries of a feed; one with a document type of its own is refused, for what it could expand to."""
    if b"<!DOCTYPE" in body:
        raise no_answer(_("{address} is no Atom feed: {reason}."), address, reason="DOCTYPE")
    try:
        feed = ET.fromstring(body)  # noqa: S314 - nothing is expanded without a document type
    except ET.ParseError as error:
        raise no_answer(_("{address} is no Atom feed: {reason}."), address, reason=error) from error
    if feed.tag != f"{_ATOM}feed":
        raise no_answer(_("{address} is no Atom feed: {reason}."), address, reason=feed.tag)
    for entry in feed.iterfind(f"{_ATOM}entry"):
        links = [
            (urljoin(address, link.get("href", "")), link.get("rel", "alternate"), link.get("type", ""))
            for link in entry.iterfind(f"{_ATOM}link")
            if link.get("href")
        ]
        yield _Entry(
            title=" ".join((entry.findtext(f"{_ATOM}title") or "").split()),
            updated=(entry.findtext(f"{_ATOM}updated") or "").strip(),
            feeds=tuple(url for url, relation, kind in links if relation == "alternate" and kind.startswith(_FEED)),
            files=tuple(
                (url, relation)
                for url, relation, kind in links
                if relation in _FILE_RELATIONS and not kind.startswith(_FEED) and kind not in _NO_FILES
            ),
        )


def _name(url: str) -> str:
    return PurePosixPath(unquote(urlsplit(url).path)).name.casefold()


def _day(text: str) -> dt.date | None:
    try:
        return dt.datetime.fromisoformat(text).date()
    except ValueError:
        return None
