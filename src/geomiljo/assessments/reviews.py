"""Statements of named roles, beside the results and never over them.

A statement is about a whole assessment or about a finding, or one object of it. It is only ever added to. When the
same finding stands unchanged in another assessment of the plan, its statements appear there as earlier ones.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import case, insert, select

from geomiljo.analysis.differences import FindingState
from geomiljo.analysis.states import changed_fields, finding_states
from geomiljo.analysis.values import CAMEL_CASE
from geomiljo.catalogue.rules import Ground
from geomiljo.database.case_tables import AssessmentRow
from geomiljo.database.review_tables import ReviewStatement
from geomiljo.errors import NotFound
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    import datetime as dt
    import uuid
    from collections.abc import Iterable, Mapping

    from sqlalchemy import ColumnElement, Connection, RowMapping

    from geomiljo.access import Caller
    from geomiljo.analysis.results import Assessment, Finding
    from geomiljo.analysis.states import FindingKey
    from geomiljo.assessments.store import StoredAssessment

Stance = Literal["agree", "dispute", "handled", "investigate"]
NO_NUL = r"^[^\x00]*$"
"""PostgreSQL keeps every character but this one."""
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5_000, pattern=NO_NUL)]
"""What somebody says in words of their own."""
ObjectId = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=NO_NUL)]


class NewStatement(BaseModel):
    """What somebody wants to say."""

    model_config = {**CAMEL_CASE, "extra": "forbid", "frozen": True}

    finding: ObjectId | None = Field(default=None, description="Id of the finding; absent: the whole assessment")
    object_id: ObjectId | None = Field(
        default=None, alias="object", description="One object of the finding; absent: all"
    )
    stance: Stance = Field(
        description="agree; dispute: the finding is not right; handled: the plan sees to it; investigate: not known yet"
    )
    ground: Ground | None = Field(default=None, description="County review ground; null: advice")
    reason: Said | None = Field(default=None, description="Required to dispute")
    reference: Said | None = Field(default=None, description="Where the plan handles it; required with handled")
    comment: Said | None = None
    included: bool = Field(default=True, description="Whether the county board's answer takes it in")

    @model_validator(mode="after")
    def _says_what_it_must(self) -> NewStatement:
        if self.stance == "dispute" and self.reason is None:
            raise PydanticCustomError("reason", "a dispute has a reason")
        if self.stance == "handled" and self.reference is None:
            raise PydanticCustomError("reference", "handled names where in the plan: reference")
        if self.object_id is not None and self.finding is None:
            raise PydanticCustomError("finding", "an object is one of a finding: name the finding")
        return self


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that was made.

    Attributes
    ----------
    assessment : str
        Id of the assessment that it was made on; `assessment_key` and `plan_version_id` tell which one and when.
    finding, object_id : str or None
    states : mapping of FindingKey to FindingState
        The finding as it was, object by object; empty for the whole assessment.
    """

    id: int
    plan_id: uuid.UUID
    assessment: str
    assessment_key: int
    plan_version_id: int
    finding: str | None
    object_id: str | None
    layer: str | None
    rule: str | None
    conditional: bool | None
    states: Mapping[FindingKey, FindingState]
    stance: Stance
    ground: Ground | None
    reason: str | None
    reference: str | None
    comment: str | None
    included: bool
    by_id: str
    by_name: str
    by_role: str
    at: dt.datetime

    def document(self) -> dict[str, Any]:
        """Return the statement as JSON has it."""
        return {
            "id": self.id,
            "assessment": self.assessment,
            "finding": self.finding,
            "object": self.object_id,
            "rule": self.rule,
            "layer": self.layer,
            "conditional": self.conditional,
            "stance": self.stance,
            "ground": self.ground,
            "reason": self.reason,
            "reference": self.reference,
            "comment": self.comment,
            "included": self.included,
            "by": {"name": self.by_name, "role": self.by_role},
            "at": self.at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Reviews:
    """What has been said of an assessment.

    Attributes
    ----------
    made : tuple of Statement
        On this assessment, oldest first.
    earlier : tuple of (str, Statement)
        On other assessments of the plan, about a finding that stands unchanged here, with the finding's id here.
    """

    made: tuple[Statement, ...]
    earlier: tuple[tuple[str, Statement], ...]

    @property
    def disputed(self) -> frozenset[str]:
        """Findings that somebody disputes: whose last word on the finding, or on an object of it, is a dispute."""
        last: dict[tuple[str, str | None, str], Statement] = {}
        here = [(s.finding, s) for s in self.made if s.finding is not None]
        for finding, statement in sorted([*self.earlier, *here], key=lambda pair: pair[1].id):
            last[finding, statement.object_id, statement.by_id] = statement
        return frozenset(finding for (finding, _, _), statement in last.items() if statement.stance == "dispute")

    def document(self) -> dict[str, Any]:
        """Return the statements as JSON has them."""
        return {
            "statements": [statement.document() for statement in self.made],
            "earlier": [{**statement.document(), "findingHere": here} for here, statement in self.earlier],
            "disputed": sorted(self.disputed),
        }


def add_statement(connection: Connection, caller: Caller, stored: StoredAssessment, new: NewStatement) -> Statement:
    """Add a statement.

    Raises
    ------
    NotFound
        The assessment has no such finding, or the finding no such object.
    """
    finding = finding_of(stored.assessment, new.finding) if new.finding is not None else None
    states = _states(finding, new.object_id) if finding else {}
    key = connection.scalar(
        insert(ReviewStatement)
        .values(
            **new.model_dump(),
            plan_id=stored.plan_id,
            assessment_key=stored.key,
            assessment=stored.id,
            plan_version_id=stored.plan_version_id,
            layer=finding and finding.layer,
            rule=finding and finding.rule,
            conditional=finding.conditional if finding else None,
            states=[[*key, _adapter().dump_python(state, mode="json", by_alias=True)] for key, state in states.items()]
            if finding
            else None,
            by_id=caller.id,
            by_name=caller.name,
            by_role=caller.role,
        )
        .returning(ReviewStatement.id)
    )
    return next(s for s in _select(connection, ReviewStatement.id == key))


def finding_of(assessment: Assessment, finding_id: str) -> Finding:
    """Return the finding of this id.

    Raises
    ------
    NotFound
    """
    for finding in assessment.findings:
        if finding.id == finding_id:
            return finding
    raise NotFound(
        _("Assessment {id} has no finding {finding}."), location="/finding", id=assessment.id, finding=finding_id
    )


def _states(finding: Finding, object_id: str | None) -> dict[FindingKey, FindingState]:
    states = {key: state for key, state in finding_states(finding) if object_id in (None, key[1])}
    if not states:
        raise NotFound(
            _("Finding {finding} has no object {object}."), location="/object", finding=finding.id, object=object_id
        )
    return states


def statements_of_plan(
    connection: Connection, plan_id: uuid.UUID, *, hidden: frozenset[str] = frozenset()
) -> tuple[Statement, ...]:
    """Return all statements on a plan's assessments, oldest first, without those about `hidden` layers.

    Statements about a whole assessment are seen by those who may see the assessment.
    """
    open_to_caller = select(AssessmentRow.key).where(AssessmentRow.hidden.contains(sorted(hidden)))
    seen = case(
        (ReviewStatement.layer.is_(None), ReviewStatement.assessment_key.in_(open_to_caller)),
        else_=ReviewStatement.layer.not_in(hidden),
    )
    return tuple(_select(connection, (ReviewStatement.plan_id == plan_id) & seen))


def reviews_of(connection: Connection, stored: StoredAssessment, *, hidden: frozenset[str] = frozenset()) -> Reviews:
    """Return what has been said of an assessment, on it and earlier.

    Parameters
    ----------
    hidden : frozenset of str
        Layers that the caller may not see.
    """
    said = statements_of_plan(connection, stored.plan_id, hidden=hidden)
    made = tuple(statement for statement in said if statement.assessment_key == stored.key)
    other = [s for s in said if s.layer is not None and _comes_before(s, stored)]
    if not other:
        return Reviews(made, ())
    groups = _by_rule(stored.assessment.findings)
    found = ((_unchanged(statement, groups), statement) for statement in other)
    return Reviews(made, tuple((here, statement) for here, statement in found if here is not None))


def _comes_before(statement: Statement, stored: StoredAssessment) -> bool:
    """Tell whether a statement was made on an earlier assessment, or on the same plan version for those who see more.

    Somebody who may not see all layers has an assessment of their own; what is said of a finding is shown there too.
    """
    if statement.assessment_key == stored.key:
        return False
    return statement.assessment_key < stored.key or statement.plan_version_id == stored.plan_version_id


_Groups = dict[tuple[str, bool], dict["FindingKey", FindingState]]


def _by_rule(findings: Iterable[Finding]) -> _Groups:
    groups: _Groups = defaultdict(dict)
    for finding in findings:
        groups[finding.rule, finding.conditional] = dict(finding_states(finding))
    return groups


def _unchanged(statement: Statement, groups: _Groups) -> str | None:
    """Return the id of the finding that the statement is about, if it stands here unchanged; None otherwise."""
    here = groups.get((statement.rule or "", bool(statement.conditional)), {})
    if statement.object_id is not None:
        here = {key: state for key, state in here.items() if key[1] == statement.object_id}
    if here.keys() != statement.states.keys() or not here:
        return None
    if any(changed_fields(was, here[key]) for key, was in statement.states.items()):
        return None
    return next(iter(here.values())).finding


def _select(connection: Connection, condition: ColumnElement[bool]) -> list[Statement]:
    query = select(*ReviewStatement.__table__.columns).where(condition).order_by(ReviewStatement.id)
    return [_statement(row) for row in connection.execute(query).mappings()]


def _statement(row: RowMapping) -> Statement:
    states = {
        (rule, object_id, conditional): _adapter().validate_python(state)
        for rule, object_id, conditional, state in row["states"] or ()
    }
    return Statement(**{**row, "states": states})


@cache
def _adapter() -> TypeAdapter[FindingState]:
    return TypeAdapter(FindingState)
