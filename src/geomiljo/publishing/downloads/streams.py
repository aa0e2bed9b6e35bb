"""The formats that are sent while the database finds the features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomiljo.publishing.downloads.jsonfg import JSONFG_MEDIA_TYPE, jsonfg_document
from geomiljo.publishing.downloads.table import csv_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from geomiljo.publishing.downloads.rows import Download


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """A format that is written piece by piece.

    Attributes
    ----------
    pieces : callable
        Yields the document of a download.
    """

    media_type: str
    extension: str
    title: str
    pieces: Callable[[Connection, Download], Iterator[bytes]]


STREAMS: Mapping[str, StreamFormat] = {
    "csv": StreamFormat("text/csv; charset=utf-8", "csv", "CSV", csv_rows),
    "jsonfg": StreamFormat(JSONFG_MEDIA_TYPE, "fg.json", "JSON-FG", jsonfg_document),
}
