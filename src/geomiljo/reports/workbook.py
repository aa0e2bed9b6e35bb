"""Workbooks for spreadsheet programs: tables, each on a sheet of its own."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import xlsxwriter

from geomiljo.texts import translate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from geomiljo.texts import Language

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_LONGEST_SHEET_NAME = 31
_LONGEST_CELL = 32_767
_RESERVED = "history"


class Workbook:
    """A workbook. All text is written as text, never as a formula or a link.

    Parameters
    ----------
    created : datetime
        When what it tells was so; the same content then gives the same file.
    """

    def __init__(self, title: str, created: dt.datetime, language: Language, comments: str = "") -> None:
        self._target = io.BytesIO()
        options = {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False}
        self._workbook: Any = xlsxwriter.Workbook(self._target, options)
        self._workbook.set_properties({"title": title, "created": created.replace(tzinfo=None), "comments": comments})
        self._language = language
        self._taken: set[str] = set()
        self._bold = self._workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._wrapped = self._workbook.add_format({"text_wrap": True, "valign": "top"})
        self._number = self._workbook.add_format({"num_format": "#,##0.0", "valign": "top"})

    def add(self, name: str, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Add a table on a sheet; headings are marked texts."""
        sheet = self._workbook.add_worksheet(sheet_name(name, self._taken))
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, translate(heading, self._language), self._bold)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                self._write(sheet, number, column, value)
        if rows:
            sheet.autofilter(0, 0, len(rows), len(headings) - 1)
        sheet.autofit(max_width=400)

    def _write(self, sheet: Any, row: int, column: int, value: Any) -> None:
        if isinstance(value, float):
            sheet.write_number(row, column, value, self._number)
        elif isinstance(value, int):
            sheet.write_number(row, column, value, self._wrapped)
        elif value:
            sheet.write_string(row, column, str(value)[:_LONGEST_CELL], self._wrapped)

    def content(self) -> bytes:
        """Close the workbook and return the file."""
        self._workbook.close()
        return self._target.getvalue()


def sheet_name(wanted: str, taken: set[str]) -> str:
    """Return a name that spreadsheets take for a sheet, and note it as taken.

    Examples
    --------
    >>> taken: set[str] = set()
    >>> sheet_name("Vatten: sjöar/åar", taken), sheet_name("vatten  sjöar åar", taken)
    ('Vatten sjöar åar', 'vatten sjöar åar (2)')
    """
    plain = " ".join(_NOT_IN_SHEET_NAMES.sub(" ", wanted).split()).strip("' ")[:_LONGEST_SHEET_NAME].rstrip("' ")
    if not plain or plain.casefold() == _RESERVED:
        plain = f"{plain}_"
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        ending = f" ({number})"
        name = plain[: _LONGEST_SHEET_NAME - len(ending)] + ending
    taken.add(name.casefold())
    return name
