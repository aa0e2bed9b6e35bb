"""Checking a planning area in a notebook: no service and no database, and a map to look at.

from geomiljo.notebook import check

result = check("plan.gpkg", layers={"naturreservat": "reservat.gpkg"})
result.explore()
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry.base import BaseGeometry

from geomiljo.assessments import Assessor, shapes_of
from geomiljo.catalogue import open_catalogue
from geomiljo.crs import crs_label, parse_crs
from geomiljo.layers.overlay import read_overlay
from geomiljo.maps import map_page
from geomiljo.plans import plan_area_from_geojson, read_plan_area
from geomiljo.settings import Settings
from geomiljo.wording import verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import folium

    from geomiljo.analysis.area import PlanArea
    from geomiljo.analysis.results import Assessment
    from geomiljo.analysis.shapes import Shapes
    from geomiljo.catalogue import Catalogue
    from geomiljo.texts import Language


@dataclass(frozen=True)
class Result:
    """A checked planning area.

    Attributes
    ----------
    assessment : Assessment
        Findings, objectives and layers, frozen.
    shapes : Shapes
        The plan, and what the findings are of.
    """

    assessment: Assessment
    shapes: Shapes
    catalogue: Catalogue
    language: Language

    @cached_property
    def verdict(self) -> str:
        """The result in one sentence."""
        return verdict(self.assessment, self.language)

    def explore(self, tiles: str | None = None) -> folium.Map:
        """Return the interactive map.

        Parameters
        ----------
        tiles : str, optional
            A base map, as Folium knows it: ``"OpenStreetMap"``, or an address with ``{z}``, ``{x}`` and ``{y}``.
            Without one the map holds everything that it needs and asks nothing of the network. With one it is a map as
            Folium makes them, and everything that Folium offers can be added to it.
        """
        from geomiljo.maps.explore import explore_map  # Folium takes half a second to import

        return explore_map(self.assessment, self.shapes, self.language, tiles)

    def save(self, path: str | Path) -> Path:
        """Write map, findings and what could not be checked as one HTML file that needs no network."""
        page = map_page(self.assessment, self.shapes, catalogue=self.catalogue, language=self.language)
        target = Path(path)
        target.write_text(page, encoding="utf-8")
        return target

    def __repr__(self) -> str:
        return f"<Result {self.assessment.area.name}: {self.verdict}>"


def check(
    area: str | Path | BaseGeometry | Mapping[str, Any],
    *,
    layers: Mapping[str, str | Path],
    crs: str | int | None = None,
    uses: Sequence[str] | None = None,
    language: Language = "sv",
) -> Result:
    """Check a planning area against layers that are files.

    Parameters
    ----------
    area : path, Geometry or GeoJSON
        The planning area; a geometry needs `crs`.
    layers : mapping of str to path
        Files by the layers' ids in the registers. All other layers are told as not checked.
    crs : str or int, optional
        Coordinate system, where the area states none.
    uses : sequence of str, optional
        Land uses of the whole area, by code.
    language : {"sv", "en"}
        Of the map and of the sentences.

    Raises
    ------
    InputError
        The area or a layer cannot be used; the message says why, and what to do.
    """
    settings = Settings()
    catalogue = open_catalogue(settings.registers_dir)
    plan = _plan_of(area, crs, uses, catalogue, settings)
    reader = read_overlay(catalogue, {layer: Path(path) for layer, path in layers.items()})
    assessor = Assessor.of(catalogue)
    assessment = assessor.assess(plan, reader)
    return Result(assessment, shapes_of(assessment, plan, reader), catalogue, language)


def _plan_of(
    area: str | Path | BaseGeometry | Mapping[str, Any],
    crs: str | int | None,
    uses: Sequence[str] | None,
    catalogue: Catalogue,
    settings: Settings,
) -> PlanArea:
    named = None if crs is None else crs_label(parse_crs(crs))
    if isinstance(area, str | Path):
        return read_plan_area(Path(area), catalogue=catalogue, settings=settings, crs=named, uses=uses)
    document = json.loads(shapely.to_geojson(area)) if isinstance(area, BaseGeometry) else dict(area)
    return plan_area_from_geojson(document, catalogue=catalogue, settings=settings, crs=named, uses=uses)
