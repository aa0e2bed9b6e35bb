"""What is counted of the service: requests by route and status, how long they take, jobs by kind and state."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from geomiljo.database.work_tables import Job
from geomiljo.jobs import queue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.metrics_core import Metric
    from sqlalchemy import Engine

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
"""Variable of the metrics library: the folder in which several processes of one service count together."""
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The counters of a service.

    Labels are few: the route as it is declared (never a path with ids), the method and the class of the status.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "geomiljo_requests", "Requests", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "geomiljo_request_seconds",
            "Time until a request was answered",
            ("route",),
            registry=self._registry,
            buckets=_SECONDS,
        )

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._requests.labels(method, route, f"{status // 100}xx").inc()
        self._seconds.labels(route).observe(seconds)

    def text(self, engine: Engine, silent_s: float) -> bytes:
        """Return all metrics in the Prometheus text format; of all processes, where they count together."""
        counted = self._registry
        if os.environ.get(MULTIPROCESS):
            counted = CollectorRegistry()
            MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
        work = CollectorRegistry()
        work.register(_WorkCollector(engine, silent_s))
        return generate_latest(counted) + generate_latest(work)


class _WorkCollector:
    """Background work as the database knows it at this moment."""

    def __init__(self, engine: Engine, silent_s: float) -> None:
        self.engine = engine
        self.silent_s = silent_s

    def collect(self) -> Iterator[Metric]:
        reached = GaugeMetricFamily("geomiljo_database_up", "Whether the database answers")
        jobs = GaugeMetricFamily("geomiljo_jobs", "Jobs that are kept", labels=("kind", "state"))
        workers = GaugeMetricFamily("geomiljo_workers", "Workers that live")
        waiting = GaugeMetricFamily("geomiljo_queue_waiting", "Jobs that wait for a worker")
        try:
            with self.engine.connect() as connection:
                for kind, state, count in connection.execute(
                    select(Job.kind, Job.state, func.count()).group_by(Job.kind, Job.state)
                ):
                    jobs.add_metric((kind, state), count)
                workers.add_metric((), queue.live_workers(connection, self.silent_s))
                waiting.add_metric((), queue.waiting(connection))
            reached.add_metric((), 1)
        except DBAPIError:
            reached.add_metric((), 0)
        yield from (reached, jobs, workers, waiting)
