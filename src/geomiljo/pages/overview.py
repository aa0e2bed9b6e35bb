"""Sums over a county's plans as pages: the matrix, the ledger over time, how many interests lie on the same spot."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

import shapely
from pydantic import BaseModel, ConfigDict, Field, field_validator

from geomiljo.access import PUBLISHED_STAGES
from geomiljo.catalogue.rules import SEVERITIES, Severity
from geomiljo.maps.fragments import split
from geomiljo.maps.sheet import lightened
from geomiljo.maps.web_map import Shape, area_map
from geomiljo.pages import plan_words
from geomiljo.pages.queue import SWEDEN, QueueForm
from geomiljo.plans.case import STAGES, Stage
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import SQUARE_METRES_PER_HECTARE, format_decimals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geomiljo.analysis.ledger_series import LedgerMonth
    from geomiljo.assessments.matrix import MatrixCell
    from geomiljo.assessments.overlap import OverlapArea
    from geomiljo.catalogue import Catalogue
    from geomiljo.maps.fragments import Fragments
    from geomiljo.maps.overlays import Surroundings
    from geomiljo.texts import Language

Measure = Literal["plans", "hectares", "share"]
MEASURES: dict[Measure, str] = {
    "plans": _("Number of plans"),
    "hectares": _("Hectares"),
    "share": _("Share of the plans"),
}
COUNTED: tuple[Severity, ...] = ("prohibition", "permit", "consider")
"""Levels that the matrix counts unless others are chosen."""
_STEPS: dict[Measure, tuple[float, ...]] = {"plans": (0, 2, 5, 9), "hectares": (0, 1, 5, 20), "share": (0, 25, 50, 75)}
"""Last value of each step of colour but the darkest."""
_STEP_WORDS: dict[Measure, tuple[str, ...]] = {
    "plans": ("0", "1–2", "3–5", "6–9", "10–"),
    "hectares": ("0", "–1 ha", "1–5 ha", "5–20 ha", "20 ha–"),
    "share": ("0 %", "–25 %", "25–50 %", "50–75 %", "75 %–"),
}
_SHADES = 5


class OverviewForm(BaseModel):
    """What the pages are asked for, as the address has it; empty members are as good as none."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    county: str = Field(default="", pattern="^([0-9]{2})?$")
    municipality: str = Field(default="", pattern="^([0-9]{4})?$")
    stage: Stage | None = None
    show: Measure = "plans"
    severity: list[Severity] = []
    order: Literal["name", "plans"] = "name"
    objective: int | None = Field(default=None, ge=1, le=16)
    interest: Literal["layer", "object"] = "layer"

    @field_validator("*", mode="before")
    @classmethod
    def _without_empty(cls, value: Any, info: Any) -> Any:
        return cls.model_fields[info.field_name].get_default() if value == "" else value

    @property
    def counted(self) -> tuple[Severity, ...]:
        """The levels that count."""
        return tuple(severity for severity in SEVERITIES if severity in (self.severity or COUNTED))

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that are meant; empty: all from consultation on."""
        return (self.stage,) if self.stage else ()

    def of_queue(self) -> QueueForm:
        """Return what the queue is asked for the plans that are counted."""
        return QueueForm(county=self.county, municipality=self.municipality, stage=self.stage or "all")

    def export(self, form: str) -> str:
        """Return the address of the sums as a file; it holds what no choice of how to show them changes."""
        shown: dict[str, None] = dict.fromkeys(("show", "severity", "order", "objective", "interest"))
        return f"/overview/export?{self.query(f=form, **shown)}"

    def query(self, **changes: Any) -> str:
        """Return the query of the address with some members changed."""
        members = {**self.model_dump(exclude_defaults=True), **changes}
        return urlencode({name: value for name, value in members.items() if value not in (None, "", [])}, doseq=True)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the matrix.

    Attributes
    ----------
    text : str
        Empty: none of the plans could be decided.
    step : int
        Of colour, 0 to 4.
    mark : Severity or None
        Prohibition or permit, the worst that counts here.
    unknown : int
        Plans whose assessment cannot tell, or that have none.
    address : str
        Of the plans that it counts; empty where there are none.
    """

    text: str
    step: int
    mark: Severity | None
    unknown: int
    address: str


