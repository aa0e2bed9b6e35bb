"""The queue of a county board as a page: filters that are an address, rows in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, field_validator

from geomiljo.access import PUBLISHED_STAGES
from geomiljo.assessments.queue import SOON_DAYS, TO_ANSWER, QueueQuery
from geomiljo.catalogue.rules import GROUNDS, Ground, Severity
from geomiljo.maps.fragments import split
from geomiljo.maps.web_map import PlanOnMap, plans_map
from geomiljo.pages import plan_words
from geomiljo.plans.case import STAGES, Stage
from geomiljo.texts import mark as _
from geomiljo.texts import plural, translate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from geomiljo.assessments.queue import QueuedPlan, QueuePage, QueueSort, QueueTotals
    from geomiljo.assessments.queue_places import PlanPlace
    from geomiljo.assessments.saved_views import View
    from geomiljo.catalogue import Catalogue
    from geomiljo.maps.fragments import Fragments
    from geomiljo.maps.overlays import Surroundings
    from geomiljo.texts import Language

Only = Literal["unreviewed", "stale", "changed", "unclear", "answered"]
SortAddress = Literal["deadline", "-deadline", "severity", "-severity", "name", "-name", "changed", "-changed"]
ROWS = 25
SWEDEN = (260_000.0, 6_130_000.0, 930_000.0, 7_680_000.0)
"""EPSG:3006."""
SORTS: dict[SortAddress, str] = {
    "deadline": _("Answer due"),
    "severity": _("Worst level"),
    "name": _("Name"),
    "-changed": _("Changed last"),
}
ONLY: dict[Only, str] = {
    "unreviewed": _("not reviewed findings"),
    "stale": _("newer data"),
    "changed": _("changed since consultation"),
    "unclear": _("unclear objectives"),
    "answered": _("the municipality's words"),
}
_MODULE_TEXTS = {
    "map": _("Map of the plans. All that it shows is in the table too."),
    "close": _("Close"),
    "chosen": _("{plan} is chosen"),
}


class QueueForm(BaseModel):
    """The filters, as the address has them; empty members are as good as none."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    county: str = Field(default="", pattern="^([0-9]{2})?$")
    municipality: str = Field(default="", pattern="^([0-9]{4})?$")
    stage: Stage | Literal["all"] | None = None
    objective: int | None = Field(default=None, ge=1, le=16)
    level: list[Severity] = []
    severity: list[Severity] = []
    ground: list[Ground] = []
    only: list[Only] = []
    days: int | None = Field(default=None, ge=0, le=3_650)
    q: str = Field(default="", max_length=200)
    sort: SortAddress = "deadline"
    cursor: str | None = Field(default=None, max_length=2_000)

    @field_validator("*", mode="before")
    @classmethod
    def _without_empty(cls, value: Any, info: Any) -> Any:
        if isinstance(value, list):
            return [item for item in value if item != ""]
        return cls.model_fields[info.field_name].get_default() if value == "" else value

    def query(self, **changes: Any) -> str:
        """Return the query of the address with some members changed; a changed question begins at its first page."""
        members = {**self.model_dump(exclude_defaults=True, exclude={"cursor"}), **changes}
        return urlencode({name: value for name, value in members.items() if value not in (None, "", [])}, doseq=True)

    def address(self, **changes: Any) -> str:
        """Return the address with some members changed."""
        query = self.query(**changes)
        return f"/review?{query}" if query else "/review"

    def export(self, form: str) -> str:
        """Return the address of all that is asked for as a file."""
        return f"/review/export?{self.query(f=form)}"

    @property
    def is_filtered(self) -> bool:
        """Whether anything but order and page is asked for."""
        return bool(self.model_dump(exclude_defaults=True, exclude={"cursor", "sort", "county"}))

    def stages(self) -> tuple[Stage, ...]:
        """Return the stages that are meant."""
        if self.stage == "all":
            return tuple(stage for stage in STAGES if stage in PUBLISHED_STAGES)
        return (self.stage,) if self.stage else TO_ANSWER

    def asked(self, today: dt.date, county: str | None, hidden: frozenset[str]) -> QueueQuery:
        """Return the question to the queue, without its place in the list."""
        sort: QueueSort = self.sort.removeprefix("-")  # type: ignore[assignment]
        only: dict[str, Any] = {name: name in self.only for name in ONLY}
        return QueueQuery(
            today,
            county=county,
            hidden=hidden,
            stages=self.stages(),
            municipality=(self.municipality,) if self.municipality else (),
            severity=tuple(self.severity),
            grounds=tuple(self.ground),
            objective=self.objective,
            levels=tuple(self.level) if self.objective else (),
            within_days=self.days,
            words=self.q,
            sort=sort,
            is_descending=self.sort.startswith("-"),
            limit=ROWS,
            **only,
        )


