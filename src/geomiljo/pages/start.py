"""What the start page shows: ways to give an area, what can be stated about it, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geomiljo.assessments.checks import MOST_RECENT
from geomiljo.crs import SWEREF_ZONES, parse_crs
from geomiljo.jobs.store import UNFINISHED
from geomiljo.pages import plan_words
from geomiljo.plans.case import STAGES
from geomiljo.texts import explain, translate
from geomiljo.texts import mark as _
from geomiljo.units import format_area
from geomiljo.wording import moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geomiljo.assessments.checks import RecentCheck
    from geomiljo.catalogue import Catalogue
    from geomiljo.errors import GeomiljoError
    from geomiljo.jobs.uploads import OpenCheck
    from geomiljo.texts import Language

WAYS = {
    "file": ("upload", _("Upload a file")),
    "drawn": ("poly", _("Draw on the map")),
    "text": ("paste", _("Paste coordinates")),
    "plan": ("id", _("Open a stored plan")),
}
"""Ways to give an area: icon and words."""
_SYSTEMS = (3006, *SWEREF_ZONES, 3021, 4326)
_REMEDY = {
    "missing-crs": _("Choose the coordinate system below, and look where the area then lies."),
    "wrong-crs": _("Choose another coordinate system, or correct it in the file."),
    "outside-sweden": _("See that the coordinate system is the right one; only areas in Sweden are checked."),
    "several-tables": _("Choose one of them below."),
    "not-found": _("Choose among those that are listed."),
    "limit-exceeded": _("Send the planning area alone, or a part of it."),
}
"""What helps on a page, where the remedy of the error is about the command line."""
_FIELDS = {
    "missing-crs": "crs",
    "wrong-crs": "crs",
    "outside-sweden": "crs",
    "several-tables": "table",
}
"""The field that an error is about, where it is not the area itself."""
_OPEN = {
    "queued": _("Waits for its turn"),
    "running": _("In progress"),
    "failed": _("Could not be made"),
    "cancelled": _("Cancelled"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with what was sent: told beside the field and in the summary.

    Attributes
    ----------
    field : str
        Id of the field.
    title, detail, remedy : str
    code : str
        Kind of the error.
    """

    field: str
    title: str
    detail: str
    remedy: str
    code: str

    def document(self) -> dict[str, str]:
        """Return the fault as JSON has it."""
        return {"field": self.field, "title": self.title, "detail": self.detail, "remedy": self.remedy}


@dataclass(frozen=True, slots=True)
class RecentRow:
    """A check that was made lately, or is under way, in words.

    Attributes
    ----------
    state : str
        How far it has come.
    icon : str
        Of the state; empty where there is a result.
    when : str
        When it was made; without a result, when it was asked for.
    """

    address: str
    name: str
    state: str
    icon: str
    when: str
    area: str = ""
    touched: int = 0
    unknown: int = 0
    findings: int = 0
    severity: str | None = None


def fault_of(error: GeomiljoError, way: str, language: Language) -> Fault:
    """Return an error as what a form tells.

    Parameters
    ----------
    way : str
        The way in which the area was given.
    """
    detail, remedy = explain(error, language)
    if error.code in _REMEDY:
        remedy = translate(_REMEDY[error.code], language)
    return Fault(_FIELDS.get(error.code, way), translate(error.title, language), detail, remedy, error.code)


def options(catalogue: Catalogue, language: Language) -> dict[str, Any]:
    """Return what can be chosen in the form."""
    default = catalogue.default_layer_set()
    return {
        "ways": WAYS,
        "systems": known_systems(),
        "stages": [(stage, translate(plan_words.STAGE[stage], language)) for stage in STAGES],
        "uses": [(code, getattr(use.name, language)) for code, use in catalogue.land_uses.items()],
        "layer_sets": [
            (set_id, getattr(found.title, language), len(catalogue.layers_in_set(set_id)), set_id == default)
            for set_id, found in catalogue.layer_sets.items()
        ],
    }


def known_systems() -> list[tuple[str, str]]:
    """Return the coordinate systems that are offered: label and name."""
    return [(f"EPSG:{code}", crs_name(f"EPSG:{code}")) for code in _SYSTEMS]


def crs_name(label: str) -> str:
    """Return the name of a coordinate system for people.

    Examples
    --------
    >>> crs_name("EPSG:3006"), crs_name("EPSG:3011")
    ('SWEREF 99 TM', 'SWEREF 99 18 00')
    """
    return str(parse_crs(label).name).replace("SWEREF99", "SWEREF 99")


def recent_rows(checks: Sequence[RecentCheck], waiting: Sequence[OpenCheck], language: Language) -> list[RecentRow]:
    """Return recent checks in words, newest first: those with a result, and those in the background without one."""
    rows = [(check.created_at, _made(check, language)) for check in checks]
    rows += [(check.created_at, _open(check, language)) for check in waiting]
    return [row for _at, row in sorted(rows, key=lambda dated: dated[0], reverse=True)[:MOST_RECENT]]


def _made(check: RecentCheck, language: Language) -> RecentRow:
    return RecentRow(
        address=f"/checks/{check.id}",
        name=check.name,
        state=translate(_("Done"), language),
        icon="",
        when=moment(check.created_at.isoformat(), language),
        area=format_area(check.area_m2, language),
        touched=len(check.touched),
        unknown=len(check.unknown),
        findings=check.finding_count,
        severity=check.severity,
    )


def _open(check: OpenCheck, language: Language) -> RecentRow:
    if check.state == "running" and check.total:
        state = translate(_("In progress: {done} of {of} layers"), language, done=check.done, of=check.total)
    else:
        state = translate(_OPEN[check.state], language)
    icon = "st-fail" if check.state == "failed" else "clock" if check.state in UNFINISHED else "x"
    when = moment(check.created_at.isoformat(), language)
    return RecentRow(f"/checks/{check.id}", check.name, state, icon, when)


def filled(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was written in the form, so that nothing is lost when it is shown again."""
    names = ("way", "text", "crs", "stage", "name", "layerSet", "plan", "drawn")
    kept: dict[str, Any] = {name: form.get(name) or "" for name in names}
    return {**kept, "way": kept["way"] if kept["way"] in WAYS else "file"}