@dataclass(frozen=True, slots=True)
class Row:
    """A municipality of the matrix."""

    code: str
    name: str
    plans: int
    cells: tuple[Cell, ...]


def matrix_view(
    cells: Sequence[MatrixCell], form: OverviewForm, catalogue: Catalogue, county: str | None, language: Language
) -> dict[str, Any]:
    """Return what the page of the matrix shows."""
    by_code: dict[str, list[MatrixCell]] = {}
    for cell in cells:
        by_code.setdefault(cell.municipality, []).append(cell)
    rows = [
        Row(code, _name(catalogue, code), own[0].plans, tuple(_cell(c, form, language) for c in own))
        for code, own in by_code.items()
    ]
    empty = [code for code, m in catalogue.municipalities.items() if m.county == county and code not in by_code]
    rows += [Row(code, _name(catalogue, code), 0, ()) for code in empty]
    rows.sort(key=lambda row: (-row.plans if form.order == "plans" else 0, row.name))
    totals = [
        sum(cell.plans_with(form.counted) for cell in cells if cell.objective == number) for number in range(1, 17)
    ]
    return {
        "rows": rows,
        "totals": totals if form.show == "plans" else [],
        "plan_count": sum(row.plans for row in rows),
        "not_assessed": sum(own[0].plans - own[0].assessed for own in by_code.values()),
        "measures": MEASURES,
        "steps": _STEP_WORDS[form.show],
        **_shared(form, catalogue, county, language),
    }


def _cell(cell: MatrixCell, form: OverviewForm, language: Language) -> Cell:
    plans = cell.plans_with(form.counted)
    values: dict[Measure, float] = {
        "plans": plans,
        "hectares": cell.hectares_with(form.counted),
        "share": 100 * plans / cell.plans,
    }
    value = values[form.show]
    text = format_decimals(value, 1 if form.show == "hectares" and value < 10 else 0, language)
    worst = next((severity for severity in form.counted if cell.touched[severity]), None)
    levels = [] if set(form.counted) == set(SEVERITIES) else list(form.counted)
    stage = form.stage or "all"
    asked = {"municipality": cell.municipality, "stage": stage, "objective": cell.objective, "level": levels}
    return Cell(
        "" if cell.is_unclear else text,
        bisect_left(_STEPS[form.show], value),
        worst if worst in {"prohibition", "permit"} else None,
        cell.unknown + cell.plans - cell.assessed,
        f"/review?{urlencode(asked, doseq=True)}" if plans else "",
    )


def _name(catalogue: Catalogue, code: str) -> str:
    return catalogue.municipalities[code].name if code in catalogue.municipalities else code


def _shared(form: OverviewForm, catalogue: Catalogue, county: str | None, language: Language) -> dict[str, Any]:
    """Return what all three pages show."""
    known = catalogue.counties.get(county or "")
    own = sorted((m.name, code) for code, m in catalogue.municipalities.items() if county in (None, m.county))
    return {
        "form": form,
        "place": known.name if known else translate(_("All counties"), language),
        "counties": sorted(catalogue.counties.items()) if county is None or form.county else [],
        "municipalities": [(code, name) for name, code in own],
        "stages": [stage for stage in STAGES if stage in PUBLISHED_STAGES],
        "plan_words": plan_words,
        "objective_names": {n: o.name.sv if language == "sv" else o.name.en for n, o in catalogue.objectives.items()},
    }


@dataclass(frozen=True, slots=True)
class Chart:
    """A stepped line over months, ready to be drawn in 720 × 240.

    Attributes
    ----------
    area, line : str
        Paths.
    ticks : tuple of (float, str)
        Heights and words of the scale.
    months : tuple of (float, str)
        Places and words along the time.
    """

    area: str
    line: str
    ticks: tuple[tuple[float, str], ...]
    months: tuple[tuple[float, str], ...]


_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 712.0, 12.0, 208.0
_MOST_LABELS = 8
_LEAST_HA = 0.1


