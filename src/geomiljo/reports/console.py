"""Where text for the terminal goes, and the form of its tables."""

from __future__ import annotations

import shutil
import sys

from rich.console import Console
from rich.table import Table

_PLAIN_WIDTH = 110


def new_console() -> Console:
    """Return a console on standard output; text that is piped gets a fixed width and no colours."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PLAIN_WIDTH
    return Console(file=sys.stdout, width=max(60, width), highlight=False, markup=False, emoji=False)


def new_table(*columns: tuple[str, str]) -> Table:
    """Return an empty table of columns, each a heading and ``left`` or ``right``."""
    has_heads = any(name for name, _justify in columns)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=has_heads)
    for name, justify in columns:
        table.add_column(name, justify=justify, header_style="dim", overflow="fold")  # type: ignore[arg-type]
    return table
