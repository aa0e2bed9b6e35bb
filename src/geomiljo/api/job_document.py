"""A job as the service tells of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from geomiljo.database.work_tables import Job
from geomiljo.texts import Language, translate


class _Document(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class JobError(_Document):
    """Why a job failed."""

    type: str = Field(description="Kind of problem, /problems/{code}")
    detail: str
    remedy: str | None = None
    location: str | None = None


class JobDocument(_Document):
    """Background work: its state, how far it has come and what came of it."""

    id: str
    kind: str
    state: str = Field(description="queued, running, succeeded, failed or cancelled")
    created_at: dt.datetime
    started_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    heartbeat_at: dt.datetime | None = Field(default=None, description="When it last told how far it has come")
    done: int = Field(description="Things done, of `total`")
    total: int | None = Field(default=None, description="Unknown until the work has been counted")
    runs: int = Field(description="How often it was started")
    cancel_requested: bool
    parameters: dict[str, Any]
    result: dict[str, Any] | None = None
    error: JobError | None = None
    links: dict[str, str] = Field(description="Addresses: itself, events, log, and its file where it has one")


class JobLineDocument(_Document):
    """A line of a job's log."""

    number: int
    at: dt.datetime
    level: str
    text: str


def job_document(job: Job, language: Language) -> JobDocument:
    """Return a job as the service tells of it."""
    address = f"/api/v1/jobs/{job.id}"
    links = {"self": address, "events": f"{address}/events", "log": f"{address}/log"}
    if job.result and "file" in job.result:
        links["file"] = f"{address}/file"
    return JobDocument(
        id=job.id,
        kind=job.kind,
        state=job.state,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        heartbeat_at=job.heartbeat_at,
        done=job.done,
        total=job.total,
        runs=job.run,
        cancel_requested=job.cancel_requested,
        parameters=job.parameters,
        result=job.result,
        error=job_error(job.error, language) if job.error else None,
        links=links,
    )


def line_document(line: dict[str, Any], language: Language) -> JobLineDocument:
    """Return a line of a job's log in a language."""
    text = translate(line["message"], language, **line["params"])
    return JobLineDocument(number=line["number"], at=line["at"], level=line["level"], text=text)


def job_error(error: dict[str, Any], language: Language) -> JobError:
    """Return why a job failed, in words."""
    return JobError(
        type=f"/problems/{error['code']}",
        detail=translate(error["message"], language, **error["params"]),
        remedy=translate(error["remedy"], language, **error["params"]) or None,
        location=error["location"],
    )
