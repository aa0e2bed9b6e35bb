"""A run of a job: it begins, tells how far it has come, and ends in one of the states.

Each start raises the number of the run, and only the latest run may write: a worker that was taken for lost and comes
back cannot disturb the one that has taken over.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, update

from geomiljo.database.work_tables import Job, JobLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from geomiljo.errors import GeomiljoError

_log = logging.getLogger("geomiljo.jobs")


class JobCancelled(Exception):
    """Somebody asked for the job to be cancelled."""


class JobTakenOver(Exception):
    """Another run of the job has begun; this one may not write any more."""


class WorkerStopping(Exception):
    """The worker is told to stop; the job is laid down and taken up again by another."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How a running job tells what it does.

    Attributes
    ----------
    engine : Engine
    job_id : str
    run : int
        Number of this run.
    is_stopping : callable
        Whether the worker is told to stop.
    """

    engine: Engine
    job_id: str
    run: int
    is_stopping: Callable[[], bool]

    def step(self, done: int | None = None, total: int | None = None) -> None:
        """Tell how far the job has come; between two steps it can be cancelled or laid down.

        Raises
        ------
        JobCancelled, JobTakenOver, WorkerStopping
        """
        values: dict[str, Any] = {"heartbeat_at": func.now()}
        values |= {key: value for key, value in (("done", done), ("total", total)) if value is not None}
        with self.engine.begin() as connection:
            is_cancelled = connection.scalar(self._mine(**values).returning(Job.cancel_requested))
        if is_cancelled is None:
            raise JobTakenOver
        if is_cancelled:
            raise JobCancelled
        if self.is_stopping():
            raise WorkerStopping

    def say(self, message: str, level: str = "info", **params: Any) -> None:
        """Add a line to the job's log: a marked template and its places."""
        with self.engine.begin() as connection:
            add_line(connection, self.job_id, message, level, params)
            connection.execute(self._mine(heartbeat_at=func.now()))

    def say_error(self, error: GeomiljoError) -> None:
        """Add an error to the job's log, with what can be done about it."""
        about = told(error)
        self.say(" ".join(filter(None, (error.message, error.remedy))), "error", **about["params"])

    def end(self, state: str, result: dict[str, Any] | None = None, error: GeomiljoError | None = None) -> bool:
        """Close the job, or with ``queued`` lay it down; False when another run has begun."""
        values: dict[str, Any] = {"state": state, "result": result, "error": told(error) if error else None}
        if state != "queued":
            values["finished_at"] = func.now()
        with self.engine.begin() as connection:
            closed = connection.scalar(self._mine(**values).returning(Job.id))
        _log.info("job %s", state, extra={"state": state, "run": self.run})
        return closed is not None

    def _mine(self, **values: Any) -> Any:
        mine = (Job.id == self.job_id) & (Job.run == self.run) & (Job.state == "running")
        return update(Job).where(mine).values(**values)


def begin(engine: Engine, job_id: str, is_stopping: Callable[[], bool]) -> Progress | None:
    """Start a run of a job that waits; None when it does not wait any more."""
    with engine.begin() as connection:
        run = connection.scalar(
            update(Job)
            .where(Job.id == job_id, Job.state == "queued")
            .values(
                state="running",
                run=Job.run + 1,
                done=0,
                started_at=func.coalesce(Job.started_at, func.now()),
                heartbeat_at=func.now(),
            )
            .returning(Job.run)
        )
    return None if run is None else Progress(engine, job_id, run, is_stopping)


def add_line(connection: Connection, job_id: str, message: str, level: str, params: dict[str, Any]) -> None:
    """Add a line to a job's log."""
    connection.execute(insert(JobLine).values(job_id=job_id, level=level, message=message, params=params))


def told(error: GeomiljoError) -> dict[str, Any]:
    """Return an error as it is stored, so that it can be told in either language."""
    params = {key: value if isinstance(value, int | float | str) else str(value) for key, value in error.params.items()}
    return {
        "code": error.code,
        "message": error.message,
        "remedy": error.remedy,
        "location": error.location,
        "params": params,
    }
