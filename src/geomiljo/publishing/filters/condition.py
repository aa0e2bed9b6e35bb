"""From the text of a filter to a condition, or to an error that says where and how else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_

from geomiljo.errors import InvalidFilter
from geomiljo.publishing.filters.narrowing import narrowing
from geomiljo.publishing.filters.reading import FilterLanguage, read_filter
from geomiljo.publishing.filters.translate import truth
from geomiljo.publishing.filters.tree import Fault, Node
from geomiljo.publishing.filters.typed import Scope
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from pyproj import CRS
    from sqlalchemy import ColumnElement

    from geomiljo.publishing.filters.fields import Fields

_ALIASES: dict[str, FilterLanguage] = {
    "cql2-text": "cql2-text",
    "cql-text": "cql2-text",  # what GDAL of 2022 asks for
    "cql2-json": "cql2-json",
}


def filter_condition(text: str, language: str, crs: CRS, fields: Fields) -> ColumnElement[bool]:
    """Return a CQL2 filter as a condition for a WHERE clause.

    Parameters
    ----------
    text : str
        CQL2 text or JSON.
    language : str
        ``cql2-text``, ``cql2-json``, or ``cql-text``, which older clients say for the first.
    crs : CRS
        Of the geometries in the filter, which have the axis order of the authority.
    fields : Fields
        What the filter may speak of.

    Raises
    ------
    InvalidFilter
        With the place, and an example made of the collection's own properties.
    """
    known = _ALIASES.get(language)
    if known is None:
        raise InvalidFilter(
            _("There is no filter language {language}."),
            remedy=_("There are {languages}."),
            location="filter-lang",
            language=language[:40],
            languages=", ".join(_ALIASES),
        )
    try:
        tree = read_filter(text, known)
        return and_(truth(Node(tree), Scope(fields, crs)), *narrowing(tree, fields))
    except Fault as fault:
        raise InvalidFilter(
            fault.message,
            remedy=_("A filter here looks like this: {example}. It can use {names}."),
            location=_location(fault, text, known),
            example=fields.example(),
            names=fields.names(),
            **{"position": fault.position, "pointer": fault.pointer, **fault.params},
        ) from fault


def _location(fault: Fault, text: str, language: FilterLanguage) -> str:
    if language == "cql2-json" and fault.position is None:
        return f"filter#{fault.pointer}"
    found = text.lower().find(fault.fragment.lower()) + 1
    return f"filter:{fault.position or max(found, 1)}"
