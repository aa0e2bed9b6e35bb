"""What the queue does by itself: layers that are due are refreshed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from geomiljo.access import SCHEDULE
from geomiljo.database.work_tables import Job
from geomiljo.jobs.kinds import MOST_LAYERS, RefreshLayers
from geomiljo.jobs.store import UNFINISHED, enqueue
from geomiljo.layers.due import due_layers

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from geomiljo.catalogue import Catalogue


def ask_for_refresh(engine: Engine, catalogue: Catalogue) -> str | None:
    """Queue one job that refreshes the layers that are due and can be fetched; return its id.

    None is queued where nothing is due, or where the last such job has not ended.
    """
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('geomiljo.schedule'))"))
        running = select(func.count()).where(Job.caller_id == SCHEDULE.id, Job.state.in_(UNFINISHED))
        if connection.scalar(running):
            return None
        due = due_layers(connection, catalogue, dt.datetime.now(dt.UTC))
        layers = tuple(each.layer for each in due if each.can_be_fetched)
        return enqueue(connection, SCHEDULE, RefreshLayers(layers=layers[:MOST_LAYERS])) if layers else None
