"""Whether the service lives and is ready."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from geomiljo import __version__
from geomiljo.api.state import ServiceState, State
from geomiljo.database.schema import schema_state
from geomiljo.jobs import queue
from geomiljo.jobs.worker import LOST_AFTER_HEARTBEATS
from geomiljo.layers.versions import active_versions

router = APIRouter(tags=["operations"])


@router.get("/health", summary="The process lives")
def health() -> dict[str, str]:
    """Answer without touching anything else."""
    return {"status": "ok", "version": __version__}


@router.get(
    "/ready", summary="Database, schema, layers and queue are there", responses={503: {"description": "Not ready"}}
)
def ready(state: State, response: Response) -> dict[str, Any]:
    """Answer 200 when checks can be made, 503 otherwise, with what was looked at."""
    try:
        schema = schema_state(state.engine)
        with state.engine.connect() as connection:
            looked_at: dict[str, Any] = {"database": True, "schema": schema.is_current}
            if schema.is_current:
                looked_at["activeLayers"] = len(active_versions(connection))
                looked_at["queue"] = {
                    "waiting": queue.waiting(connection),
                    "workers": queue.live_workers(connection, _silent_s(state)),
                }
    except SQLAlchemyError:
        looked_at = {"database": False, "schema": False}
    is_ready = "queue" in looked_at
    response.status_code = 200 if is_ready else 503
    return {"ready": is_ready, **looked_at}


@router.get("/metrics", summary="Counters, in the Prometheus text format", response_class=PlainTextResponse)
def metrics(state: State) -> Response:
    """Give the counters of requests and the state of background work."""
    return Response(state.metrics.text(state.engine, _silent_s(state)), media_type=CONTENT_TYPE_LATEST)


def _silent_s(state: ServiceState) -> float:
    return LOST_AFTER_HEARTBEATS * state.settings.worker_heartbeat_s
