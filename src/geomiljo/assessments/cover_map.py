"""The land cover of an assessment as a map layer: the ground of each class inside the planning area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from geomiljo.analysis.cover import CoverTable
from geomiljo.errors import NotFound
from geomiljo.layers.readers.base import stored_raster
from geomiljo.layers.versions import version_named
from geomiljo.plans.store import version_by_id
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Connection

    from geomiljo.assessments.store import StoredAssessment
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.ecosystem import CoverClass
    from geomiljo.layers.readers.base import RasterVersion


@dataclass(frozen=True, slots=True)
class CoverShape:
    """A class of land cover and where it lies, EPSG:3006."""

    cover: CoverClass
    geometry: BaseGeometry


def cover_map(catalogue: Catalogue, raster: RasterVersion, area: BaseGeometry) -> tuple[CoverShape, ...]:
    """Return the land cover inside an area, largest first.

    Parameters
    ----------
    raster : RasterVersion
        Of land cover, with its class table.

    Raises
    ------
    LimitExceeded
        The area has more cells than can be drawn.
    SourceUnavailable
        The raster cannot be read.
    """
    from geomiljo.layers.land_cover import cover_shapes  # what it stands on takes long to load
    from geomiljo.layers.rasters import opened

    table = CoverTable.of(catalogue, raster.cover_set or "")
    with opened(raster) as cover:
        found = cover_shapes(table, cover, area)
    drawn = (CoverShape(table.classes[column], ground) for column, ground in found.items())
    return tuple(sorted(drawn, key=lambda shape: -float(shapely.area(shape.geometry))))


def stored_cover_map(connection: Connection, catalogue: Catalogue, stored: StoredAssessment) -> tuple[CoverShape, ...]:
    """Return the land cover that a kept assessment stands on, from the version that it names.

    Raises
    ------
    NotFound
        There is no account, or the version is no longer kept.
    """
    account = stored.assessment.account
    kept = None
    if account.cover_layer is not None:
        kept = stored_raster(version_named(connection, account.cover_layer, account.cover_version or "").raster)
    if kept is None:
        raise NotFound(
            _("The assessment stands on no land cover."),
            remedy=_("Load a raster of land cover, and assess the plan again."),
        )
    return cover_map(catalogue, kept, version_by_id(connection, stored.plan_version_id).area.geometry)
