"""Areas as fetched against those that the source's own register states: services lose parts of objects on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.feather as feather
import shapely

from geomiljo.crs import parse_crs, transform
from geomiljo.errors import LayerDataError
from geomiljo.layers.attributes import cast, find_column
from geomiljo.layers.sources.reading import swap
from geomiljo.layers.sources.store import GEOMETRY
from geomiljo.remote import no_answer
from geomiljo.texts import mark as _
from geomiljo.units import SQUARE_METRES_PER_HECTARE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from geomiljo.catalogue.layers import Attribute, Layer
    from geomiljo.layers.sources.folder import PageNote
    from geomiljo.layers.sources.reading import Reading

_TOLERANCE = 0.02
_LEAST_HA = 1.0
_MOST_OFF = 0.05
"""Registers are themselves wrong now and then; this share of all objects is not."""
_OUTSIDE = "Hole lies outside shell"


def check_areas(layer: Layer, address: str, folder: Path, notes: Sequence[PageNote], reading: Reading) -> None:
    """Refuse objects whose parts have become holes, or areas that disagree with the register in general.

    Raises
    ------
    SourceUnavailable
        With the worst object, its area and the register's.
    """
    attribute = layer.attribute("area_ha")
    if attribute is None:
        return
    compared = off = 0
    for note in notes:
        hectares, stated, geometry = _areas(attribute, folder / note.file, reading)
        deviation = np.abs(hectares / stated - 1)
        wrong = np.flatnonzero(deviation > _TOLERANCE)
        compared += len(stated)
        off += len(wrong)
        for index in wrong:
            if shapely.is_valid_reason(geometry[index]).startswith(_OUTSIDE):
                raise no_answer(
                    _(
                        "{address} flattens objects of several parts into one with holes: an area is {found} ha, "
                        "its register says {stated} ha."
                    ),
                    address,
                    found=f"{hectares[index]:.1f}",
                    stated=f"{stated[index]:.1f}",
                )
    if compared and off / compared > _MOST_OFF and off > 1:
        raise no_answer(
            _("{address} sends areas that differ from its own register for {off} of {compared} objects."),
            address,
            off=off,
            compared=compared,
        )


def _areas(
    attribute: Attribute, path: Path, reading: Reading
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.object_]]:
    """Return areas as fetched and as stated, in hectares, and the geometries, of polygons where both are known."""
    table = feather.read_table(str(path))
    column = find_column(attribute, table.column_names)
    none = np.zeros(0)
    if column is None or not len(table):
        return none, none, np.zeros(0, dtype=object)
    try:
        stated = cast(attribute, table.column(column), len(table), column)
    except LayerDataError:
        return none, none, np.zeros(0, dtype=object)
    geometry = shapely.from_wkb(table.column(GEOMETRY).to_numpy(zero_copy_only=False), on_invalid="ignore")
    flat = (shapely.get_dimensions(geometry) == 2) & ~stated.null & (stated.values >= _LEAST_HA)
    chosen = geometry[flat]
    moved = transform(shapely.force_2d(swap(chosen) if reading.swapped else chosen), parse_crs(reading.crs))
    return shapely.area(moved) / SQUARE_METRES_PER_HECTARE, stated.values[flat], moved
