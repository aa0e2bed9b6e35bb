"""Where the plans of a queue lie, and what the consultation of one was assessed as."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import shapely
from sqlalchemy import text

from geomiljo.access import PUBLISHED_STAGES
from geomiljo.assessments.queue import QueueQuery, conditions_of, parameters_of
from geomiljo.assessments.standing import standing_places
from geomiljo.assessments.store import assessment_by_key
from geomiljo.database.engine import query

if TYPE_CHECKING:
    import datetime as dt
    import uuid

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Connection

    from geomiljo.assessments.store import StoredAssessment
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.rules import Severity

_PLACES = """
SELECT cases.id, cases.severity, ST_AsBinary(v.geom) AS shape, count(*) OVER () AS matching
FROM cases JOIN plan_version AS v ON v.id = cases.version_id
WHERE {where} ORDER BY cases.rank, cases.due, cases.id LIMIT :most
"""
_CONSULTED = "SELECT before_key FROM consulted"


class PlanPlace(NamedTuple):
    """A plan of the queue on the map; EPSG:3006."""

    id: uuid.UUID
    severity: Severity | None
    geometry: BaseGeometry


def queue_places(
    connection: Connection, catalogue: Catalogue, asked: QueueQuery, *, most: int = 500
) -> tuple[tuple[PlanPlace, ...], int]:
    """Return where the plans lie that are asked for, on every page of the list, and how many they are.

    Of more than `most` the worst are returned.
    """
    values = parameters_of(asked) | {"most": most}
    if asked.stale:
        values |= standing_places(connection, catalogue, asked.county)
    statement = query("review_queue") + _PLACES.format(where=" AND ".join(conditions_of(asked)))
    rows = connection.execute(text(statement), values).all()
    places = tuple(PlanPlace(row.id, row.severity, shapely.from_wkb(bytes(row.shape))) for row in rows)
    return places, rows[0].matching if rows else 0


def consulted_assessment(
    connection: Connection, plan_id: uuid.UUID, hidden: frozenset[str], today: dt.date
) -> StoredAssessment | None:
    """Return the assessment that a plan's latest one is compared with: of what went out for consultation.

    None: the plan is in consultation or before, or what went out was never assessed.
    """
    asked = QueueQuery(today, hidden=hidden, stages=tuple(PUBLISHED_STAGES))  # type: ignore[arg-type]
    values = parameters_of(asked) | {"only": [plan_id]}
    key = connection.scalar(text(query("review_queue") + _CONSULTED), values)
    return None if key is None else assessment_by_key(connection, key)
