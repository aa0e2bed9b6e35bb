"""The Swedish texts of the map page as long as they wait in `maps/sv_texts.txt`, and which texts there are."""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import geomiljo
from geomiljo.resources import shipped

PACKAGE = Path(geomiljo.__file__).parent
WAITING = shipped("maps") / "sv_texts.txt"
ARROW, BAR = " => ", " ## "
_KEYWORDS = {"_": None, "mark": None, "plural": (1, 2), "ngettext": (1, 2)}


def templates() -> Iterator[str | tuple[str, ...]]:
    """Yield every text of the map page in English; those of two numbers as a pair."""
    code = extract_from_dir(PACKAGE / "maps", [("**.py", "python")], keywords=_KEYWORDS)
    pages = extract_from_dir(shipped("maps") / "templates", [("**.html", "jinja2")], keywords=_KEYWORDS)
    for _file, _line, message, _comments, _context in (*code, *pages):
        yield tuple(message) if isinstance(message, list | tuple) else message


def swedish_messages() -> Catalog:
    """Return the Swedish texts, the waiting ones laid over the others."""
    path = PACKAGE / "locale" / "sv" / "LC_MESSAGES" / "geomiljo.po"
    catalogue = Catalog(locale="sv")
    if path.is_file():
        with path.open("rb") as source:
            catalogue = read_po(source, locale="sv")
    if WAITING.is_file():
        for line in WAITING.read_text("utf-8").splitlines():
            if ARROW in line and not line.startswith("#"):
                english, text = line.split(ARROW)
                plural = BAR in english
                catalogue.add(
                    tuple(english.split(BAR)) if plural else english, tuple(text.split(BAR)) if plural else text
                )
    return catalogue


def swedish() -> gettext.NullTranslations:
    """Return the Swedish texts as they are used."""
    compiled = io.BytesIO()
    write_mo(compiled, swedish_messages())
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
