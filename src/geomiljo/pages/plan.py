"""A kept plan: its stages, versions, assessments over time, what was said of it, and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geomiljo.assessments.freshness import is_stale
from geomiljo.errors import SeveralTables, UnreadableFile
from geomiljo.pages.plan_words import STAGE
from geomiljo.pages.start import fault_of
from geomiljo.plans.case import STAGES
from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import ValidationError

    from geomiljo.assessments.checking import AreaRequest
    from geomiljo.assessments.decision_log import LogEntry, LogKind
    from geomiljo.assessments.freshness import Change
    from geomiljo.assessments.reviews import Statement
    from geomiljo.assessments.store import StoredAssessment
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.rules import Severity
    from geomiljo.errors import GeomiljoError
    from geomiljo.pages.start import Fault
    from geomiljo.plans.case import Stage
    from geomiljo.plans.store import PlanChange, StoredPlan
    from geomiljo.texts import Language

FIELDS: dict[str, str] = {
    "name": _("Name"),
    "designation": _("Designation"),
    "type": _("Kind of plan"),
    "stage": _("Stage"),
    "municipalityCase": _("Case number of the municipality"),
    "countyCase": _("Case number of the county board"),
    "consultationFrom": _("Consultation begins"),
    "consultationTo": _("Consultation ends"),
    "reviewFrom": _("Review begins"),
    "reviewTo": _("Review ends"),
    "answerBy": _("County board answers by"),
}
"""Members that the form changes, as the metadata calls them. A plan stays in its municipality."""
LOG: dict[LogKind, str] = {
    "plan_created": _("the plan was kept"),
    "plan_edited": _("what is known about the plan was changed"),
    "plan_new_version": _("a new geometry was kept"),
    "plan_withdrawn": _("the plan was withdrawn"),
    "assessment": _("the plan was assessed"),
    "statement": _("a statement was made"),
    "object_report": _("an object was reported"),
    "object_report_step": _("a report was handled"),
}
LOG_ENTRIES_SHOWN = 50
_FAULTS = {
    "string_too_short": _("Must not be empty."),
    "string_too_long": _("Too long."),
    "string_pattern_mismatch": _("Must be one line of text."),
    "literal_error": _("Choose one of the list."),
    "date_from_datetime_parsing": _("Write the day as year-month-day, for example 2026-11-25."),
    "date_parsing": _("Write the day as year-month-day, for example 2026-11-25."),
}
_ENDS = {"consultationTo", "reviewTo"}


@dataclass(frozen=True, slots=True)
class StageStep:
    """A stage that the plan has come to; `day` is the first on which it was stated."""

    stage: Stage
    day: dt.date
    is_current: bool


def stage_steps(changes: Sequence[PlanChange]) -> tuple[StageStep, ...]:
    """Return the stages that a plan has gone through, in the order of the plan process."""
    first: dict[str, dt.date] = {}
    for change in changes:
        first.setdefault(change.metadata["stage"], change.at.date())
    current = changes[-1].metadata["stage"] if changes else None
    return tuple(StageStep(stage, first[stage], stage == current) for stage in STAGES if stage in first)


@dataclass(frozen=True, slots=True)
class AssessmentLine:
    """A kept assessment in the list.

    Attributes
    ----------
    counts : mapping of str to int
        Findings by severity.
    is_stale : bool
        Something has changed since that can make another answer.
    changes : tuple of str
        What has changed since, in words.
    """

    stored: StoredAssessment
    counts: Mapping[Severity, int]
    is_stale: bool
    changes: tuple[str, ...]


def assessment_line(
    stored: StoredAssessment,
    counts: Mapping[Severity, int],
    changes: Sequence[Change],
    catalogue: Catalogue,
    language: Language,
) -> AssessmentLine:
    """Return an assessment as the list shows it."""
    told = tuple(change_in_words(change, catalogue, language) for change in changes)
    return AssessmentLine(stored, counts, is_stale(changes), told)


def change_in_words(change: Change, catalogue: Catalogue, language: Language) -> str:
    """Return what has changed since an assessment was made, in words."""
    if change.what == "plan":
        return translate(
            _("The plan has a newer geometry: {now} instead of {was}."), language, was=change.was, now=change.now
        )
    if change.what == "registers":
        return translate(_("The registers have changed."), language)
    if change.what == "method":
        return translate(_("The method has changed: {now} instead of {was}."), language, was=change.was, now=change.now)
    layer = catalogue.layers.get(change.layer or "")
    title = layer.title.get(language) if layer else change.layer or ""
    if change.now is None:
        return translate(_("{layer} is no longer in use."), language, layer=title)
    if change.was is None:
        return translate(_("{layer} has been loaded."), language, layer=title)
    if not change.matters:
        return translate(_("{layer} has a new version; nothing near the plan is different."), language, layer=title)
    return translate(_("{layer} has a new version."), language, layer=title)


@dataclass(frozen=True, slots=True)
class PlanForm:
    """The form for what is known about a plan.

    Attributes
    ----------
    revision : int
        That the form changes.
    values : mapping of str to str
        What stands in its fields.
    faults : mapping of str to str
        What is wrong, by field, in words.
    others : mapping of str to str
        What somebody else has saved in the meantime, of the fields where that differs.
    """

    revision: int
    values: Mapping[str, str]
    faults: Mapping[str, str]
    others: Mapping[str, str]


def plan_form(plan: StoredPlan) -> PlanForm:
    """Return the form with what is known now."""
    return PlanForm(plan.revision, _saved(plan), {}, {})


def refused_form(
    plan: StoredPlan, revision: int, given: Mapping[str, str], error: ValidationError, language: Language
) -> PlanForm:
    """Return the form with what was given and what is wrong with it; nothing that was written is lost."""
    faults: dict[str, str] = {}
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        text = _FAULTS.get(fault["type"], _("This cannot be read."))
        places = [str(fault["loc"][-1])] if fault["loc"] else _late_ends(given)
        if not fault["loc"]:
            text = _("Ends before it begins.")
        faults |= dict.fromkeys(places, translate(text, language))
    return PlanForm(revision, {**_saved(plan), **given}, faults, {})


def _late_ends(given: Mapping[str, str]) -> list[str]:
    """Return the fields of periods that end before they begin."""
    ends = [name for name in _ENDS if "" < given.get(name, "") < given.get(name.replace("To", "From"), "")]
    return sorted(ends) or sorted(_ENDS)


def conflicting_form(plan: StoredPlan, given: Mapping[str, str]) -> PlanForm:
    """Return the form with what was given, beside what somebody else has saved; saving again saves over that."""
    saved = _saved(plan)
    others = {name: saved[name] for name in given if saved[name] != given[name]}
    return PlanForm(plan.revision, {**saved, **given}, {}, others)


def _saved(plan: StoredPlan) -> dict[str, str]:
    document = plan.metadata.document()
    return {name: "" if document[name] is None else str(document[name]) for name in FIELDS}


def stated(given: Mapping[str, str]) -> dict[str, Any]:
    """Return what a form states, as metadata: empty fields are absent, but for the designation and the name."""
    return {name: value if value or name in {"name", "designation"} else None for name, value in given.items()}


@dataclass(frozen=True, slots=True)
class VersionForm:
    """The form for a new geometry.

    Attributes
    ----------
    fault : Fault or None
        Why what was sent has not become one.
    upload, name : str
        Id and name of a file that is kept and can be chosen from; empty: one has to be sent.
    tables : tuple of str
        Tables to choose from.
    crs : str
    """

    fault: Fault | None = None
    upload: str = ""
    name: str = ""
    tables: tuple[str, ...] = ()
    crs: str = ""


NO_VERSION = VersionForm()


def refused_version(request: AreaRequest, name: str, error: GeomiljoError, language: Language) -> VersionForm:
    """Return the form with what is wrong with what was sent, and what there is to choose in it.

    Parameters
    ----------
    name : str
        Of the file that is kept; empty: there is none.
    """
    fault = fault_of(error, "file", language)
    crs = request.crs or ""
    if not name or isinstance(error, UnreadableFile):
        return VersionForm(fault, crs=crs)
    named = (request.table,) if request.table else ()
    tables = tuple(error.params["choices"]) if isinstance(error, SeveralTables) else named
    return VersionForm(fault, request.upload, name, tables, crs)


@dataclass(frozen=True, slots=True)
class SaidLine:
    """A statement with the title of the rule that it is about; empty: the whole assessment."""

    statement: Statement
    about: str


def said_lines(statements: Iterable[Statement], catalogue: Catalogue, language: Language) -> tuple[SaidLine, ...]:
    """Return statements, newest first, with what they are about."""
    lines = []
    for statement in statements:
        rule = catalogue.rules.get(statement.rule or "")
        title = (rule.title.en if language == "en" else rule.title.sv) if rule else statement.rule or ""
        lines.append(SaidLine(statement, title))
    return tuple(reversed(lines))


def log_summary(entry: LogEntry, stances: Mapping[str, str], language: Language) -> str:
    """Return in words what an entry of the decision log is summed up as."""
    from geomiljo.wording import REPORT_STATUS, SEVERITY

    tables: tuple[Mapping[Any, str], ...] = (STAGE, stances, SEVERITY, REPORT_STATUS)
    known = next((table[entry.summary] for table in tables if entry.summary in table), entry.summary)
    return translate(known, language) if known != "-" else ""