@dataclass(frozen=True, slots=True)
class Quick:
    """A number of the strip above, and the address that shows what it counts."""

    address: str
    icon: str
    count: int
    words: str
    is_on: bool


def quick_choices(totals: QueueTotals, form: QueueForm, language: Language) -> list[Quick]:
    """Return the strip above: each leads to its plans, and back again where it is on."""
    base = QueueForm(county=form.county, stage=form.stage)

    def quick(icon: str, count: int, words: str, is_on: bool, **filters: Any) -> Quick:
        return Quick(base.address() if is_on else base.address(**filters), icon, count, words, is_on)

    days = {"days": SOON_DAYS}
    return [
        quick(
            "clock",
            totals.soon,
            translate(_("answers due within {days} days"), language, days=SOON_DAYS),
            form.days == SOON_DAYS,
            **days,
        ),
        quick(
            "prohibition",
            totals.prohibited,
            translate(_("with a prohibition"), language),
            form.severity == ["prohibition"],
            severity=["prohibition"],
        ),
        quick(
            "changed",
            totals.changed,
            translate(_("changed since consultation"), language),
            form.only == ["changed"],
            only=["changed"],
        ),
        quick(
            "comment",
            totals.answered,
            translate(_("have the municipality's words"), language),
            form.only == ["answered"],
            only=["answered"],
        ),
        quick(
            "st-undec",
            totals.unclear,
            translate(_("plans with unclear objectives"), language),
            form.only == ["unclear"],
            only=["unclear"],
        ),
    ]


def due_words(plan: QueuedPlan, today: dt.date, language: Language) -> str:
    """Return how long there is to answer."""
    days = plan.days_left(today)
    if days is None:
        return "–"
    if days < 0:
        return plural("{count} day late", "{count} days late", -days, language)
    return plural("{count} day", "{count} days", days, language) if days else translate(_("today"), language)


def is_due_soon(plan: QueuedPlan, today: dt.date) -> bool:
    """Return whether the answer is due within a week, or overdue."""
    days = plan.days_left(today)
    return days is not None and days <= SOON_DAYS


def queue_view(
    page: QueuePage,
    totals: QueueTotals,
    matching: int,
    form: QueueForm,
    *,
    catalogue: Catalogue,
    county: str | None,
    today: dt.date,
    views: Sequence[View],
    language: Language,
) -> dict[str, Any]:
    """Return what the page shows besides its map."""
    known = catalogue.counties.get(county or "")
    return {
        "plans": page.items,
        "plan_words": plan_words,
        "totals": totals,
        "matching": matching,
        "form": form,
        "quick": quick_choices(totals, form, language),
        "today": today,
        "views": views,
        "place": known.name if known else translate(_("All counties"), language),
        "counties": sorted(catalogue.counties.items()) if county is None or form.county else [],
        "municipalities": list(_municipalities(catalogue, county)),
        "municipality_names": {code: m.name for code, m in catalogue.municipalities.items()},
        "objectives": [(number, o.name.sv if language == "sv" else o.name.en)
                       for number, o in sorted(catalogue.objectives.items())],
        "stages": [stage for stage in STAGES if stage in PUBLISHED_STAGES],
        "grounds": GROUNDS,
        "sorts": SORTS,
        "only_words": ONLY,
        "due_words": lambda plan: due_words(plan, today, language),
        "is_due_soon": lambda plan: is_due_soon(plan, today),
    }  # fmt: skip


def _municipalities(catalogue: Catalogue, county: str | None) -> Iterator[tuple[str, str]]:
    found = ((m.name, code) for code, m in catalogue.municipalities.items() if county in (None, m.county))
    yield from ((code, name) for name, code in sorted(found))


def queue_map(places: Sequence[PlanPlace], surroundings: Surroundings, language: Language) -> Fragments:
    """Return the overview map."""
    plans = [PlanOnMap(str(place.id), place.severity, place.geometry) for place in places]
    texts = {name: translate(text, language, plan="{plan}") for name, text in _MODULE_TEXTS.items()}
    return split(plans_map(plans, SWEDEN, surroundings, {"texts": texts}))
