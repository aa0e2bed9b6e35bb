"""Collections of features: what each holds, where its rows are, and which of them a caller may see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, FromClause

    from geomiljo.catalogue.base import Text

Kind = Literal["string", "number", "integer", "boolean", "date", "datetime", "array"]
Extent = tuple[float, float, float, float]
"""xmin, ymin, xmax, ymax in EPSG:3006."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property of the features of a collection.

    Attributes
    ----------
    name : str
        As it stands in features, and in filters.
    kind : Kind
        ``array``: of integers.
    title : Text
    column : ColumnElement
        Its value as SQL has it, of the kind's own type.
    codes : dict of str to str
        What coded values mean; empty: not coded.
    document : ColumnElement or None
        The indexed JSON document that the property is a member of, where it is one.
    """

    name: str
    kind: Kind
    title: Text
    column: ColumnElement[Any]
    codes: Mapping[str, str] = field(default_factory=dict)
    document: ColumnElement[Any] | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """Features of one kind that a caller may see.

    Attributes
    ----------
    id : str
        As it stands in addresses.
    title, description : Text
    properties : tuple of Property
        In the order in which they are shown.
    source : FromClause
        Where the rows are.
    where : ColumnElement of bool
        Which of them belong here and may be seen; every statement over `source` holds to it.
    geometry : ColumnElement
        EPSG:3006; null where a feature has no place.
    geometry_type : str or None
        As GeoJSON calls it; None: several or not known.
    dimension : int or None
        0 points, 1 lines, 2 areas; None: mixed.
    id_columns : tuple of ColumnElement
        A feature's published id is their values, joined by full stops.
    key : tuple of ColumnElement
        Unique together and never null: the order of paging.
    document : ColumnElement or None
        JSON document that holds the properties as they are published, where there is one.
    moment : Property or None
        What ``datetime`` asks about.
    version : str
        Changes whenever anything in the collection may have changed; with a layer, names its loaded version.
    count : int or None
        Number of features where it is known without counting.
    extent : tuple of float or None
        xmin, ymin, xmax, ymax, EPSG:3006; None: empty, or not asked for.
    interval : tuple of (datetime or date or None) or None
        First and last moment; None: nothing is dated, or not asked for.
    last_modified : datetime or None
        None where it is not known: what is withdrawn leaves no date.
    is_public : bool
        Everybody sees all of it, so that shared caches may keep it.
    licence : str or None
    attribution : str or None
        Who stands behind the data.
    layer : str or None
        The layer of the registers that it is.
    """

    id: str
    title: Text
    description: Text
    properties: tuple[Property, ...]
    source: FromClause
    where: ColumnElement[bool]
    geometry: ColumnElement[Any]
    geometry_type: str | None
    dimension: int | None
    id_columns: tuple[ColumnElement[Any], ...]
    key: tuple[ColumnElement[Any], ...]
    document: ColumnElement[Any] | None
    moment: Property | None
    version: str
    count: int | None
    extent: Extent | None
    interval: tuple[dt.datetime | dt.date | None, dt.datetime | dt.date | None] | None
    last_modified: dt.datetime | None
    is_public: bool
    licence: str | None = None
    attribution: str | None = None
    layer: str | None = None

    def property(self, name: str) -> Property | None:
        """Return the property of this name; None where there is none."""
        return next((p for p in self.properties if p.name == name), None)
