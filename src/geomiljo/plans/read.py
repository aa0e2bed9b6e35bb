"""Reading planning areas: the three ways in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geomiljo.analysis.area import PlanArea, PlanPart, RepairNote
from geomiljo.crs import crs_label
from geomiljo.errors import InputError, LimitExceeded
from geomiljo.geometry import geometry_array
from geomiljo.placement import read_extent
from geomiljo.plans.formats import open_plan_file
from geomiljo.plans.mend import Mender
from geomiljo.plans.parts import plan_parts
from geomiljo.plans.provisions import provision_grounds
from geomiljo.plans.source import document_features, read_features
from geomiljo.plans.uses import UseWords, known_uses
from geomiljo.texts import mark as _
from geomiljo.units import Count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geomiljo.catalogue import Catalogue
    from geomiljo.plans.features import PlanFeatures, Provision
    from geomiljo.settings import Settings


def read_plan_area(
    path: Path,
    *,
    catalogue: Catalogue,
    settings: Settings,
    crs: str | None = None,
    features: Sequence[str] | None = None,
    uses: Sequence[str] | None = None,
    table: str | None = None,
) -> PlanArea:
    """Read a file as one planning area.

    Parameters
    ----------
    path : Path
        GeoPackage, Shapefile (loose or zipped), GeoJSON, GML, KML, DXF with closed outlines, or plan schema 4.1.
    catalogue : Catalogue
        Land uses, and the outline of Sweden.
    settings : Settings
        Limits.
    crs : str, optional
        Coordinate system where the file states none.
    features : sequence of str, optional
        Only the features of these numbers, ids or names.
    uses : sequence of str, optional
        Land uses of the whole area, by code; they take the place of those in the file.
    table : str, optional
        Of a file with several.

    Raises
    ------
    InputError
        The file or what is stated about it is at fault: see the classes below it in :mod:`geomiljo.errors`.
    """
    stated = known_uses(catalogue, uses) if uses else None
    found = _read(path, settings, crs, features, table)
    return _plan_area(found, catalogue, settings, stated)


def read_each_plan_area(
    path: Path,
    *,
    catalogue: Catalogue,
    settings: Settings,
    crs: str | None = None,
    features: Sequence[str] | None = None,
    uses: Sequence[str] | None = None,
    table: str | None = None,
) -> Iterator[PlanArea | InputError]:
    """Read each feature of a file as a planning area of its own; see :func:`read_plan_area`.

    A feature that is at fault yields its error in its place and the others go on; a file that is at fault raises.
    """
    stated = known_uses(catalogue, uses) if uses else None
    found = _read(path, settings, crs, features, table)
    for row in range(len(found.names)):
        try:
            yield _plan_area(found.take([row]), catalogue, settings, stated)
        except InputError as error:
            yield error


def plan_area_from_geojson(
    document: dict[str, Any],
    *,
    catalogue: Catalogue,
    settings: Settings,
    crs: str | None = None,
    uses: Sequence[str] | None = None,
) -> PlanArea:
    """Return the planning area of a parsed GeoJSON or plan schema 4.1 document; see :func:`read_plan_area`."""
    stated = known_uses(catalogue, uses) if uses else None
    found = document_features(document, "GeoJSON", "GeoJSON", settings, crs)
    return _plan_area(found, catalogue, settings, stated)


def _read(
    path: Path, settings: Settings, crs: str | None, features: Sequence[str] | None, table: str | None
) -> PlanFeatures:
    with open_plan_file(path, settings, table) as file:
        found = read_features(file, settings, crs)
    return found.select(features) if features else found


def _plan_area(
    found: PlanFeatures, catalogue: Catalogue, settings: Settings, stated: tuple[str, ...] | None
) -> PlanArea:
    mender = Mender(found.crs, read_extent(catalogue.extent_file("sverige")), settings.max_vertices, found.where)
    areas = mender.mend(found.geometry, closes_outlines=found.closes_outlines)
    area = mender.union(areas)
    _require_small(area, settings.max_area_km2, found)
    parts: tuple[PlanPart, ...] = ()
    if stated:
        parts = (PlanPart("p1", stated, area),)
    elif found.provisions:
        grounds = _grounds(found.provisions, found, areas, mender)
        parts = plan_parts(area, grounds, [p.wordings for p in found.provisions], UseWords(catalogue))
    return PlanArea(
        name=found.name(),
        geometry=area,
        parts=parts,
        repairs=(*_file_notes(found, area), *mender.notes),
        source_crs=crs_label(found.crs),
        provisions=provision_grounds(area, _grounds(found.limits, found, areas, mender), found.limits, catalogue),
    )


def _require_small(area: BaseGeometry, most_km2: float, found: PlanFeatures) -> None:
    if area.area > most_km2 * 1e6:
        raise LimitExceeded(
            _("{where} covers {area_km2} km²; at most {most_km2} km² are checked at once."),
            remedy=_("Check the plan in parts, or raise GEOMILJO_MAX_AREA_KM2."),
            where=found.where(0).partition(":")[0],
            area_km2=Count(round(area.area / 1e6)),
            most_km2=Count(most_km2) if most_km2.is_integer() else most_km2,
        )


def _grounds(
    provisions: Sequence[Provision], found: PlanFeatures, areas: NDArray[np.object_], mender: Mender
) -> NDArray[np.object_]:
    """Return the ground of each provision; that of a feature itself is mended already."""
    own = np.array([p.geometry is found.geometry[p.feature] for p in provisions], dtype=bool)
    grounds = geometry_array([areas[p.feature] for p in provisions])
    if not own.all():
        rest = np.flatnonzero(~own)
        grounds[rest] = mender.mend(geometry_array([provisions[i].geometry for i in rest.tolist()]))
    return grounds


def _file_notes(found: PlanFeatures, area: BaseGeometry) -> list[RepairNote]:
    size = float(area.area)
    return [RepairNote(note.kind, note.detail, note.params, None, size, size) for note in found.notes]
