"""A plan under review as a page: findings beside what is said of them, and what has changed since the consultation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from geomiljo.analysis.states import finding_digest
from geomiljo.assessments.drafts import NewDraft
from geomiljo.assessments.opinion import COUNTY_ROLES, last_words
from geomiljo.catalogue.rules import GROUNDS
from geomiljo.maps.view import finding_measure
from geomiljo.pages import plan_words
from geomiljo.reports.opinion import STANCE
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import format_area, format_count, format_length, format_share
from geomiljo.wording import CAUSE, DIFFERENCE, SEVERITY, SWEDISH_TIME, Difference

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator

    from geomiljo.analysis.differences import CauseKind, Comparison
    from geomiljo.analysis.results import Finding
    from geomiljo.assessments.drafts import Draft
    from geomiljo.assessments.freshness import Change
    from geomiljo.assessments.reviews import Reviews, Stance, Statement
    from geomiljo.assessments.store import StoredAssessment
    from geomiljo.catalogue.rules import Ground
    from geomiljo.plans.case import StoredPlan
    from geomiljo.texts import Language

PER_PAGE = 60
"""Findings on a page of the list."""
STANCE_MEANING: dict[Stance, str] = {
    "agree": _("The finding stands"),
    "dispute": _("The finding or its data are wrong"),
    "handled": _("The plan sees to the question"),
    "investigate": _("The material does not suffice"),
}
STANCE_ICON: dict[Stance, str] = {"agree": "agree", "dispute": "dispute", "handled": "solved", "investigate": "search"}


@dataclass(frozen=True, slots=True)
class NumberChange:
    """A number that was another at the consultation."""

    what: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding in the list.

    Attributes
    ----------
    finding : Finding
    difference : str or None
        Against the consultation; None: there is nothing to compare with.
    cause : str
        Why it differs, as a marked text; empty where it does not.
    changes : tuple of NumberChange
        Numbers that differ.
    said, answers : tuple of Statement
        What county boards, and others, have said of it, oldest first.
    stance : str or None
        What stands now: of one's own draft, else of the last statement.
    draft : Draft or None
        One's own.
    is_draft_old : bool
        The finding has changed since the draft was written.
    measure : str
    """

    finding: Finding
    difference: Difference | None
    cause: str
    changes: tuple[NumberChange, ...]
    said: tuple[Statement, ...]
    answers: tuple[Statement, ...]
    draft: Draft | None
    is_draft_old: bool
    measure: str

    @property
    def place(self) -> str:
        """Id of the entry in the page."""
        return f"gone-{self.finding.id}" if self.difference == "gone" else self.finding.id

    @property
    def is_reviewed(self) -> bool:
        """Whether a county board has spoken of it."""
        return any(statement.object_id is None for statement in self.said)

    @property
    def stance(self) -> Stance | None:
        """What stands now."""
        if self.draft is not None and self.draft.stance is not None:
            return self.draft.stance
        whole = [statement for statement in self.said if statement.object_id is None]
        return whole[-1].stance if whole else None

    @property
    def form(self) -> NewDraft:
        """What its form is filled with."""
        if self.draft is None:
            return NewDraft()
        return NewDraft(stance=self.draft.stance, text=self.draft.text, included=self.draft.included)


@dataclass(frozen=True, slots=True)
class Clash:
    """What somebody wrote that could not be saved, because another window had saved something else."""

    finding: str
    written: NewDraft


@dataclass(frozen=True, slots=True)
class Case:
    """A plan under review.

    Attributes
    ----------
    stored, consulted : StoredAssessment or None
        The latest assessment, and that of what went out for consultation.
    comparison : Comparison or None
        Of the two, with causes.
    """

    plan: StoredPlan
    stored: StoredAssessment
    consulted: StoredAssessment | None
    comparison: Comparison | None
    reviews: Reviews
    drafts: Collection[Draft]
    changes: tuple[Change, ...] = ()

    def entries(self, language: Language) -> tuple[list[Entry], list[Entry]]:
        """Return the findings, and those of the consultation that are gone."""
        before = {_key(f): f for f in self.consulted.assessment.findings} if self.consulted else {}
        causes = _causes(self.comparison)
        entries = [self._entry(f, before.get(_key(f)), causes, language) for f in self.stored.assessment.findings]
        gone = [self._gone(f, causes, language) for f in gone_findings(self.stored, self.consulted)]
        return entries, gone

    def _entry(
        self, finding: Finding, before: Finding | None, causes: dict[tuple[str, bool], str], language: Language
    ) -> Entry:
        difference: Difference | None = None
        if self.consulted is not None:
            is_same = before is not None and finding_digest(before) == finding_digest(finding)
            difference = "same" if is_same else "changed" if before else "new"
        draft = next((d for d in self.drafts if d.is_about(finding)), None)
        said = [*(s for here, s in self.reviews.earlier if here == finding.id),
                *(s for s in self.reviews.made if s.finding == finding.id)]  # fmt: skip
        return Entry(
            finding,
            difference,
            causes.get(_key(finding), "") if difference in {"new", "changed"} else "",
            tuple(_changes(before, finding, language)) if before is not None and difference == "changed" else (),
            tuple(s for s in said if s.by_role in COUNTY_ROLES),
            tuple(s for s in said if s.by_role not in COUNTY_ROLES),
            draft,
            draft is not None and draft.digest != finding_digest(finding),
            finding_measure(finding, language),
        )

    def _gone(self, finding: Finding, causes: dict[tuple[str, bool], str], language: Language) -> Entry:
        measure = finding_measure(finding, language)
        return Entry(finding, "gone", causes.get(_key(finding), ""), (), (), (), None, False, measure)


