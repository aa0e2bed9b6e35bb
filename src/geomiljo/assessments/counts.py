"""How many findings of each severity assessments have."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy import func, select

from geomiljo.database.case_tables import FindingRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from geomiljo.catalogue.rules import Severity


def severity_counts(connection: Connection, keys: Sequence[int]) -> dict[int, Mapping[Severity, int]]:
    """Return the number of findings by severity for each assessment key; severities that none has are left out."""
    counted: dict[int, dict[Severity, int]] = {key: {} for key in keys}
    query = select(FindingRow.assessment_key, FindingRow.severity, func.count()).where(
        FindingRow.assessment_key.in_(keys)
    )
    for key, severity, count in connection.execute(query.group_by(FindingRow.assessment_key, FindingRow.severity)):
        counted[key][cast("Severity", severity)] = count
    return dict(counted)
