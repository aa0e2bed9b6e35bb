"""Pieces of kept checks: kept beside a check when a map asks for tiles of them, since few maps do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, insert, select

from geomiljo.assessments.checks import get_check, is_open, shapes_of_check
from geomiljo.assessments.rows import piece_values
from geomiljo.database.acting import Acting, acting_as
from geomiljo.database.check_tables import CheckPieceRow, KeptCheckRow

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from geomiljo.access import Caller

_COLUMNS = ("finding", "number", "area_m2", "geom")


def keep_pieces(engine: Engine, check_id: str, caller: Caller, hidden: frozenset[str]) -> None:
    """See that the pieces of a check are kept.

    They are written while somebody reads: nothing is told by them that the check does not tell already.

    Parameters
    ----------
    hidden : frozenset of str
        Layers that the caller may not see.

    Raises
    ------
    NotFound
        There is no such check, or it is no longer kept.
    """
    with acting_as(Acting(caller, hidden)), engine.begin() as connection:
        of_check = (KeptCheckRow.id == check_id) & is_open(hidden)
        are_kept = select(exists().where(CheckPieceRow.check_id == KeptCheckRow.id, of_check))
        if connection.scalar(are_kept):
            return
        check = get_check(connection, check_id, hidden)
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(check_id, 0))))
        if connection.scalar(are_kept):
            return  # by another tile of the same map
        severities = {finding.id: finding.severity for finding in check.assessment.findings}
        rows = [
            {
                "check_id": check_id,
                "severity": severities[piece["finding"]],
                **{name: piece[name] for name in _COLUMNS},
            }
            for piece in piece_values(shapes_of_check(connection, check))
        ]
        if rows:
            connection.execute(insert(CheckPieceRow), rows)
