"""One layer: what it is, what is loaded of it, where it has mapped, what differs between its versions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geomiljo.layers.coverage import county_code
from geomiljo.reports.layers_terminal import doubt_in_words
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.wording import ROLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geomiljo.access import Role
    from geomiljo.catalogue.sources import Source
    from geomiljo.layers.changes import ChangeReport, ObjectChange
    from geomiljo.layers.coverage_map import CoverageMap, Extent, MappedArea
    from geomiljo.texts import Language

OBJECTS_ON_A_PAGE = 50
CHANGE = {"new": _("new"), "gone": _("gone"), "changed": _("changed")}
PROTOCOL = {
    "wfs": _("Web Feature Service"),
    "ogc_features": _("OGC API Features"),
    "arcgis": _("ArcGIS service"),
    "atom": _("Atom feed"),
    "file": _("file"),
    "folder": _("folder of the installation"),
    "postgis": _("PostGIS"),
    "stac": _("STAC catalogue"),
    "manual": _("by hand"),
}
_ORDER: tuple[Extent, ...] = ("whole", "part", "none", "unknown")


@dataclass(frozen=True, slots=True)
class DrawnCoverage:
    """The coverage map with its key.

    Attributes
    ----------
    view_box : str
        Of the SVG.
    stroke : float
        Width of a line in the units of the drawing, metres.
    counts : tuple of (str, int)
        How many areas are mapped how far, without those that none is.
    areas : tuple of (str, MappedArea)
        Code and area, in the order of codes.
    """

    view_box: str
    stroke: float
    counts: tuple[tuple[Extent, int], ...]
    areas: tuple[tuple[str, MappedArea], ...]


def drawn_coverage(coverage: CoverageMap, digits: int) -> DrawnCoverage:
    """Return the coverage map as it is drawn; codes have so many digits."""
    counted = Counter(area.extent for area in coverage.areas)
    x, y, width, height = coverage.box
    return DrawnCoverage(
        view_box=f"{x:.0f} {y:.0f} {width:.0f} {height:.0f}",
        stroke=max(width, height) / 400,
        counts=tuple((extent, counted[extent]) for extent in _ORDER if counted[extent]),
        areas=tuple(sorted((county_code(area.id).zfill(digits), area) for area in coverage.areas)),
    )


@dataclass(frozen=True, slots=True)
class ChangeList:
    """What differs between two versions, page by page.

    Attributes
    ----------
    was, now : str
        Versions.
    counts : dict of str to int
        Of all objects.
    objects : tuple of ObjectChange
        Those of the page.
    page, pages : int
    """

    was: str
    now: str
    counts: Mapping[str, int]
    objects: tuple[ObjectChange, ...]
    page: int
    pages: int


def change_list(report: ChangeReport, page: int) -> ChangeList:
    """Return a page of a change report; beyond the last page there is the last."""
    pages = max(1, -(-len(report.objects) // OBJECTS_ON_A_PAGE))
    page = min(page, pages)
    first = (page - 1) * OBJECTS_ON_A_PAGE
    shown = report.objects[first : first + OBJECTS_ON_A_PAGE]
    return ChangeList(report.was, report.now, report.counts(), shown, page, pages)


def source_line(source: Source) -> tuple[str, str, bool]:
    """Return of a source: its protocol as a marked text, where it is, and whether that is an address to follow."""
    place = getattr(source, "url", None) or getattr(source, "path", None) or getattr(source, "place", "")
    is_address = str(place).startswith(("https://", "http://")) and " " not in str(place)
    return PROTOCOL[source.protocol], str(place), is_address


def doubts(version: Mapping[str, Any], language: Language) -> str:
    """Return why a version waits, or waited, for a person."""
    return " ".join(doubt_in_words(doubt, language) for doubt in version["doubts"])


def why_restricted(roles: Sequence[Role], language: Language) -> str:
    """Return for whom restricted layers are measured."""
    named = ", ".join(translate(ROLE[role], language) for role in roles) or translate(_("nobody"), language)
    return translate(
        _(
            "The register calls this layer restricted: its objects can be sensitive. It is measured for: {roles}."
            " For others it counts as not checked, never as a no."
        ),
        language,
        roles=named,
    )