def gone_findings(stored: StoredAssessment, consulted: StoredAssessment | None) -> list[Finding]:
    """Return the findings of the consultation that are there no longer."""
    here = {_key(finding) for finding in stored.assessment.findings}
    before = consulted.assessment.findings if consulted else ()
    return [finding for finding in before if _key(finding) not in here]


def _key(finding: Finding) -> tuple[str, bool]:
    return finding.rule, finding.conditional


def _causes(comparison: Comparison | None) -> dict[tuple[str, bool], str]:
    """Return why findings differ: the cause of all their objects' differences, or several."""
    kinds: dict[tuple[str, bool], set[CauseKind]] = {}
    for row in comparison.findings if comparison else ():
        kinds.setdefault((row.rule, row.conditional), set()).add(row.cause.kind)
    return {key: CAUSE[next(iter(found)) if len(found) == 1 else "several"] for key, found in kinds.items()}


def _changes(before: Finding, after: Finding, language: Language) -> Iterator[NumberChange]:
    numbers = (
        (_("Worst level"), *(translate(SEVERITY[f.severity], language) for f in (before, after))),
        (_("Area in the plan"), *(format_area(f.area_m2, language) for f in (before, after))),
        (_("Share of the plan"), *(format_share(f.share or 0.0, language) for f in (before, after))),
        (_("Length in the plan"), *(format_length(f.length_m or 0.0, language) for f in (before, after))),
        (_("Objects"), *(format_count(f.count, language) for f in (before, after))),
        (_("Distance"), *(_distance(f, language) for f in (before, after))),
    )
    for what, was, now in numbers:
        if was != now:
            yield NumberChange(what, was, now)


def _distance(finding: Finding, language: Language) -> str:
    return format_length(finding.distance_m, language) if finding.distance_m is not None else "–"


@dataclass(frozen=True, slots=True)
class GroundRow:
    """A ground in the table of the answer; None: advice."""

    ground: Ground | None
    findings: int
    reviewed: int
    drafts: int
    included: int


def ground_rows(entries: Iterable[Entry]) -> list[GroundRow]:
    """Return the grounds with how many findings stand on each, and how far their review has come."""
    found: dict[Ground | None, Counter[str]] = {ground: Counter() for ground in (*GROUNDS, None)}
    for entry in entries:
        counter = found[entry.finding.ground]
        counter["findings"] += 1
        counter["reviewed"] += entry.is_reviewed
        counter["drafts"] += entry.draft is not None and entry.draft.stance is not None
        whole = [statement for statement in entry.said if statement.object_id is None]
        last = entry.draft if entry.draft and entry.draft.stance else whole[-1] if whole else None
        counter["included"] += last is not None and last.included
    names = ("findings", "reviewed", "drafts", "included")
    return [GroundRow(ground, *(counter[name] for name in names)) for ground, counter in found.items()]


@dataclass(frozen=True, slots=True)
class Shown:
    """Which findings are asked for, as the address has it."""

    difference: Difference | Literal["todo"] | None = None
    open: str = ""
    done: str = ""
    page: int = 1

    def keeps(self, entry: Entry) -> bool:
        """Return whether an entry is shown."""
        if self.difference == "todo":
            return not entry.is_reviewed and entry.difference != "gone"
        return self.difference in (None, entry.difference)

    def part_of(self, entries: list[Entry]) -> tuple[list[Entry], int, int]:
        """Return the page of the list that is shown, its number and that of the last: the one with what is open."""
        last = max(1, -(-len(entries) // PER_PAGE))
        opened = [n for n, entry in enumerate(entries) if entry.place == self.open]
        number = opened[0] // PER_PAGE + 1 if opened else min(self.page, last)
        return entries[(number - 1) * PER_PAGE : number * PER_PAGE], number, last


def case_view(case: Case, shown: Shown, clash: Clash | None, today: dt.date, language: Language) -> dict[str, Any]:
    """Return what the page shows besides its map."""
    entries, gone = case.entries(language)
    everything = [*entries, *gone]
    assessment = case.stored.assessment
    listed, page, last_page = shown.part_of([entry for entry in everything if shown.keeps(entry)])
    said = last_words(case.reviews)
    return {
        "plan": case.plan,
        "plan_words": plan_words,
        "stored": case.stored,
        "consulted": case.consulted,
        "case_changes": case.changes,
        "assessment": assessment,
        "entries": listed,
        "page": page,
        "last_page": last_page,
        "all_count": len(everything),
        "differences": Counter(entry.difference for entry in everything),
        "difference_words": DIFFERENCE,
        "todo_count": sum(not entry.is_reviewed for entry in entries),
        "reviewed_count": len(said),
        "finding_count": len(entries),
        "draft_count": sum(entry.draft is not None and entry.draft.stance is not None for entry in entries),
        "grounds": ground_rows(entries),
        "shown": shown,
        "clash": clash,
        "stances": STANCE,
        "stance_meaning": STANCE_MEANING,
        "stance_icon": STANCE_ICON,
        "objective_names": {o.number: o.name.get(language) for o in assessment.objectives},
        "undecided": [o for o in assessment.objectives if o.flag == "unknown"],
        "days_left": None if case.plan.metadata.answer_by is None else (case.plan.metadata.answer_by - today).days,
        "moment_of": lambda at: f"{at.astimezone(SWEDISH_TIME):%Y-%m-%d %H:%M}",
    }
