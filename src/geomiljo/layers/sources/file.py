"""A file behind an address: conditional, resumable, and whole."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from geomiljo.layers.sources.base import Inventory, Step, Taken
from geomiljo.layers.sources.tables import file_pages, named_by_content, require_whole
from geomiljo.remote import Asked

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from geomiljo.catalogue.sources import FileSource
    from geomiljo.remote import Remote


class RemoteFile:
    """A file that is downloaded."""

    ends_by_itself = True

    def __init__(self, source: FileSource, remote: Remote) -> None:
        self.address = source.url
        self.crs = source.crs
        self._source = source
        self._remote = remote

    def inventory(self) -> Inventory:
        """Return the entity tag, and the day on which the file was made."""
        headers = self._remote.peek(Asked(self._source.url))
        return Inventory(None, headers.get("etag") or headers.get("last-modified"), _day(headers.get("last-modified")))

    def first_steps(self) -> list[Step]:
        """Return the download."""
        return [Step(self._source.url)]

    def take(self, step: Step, path: Path) -> Taken:
        """Download the file; a download that broke off goes on."""
        return download(self._remote, step.name, path, self.address, self._source.tables)


def download(remote: Remote, url: str, path: Path, address: str, tables: Sequence[str]) -> Taken:
    """Download a file and return its objects; `address` is what people are told."""
    answer = remote.fetch(Asked(url, resumes=True), path)
    require_whole(answer.path, address)
    return Taken(file_pages(named_by_content(answer.path), address, tables))


def _day(text: str | None) -> dt.date | None:
    try:
        return parsedate_to_datetime(text).date() if text else None
    except ValueError:
        return None
