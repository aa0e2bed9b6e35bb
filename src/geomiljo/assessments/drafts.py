"""Statements on findings while they are written: kept for their writer alone until they are submitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from geomiljo.analysis.states import finding_digest
from geomiljo.analysis.values import CAMEL_CASE
from geomiljo.assessments.reviews import NO_NUL, NewStatement, Stance, add_statement, finding_of
from geomiljo.database.review_tables import StatementDraft
from geomiljo.errors import Conflict, StaleRevision
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    import datetime as dt
    import uuid
    from collections.abc import Collection, Iterable

    from sqlalchemy import ColumnElement, Connection

    from geomiljo.access import Caller
    from geomiljo.analysis.results import Finding
    from geomiljo.assessments.reviews import Statement
    from geomiljo.assessments.store import StoredAssessment


class NewDraft(BaseModel):
    """What somebody is writing on a finding."""

    model_config = {**CAMEL_CASE, "extra": "forbid", "frozen": True}

    stance: Stance | None = Field(default=None, description="Null: not chosen yet")
    text: Annotated[str, StringConstraints(max_length=5_000, pattern=NO_NUL)] = Field(
        default="", description="The reason of a dispute, where the plan handles it, or a comment"
    )
    included: bool = Field(default=True, description="Whether the county board's answer takes it in")


class DraftChange(NewDraft):
    """A draft, and which one it is a change of."""

    revision: int | None = Field(
        default=None, ge=0, description="Revision that was read; 0: there was none; null: whatever there is"
    )

    @property
    def draft(self) -> NewDraft:
        """The draft alone."""
        return NewDraft(**self.model_dump(exclude={"revision"}))


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement on a finding that is not submitted.

    Attributes
    ----------
    rule, conditional : str, bool
        The finding, as it is known again in the plan's next assessments.
    digest : str
        The finding as it was when this was written.
    stance : str or None
        None: not chosen yet.
    revision : int
        Counts up with every change.
    """

    rule: str
    conditional: bool
    digest: str
    stance: Stance | None
    text: str
    included: bool
    revision: int
    changed_at: dt.datetime

    def is_about(self, finding: Finding) -> bool:
        """Return whether it was written about this finding, changed or not."""
        return (self.rule, self.conditional) == (finding.rule, finding.conditional)

    def statement_on(self, finding: Finding) -> NewStatement:
        """Return the statement that it becomes: the text is what its stance needs.

        Raises
        ------
        ValidationError
            It does not say what such a statement must say.
        """
        needed = {"dispute": "reason", "handled": "reference"}.get(self.stance or "", "comment")
        said = {needed: self.text or None}
        return NewStatement.model_validate(
            {"finding": finding.id, "stance": self.stance, "ground": finding.ground, "included": self.included, **said}
        )

    @property
    def lacks_text(self) -> bool:
        """Whether its stance needs a text that it does not have."""
        return self.stance in {"dispute", "handled"} and not self.text.strip()

    def document(self, finding: Finding) -> dict[str, Any]:
        """Return the draft as JSON has it."""
        return {
            "finding": finding.id,
            "findingHasChanged": finding_digest(finding) != self.digest,
            "stance": self.stance,
            "text": self.text,
            "included": self.included,
            "revision": self.revision,
            "changedAt": self.changed_at.isoformat(),
        }


_COLUMNS: tuple[Any, ...] = (
    StatementDraft.rule,
    StatementDraft.conditional,
    StatementDraft.digest,
    StatementDraft.stance,
    StatementDraft.text,
    StatementDraft.included,
    StatementDraft.revision,
    StatementDraft.changed_at,
)


def drafts_of(connection: Connection, caller: Caller, plan_id: uuid.UUID) -> tuple[Draft, ...]:
    """Return the caller's own drafts on a plan."""
    rows = connection.execute(select(*_COLUMNS).where(_own(caller, plan_id)).order_by(StatementDraft.rule))
    return tuple(Draft(*row) for row in rows)


