"""Whether the service lives and is ready."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.exc import SQLAlchemyError

from geomiljo import __version__
from geomiljo.api.state import State
from geomiljo.database.schema import schema_state
from geomiljo.layers.versions import active_versions

router = APIRouter(tags=["operations"])


@router.get("/health", summary="The process lives")
def health() -> dict[str, str]:
    """Answer without touching anything else."""
    return {"status": "ok", "version": __version__}


@router.get("/ready", summary="Database, schema and layers are there", responses={503: {"description": "Not ready"}})
def ready(state: State, response: Response) -> dict[str, Any]:
    """Answer 200 when checks can be made, 503 otherwise, with what was looked at."""
    try:
        schema = schema_state(state.engine)
        with state.engine.connect() as connection:
            layers = len(active_versions(connection)) if schema.is_current else 0
        looked_at = {"database": True, "schema": schema.is_current, "activeLayers": layers}
    except SQLAlchemyError:
        looked_at = {"database": False, "schema": False, "activeLayers": 0}
    is_ready = bool(looked_at["database"] and looked_at["schema"])
    response.status_code = 200 if is_ready else 503
    return {"ready": is_ready, **looked_at}