def _chart(months: Sequence[LedgerMonth], values: Sequence[float], language: Language) -> Chart:
    top = _round_up(max(values, default=0.0))
    parts = 4 if str(top).lstrip("0.")[0] == "2" else 5
    width = (_RIGHT - _LEFT) / max(1, len(values))

    def height(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * value / top, 1)

    steps = "".join(f"H{_LEFT + width * n:.1f}V{height(value)}" for n, value in enumerate(values))
    first = height(values[0])
    decimals = 0 if top >= parts else 2
    scale = [top * part / parts for part in range(parts + 1)]
    ticks = tuple((height(value), format_decimals(value, decimals, language)) for value in scale)
    every = -(-len(values) // _MOST_LABELS)
    labels = tuple(
        (round(_LEFT + width * n, 1), f"{month.month:%Y-%m}") for n, month in enumerate(months) if n % every == 0
    )
    area = f"M{_LEFT} {_BOTTOM}V{first}{steps}H{_RIGHT}V{_BOTTOM}Z"
    return Chart(area, f"M{_LEFT} {first}{steps}H{_RIGHT}", ticks, labels)


def _round_up(value: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten, so that a scale reads well.

    Examples
    --------
    >>> [_round_up(value) for value in (0.0, 0.3, 7.0, 10.0, 1_234.0)]
    [1.0, 0.5, 10.0, 10.0, 2000.0]
    """
    if value <= 0:
        return 1.0
    power = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 0.1
    while power * 10 < value:
        power *= 10
    return next(power * step for step in (1, 2, 5, 10) if power * step >= value)


def ledger_view(
    months: Sequence[LedgerMonth], form: OverviewForm, catalogue: Catalogue, county: str | None, language: Language
) -> dict[str, Any]:
    """Return what the page of the ledger shows; newest month first in the table."""
    values = [_hectares(month, form.objective) for month in months]
    last = months[-1] if months else None
    return {
        "chart": _chart(months, values, language) if months else None,
        "months": [(month, value) for month, value in zip(months, values, strict=True)][::-1],
        "last": last,
        "by_objective": sorted(last.objectives.items()) if last else [],
        "hectares": lambda area_m2: _in_hectares(area_m2 / SQUARE_METRES_PER_HECTARE, language),
        **_shared(form, catalogue, county, language),
    }


def _in_hectares(value: float, language: Language) -> str:
    """Return hectares with one decimal; little is never nothing."""
    if 0 < value < _LEAST_HA:
        return "<" + format_decimals(_LEAST_HA, 1, language)
    return format_decimals(value, 1 if value else 0, language)


def _hectares(month: LedgerMonth, objective: int | None) -> float:
    area_m2 = month.area_m2 if objective is None else month.objectives.get(objective, 0.0)
    return area_m2 / SQUARE_METRES_PER_HECTARE


_MODULE_TEXTS = {
    "map": _("Map of how many interests cover each spot. All that it shows is in the table too."),
    "close": _("Close"),
    "interests": _("Interests on this spot: {count}"),
}


def overlap_view(
    areas: Sequence[OverlapArea], form: OverviewForm, catalogue: Catalogue, county: str | None, language: Language
) -> dict[str, Any]:
    """Return what the page of overlapping interests shows besides its map."""
    whole_m2 = sum(area.area_m2 for area in areas)
    return {
        "areas": [(a.interests, _shade(a.interests, areas), a.area_m2, a.area_m2 / whole_m2) for a in areas],
        "whole_m2": whole_m2,
        **_shared(form, catalogue, county, language),
    }


def _shade(count: int, areas: Sequence[OverlapArea]) -> int:
    """Return the shade of a number of interests, 1 to 5: one for each up to five, else shared out among them."""
    most = max(area.interests for area in areas)
    return count if most <= _SHADES else 1 + (_SHADES - 1) * (count - 1) // (most - 1)


def overlap_map(areas: Sequence[OverlapArea], surroundings: Surroundings, language: Language) -> Fragments:
    """Return the map: fewest interests first, so that most are seen where outlines meet."""
    texts = {name: translate(text, language, count="{count}") for name, text in _MODULE_TEXTS.items()}
    shapes = [
        Shape(f"ov ov-{_shade(area.interests, areas)}", shape, {"count": area.interests})
        for area, shape in zip(areas, lightened([area.geometry for area in areas]), strict=True)
    ]
    bounds = tuple(shapely.total_bounds([area.geometry for area in areas])) if areas else SWEDEN
    return split(area_map(bounds, surroundings, {"texts": texts}, shapes))