def save_draft(
    connection: Connection,
    caller: Caller,
    stored: StoredAssessment,
    finding_id: str,
    new: NewDraft,
    *,
    expected_revision: int | None = None,
) -> Draft:
    """Keep what the caller writes on a finding.

    Parameters
    ----------
    expected_revision : int, optional
        Of the draft that this is a change of; 0: there was none; absent: whatever there is.

    Raises
    ------
    NotFound, StaleRevision
        There is no such finding; the draft is another than the one that was read.
    """
    finding = finding_of(stored.assessment, finding_id)
    of_finding = _own(caller, stored.plan_id) & _of(finding.rule, conditional=finding.conditional)
    current = connection.scalar(select(StatementDraft.revision).where(of_finding).with_for_update()) or 0
    if expected_revision not in (None, current):
        raise _written_elsewhere(finding_id)
    values = {**new.model_dump(), "digest": finding_digest(finding), "revision": current + 1, "changed_at": func.now()}
    key = {"plan_id": stored.plan_id, "by_id": caller.id, "rule": finding.rule, "conditional": finding.conditional}
    change = (
        update(StatementDraft).where(of_finding).values(values)
        if current
        else insert(StatementDraft).values({**key, **values}).on_conflict_do_nothing()
    )
    row = connection.execute(change.returning(*_COLUMNS)).one_or_none()
    if row is None:  # two windows wrote the first one at once
        raise _written_elsewhere(finding_id)
    return Draft(*row)


def remove_draft(connection: Connection, caller: Caller, stored: StoredAssessment, finding_id: str) -> None:
    """Forget what the caller was writing on a finding.

    Raises
    ------
    NotFound
        There is no such finding.
    """
    finding = finding_of(stored.assessment, finding_id)
    of_finding = _own(caller, stored.plan_id) & _of(finding.rule, conditional=finding.conditional)
    connection.execute(delete(StatementDraft).where(of_finding))


def submit_drafts(
    connection: Connection, caller: Caller, stored: StoredAssessment, findings: Collection[str] | None = None
) -> tuple[Statement, ...]:
    """Make the caller's drafts statements, which are never changed; drafts without a stance stay.

    Parameters
    ----------
    findings : collection of str, optional
        Ids of the findings meant; absent: all.

    Raises
    ------
    Conflict
        A finding has changed since the draft was written, or is no longer there; a text is missing; there is no draft.
    """
    connection.execute(select(StatementDraft.rule).where(_own(caller, stored.plan_id)).with_for_update())
    written = [draft for draft in drafts_of(connection, caller, stored.plan_id) if draft.stance is not None]
    pairs = [(draft, _finding_here(stored, draft)) for draft in written]
    meant = [(draft, finding) for draft, finding in pairs if findings is None or (finding and finding.id in findings)]
    if not meant:
        raise Conflict(_("There is no draft to submit."), remedy=_("Choose a position on at least one finding first."))
    made = [_submitted(connection, caller, stored, draft, finding) for draft, finding in _checked(meant)]
    for draft, _finding in meant:
        of_draft = _own(caller, stored.plan_id) & _of(draft.rule, conditional=draft.conditional)
        connection.execute(delete(StatementDraft).where(of_draft))
    return tuple(made)


def _checked(pairs: Iterable[tuple[Draft, Finding | None]]) -> list[tuple[Draft, Finding]]:
    checked = []
    for draft, finding in pairs:
        if finding is None or finding_digest(finding) != draft.digest:
            raise Conflict(
                _("The finding {finding} has changed since the draft on it was written, or is no longer there."),
                remedy=_("Look at it again and save the draft anew, or remove the draft."),
                finding=draft.rule if finding is None else finding.id.upper(),
            )
        if draft.lacks_text:
            raise Conflict(
                _("The position on finding {finding} needs a text."),
                remedy=_("A dispute has a reason; what is handled names where in the plan."),
                finding=finding.id.upper(),
            )
        checked.append((draft, finding))
    return checked


def _submitted(
    connection: Connection, caller: Caller, stored: StoredAssessment, draft: Draft, finding: Finding
) -> Statement:
    return add_statement(connection, caller, stored, draft.statement_on(finding))


def _finding_here(stored: StoredAssessment, draft: Draft) -> Finding | None:
    return next((finding for finding in stored.assessment.findings if draft.is_about(finding)), None)


def _own(caller: Caller, plan_id: uuid.UUID) -> ColumnElement[bool]:
    return (StatementDraft.plan_id == plan_id) & (StatementDraft.by_id == caller.id)


def _of(rule: str, *, conditional: bool) -> ColumnElement[bool]:
    return (StatementDraft.rule == rule) & (StatementDraft.conditional == conditional)


def _written_elsewhere(finding_id: str) -> StaleRevision:
    return StaleRevision(
        _("The draft on finding {finding} has been changed in another window since you read it."),
        remedy=_("Compare the two texts, keep what you want, and save again."),
        finding=finding_id.upper(),
    )
