"""What a foreign service answered, and what is told when it is no answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import orjson

from geomiljo.errors import SourceUnavailable
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HTML = (b"<!doctype html", b"<html")
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that has arrived whole.

    Attributes
    ----------
    address : str
        What was asked, without its query: that may hold secrets.
    status : int
    headers : mapping
        Names in lower case.
    path : Path
        File that holds the body.
    """

    address: str
    status: int
    headers: Mapping[str, str]
    path: Path

    @property
    def state(self) -> str | None:
        """The entity tag, else the time of the last change, else nothing: what changes when the content does."""
        return self.headers.get("etag") or self.headers.get("last-modified")

    def body(self) -> bytes:
        """Return the body; for answers that are known to be small, or pages."""
        return self.path.read_bytes()

    def json(self) -> Any:
        """Return the body as JSON.

        Raises
        ------
        SourceUnavailable
            It is none, or cut off.
        """
        try:
            return orjson.loads(self.body())
        except orjson.JSONDecodeError as error:
            raise no_answer(
                _("{address} answered with something that is no JSON, or cut off: {reason}."),
                self.address,
                reason=error,
            ) from error

    def refuse_html(self) -> None:
        """Refuse a page for people, which services show when something is wrong.

        Raises
        ------
        SourceUnavailable
            The body is HTML.
        """
        with self.path.open("rb") as file:
            head = file.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if head.startswith(_HTML):
            raise no_answer(_("{address} answered with a web page instead of data."), self.address)


def without_query(address: str) -> str:
    """Return an address that can be shown: no query, no user.

    Examples
    --------
    >>> without_query("https://anna:secret@example.se/wfs?key=1")
    'https://example.se/wfs'
    """
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def at_home(link: str, address: str) -> str:
    """Return a link of an answer, unless it leads to another host: the credentials are not for that one.

    Raises
    ------
    SourceUnavailable
        It does.
    """
    if urlsplit(link).netloc != urlsplit(address).netloc:
        raise no_answer(_("{address} sends on to another host."), address)
    return link


def no_answer(message: str, address: str, **params: Any) -> SourceUnavailable:
    """Return the error of a source that did not answer as it should.

    Parameters
    ----------
    message : str
        Marked template with a place for `address`.
    """
    return SourceUnavailable(
        message,
        remedy=_("What was loaded before stays in use. Try again later; geomiljo layer probe tests a source."),
        address=without_query(address),
        **{name: str(value)[:_SHOWN] for name, value in params.items()},
    )
