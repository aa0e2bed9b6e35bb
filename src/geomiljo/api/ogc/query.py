"""The parameters of a page of features, read from the query."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement

from geomiljo.api.ogc.door import Asked
from geomiljo.errors import InvalidQuery
from geomiljo.publishing.collections import Collection, Property
from geomiljo.publishing.conditions import box_of, box_value, during, equal_to, meets, span_of
from geomiljo.publishing.filters import fields_of, filter_condition
from geomiljo.publishing.items import Form, Selection
from geomiljo.publishing.places import Place, read_place
from geomiljo.publishing.systems import CRS84, System, system_of
from geomiljo.texts import mark as _

DEFAULT_LIMIT, MOST_FEATURES, MOST_SKIPPED = 100, 10_000, 100_000
DEEPEST_ZOOM = 24
PROFILES = ("rfc7946", "crs", "jsonfg")
FILTERS = ("filter", "filter-lang", "filter-crs")
NAMES = (
    *("limit", "offset", "cursor", "bbox", "bbox-crs", "crs", "datetime", *FILTERS),
    *("sortby", "properties", "skipGeometry", "zoom-level", "profile"),
)
"""Parameters of a page besides the properties of its features."""
OF_ITEM = ("crs", "properties", "skipGeometry", "zoom-level", "profile")
"""Parameters of one feature."""
_DIGITS = 18
_NEEDS = {"bbox-crs": "bbox", "filter-lang": "filter", "filter-crs": "filter"}


@dataclass(frozen=True, slots=True)
class PageQuery:
    """What is asked for.

    Attributes
    ----------
    selection : Selection
    form : Form
    limit, offset : int
    place : Place or None
        Where the page begins, or ends.
    is_filtered : bool
        Not all features of the collection are meant.
    profile : str
        One of `PROFILES`; with ``crs`` the document names its coordinate system, where old clients read it.
    """

    selection: Selection
    form: Form
    limit: int
    offset: int
    place: Place | None
    is_filtered: bool
    profile: str

    @property
    def order(self) -> str:
        """The order of the page, as its places name it."""
        return ",".join(f"{'-' if down else ''}{p.name}" for p, down in self.selection.sort)


@dataclass
class _Conditions:
    """Conditions as they are gathered, with what they bind and what tells them apart."""

    found: list[ColumnElement[bool]] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    key: list[Any] = field(default_factory=list)


def place_of(asked: Asked) -> Place | None:
    """Return where the page begins; it tells the version of the collection to read."""
    text = asked.parameters.get("cursor")
    return None if text is None else read_place(text, asked.parameters.get("sortby", ""))


def page_query(asked: Asked, collection: Collection, place: Place | None, *, is_guarded: bool = False) -> PageQuery:
    """Return what is asked of a collection.

    Parameters
    ----------
    is_guarded : bool
        See :class:`Selection`.

    Raises
    ------
    InvalidQuery
        A parameter is unknown or its value is at fault.
    """
    parameters = asked.parameters
    asked.require_known(*NAMES, *(p.name for p in collection.properties))
    for name, needed in _NEEDS.items():
        if name in parameters and needed not in parameters:
            raise InvalidQuery(
                _("{name} says something about {needed}, which is not given."),
                remedy=_("Give both, or neither."),
                location=name,
                name=name,
                needed=needed,
            )
    conditions = _conditions(asked, collection)
    key = (collection.id, collection.version, *conditions.key) if collection.layer is not None else None
    sort = _sort(collection, parameters.get("sortby", ""))
    selection = Selection(collection, tuple(conditions.found), conditions.values, key, sort, is_guarded)
    return PageQuery(
        selection=selection,
        form=form_of(asked, collection),
        limit=_whole(asked, "limit", DEFAULT_LIMIT, 1, MOST_FEATURES, is_cut=True),
        offset=_whole(asked, "offset", 0, 0, MOST_SKIPPED),
        place=place,
        is_filtered=bool(conditions.found),
        profile=_profile(parameters),
    )


def form_of(asked: Asked, collection: Collection) -> Form:
    """Return how features are given."""
    zoom = _whole(asked, "zoom-level", -1, 0, DEEPEST_ZOOM) if "zoom-level" in asked.parameters else None
    return Form(
        system=system_asked(asked, "crs"),
        names=_names(collection, asked.parameters),
        with_geometry=not _truth(asked, "skipGeometry"),
        zoom=zoom,
    )


def system_asked(asked: Asked, name: str) -> System:
    """Return the coordinate system that a parameter names; CRS84 where it is not given."""
    uri = asked.parameters.get(name)
    return CRS84 if uri is None else system_of(uri, name)


def _conditions(asked: Asked, collection: Collection) -> _Conditions:
    parameters = asked.parameters
    conditions = _Conditions()
    if "bbox" in parameters:
        box = box_of(parameters["bbox"], system_asked(asked, "bbox-crs"))
        if box is not None:
            conditions.found.append(meets(collection))
            conditions.values["bbox"] = box_value(box)
            conditions.key.append("bbox")
    span = span_of(parameters["datetime"]) if "datetime" in parameters else None
    if span is not None and collection.moment is not None:
        conditions.found.append(during(collection.moment, span))
        conditions.key += ["datetime", parameters["datetime"]]
    if "filter" in parameters:
        _filter(asked, collection, conditions)
    wanted = {p.name: p for p in collection.properties if p.name in parameters and p.name not in NAMES}
    for number, (name, wanted_property) in enumerate(wanted.items()):
        condition, values = equal_to(wanted_property, f"value_{number}", parameters[name])
        conditions.found.append(condition)
        conditions.values.update(values)
        conditions.key += ["equal", name]
    return conditions


def _filter(asked: Asked, collection: Collection, conditions: _Conditions) -> None:
    text, language = asked.parameters["filter"], asked.parameters.get("filter-lang", "cql2-text")
    system = system_asked(asked, "filter-crs")
    told = ("filter", text, language, system.uri)
    conditions.found.append(_translated(_Filter((collection.id, collection.version, *told), collection, system)))
    conditions.key += told


@dataclass(frozen=True)
class _Filter:
    """A filter by what it depends on: of a loaded layer, the columns are always the same."""

    key: tuple[str, ...]
    collection: Collection = field(compare=False)
    system: System = field(compare=False)


@lru_cache(maxsize=512)
def _known_filter(wanted: _Filter) -> ColumnElement[bool]:
    return _made_filter(wanted)


def _translated(wanted: _Filter) -> ColumnElement[bool]:
    return _made_filter(wanted) if wanted.collection.layer is None else _known_filter(wanted)


def _made_filter(wanted: _Filter) -> ColumnElement[bool]:
    _filter, text, language, _uri = wanted.key[-4:]
    return filter_condition(text, language, wanted.system.crs, fields_of(wanted.collection))


def _sort(collection: Collection, text: str) -> tuple[tuple[Property, bool], ...]:
    found: dict[str, tuple[Property, bool]] = {}
    for item in filter(None, text.split(",")):
        name = item.lstrip("+- ")
        wanted = collection.property(name)
        if wanted is None or wanted.kind == "array" or name in found:
            raise InvalidQuery(
                _("Features are not sorted by {name}."),
                remedy=_("Give each of {names} at most once, with - before it for the other direction."),
                location="sortby",
                name=name[:80],
                names=", ".join(p.name for p in collection.properties if p.kind != "array"),
            )
        found[name] = (wanted, item.startswith("-"))
    return tuple(found.values())


def _names(collection: Collection, parameters: Any) -> tuple[str, ...] | None:
    if "properties" not in parameters:
        return None
    names = tuple(dict.fromkeys(filter(None, parameters["properties"].split(","))))
    for name in names:
        if collection.property(name) is None:
            raise InvalidQuery(
                _("Features have no property {name}."),
                remedy=_("They have {names}."),
                location="properties",
                name=name[:80],
                names=", ".join(p.name for p in collection.properties),
            )
    return names


def _whole(asked: Asked, name: str, otherwise: int, least: int, most: int, *, is_cut: bool = False) -> int:
    """Return a whole number; one that is too large is cut to the most where `is_cut`."""
    text = asked.parameters.get(name)
    if text is None:
        return otherwise
    number = int(text[:_DIGITS]) if text.isascii() and text.isdecimal() else -1
    if number < least or (number > most and not is_cut):
        raise InvalidQuery(
            _("{name} is a whole number from {least} to {most}, not {text}."),
            remedy=_("Follow the links `next` to read on as far as there is anything."),
            location=name,
            name=name,
            least=least,
            most=most,
            text=text[:40],
        )
    return min(number, most)


def _truth(asked: Asked, name: str) -> bool:
    text = asked.parameters.get(name, "false").lower()
    if text not in {"true", "false"}:
        raise InvalidQuery(
            _("{name} is true or false, not {text}."),
            remedy=_("Leave it out, or write true."),
            location=name,
            name=name,
            text=text[:40],
        )
    return text == "true"


def _profile(parameters: Any) -> str:
    profile: str = parameters.get("profile", PROFILES[0])
    if profile not in PROFILES:
        raise InvalidQuery(
            _("There is no profile {profile}."),
            remedy=_("There are {profiles}."),
            location="profile",
            profile=profile[:40],
            profiles=", ".join(PROFILES),
        )
    return profile
