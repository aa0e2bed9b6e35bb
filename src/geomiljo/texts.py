"""Texts for people: Swedish first, English second.

A text in the code is an English template, marked with :func:`mark` where it is written and translated where it is
shown. The Swedish catalogue is `locale/sv/LC_MESSAGES/geomiljo.po`. Texts of the registers carry both languages
themselves and do not pass here.
"""

from __future__ import annotations

import gettext
import io
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol, get_args, runtime_checkable

Language = Literal["sv", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
_LOCALE = Path(__file__).parent / "locale"


class Marked(str):
    """A template that was marked. As a value of another text it is translated with it."""

    __slots__ = ()


def mark(template: str) -> Marked:
    """Mark `template` for translation."""
    return Marked(template)


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (_LOCALE / language / "LC_MESSAGES" / "geomiljo.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@runtime_checkable
class Worded(Protocol):
    """A value that reads differently in each language."""

    def in_language(self, language: Language) -> str:
        """Return the value as text."""


def _worded(value: Any, language: Language) -> Any:
    if isinstance(value, Marked):
        return translate(value, language)
    return value.in_language(language) if isinstance(value, Worded) else value


def translate(template: str, language: Language, /, **params: Any) -> str:
    """Return `template` in `language` with its places filled.

    Examples
    --------
    >>> translate("There is no layer {layer}.", "sv", layer="x")
    'Det finns inget lager x.'
    """
    text = _catalogue(language).gettext(template) if template else ""
    return text.format_map({name: _worded(value, language) for name, value in params.items()})


def plural(one: str, many: str, count: int, language: Language, **params: Any) -> str:
    """Return the singular or plural template in `language`, filled with `count` and `params`.

    Examples
    --------
    >>> plural("{count} finding", "{count} findings", 1, "sv"), plural("{count} finding", "{count} findings", 3, "sv")
    ('1 fynd', '3 fynd')
    """
    return _catalogue(language).ngettext(one, many, count).format_map({"count": count, **params})


class Explained(Protocol):
    """What can be explained: the errors of geomiljo."""

    message: str
    remedy: str
    params: dict[str, Any]


def explain(error: Explained, language: Language) -> tuple[str, str]:
    """Return what is wrong and what to do about it, in `language`."""
    return translate(error.message, language, **error.params), translate(error.remedy, language, **error.params)
