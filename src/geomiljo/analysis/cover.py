"""Land cover as arrays: what a hectare of each class gives, one column a class, and areas in the same columns.

The columns are the classes of one set followed by the parts of what a plan builds (`component`), so that before and
after are vectors of the same length and every number of the account is a product with a row of factors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from geomiljo.errors import NotFound
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.ecosystem import CoverClass, Trait

COMPONENTS = "component"


@dataclass(frozen=True)
class CoverTable:
    """The classes of a set and the components, n columns.

    Attributes
    ----------
    set_id : str
        The set whose classes are used; that of the raster, or the one it is translated to.
    classes : tuple of CoverClass, length n
    codes : mapping of int to int
        Column of each value of a raster of the set that was asked for.
    nodata : frozenset of int
        Values that say nothing.
    """

    set_id: str
    classes: tuple[CoverClass, ...]
    codes: Mapping[int, int]
    nodata: frozenset[int]

    @classmethod
    def of(cls, catalogue: Catalogue, set_id: str) -> CoverTable:
        """Return the table for rasters of a class set.

        Raises
        ------
        NotFound
            There is no such set.
        """
        asked = catalogue.cover_sets.get(set_id)
        if asked is None or set_id == COMPONENTS:
            raise NotFound(
                _("There is no table of land cover classes {set}."),
                remedy=_("The tables are {sets}."),
                set=set_id,
                sets=", ".join(name for name in catalogue.cover_sets if name != COMPONENTS),
            )
        used = asked.translated_to or set_id
        classes = tuple(
            cover for name in (used, COMPONENTS) for cover in catalogue.cover_classes.values() if cover.set == name
        )
        own = {int(cover.code): column for column, cover in enumerate(classes) if cover.set == used}
        translated = {code: own[target] for code, target in asked.translation.items()}
        return cls(used, classes, translated or own, frozenset(asked.nodata))

    def column(self, code: int | str) -> int:
        """Return the column of a class of the set, or of a component.

        Examples
        --------
        >>> from geomiljo.catalogue import read_catalogue
        >>> table = CoverTable.of(read_catalogue(), "nmd2018")
        >>> table.classes[table.column("building")].id, table.classes[table.column(114)].name.en
        ('component.building', 'Mixed forest not on wetland')
        """
        return self._columns[code]

    @cached_property
    def _columns(self) -> dict[int | str, int]:
        return {cover.code: column for column, cover in enumerate(self.classes)}

    @property
    def size(self) -> int:
        """Number of columns."""
        return len(self.classes)

    def areas(self, counts: Mapping[int, float], cell_ha: float) -> NDArray[np.float64]:
        """Return hectares by column from cells by raster value; values without a class are left out.

        Parameters
        ----------
        counts : mapping of int to float
            Cells of each raster value; parts of cells count as parts.
        """
        result = np.zeros(self.size)
        for value, count in counts.items():
            if value in self.codes:
                result[self.codes[value]] += count * cell_ha
        return result

    def unknown_values(self, values: Iterable[int]) -> tuple[int, ...]:
        """Return the raster values that are neither a class nor no data."""
        return tuple(sorted(value for value in set(values) if value not in self.codes and value not in self.nodata))

    def has(self, trait: Trait) -> NDArray[np.bool_]:
        """Return which columns have a trait, shape (n,)."""
        return np.array([trait in cover.traits for cover in self.classes])

    @cached_property
    def supply(self) -> NDArray[np.float64]:
        """Potential supply 0-5, shape (services, n)."""
        return np.array([cover.supply for cover in self.classes], dtype=np.float64).T

    @cached_property
    def sealed(self) -> NDArray[np.float64]:
        """Sealed fraction low, mid, high, shape (3, n)."""
        return np.array([cover.sealed_fraction_0_1 for cover in self.classes]).T

    @cached_property
    def runoff(self) -> NDArray[np.float64]:
        """Runoff coefficient low, mid, high, shape (3, n)."""
        return np.array([cover.runoff_coefficient_0_1 for cover in self.classes]).T

    @cached_property
    def carbon(self) -> NDArray[np.float64]:
        """Carbon in soil and plants, t C per ha, low, mid, high, shape (3, n)."""
        plants = np.array([cover.carbon_vegetation_t_c_per_ha for cover in self.classes]).T
        soil = np.array([cover.carbon_soil_t_c_per_ha for cover in self.classes]).T
        return np.asarray(plants + soil)

    @cached_property
    def canopy_default(self) -> NDArray[np.float64]:
        """Share under crowns where no raster of crowns is at hand, shape (n,)."""
        return np.array([cover.canopy_default_0_1 for cover in self.classes])

    @cached_property
    def ground_weight(self) -> NDArray[np.float64]:
        """Weight of the ground in the green area ratio, shape (n,)."""
        return np.array([cover.gyf_ground_0_1 for cover in self.classes])
