"""The planning area as the analysis takes it: a valid (Multi)Polygon in SWEREF 99 TM, its parts and their land uses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import shapely

from geomiljo.geometry import canonical_hash, geometry_array, polygonal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry

NO_GROUND_M2 = 0.01
"""Ground outside every part that is smaller than this is rounding, not ground."""


@dataclass(frozen=True, slots=True)
class PlanPart:
    """A part of the planning area with its land uses.

    Attributes
    ----------
    id : str
        Unique within the planning area.
    uses : tuple of str, or None
        Codes of the land use register, sorted; None where the use is unknown.
    geometry : (Multi)Polygon
        EPSG:3006, inside the planning area. Parts do not overlap.
    wordings : tuple of str
        Provisions as the file words them, known or not.
    """

    id: str
    uses: tuple[str, ...] | None
    geometry: BaseGeometry
    wordings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProvisionGround:
    """Ground that a provision of the plan other than its land use lies over.

    Attributes
    ----------
    kind : str
        Id in the register of provisions: ``prickmark``, ``korsmark`` …
    geometry : (Multi)Polygon
        EPSG:3006, inside the planning area.
    """

    kind: str
    geometry: BaseGeometry


@dataclass(frozen=True, slots=True)
class RepairNote:
    """What was done to the geometry before it was measured.

    `kind` is a stable word: ``self_intersection``, ``duplicate_vertices``, ``unclosed``, ``stray_geometry``,
    ``overlapping_parts``, ``dropped_z`` …; `detail` is an English template filled with `params`.
    """

    kind: str
    detail: str
    params: dict[str, str]
    location: tuple[float, float] | None
    area_before_m2: float
    area_after_m2: float


@dataclass(frozen=True)
class PlanArea:
    """A planning area, ready to be measured.

    Attributes
    ----------
    name : str
        For people.
    geometry : (Multi)Polygon
        EPSG:3006, valid, not empty.
    parts : tuple of PlanPart
        Disjoint; may leave ground over, whose use is then unknown.
    repairs : tuple of RepairNote
        What the reader had to mend.
    source_crs : str
        Coordinate system that the area was delivered in.
    provisions : tuple of ProvisionGround
        What else the plan says of its ground, where the registers know what it changes.
    """

    name: str
    geometry: BaseGeometry
    parts: tuple[PlanPart, ...] = ()
    repairs: tuple[RepairNote, ...] = ()
    source_crs: str = "EPSG:3006"
    provisions: tuple[ProvisionGround, ...] = ()

    @cached_property
    def geometry_hash(self) -> str:
        """Hash of the outline on a 1 mm grid."""
        return canonical_hash(self.geometry)

    @cached_property
    def question(self) -> dict[str, Any]:
        """What is asked about the plan: outline, parts with their uses, provisions; equal for the same question."""
        return {
            "geometry": self.geometry_hash,
            "parts": [[part.id, canonical_hash(part.geometry), part.uses] for part in self.parts],
        } | ({"provisions": [[p.kind, canonical_hash(p.geometry)] for p in self.provisions]} if self.provisions else {})

    @cached_property
    def unknown_ground(self) -> BaseGeometry | None:
        """Ground of unknown use: parts without uses and what lies outside every part; None where there is none."""
        known = [part.geometry for part in self.parts if part.uses is not None]
        if not known:
            return self.geometry
        rest = polygonal(geometry_array([shapely.difference(self.geometry, shapely.union_all(known))]))[0]
        return rest if rest.area > NO_GROUND_M2 else None

    def ground_with_use(self, uses: Iterable[str]) -> tuple[BaseGeometry, tuple[str, ...]] | None:
        """Return the union of the parts with any of `uses`, and their ids; None where there is none."""
        wanted = set(uses)
        matching = [part for part in self.parts if part.uses is not None and wanted & set(part.uses)]
        if not matching:
            return None
        return shapely.union_all([part.geometry for part in matching]), tuple(part.id for part in matching)
