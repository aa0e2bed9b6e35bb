"""Tables of what people say beside the results: statements, object reports; and the registers that were judged by.

Statements, reports and their events are only ever added to; triggers refuse to change or delete them. Drafts and saved
views are their owner's.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, func, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geomiljo.database.tables import Base


class RegisterVersion(Base):
    """The registers that some assessment was judged by."""

    __tablename__ = "register_version"

    version: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    kept_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class ReviewStatement(Base):
    """What somebody says of an assessment, or of a finding of it.

    `layer`, `rule`, `conditional` and `states` keep what the statement is about, so that it is known again in the
    plan's next assessments; they are null in statements about the whole assessment.
    """

    __tablename__ = "review_statement"
    __table_args__ = (
        CheckConstraint("stance IN ('agree', 'dispute', 'handled', 'investigate')", name="stance_is_known"),
        CheckConstraint("stance <> 'dispute' OR reason IS NOT NULL", name="dispute_has_a_reason"),
        CheckConstraint("stance <> 'handled' OR reference IS NOT NULL", name="handled_has_a_reference"),
        CheckConstraint("(finding IS NULL) = (layer IS NULL)", name="finding_has_a_layer"),
        Index("review_statement_plan", "plan_id"),
        Index("review_statement_assessment", "assessment_key"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id"))
    assessment_key: Mapped[int] = mapped_column(ForeignKey("assessment.key"))
    assessment: Mapped[str] = mapped_column(doc="Published id of the assessment")
    plan_version_id: Mapped[int] = mapped_column(ForeignKey("plan_version.id"))
    finding: Mapped[str | None] = mapped_column(doc="Id of the finding in its assessment; null: the whole assessment")
    object_id: Mapped[str | None] = mapped_column(doc="One object of the finding; null: all of them")
    layer: Mapped[str | None]
    rule: Mapped[str | None]
    conditional: Mapped[bool | None]
    states: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB, doc="The finding, object by object, as it was")
    stance: Mapped[str]
    ground: Mapped[str | None] = mapped_column(doc="County review ground; null: advice")
    reason: Mapped[str | None]
    reference: Mapped[str | None] = mapped_column(doc="Where the plan handles it")
    comment: Mapped[str | None]
    included: Mapped[bool] = mapped_column(server_default=true(), doc="Whether the county board's answer takes it in")
    by_id: Mapped[str]
    by_name: Mapped[str]
    by_role: Mapped[str]
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class StatementDraft(Base):
    """A statement on a finding that its writer has not submitted; nobody else sees it."""

    __tablename__ = "statement_draft"
    __table_args__ = (
        CheckConstraint("stance IN ('agree', 'dispute', 'handled', 'investigate')", name="draft_stance_is_known"),
    )

    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True)
    by_id: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    conditional: Mapped[bool] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(doc="The finding as it was")
    stance: Mapped[str | None] = mapped_column(doc="Null: not chosen yet")
    text: Mapped[str]
    included: Mapped[bool]
    revision: Mapped[int] = mapped_column(doc="Counts up with every change")
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class SavedView(Base):
    """A question to the queue that somebody keeps under a name."""

    __tablename__ = "saved_view"

    by_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    query: Mapped[str] = mapped_column(doc="Query of the address")
    saved_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class ObjectReport(Base):
    """A report to the owner of the data: this object is wrong."""

    __tablename__ = "object_report"
    __table_args__ = (Index("object_report_layer", "layer", "object_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    layer: Mapped[str]
    version: Mapped[str] = mapped_column(doc="Layer version in which the object was seen")
    object_id: Mapped[str]
    object_name: Mapped[str | None]
    plan_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("plan.id"), doc="The plan that it came up in")
    reason: Mapped[str]
    by_id: Mapped[str]
    by_name: Mapped[str]
    by_role: Mapped[str]
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class ObjectReportEvent(Base):
    """A step in the handling of a report; the newest one's status is the report's."""

    __tablename__ = "object_report_event"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'forwarded', 'corrected', 'rejected')", name="report_status_is_known"),
    )

    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("object_report.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, doc="1, 2 … within the report")
    status: Mapped[str]
    comment: Mapped[str | None]
    by_id: Mapped[str]
    by_name: Mapped[str]
    by_role: Mapped[str]
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
