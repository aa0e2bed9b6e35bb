"""The ledger over time: the plans of a municipality, a county or the country, month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geomiljo.analysis.ledger_series import month_by_month
from geomiljo.assessments.ledger import asked_plans, touched_grounds

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from geomiljo.analysis.ledger_series import LedgerMonth
    from geomiljo.assessments.ledger import LedgerQuery


def ledger_over_time(connection: Connection, asked: LedgerQuery, until: dt.date) -> tuple[LedgerMonth, ...]:
    """Return what plans touch together at the end of each month, by the day on which they came to their stage.

    A plan counts with the ground of its latest assessment from the month on in which it came to its stage;
    one without an assessment counts among the plans alone.

    Parameters
    ----------
    connection : Connection
        In a transaction that sees one state of the database throughout.
    until : date
        A day of the last month.
    """
    plans = connection.execute(asked_plans(asked)).all()
    grounds = touched_grounds(connection, [row.assessment_key for row in plans if row.assessment_key is not None])
    return month_by_month({str(row.id): row.came for row in plans}, grounds, until)
