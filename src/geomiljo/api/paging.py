"""Paging by key: each page names the next by the place where it ended, so that new rows neither repeat nor hide any."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import uuid
from typing import Annotated, Any, get_args

import orjson
from fastapi import Query, Request

from geomiljo.errors import InputError
from geomiljo.plans.listing import SortKey
from geomiljo.texts import mark as _

MOST_ON_A_PAGE = 200
Limit = Annotated[int, Query(ge=1, le=MOST_ON_A_PAGE, description="Most items on the page")]
Cursor = Annotated[str | None, Query(max_length=2_000, description="Where the page begins: from `next` of the last")]
_READ_AS: dict[str, Any] = {
    "changedAt": dt.datetime.fromisoformat,
    "createdAt": dt.datetime.fromisoformat,
    "answerBy": dt.date.fromisoformat,
    "name": str,
    "designation": str,
    "deadline": dt.date.fromisoformat,
    "severity": int,
    "changed": dt.datetime.fromisoformat,
}


def sort_of(text: str) -> tuple[SortKey, bool]:
    """Return key and direction of ``sort=key`` or ``sort=-key``.

    Examples
    --------
    >>> sort_of("-changedAt")
    ('changedAt', True)

    Raises
    ------
    InputError
        There is no such key.
    """
    name = text.removeprefix("-")
    for key in get_args(SortKey):
        if key == name:
            return key, text.startswith("-")
    raise InputError(
        _("Plans are not sorted by {key}."),
        remedy=_("Use one of {keys}, with - before it for the other direction."),
        location="sort",
        key=name[:40],
        keys=", ".join(get_args(SortKey)),
    )


def cursor_of(sort: str, place: tuple[Any, uuid.UUID]) -> str:
    """Return a place in a list as an opaque text."""
    return base64.urlsafe_b64encode(orjson.dumps([sort, *place])).decode().rstrip("=")


def place_of(cursor: str | None, sort: str) -> tuple[Any, uuid.UUID] | None:
    """Return the place that :func:`cursor_of` wrote.

    Examples
    --------
    >>> here = ("Björkby", uuid.UUID(int=7))
    >>> place_of(cursor_of("-name", here), "-name") == here
    True

    Raises
    ------
    InputError
        It is no place in a list of this order.
    """
    if cursor is None:
        return None
    try:
        written, value, row = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
        if written == sort:
            return _READ_AS[sort.removeprefix("-")](value), uuid.UUID(row)
    except (binascii.Error, ValueError, TypeError, AttributeError):
        pass
    raise InputError(
        _("The cursor does not belong to this list."),
        remedy=_("Take it unchanged from the page before, and ask with the same sort."),
        location="cursor",
    )


def next_link(request: Request, cursor: str | None) -> str | None:
    """Return the address of the next page, relative to the host; None where there is none."""
    if cursor is None:
        return None
    address = request.url.include_query_params(cursor=cursor)
    return f"{address.path}?{address.query}"
