"""A register entry proposed from a file: what its columns are, and which identify, name and sort the objects."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

if TYPE_CHECKING:
    from geomiljo.layers.files import RawLayer

MOST_CLASSES = 12
"""A column with more distinct values sorts nothing."""
_IDS = ("nvrid", "objektidentitet", "objekt_id", "objectid", "uuid", "id", "fid", "kod")
_NAMES = ("namn", "name", "benamning", "titel", "objektnamn")
_ERRORS = ("lagesosakerhet", "osakerhet", "uncertainty", "noggrannhet")
_KINDS = {0: "point", 1: "line", 2: "polygon"}


@dataclass(frozen=True, slots=True)
class Stated:
    """What the person says about the layer; None: as proposed.

    Attributes
    ----------
    name : str
        Without ``local.``.
    id_column, name_column : str or None
        Empty: there is none.
    class_column : str or None
        Column whose values become classes; empty or None: no classes.
    source : str or None
        Address of a file, or a file of this machine, from which the layer is refreshed.
    coverage : str or None
        What a whole fetch from there has mapped.
    """

    name: str
    title_sv: str
    title_en: str
    theme: str = "nature"
    authority: str = ""
    licence: str = ""
    cadence_days: int | None = None
    id_column: str | None = None
    name_column: str | None = None
    class_column: str | None = None
    source: str | None = None
    coverage: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a file shows.

    Attributes
    ----------
    id_columns, name_columns, class_columns : tuple of str
        Columns that could identify, name or sort the objects, the likeliest first.
    error_columns : tuple of str
        Columns that could tell how far points and lines may lie from where they are drawn.
    """

    kinds: tuple[str, ...]
    types: dict[str, str]
    id_columns: tuple[str, ...]
    name_columns: tuple[str, ...]
    class_columns: tuple[str, ...]
    error_columns: tuple[str, ...]


def look_at(raw: RawLayer) -> Found:
    """Return what the columns and geometries of a file are."""
    types = {name: _type(raw.columns.column(name).type) for name in raw.columns.column_names}
    texts = [name for name, kind in types.items() if kind == "text"]
    naming = _ordered(texts, _NAMES, only=True)
    errors = _ordered([name for name, kind in types.items() if kind == "number"], _ERRORS, only=True)
    could = [n for n, kind in types.items() if kind in {"text", "number"} and n not in {*naming, *errors}]
    unique = [name for name in could if _is_unique(raw, name)]
    sorting = [name for name in texts if 1 < len(_values(raw, name)) <= MOST_CLASSES and name not in unique]
    dimensions = sorted(set(shapely.get_dimensions(raw.geometry[~shapely.is_missing(raw.geometry)]).tolist()))
    return Found(
        kinds=tuple(_KINDS[d] for d in dimensions if d in _KINDS),
        types=types,
        id_columns=_ordered(unique, _IDS),
        name_columns=naming,
        class_columns=tuple(sorting),
        error_columns=errors,
    )


def entry_for(raw: RawLayer, found: Found, stated: Stated) -> dict[str, Any]:
    """Return a register entry as YAML holds it."""
    roles = {_chosen(stated.name_column, found.name_columns): "name", _chosen(stated.id_column, found.id_columns): "id"}
    entry: dict[str, Any] = {
        "id": f"local.{stated.name}",
        "title": {"sv": stated.title_sv, "en": stated.title_en},
        "theme": stated.theme,
        "authority": stated.authority or "–",
        "kinds": list(found.kinds),
    }
    if set(found.kinds) != {"polygon"}:
        roles |= dict.fromkeys(found.error_columns[:1], "position_error_m")
    attributes = [_attribute(name, kind, roles.get(name)) for name, kind in found.types.items()]
    if attributes:
        entry["attributes"] = attributes
    if stated.class_column:
        entry["classes"] = _classes(raw, stated.class_column)
    update = {"text": "as published"} if stated.cadence_days is None else {"text": f"every {stated.cadence_days} days"}
    if stated.source:
        entry["sources"] = [_source(stated.source, stated.coverage)]
    return entry | {
        "context_only": True,
        "update": update | ({"cadence_days": stated.cadence_days} if stated.cadence_days else {}),
        "licence": {"name": stated.licence or "–", "redistribution": False},
        "basis": "own_knowledge",
    }


def _attribute(name: str, kind: str, role: str | None) -> dict[str, str]:
    entry = {"name": name}
    if kind != "text":
        entry["type"] = kind
    return entry | ({"role": role} if role else {})


def _source(address: str, coverage: str | None) -> dict[str, str]:
    """Return the source of a register entry: a file by its address, or one in a folder."""
    if address.startswith(("http://", "https://")):
        place = {"protocol": "file", "url": address}
    else:
        path = Path(address).resolve()
        place = {"protocol": "folder", "path": str(path.parent), "pattern": path.name}
    return {**place, **({"coverage": coverage} if coverage else {}), "status": "own_knowledge"}


def _classes(raw: RawLayer, column: str) -> list[dict[str, Any]]:
    """Return a class for each value; what has none of them stays unclassified."""
    classes: list[dict[str, Any]] = []
    taken: set[str] = set()
    for value in _values(raw, column):
        base = class_id = slug(value)[:36] or "klass"
        number = 1
        while class_id in taken or class_id == "unclassified":
            number += 1
            class_id = f"{base}_{number}"
        taken.add(class_id)
        literal = value.replace("'", "''")
        classes.append({"id": class_id, "title": {"sv": value, "en": value}, "filter": f"{column} = '{literal}'"})
    return classes


def slug(text: str) -> str:
    """Return text as an id: lower-case letters, digits and underscores.

    Examples
    --------
    >>> slug("Grönområde, övrigt"), slug("3 våningar")
    ('gronomrade_ovrigt', 'k_3_vaningar')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    joined = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return f"k_{joined}" if joined[:1].isdigit() else joined


def _chosen(stated: str | None, proposed: tuple[str, ...]) -> str | None:
    return stated if stated is not None else next(iter(proposed), None)


def _type(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    return "date" if pa.types.is_temporal(kind) else "text"


def _is_unique(raw: RawLayer, name: str) -> bool:
    column = raw.columns.column(name)
    is_whole = not pa.types.is_floating(column.type) or bool(np.all(np.mod(column.drop_null().to_numpy(), 1) == 0))
    return column.null_count == 0 and is_whole and len(column) > 0 and pc.count_distinct(column).as_py() == len(column)


def _values(raw: RawLayer, name: str) -> list[str]:
    values = pc.unique(raw.columns.column(name)).to_pylist()
    return sorted(str(value) for value in values if value is not None and str(value).strip())


def _ordered(names: list[str], known: tuple[str, ...], *, only: bool = False) -> tuple[str, ...]:
    """Return names with the known ones first; with `only`, those that contain a known one."""
    rank = {name: next((i for i, k in enumerate(known) if slug(name) == k), len(known)) for name in names}
    if only:
        names = [name for name in names if any(k in slug(name) for k in known)]
    return tuple(sorted(names, key=lambda name: rank[name]))
