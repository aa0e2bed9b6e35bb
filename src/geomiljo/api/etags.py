"""Entity tags: what a change is a change of, and answers that the asker has already."""

from __future__ import annotations

import re

from fastapi import Request

from geomiljo.errors import RevisionRequired, StaleRevision
from geomiljo.texts import mark as _

_TAG = re.compile(r'(W/)?"([^"]*)"')


def etag_of(revision: int | str) -> str:
    """Return the entity tag of a revision.

    Examples
    --------
    >>> etag_of(3)
    '"3"'
    """
    return f'"{revision}"'


def expected_revision(request: Request) -> int | None:
    """Return the revision that ``If-Match`` names; None: any, by ``*``.

    Raises
    ------
    RevisionRequired
        There is no such header.
    StaleRevision
        It names no revision.
    """
    given = request.headers.get("if-match")
    if given is None:
        raise RevisionRequired(
            _("The request does not say which revision it changes."),
            remedy=_("Send the ETag of the answer that you read as If-Match."),
        )
    if given.strip() == "*":
        return None
    numbers = [int(tag) for weak, tag in _TAG.findall(given) if not weak and re.fullmatch(r"[0-9]{1,9}", tag)]
    if len(numbers) != 1:
        raise StaleRevision(
            _("If-Match names no revision: {given}."),
            remedy=_("Send the ETag of the answer that you read as If-Match."),
            given=given[:80],
        )
    return numbers[0]


def is_known(request: Request, etag: str) -> bool:
    """Return whether ``If-None-Match`` says that the asker has this answer already."""
    given = request.headers.get("if-none-match", "")
    return given.strip() == "*" or etag.strip('"') in (tag for _weak, tag in _TAG.findall(given))
