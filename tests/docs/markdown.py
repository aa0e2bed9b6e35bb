"""Reading tables and code blocks out of the project's documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of code and the line that it begins on."""

    text: str
    line: int


def tables(path: Path) -> dict[str, list[dict[str, str]]]:
    """Return the tables of a document by the heading that they stand under: one mapping for each row."""
    found: dict[str, list[dict[str, str]]] = {}
    heading = ""
    columns: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        if not line.startswith("|"):
            columns = []
        elif not columns:
            columns = _cells(line)
        elif set(line) - set("|-: "):
            found.setdefault(heading, []).append(dict(zip(columns, _cells(line), strict=True)))
    return found


def blocks(path: Path, language: str) -> Iterator[Block]:
    """Yield the fenced blocks of a document that are marked with `language`."""
    text = path.read_text(encoding="utf-8")
    for match in _FENCE.finditer(text):
        if match.group(1) == language:
            yield Block(match.group(2), text.count("\n", 0, match.start(2)) + 1)


def code(cell: str) -> list[str]:
    """Return what a cell has in backticks."""
    return _CODE.findall(cell)


def _cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in _CELL_BORDER.split(line.strip())[1:-1]]
