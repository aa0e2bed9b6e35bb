"""The Swedish texts: `python tools/texts.py` brings the .po file up to the texts in the code and in the templates.

New texts are added untranslated, texts that are no longer used go. With ``--check`` nothing is written: the faults
are listed, and the program ends with 1 where there are any.
"""

from __future__ import annotations

import argparse
import string
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PO_FILE = ROOT / "src" / "geomiljo" / "locale" / "sv" / "LC_MESSAGES" / "geomiljo.po"
SOURCES = (("src/geomiljo", "**.py", "python"), ("maps/templates", "**.html", "jinja2"))
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "mark": None, "plural": (1, 2), "ngettext": (1, 2)}


def extracted() -> Catalog:
    """Return the English texts of the code and of the templates, with the files that hold them."""
    catalogue = Catalog()
    for folder, pattern, kind in SOURCES:
        found = extract_from_dir(ROOT / folder, [(pattern, kind)], keywords=KEYWORDS)
        for file, line, message, _comments, _context in sorted(found, key=lambda item: item[:2]):
            catalogue.add(message, locations=[(f"{folder}/{file}", line)])
    return catalogue


def translated() -> Catalog:
    """Return the Swedish texts."""
    with PO_FILE.open("rb") as source:
        return read_po(source, locale="sv")


def update() -> None:
    """Write the .po file anew, in the order of the English texts."""
    catalogue = translated()
    catalogue.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
    with PO_FILE.open("wb") as target:
        write_po(target, catalogue, width=120, sort_output=True, ignore_obsolete=True, include_lineno=False)


def faults(english: Catalog, swedish: Catalog) -> Iterator[str]:
    """Yield what is wrong with the Swedish texts, a line each."""
    for wanted in english:
        known = swedish.get(wanted.id) if wanted.id else wanted
        forms = _forms(known.string) if known and not (wanted.id and known.fuzzy) else []  # doubtful texts are not used
        if wanted.id and not (forms and all(forms)):
            yield f"untranslated: {wanted.id}"
        elif [_places(form) for form in forms] != [_places(form) for form in _forms(wanted.id)]:
            yield f"other places: {wanted.id} => {forms}"
    yield from (f"unused: {message.id}" for message in swedish if message.id and message.id not in english)


def _forms(text: str | list[str] | tuple[str, ...] | None) -> list[str]:
    """Return singular and plural, or the one form that there is."""
    return [text or ""] if text is None or isinstance(text, str) else list(text)


def _places(form: str) -> set[str]:
    """Return the names of the places in a text."""
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(form) if name}


def main() -> int:
    """Update or check, as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 where there are faults")
    is_check = parser.parse_args().check
    if not is_check:
        update()
    found = list(faults(extracted(), translated()))
    for fault in found:
        print(fault)
    return 1 if found and is_check else 0


if __name__ == "__main__":
    raise SystemExit(main())
