"""The queue: procrastinate's tables in the schema `work`, spoken to over the caller's own connection.

So a job and its row in the queue are written, cancelled or taken up again in one transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procrastinate import App, JobContext, RetryStrategy, SyncPsycopgConnector, sql
from procrastinate.exceptions import JobAborted
from procrastinate.jobs import Job as QueuedJob
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from procrastinate.connector import BaseConnector
    from sqlalchemy import Connection

SEARCH_PATH = "public, work"
QUEUE = "geomiljo"
TASK = "geomiljo.job"
REFRESH_TASK = "geomiljo.refresh"
_connector = SyncPsycopgConnector()  # never opened: it writes over connections that it is given
_manager = App(connector=_connector).job_manager


def queue_app(
    connector: BaseConnector, run: Callable[[JobContext, str], None], refresh: Callable[[], object], refresh_at: str
) -> App:
    """Return the application of a worker; a job that a stopping worker lays down is taken up again.

    Parameters
    ----------
    run : callable
        Called with the context and the id of a job, in a thread.
    refresh : callable
        Called at `refresh_at`, a cron expression in UTC, in a thread: by one of all workers, as the queue keeps each
        time once.
    """
    app = App(connector=connector)

    @app.task(name=TASK, queue=QUEUE, pass_context=True, retry=RetryStrategy(retry_exceptions={JobAborted}))
    def job(context: JobContext, job_id: str) -> None:
        run(context, job_id)

    @app.periodic(cron=refresh_at)
    @app.task(name=REFRESH_TASK, queue=QUEUE)
    def refresh_due(timestamp: int) -> None:
        refresh()

    return app


def put(connection: Connection, job_id: str, lock: str | None, priority: int = 0) -> int:
    """Queue a job; jobs with the same `lock` run one after the other, those of a higher priority before others."""
    queued = QueuedJob(
        id=None,
        queue=QUEUE,
        lock=lock,
        queueing_lock=None,
        task_name=TASK,
        task_kwargs={"job_id": job_id},
        priority=priority,
    )
    row = _manager.defer_job(queued, connection=_with_queue(connection))
    return int(row.id or 0)


def withdraw(connection: Connection, queue_id: int) -> bool:
    """Take a waiting job out of the queue; False when a worker has it already."""
    return _manager.cancel_job_by_id(queue_id, connection=_with_queue(connection))


def stalled(connection: Connection, silent_s: float) -> list[int]:
    """Return the rows of jobs whose worker has been silent for longer than `silent_s` seconds, or is gone."""
    rows = _ask(
        connection, "select_stalled_jobs_by_heartbeat", queue=None, task_name=None, seconds_since_heartbeat=silent_s
    )
    return [int(row["id"]) for row in rows]


def put_back(connection: Connection, queue_id: int) -> None:
    """Let a job whose worker was lost be taken again."""
    nothing = dict.fromkeys(("new_priority", "new_queue_name", "new_lock"))
    _ask(connection, "retry_job", job_id=queue_id, retry_at=None, **nothing)


def finish(connection: Connection, queue_id: int, status: str) -> None:
    """Close the row of a job whose worker was lost: ``failed`` or ``aborted``."""
    _ask(connection, "finish_job", job_id=queue_id, status=status, delete_job=False)


def waiting(connection: Connection) -> int:
    """Return how many jobs wait."""
    count = connection.scalar(text("SELECT count(*) FROM work.procrastinate_jobs WHERE status = 'todo'"))
    return int(count or 0)


def live_workers(connection: Connection, silent_s: float) -> int:
    """Return how many workers have said within `silent_s` seconds that they live."""
    statement = text(
        "SELECT count(*) FROM work.procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :silent)"
    )
    return int(connection.scalar(statement, {"silent": silent_s}) or 0)


def drop_finished(connection: Connection) -> None:
    """Delete the rows of jobs that have ended; what people see of them is in `job`."""
    _with_queue(connection)
    connection.execute(
        text("DELETE FROM work.procrastinate_jobs WHERE status IN ('succeeded', 'failed', 'cancelled', 'aborted')")
    )


def _ask(connection: Connection, name: str, **arguments: Any) -> list[dict[str, Any]]:
    driver = _with_queue(connection)
    return _connector.execute_query_all_with_connection(driver, sql.queries[name], **arguments)


def _with_queue(connection: Connection) -> Any:
    """Return the driver's connection with the queue's schema in reach until the transaction ends."""
    connection.execute(text(f"SET LOCAL search_path = {SEARCH_PATH}"))
    return connection.connection.driver_connection
