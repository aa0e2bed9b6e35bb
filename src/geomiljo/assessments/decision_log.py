"""The decision log of a plan: what was done to it, how it was assessed and what was said, by whom and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import orjson

from geomiljo.assessments.object_reports import list_reports
from geomiljo.assessments.reviews import statements_of_plan
from geomiljo.assessments.store import list_assessments
from geomiljo.plans.store import list_versions, plan_changes
from geomiljo.reports.delimited import csv_table

if TYPE_CHECKING:
    import datetime as dt
    import uuid
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

LogKind = Literal[
    "plan_created", "plan_edited", "plan_new_version", "plan_withdrawn", "assessment", "statement", "object_report",
    "object_report_step",
]  # fmt: skip
LOG_COLUMNS = ("at", "kind", "byId", "byName", "byRole", "assessment", "finding", "object", "summary", "details")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Something that happened.

    Attributes
    ----------
    by_id, by_name, by_role : str
        Who did it; empty where it is not known.
    assessment, finding, object_id : str or None
        What it was about.
    summary : str
        One word or a few, stable: the stage of a plan, the stance of a statement, the status of a report.
    details : dict
        The whole of it, as JSON has it.
    """

    at: dt.datetime
    kind: LogKind
    by_id: str
    by_name: str
    by_role: str
    summary: str
    details: dict[str, Any]
    assessment: str | None = None
    finding: str | None = None
    object_id: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the entry as JSON has it."""
        return {
            "at": self.at.isoformat(),
            "kind": self.kind,
            "byId": self.by_id,
            "byName": self.by_name,
            "byRole": self.by_role,
            "assessment": self.assessment,
            "finding": self.finding,
            "object": self.object_id,
            "summary": self.summary,
            "details": self.details,
        }


def decision_log(
    connection: Connection, plan_id: uuid.UUID, *, hidden: frozenset[str] = frozenset()
) -> tuple[LogEntry, ...]:
    """Return what happened to a plan, oldest first, without what is about `hidden` layers.

    Whether the caller may see the plan is decided before. Assessments are timed to the second; of what happened in the
    same second the plan comes first, then the assessment, then what was said.
    """
    entries = [
        *_changes(connection, plan_id),
        *_assessments(connection, plan_id, hidden),
        *_statements(connection, plan_id, hidden),
        *_reports(connection, plan_id, hidden),
    ]
    return tuple(sorted(entries, key=_order))


def _order(entry: LogEntry) -> tuple[dt.datetime, int, dt.datetime]:
    rank = 0 if entry.kind.startswith("plan_") else 1 if entry.kind == "assessment" else 2
    return entry.at.replace(microsecond=0), rank, entry.at


def _changes(connection: Connection, plan_id: uuid.UUID) -> Iterator[LogEntry]:
    versions = {version.number: version.document() for version in list_versions(connection, plan_id)}
    number = 0
    for change in plan_changes(connection, plan_id):
        brings_version = change.kind in {"created", "new_version"}
        number += brings_version
        details = {"revision": change.revision, "metadata": change.metadata}
        if brings_version:
            details["version"] = versions[number]
        yield LogEntry(
            change.at,
            f"plan_{change.kind}",  # type: ignore[arg-type]
            change.by_id,
            change.by_name,
            "",
            str(change.metadata["stage"]),
            details,
        )


def _assessments(connection: Connection, plan_id: uuid.UUID, hidden: frozenset[str]) -> Iterator[LogEntry]:
    for stored in list_assessments(connection, plan_id, hidden=hidden):
        details = {**stored.summary(), "catalogueVersion": stored.catalogue_version, "layers": stored.layer_versions}
        summary = stored.severity or "-"
        yield LogEntry(
            stored.created_at, "assessment", stored.created_by, "", "", summary, details, assessment=stored.id
        )


def _statements(connection: Connection, plan_id: uuid.UUID, hidden: frozenset[str]) -> Iterator[LogEntry]:
    for said in statements_of_plan(connection, plan_id, hidden=hidden):
        yield LogEntry(
            said.at,
            "statement",
            said.by_id,
            said.by_name,
            said.by_role,
            said.stance,
            said.document(),
            assessment=said.assessment,
            finding=said.finding,
            object_id=said.object_id,
        )


def _reports(connection: Connection, plan_id: uuid.UUID, hidden: frozenset[str]) -> Iterator[LogEntry]:
    for report in list_reports(connection, plan_id=plan_id, hidden=hidden):
        about = {"layer": report.layer, "version": report.version, "report": str(report.id)}
        for step in report.steps:
            is_first = step.number == 1
            yield LogEntry(
                step.at,
                "object_report" if is_first else "object_report_step",
                step.by_id,
                step.by_name,
                step.by_role,
                step.status,
                {**about, "reason": report.reason} if is_first else {**about, "comment": step.comment},
                object_id=report.object_id,
            )


def log_json_lines(entries: Iterable[LogEntry]) -> bytes:
    """Return the log as JSON lines, one for each entry."""
    return b"".join(orjson.dumps(entry.document(), option=orjson.OPT_APPEND_NEWLINE) for entry in entries)


def log_csv(entries: Iterable[LogEntry]) -> bytes:
    """Return the log as CSV; `details` is JSON."""
    documents = (entry.document() for entry in entries)
    return csv_table(LOG_COLUMNS, ([document[name] for name in LOG_COLUMNS] for document in documents))
