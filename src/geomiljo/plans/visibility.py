"""Which of many plans a caller sees: the policy of `geomiljo.access` as a condition over the plan table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, true

from geomiljo.access import PUBLISHED_STAGES
from geomiljo.database.case_tables import Plan

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from geomiljo.access import Caller


def visible(caller: Caller) -> ColumnElement[bool]:
    """Return the condition that holds for the plans that `caller` may read.

    Examples
    --------
    >>> from geomiljo.access import LOCAL
    >>> str(visible(LOCAL))
    'true'
    """
    if caller.role == "admin":
        return true()
    published = and_(Plan.stage.in_(sorted(PUBLISHED_STAGES)), Plan.state != "withdrawn")
    if caller.role == "planner" and caller.municipality is not None:
        return or_(published, Plan.municipality == caller.municipality)
    return published
