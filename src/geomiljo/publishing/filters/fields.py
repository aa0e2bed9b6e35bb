"""What a filter may speak of: the properties of a collection and its geometry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from geomiljo.texts import Marked
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement

    from geomiljo.publishing.collections import Collection
    from geomiljo.publishing.collections import Kind as PublishedKind

Kind = Literal["text", "number", "boolean", "date", "timestamp", "texts", "numbers", "geometry"]
KIND_WORDS: dict[Kind, Marked] = {
    "text": _("a text"),
    "number": _("a number"),
    "boolean": _("true or false"),
    "date": _("a date"),
    "timestamp": _("a point in time"),
    "texts": _("a list of texts"),
    "numbers": _("a list of numbers"),
    "geometry": _("a geometry"),
}
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Field:
    """A property that filters can read.

    Attributes
    ----------
    column : ColumnElement
        Of the SQL type that goes with `kind`: text, any number, boolean, date, timestamptz, or an array.
    document : ColumnElement or None
        The indexed JSON document that it is a member of, where it is one.
    """

    column: ColumnElement[Any]
    kind: Kind
    document: ColumnElement[Any] | None = None


@dataclass(frozen=True, slots=True)
class Fields:
    """The properties of one collection.

    Attributes
    ----------
    properties : mapping of published name to Field
    geometry : ColumnElement or None
        In SWEREF 99 TM; None where the collection has none.
    geometry_name : str
        What filters call the geometry.
    """

    properties: Mapping[str, Field]
    geometry: ColumnElement[Any] | None = None
    geometry_name: str = "geometry"

    def names(self) -> str:
        """Return the names that a filter can use, for a message."""
        own = [quoted(name) for name in self.properties]
        geometry = [] if self.geometry is None else [self.geometry_name]
        shown = [*own[:_SHOWN], *(["…"] if len(own) > _SHOWN else []), *geometry]
        return ", ".join(shown)

    def example(self) -> str:
        r"""Return a filter that this collection takes.

        Examples
        --------
        >>> from sqlalchemy import Text, column
        >>> Fields({"Namn på yta": Field(column("n", Text), "text")}).example()
        '"Namn på yta" LIKE \'A%\''
        """
        for name, field in self.properties.items():
            if field.kind in _EXAMPLES:
                return _EXAMPLES[field.kind].format(name=quoted(name))
        return f"S_INTERSECTS({self.geometry_name}, BBOX(17.5, 59.2, 18.5, 59.6))"


_KINDS: dict[PublishedKind, Kind] = {
    "string": "text",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "date": "date",
    "datetime": "timestamp",
    "array": "numbers",
}


def fields_of(collection: Collection) -> Fields:
    """Return what a filter of `collection` may speak of: its properties, and its geometry."""
    return Fields(
        {p.name: Field(p.column, _KINDS[p.kind], p.document) for p in collection.properties}, collection.geometry
    )


_EXAMPLES: dict[Kind, str] = {
    "text": "{name} LIKE 'A%'",
    "number": "{name} > 1.5",
    "boolean": "{name} = true",
    "date": "{name} >= DATE('2020-01-31')",
    "timestamp": "{name} >= TIMESTAMP('2020-01-31T12:00:00Z')",
    "texts": "A_CONTAINS({name}, ('A'))",
    "numbers": "A_CONTAINS({name}, (1))",
}


def quoted(name: str) -> str:
    """Return a name as CQL2 text writes it.

    Examples
    --------
    >>> quoted("NAMN"), quoted("a b")
    ('NAMN', '"a b"')
    """
    return name if name.isidentifier() else '"' + name.replace('"', '""') + '"'
