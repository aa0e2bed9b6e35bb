"""Matching a file's columns with the attributes that the register declares, and casting what filters need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from geomiljo.catalogue.filters import Column, filter_properties, parse_filter
from geomiljo.errors import InputError, LayerDataError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geomiljo.catalogue.layers import Attribute, Layer

_TRUE, _FALSE = {"1", "true", "t", "ja", "j", "yes"}, {"0", "false", "f", "nej", "n", "no"}


def match_columns(layer: Layer, columns: list[str], mapping: Mapping[str, str]) -> dict[str, str | None]:
    """Return the column that holds each declared attribute; None where the file has none.

    A mapping wins; then the published name, then its aliases; letter case is set aside last. An attribute mapped to
    nothing (``--map KLASS=``) is declared absent: it is null for every object.

    Raises
    ------
    LayerDataError
        A mapping names an attribute or column that does not exist, or an attribute that a class filter reads is
        neither found nor declared absent.

    Examples
    --------
    >>> from geomiljo.catalogue import read_catalogue
    >>> reserves = read_catalogue().layers["naturreservat"]
    >>> match_columns(reserves, ["NVRID", "BESLMYND"], {})["BESLUTSMYNDIGHET"]
    'BESLMYND'
    """
    _check_mapping(layer, columns, mapping)
    found = {
        a.name: mapping[a.name] or None if a.name in mapping else find_column(a, columns) for a in layer.attributes
    }
    for name in sorted(filter_attributes(layer)):
        if found[name] is None and name not in mapping:
            raise LayerDataError(
                _("The file has no column for {attribute}, which decides the class of objects in {layer}."),
                remedy=_(
                    "Name the column with --map {attribute}=COLUMN (the file has {columns}); "
                    "--map {attribute}= states that the file has none, and the value is then unknown for all."
                ),
                attribute=name,
                layer=layer.id,
                columns=", ".join(columns),
            )
    return found


def find_column(attribute: Attribute, columns: list[str]) -> str | None:
    """Return the column that holds an attribute: by its published name, an alias, or either in other letter case."""
    for name in attribute.columns:
        if name in columns:
            return name
    lower = {column.lower(): column for column in columns}
    return next((lower[name.lower()] for name in attribute.columns if name.lower() in lower), None)


def _check_mapping(layer: Layer, columns: list[str], mapping: Mapping[str, str]) -> None:
    declared = [attribute.name for attribute in layer.attributes]
    for attribute, column in mapping.items():
        if attribute not in declared:
            raise LayerDataError(
                _("Layer {layer} declares no attribute {attribute}."),
                remedy=_("It declares {declared}."),
                layer=layer.id,
                attribute=attribute,
                declared=", ".join(declared) or "-",
            )
        if column and column not in columns:
            raise LayerDataError(
                _("The file has no column {column}."),
                remedy=_("It has {columns}."),
                column=column,
                columns=", ".join(columns),
            )


def parse_mapping(stated: Sequence[str]) -> dict[str, str]:
    """Return the column of each attribute from ``ATTRIBUTE=COLUMN``.

    Raises
    ------
    InputError
        One has no sign, or no attribute.

    Examples
    --------
    >>> parse_mapping(["NAMN=namn", "KLASS="])
    {'NAMN': 'namn', 'KLASS': ''}
    """
    pairs = {}
    for item in stated:
        attribute, sign, column = item.partition("=")
        if not sign or not attribute:
            raise InputError(
                _("{item} is not ATTRIBUTE=COLUMN."),
                remedy=_("Write for example BESLUTSMYNDIGHET=BESLMYND."),
                item=item,
            )
        pairs[attribute] = column
    return pairs


def filter_attributes(layer: Layer) -> frozenset[str]:
    """Return the attributes that the layer's class filters read."""
    filters = [parse_filter(c.filter) for c in layer.classes if c.filter is not None]
    return frozenset().union(*map(filter_properties, filters)) if filters else frozenset()


def cast(attribute: Attribute, values: pa.ChunkedArray | None, rows: int, column: str | None) -> Column:
    """Return the values of an attribute in its declared type; an empty text is null.

    Raises
    ------
    LayerDataError
        A value is not of that type; the message names the first.
    """
    if values is None:
        return Column(np.full(rows, "" if attribute.type == "text" else 0.0), np.ones(rows, dtype=bool))
    if attribute.type == "number":
        return _numbers(attribute, values, column)
    texts = [_as_text(value) for value in values.to_pylist()]
    null = np.array([text is None or text == "" for text in texts], dtype=bool)
    if attribute.type == "boolean":
        return Column(np.array([_truth(attribute, text, column) for text in texts], dtype=bool), null)
    return Column(np.array([text or "" for text in texts], dtype=object), null)


def _numbers(attribute: Attribute, values: pa.ChunkedArray, column: str | None) -> Column:
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        cleaned = pc.replace_substring(pc.utf8_trim_whitespace(values), ",", ".")
        values = pc.if_else(pc.equal(cleaned, ""), None, cleaned)
    try:
        numbers = pc.cast(values, pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise _uncastable(attribute, column, _first_bad(values)) from error
    array = numbers.to_numpy(zero_copy_only=False).astype(np.float64)
    null = np.isnan(array)
    return Column(np.where(null, 0.0, array), null)


def _first_bad(values: pa.ChunkedArray) -> str:
    for value in values.to_pylist():
        try:
            float(value if value is not None else 0)
        except (TypeError, ValueError):
            return str(value)
    return "?"


def _as_text(value: object) -> str | None:
    if value is None:
        return None
    return f"{value:.15g}" if isinstance(value, float) else str(value).strip()


def _truth(attribute: Attribute, text: str | None, column: str | None) -> bool:
    word = (text or "0").lower()
    if word not in _TRUE | _FALSE:
        raise _uncastable(attribute, column, str(text))
    return word in _TRUE


def _uncastable(attribute: Attribute, column: str | None, example: str) -> LayerDataError:
    return LayerDataError(
        _("Column {column} holds {example}, but {attribute} must be of type {type}."),
        remedy=_("Name another column with --map {attribute}=COLUMN, or correct the file."),
        column=column or attribute.name,
        example=repr(example),
        attribute=attribute.name,
        type=attribute.type,
    )


def attribute_documents(columns: pa.Table, rows: int, matched: Mapping[str, str | None]) -> list[bytes]:
    """Return a JSON object for each row: declared attributes under their published names, others as named."""
    if not columns.num_columns:  # a table without columns does not know how many rows it has
        return [b"{}"] * rows
    published = {column: name for name, column in matched.items() if column is not None}
    names = [published.get(name, name) for name in columns.column_names]
    values = zip(*(column.to_pylist() for column in columns.columns), strict=True)
    return [_compact(orjson.dumps(dict(zip(names, row, strict=True)), default=str)) for row in values]


def _compact(document: bytes) -> bytes:
    """Return a copy that takes no more memory than it is long; orjson's own keeps the room of its buffer."""
    return bytes(memoryview(document))
