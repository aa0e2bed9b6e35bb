"""Tables as CSV that people open in spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a table as CSV: UTF-8 with a mark, lines ended by CRLF.

    Null is empty, lists and mappings are JSON, and texts that a spreadsheet would take for a formula begin with an
    apostrophe.

    Examples
    --------
    >>> csv_table(["a", "b"], [[None, "=1+1"], [2.5, ["x", 1]]]).decode("utf-8-sig").splitlines()
    ['a,b', ",'=1+1", '2.5,"[""x"",1]"']
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    if isinstance(value, (list, tuple, dict)):
        return orjson.dumps(value).decode()
    if isinstance(value, str) and value.startswith(_FORMULA) and len(value) > 1:
        return f"'{value}"
    return value
