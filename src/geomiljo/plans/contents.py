"""What is in a plan file, so that somebody can choose: its features by name and size, before anything is checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from geomiljo.crs import crs_label, transform
from geomiljo.plans.formats import open_plan_file
from geomiljo.plans.source import read_features

if TYPE_CHECKING:
    from pathlib import Path

    from geomiljo.settings import Settings


@dataclass(frozen=True, slots=True)
class ListedFeature:
    """A feature of a file.

    Attributes
    ----------
    number : str
        What it is asked for by.
    name : str
        For people; the number where it has none.
    area_m2 : float or None
        In EPSG:3006, as drawn; None: it has no area, or its coordinates make none.
    """

    number: str
    name: str
    area_m2: float | None


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a table of a file: its features, and the coordinate system that it is read in."""

    features: tuple[ListedFeature, ...]
    crs: str
    has_provisions: bool


def contents_of(path: Path, settings: Settings, crs: str | None = None, table: str | None = None) -> Contents:
    """Return what is in a file.

    Parameters
    ----------
    crs, table : str, optional
        As in :func:`geomiljo.plans.read_plan_area`.

    Raises
    ------
    SeveralTables
        The file has several tables, and `table` names none.
    MissingCrs
        The file states no coordinate system, and neither does `crs`.
    InputError
        The file is at fault in another way.
    """
    with open_plan_file(path, settings, table) as file:
        found = read_features(file, settings, crs)
    areas = shapely.area(transform(shapely.force_2d(found.geometry), found.crs)).tolist()
    features = tuple(
        ListedFeature(number, name, area if math.isfinite(area) and area > 0 else None)
        for number, name, area in zip(found.keys[0], found.names, areas, strict=True)
    )
    return Contents(features, crs_label(found.crs), bool(found.provisions))
