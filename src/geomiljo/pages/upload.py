"""What is shown of an upload from which somebody chooses: its tables, its features, and what of it would be checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomiljo.errors import GeomiljoError, SeveralTables
from geomiljo.pages.start import crs_name, fault_of
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import format_area

if TYPE_CHECKING:
    from geomiljo.analysis.area import PlanArea
    from geomiljo.assessments.checking import AreaRequest
    from geomiljo.pages.start import Fault
    from geomiljo.plans.contents import Contents
    from geomiljo.texts import Language


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """A feature that can be chosen."""

    number: str
    name: str
    area: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class UploadView:
    """What the page shows.

    Attributes
    ----------
    name : str
        Of the file.
    fault : Fault or None
        What has to be mended first.
    tables : tuple of str
        Tables to choose from; empty: there is nothing to choose.
    features : tuple of FeatureRow
        Features to choose from; empty: there is one only.
    system : str
        Coordinate system that the file is read in; empty: not known.
    area : str
        How large what would be checked is; empty: nothing can be checked yet.
    place : str
        Where it lies.
    """

    name: str
    fault: Fault | None
    tables: tuple[str, ...] = ()
    features: tuple[FeatureRow, ...] = ()
    system: str = ""
    area: str = ""
    place: str = ""


def upload_view(
    name: str,
    request: AreaRequest,
    contents: Contents | None,
    area: PlanArea | None,
    error: GeomiljoError | None,
    language: Language,
) -> UploadView:
    """Return what is shown of an upload, as far as it can be read."""
    tables = tuple(error.params["choices"]) if isinstance(error, SeveralTables) else ()
    found = () if contents is None or len(contents.features) < 2 else contents.features
    return UploadView(
        name=name,
        fault=fault_of(error, "crs", language) if error else None,
        tables=tables,
        features=tuple(
            FeatureRow(
                feature.number,
                feature.name,
                "–" if feature.area_m2 is None else format_area(feature.area_m2, language),
                feature.number in request.features,
            )
            for feature in found
        ),
        system="" if contents is None else crs_name(contents.crs),
        area="" if area is None else format_area(float(area.geometry.area), language),
        place="" if area is None else _place(area, language),
    )


def _place(area: PlanArea, language: Language) -> str:
    """Return a point in the area, in whole metres of SWEREF 99 TM."""
    point = area.geometry.representative_point()
    return translate(_("N {north} E {east} in SWEREF 99 TM"), language, north=f"{point.y:.0f}", east=f"{point.x:.0f}")
