"""Reading CQL2 text and CQL2 JSON: `cql2` parses, and what it could not bear is stopped before.

Its parser goes down one level of the stack for each bracket and operator, and tries every bracket in two ways when the
text turns out to be wrong. Text that would overflow the one or outlast patience in the other is refused unread.
"""

from __future__ import annotations

import json
import re
from typing import Any, Literal, get_args

import cql2

from geomiljo.publishing.filters.tree import Fault
from geomiljo.texts import mark as _

FilterLanguage = Literal["cql2-text", "cql2-json"]
FILTER_LANGUAGES: tuple[FilterLanguage, ...] = get_args(FilterLanguage)
MAX_LENGTH = 65_536
"""Characters."""
MAX_OPERATORS = 1_000
_MAX_BRACKET_WORK = 2**15  # 14 brackets in one another; a tenth of a second where the text is wrong inside
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
_OPERATORS = re.compile(r"[-+*/%^=<>]|\b(?:not|and|or|div|like|in|is|between)\b", re.IGNORECASE)
_PLACE = re.compile(r"(\d+):(\d+)")
_CONTEXT = 20


def read_filter(text: str, language: FilterLanguage) -> Any:
    """Return a filter as CQL2 JSON.

    Raises
    ------
    Fault
        It is not CQL2, or more of it than is read.

    Examples
    --------
    >>> read_filter("a IN ('x')", "cql2-text")
    {'op': 'in', 'args': [{'property': 'a'}, ['x']]}
    """
    if len(text) > MAX_LENGTH:
        raise Fault(_("The filter is longer than {limit} characters."), position=MAX_LENGTH + 1, limit=MAX_LENGTH)
    return _read_json(text) if language == "cql2-json" else _read_text(text)


def _read_text(text: str) -> Any:
    _bear(text)
    try:
        return cql2.parse_text(text).to_json()
    except (cql2.ParseError, ValueError) as error:
        position = _position(text, str(error))
        raise Fault(
            _("The filter cannot be read at character {position}, after “{before}”."),
            position=position,
            before=text[max(0, position - 1 - _CONTEXT) : position - 1],
        ) from error


def _bear(text: str) -> None:
    bare = _QUOTED.sub(lambda found: " " * len(found.group()), text)
    depth = work = 0
    for position, character in enumerate(bare, start=1):
        depth += (character == "(") - (character == ")")
        work += 2 ** max(depth, 0) if character == "(" else 0
        if work > _MAX_BRACKET_WORK:
            raise Fault(_("The filter has too many brackets in one another."), position=position)
    for count, operator in enumerate(_OPERATORS.finditer(bare), start=1):
        if count > MAX_OPERATORS:
            message = _("The filter has more than {limit} operators.")
            raise Fault(message, position=operator.start() + 1, limit=MAX_OPERATORS)


def _position(text: str, told: str) -> int:
    """Return the number of the character that the parser stopped at, from 1."""
    place = _PLACE.search(told)
    if place is None:
        return 1
    line, column = int(place[1]), int(place[2])
    return sum(len(before) + 1 for before in text.split("\n")[: line - 1]) + column


def _read_json(text: str) -> Any:
    tree: Any = None
    try:
        tree = json.loads(text)
        return cql2.parse_json(text).to_json()
    except json.JSONDecodeError as error:
        message = _("The filter is not JSON: it cannot be read at character {position}.")
        raise Fault(message, position=error.pos + 1) from error
    except (ValueError, RecursionError) as error:
        raise Fault(_("The filter cannot be read.")) from error
    except cql2.ParseError as error:
        pointer = _first_unread(tree, "")
        raise Fault(_("The filter is JSON, but not CQL2 at {pointer}."), pointer=pointer) from error


def _first_unread(tree: Any, pointer: str) -> str:
    """Return the pointer of the innermost operand that is not CQL2."""
    args = tree.get("args") if isinstance(tree, dict) else None
    for index, arg in enumerate(args if isinstance(args, list) else []):
        try:
            cql2.parse_json(json.dumps(arg))
        except (cql2.ParseError, ValueError):
            return _first_unread(arg, f"{pointer}/args/{index}")
    return pointer or "/"
