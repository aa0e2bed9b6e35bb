"""What every reader gives: the layers that can answer, their pieces near some areas, and whole objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from geomiljo.database.tables import LayerVersion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.pieces import LayerSearch, Pieces
    from geomiljo.errors import GeomiljoError


@dataclass(frozen=True, slots=True)
class RasterVersion:
    """A raster that can be read: a file of one band, north up.

    Attributes
    ----------
    path : Path
    cover_set : str or None
        Class table of the values.
    """

    path: Path
    cover_set: str | None = None


def stored_raster(kept: dict[str, Any] | None) -> RasterVersion | None:
    """Return the raster of a layer version as the database keeps it; None: the layer is no raster."""
    return RasterVersion(Path(kept["path"]), kept["coverSet"]) if kept else None


@dataclass(frozen=True, slots=True)
class LoadedLayer:
    """A layer version that can be measured.

    Attributes
    ----------
    layer, version : str
    source_date : str or None
        ISO 8601.
    classification : str
        Hash of the register's classes that the objects were sorted by.
    coverage : MultiPolygon or None
        What the version has mapped, prepared; None: unknown.
    unknown_count : int
        Objects of the source that could not be loaded; 0 where that was accepted.
    largest_error_m : float
        How far an object may at most lie from where it is drawn, as the source tells; 0: it tells of none.
    raster : RasterVersion or None
        Of a raster layer; its cells say where it has mapped.
    """

    layer: str
    version: str
    source_date: str | None
    classification: str
    coverage: BaseGeometry | None
    unknown_count: int = 0
    largest_error_m: float = 0.0
    raster: RasterVersion | None = None

    @classmethod
    def of(cls, row: Any, coverage: BaseGeometry | None) -> LoadedLayer:
        """Return the version of a database row with the columns :data:`VERSION_COLUMNS`."""
        return cls(
            layer=row.layer,
            version=row.version,
            source_date=row.source_date.isoformat() if row.source_date else None,
            classification=row.classification,
            coverage=coverage,
            unknown_count=row.unknown_count,
            largest_error_m=row.largest_error_m,
            raster=stored_raster(row.raster),
        )


VERSION_COLUMNS = (
    LayerVersion.layer,
    LayerVersion.id,
    LayerVersion.version,
    LayerVersion.state,
    LayerVersion.checksum,
    LayerVersion.source_date,
    LayerVersion.classification,
    LayerVersion.unknown_count,
    LayerVersion.largest_error_m,
    LayerVersion.raster,
)


@dataclass(frozen=True, slots=True)
class Found:
    """Pieces near some areas, and the layers that could not be read."""

    pieces: Pieces
    failures: Mapping[str, GeomiljoError] = field(default_factory=dict)


class Reader(Protocol):
    """Finds pieces near areas. Results never depend on which reader found them."""

    def layers(self) -> Mapping[str, LoadedLayer]:
        """Return the layers that can be measured, by id."""
        ...

    def off(self) -> Mapping[str, str]:
        """Return the layers that are switched off, and why."""
        ...

    def pieces(self, areas: NDArray[np.object_], searches: Sequence[LayerSearch]) -> Found:
        """Return the pieces whose bounding box comes within the reach of their layer of some area.

        More pieces may be returned, never fewer. `Pieces.layer` counts by position in `searches`. A layer that cannot
        be read is named among the failures and does not stop the others.
        """
        ...

    def objects(self, layer: str, ids: Sequence[str]) -> dict[str, BaseGeometry]:
        """Return whole objects of a layer by id, EPSG:3006."""
        ...
