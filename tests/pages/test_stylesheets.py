"""Stylesheets say nothing that no page asks for."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHEETS = sorted((ROOT / "maps" / "static").glob("*.css"))
OF_LIBRARIES = ("leaflet-", "folium-", "marker-cluster")
PUT_IN = r"(?:\{|\$\{|[\"'`]\s*[+~])"
"""What stands behind the beginning of a class whose end is worked out: a template's, a script's or Python's place."""


def sources() -> str:
    """Return everything that makes pages and maps."""
    paths = [
        *(ROOT / "maps" / "templates").rglob("*.html"),
        *(ROOT / "maps" / "static").glob("*.js"),
        *(path for room in ("maps", "pages", "api") for path in (ROOT / "src" / "geomiljo" / room).rglob("*.py")),
    ]
    return "\n".join(path.read_text("utf-8") for path in paths)


def styled() -> set[str]:
    """Return the classes that rules name."""
    sheets = (re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.S) for sheet in SHEETS)
    rules = (rule for sheet in sheets for rule in re.findall(r"([^{}]+)\{", sheet))
    return {name for rule in rules for name in re.findall(r"\.([a-zA-Z][\w-]*)", rule)}


def test_every_class_that_is_styled_is_used() -> None:
    text = sources()
    words, beginnings = set(re.findall(r"[\w-]+", text + text.lower())), set(re.findall(rf"([\w-]+-){PUT_IN}", text))
    made = {
        name
        for name in styled()
        for start in beginnings
        if name.startswith(start) and words.issuperset(name[len(start) :].split("-"))
    } | {name for name in styled() if name.rstrip("0123456789") in set(re.findall(r"\b([a-z]+)\{\{", text))}
    assert sorted(name for name in styled() - words - made if not name.startswith(OF_LIBRARIES)) == []


def test_every_step_of_the_matrix_has_its_colour() -> None:
    """Five steps; the lowest is white as the page."""
    assert {"q1", "q2", "q3", "q4", "qf0", "qf1", "qf2", "qf3", "qf4"} <= styled()
