"""Where a page of features ends and the next begins, as an opaque text."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson

from geomiljo.errors import InvalidQuery
from geomiljo.texts import mark as _


@dataclass(frozen=True, slots=True)
class Place:
    """The row after which a page begins.

    Attributes
    ----------
    version : str
        Of the layer that paging began with; empty for collections that are read as they are.
    order : str
        ``sortby`` of the page before.
    values : tuple
        Values of the sorted properties and of the key.
    matched : int or None
        Number of features that was counted on the first page.
    is_before : bool
        The page ends before the row instead.
    """

    version: str
    order: str
    values: tuple[Any, ...]
    matched: int | None = None
    is_before: bool = False

    def text(self) -> str:
        """Return the place as an opaque text."""
        told = [self.version, self.order, list(self.values), self.matched, self.is_before]
        return base64.urlsafe_b64encode(orjson.dumps(told, default=str)).decode().rstrip("=")


def read_place(text: str, order: str) -> Place:
    """Return the place that :meth:`Place.text` wrote; values as JSON has them.

    Raises
    ------
    InvalidQuery
        It is no place in a list of this order.

    Examples
    --------
    >>> read_place(Place("7", "", (12,), 40).text(), "")
    Place(version='7', order='', values=(12,), matched=40, is_before=False)
    """
    try:
        told = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
        version, written, values, matched, is_before = told
        known = isinstance(version, str) and isinstance(values, list) and isinstance(matched, int | None)
        if known and written == order:
            return Place(version, order, tuple(values), matched, bool(is_before))
    except (binascii.Error, ValueError, TypeError):
        pass
    raise InvalidQuery(
        _("The cursor does not belong to this list."),
        remedy=_("Take it unchanged from the page before, and ask with the same sort."),
        location="cursor",
    )
