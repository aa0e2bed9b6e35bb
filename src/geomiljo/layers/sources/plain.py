"""Values in requests."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geomiljo.catalogue.sources import Value


def plain(value: Value) -> str:
    """Return a value as text; a date without a time, which services choke on.

    Examples
    --------
    >>> plain(dt.date(2026, 3, 1)), plain(5)
    ('2026-03-01', '5')
    """
    return value.isoformat() if isinstance(value, dt.date) else str(value)
