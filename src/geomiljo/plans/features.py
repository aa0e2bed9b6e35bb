"""What a reader of any format hands over: features as they stand in the file, before anything is checked."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from geomiljo.errors import NotFound
from geomiljo.geometry import geometry_array
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

_ID_COLUMNS = (
    "id",
    "fid",
    "objectid",
    "objektid",
    "objektidentitet",
    "uuid",
    "gml_id",
    "plan_id",
    "planid",
    "beteckning",
    "plannr",
    "nummer",
    "kod",
    "code",
)
_NAME_COLUMNS = ("namn", "name", "plannamn", "benämning", "benamning", "title", "titel", "layer")
_USE_COLUMNS = ("use", "uses", "anvandning", "användning", "markanvandning", "markanvändning")
_SHOWN_IDS = 10


@dataclass(frozen=True, slots=True)
class FileNote:
    """Something that was left out or replaced while reading, for all features of a file at once."""

    kind: str
    detail: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Provision:
    """Ground and what the plan says of it, as the file words it."""

    feature: int
    wordings: tuple[str, ...]
    geometry: BaseGeometry


@dataclass(frozen=True, slots=True)
class PlanFeatures:
    """Features of a plan file, n of them.

    Attributes
    ----------
    source : str
        File, for messages.
    title : str
        What to call an area that several features make up.
    crs : CRS
        Of all geometries.
    geometry : ndarray of Geometry, shape (n,)
        Any kind; None where there is none.
    keys : tuple of tuple of str, each of length n
        What a feature may be asked for by: its number first, then id-like columns, then names. Empty: no value.
    names : tuple of str, length n
    is_single : bool
        The file has this one feature only.
    provisions, limits : tuple of Provision
        Stated land uses, and what else is stated of the ground.
    notes : tuple of FileNote
    closes_outlines : bool
        Lines that return to their start are meant as areas, as in drawings.
    """

    source: str
    title: str
    crs: CRS
    geometry: NDArray[np.object_]
    keys: tuple[tuple[str, ...], ...]
    names: tuple[str, ...]
    is_single: bool
    provisions: tuple[Provision, ...] = ()
    limits: tuple[Provision, ...] = ()
    notes: tuple[FileNote, ...] = ()
    closes_outlines: bool = False

    def where(self, index: int) -> str:
        """Return file and feature, for messages."""
        if self.is_single or not self.names:
            return self.source
        number, name = self.keys[0][index], self.names[index]
        return f"{self.source}:{number}" if name == number else f"{self.source}:{number} ({name})"

    def name(self) -> str:
        """Return what to call the area that these features make up."""
        if len(self.names) != 1:
            return self.title
        number, name = self.keys[0][0], self.names[0]
        if name != number:
            return name
        return self.title if self.is_single else f"{self.title} {number}"

    def take(self, rows: Sequence[int]) -> PlanFeatures:
        """Return only these features and their provisions."""
        position = {row: index for index, row in enumerate(rows)}
        return replace(
            self,
            geometry=self.geometry[list(rows)],
            keys=tuple(tuple(values[row] for row in rows) for values in self.keys),
            names=tuple(self.names[row] for row in rows),
            provisions=_of_rows(self.provisions, position),
            limits=_of_rows(self.limits, position),
        )

    def select(self, wanted: Sequence[str]) -> PlanFeatures:
        """Return the features of these ids: of the feature's number, else of an id column, else of a name.

        Raises
        ------
        NotFound
            An id that no feature has.
        """
        rows: dict[int, None] = {}
        for text in wanted:
            found: list[int] = []
            for values in self.keys:
                found = [row for row, value in enumerate(values) if value.casefold() == text.strip().casefold() != ""]
                if found:
                    break
            if not found:
                raise NotFound(
                    _("{file} has no feature {feature}."),
                    remedy=_("Features are found by number, id or name; some that exist: {features}."),
                    file=self.source,
                    feature=text,
                    features=self._some(),
                )
            rows.update(dict.fromkeys(found))
        return self.take(sorted(rows))

    def _some(self) -> str:
        shown = [
            number if name == number else f"{number} ({name})"
            for number, name in list(zip(self.keys[0], self.names, strict=True))[:_SHOWN_IDS]
        ]
        return ", ".join(shown) + (" …" if len(self.names) > _SHOWN_IDS else "")


def _of_rows(provisions: Sequence[Provision], position: Mapping[int, int]) -> tuple[Provision, ...]:
    return tuple(replace(p, feature=position[p.feature]) for p in provisions if p.feature in position)


def from_columns(
    source: str,
    title: str,
    crs: CRS,
    geometry: Sequence[BaseGeometry | None] | NDArray[np.object_],
    numbers: Sequence[str],
    columns: Mapping[str, Sequence[object]],
    *,
    notes: Sequence[FileNote] = (),
    closes_outlines: bool = False,
) -> PlanFeatures:
    """Return features with keys, names and land uses taken from their attributes.

    Parameters
    ----------
    numbers : sequence of str, length n
        Ids that the format itself gives: feature id, row number.
    columns : mapping of str to sequence, each of length n
        Attributes.
    """
    by_name = {name.casefold(): [_text(value) for value in values] for name, values in columns.items()}
    ids = [by_name[name] for name in _ID_COLUMNS if name in by_name]
    ids += [values for name, values in by_name.items() if "kod" in name and name not in _ID_COLUMNS]
    named = [values for name, values in by_name.items() if _is_name(name)]
    names = [next((v for v in values if v), "") for values in zip(*named, numbers, strict=True)]
    shapes = geometry if isinstance(geometry, np.ndarray) else geometry_array(list(geometry))
    stated = next((by_name[name] for name in _USE_COLUMNS if name in by_name), None)
    provisions = [
        Provision(row, tuple(_words(value)), shapes[row])
        for row, value in enumerate(stated or ())
        if value and shapes[row] is not None
    ]
    return PlanFeatures(
        source=source,
        title=title,
        crs=crs,
        geometry=shapes,
        keys=tuple(tuple(values) for values in (list(numbers), *ids, *named)),
        names=tuple(names),
        is_single=len(names) == 1,
        provisions=tuple(provisions),
        notes=tuple(notes),
        closes_outlines=closes_outlines,
    )


def _words(stated: str) -> list[str]:
    """Return the land uses in a field: codes or words with separators between them."""
    return [word.strip() for word in re.split(r"[,;+/|]", stated) if word.strip()]


def _is_name(column: str) -> bool:
    return column in _NAME_COLUMNS or "namn" in column


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() if isinstance(value, str | int | float) else ""
