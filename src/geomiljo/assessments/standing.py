"""What assessments stand on, many at once: which of them something else has taken the place of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from geomiljo.assessments.freshness import Standing
from geomiljo.assessments.identity import METHOD_VERSION

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geomiljo.catalogue import Catalogue

_FOOTINGS = """
    SELECT a.footing, a.hidden, a.layer_versions, a.catalogue_version, a.method_version
    FROM (
        SELECT min(a.key) AS key
        FROM latest_assessment AS l
        JOIN assessment AS a ON a.key = l.assessment_key
        JOIN plan AS p ON p.id = l.plan_id
        WHERE CAST(:county AS varchar) IS NULL OR p.county = :county
        GROUP BY a.footing, a.hidden
    ) AS one
    JOIN assessment AS a USING (key)
"""


NOTHING_REPLACED: dict[str, Any] = {
    name: []
    for name in (
        "old_footings", "old_hidden", "near_footings", "near_hidden", "near_layers", "near_versions", "near_reaches_m"
    )
}  # fmt: skip
"""The parameters where nobody asks what is stale."""


def standing_places(connection: Connection, catalogue: Catalogue, county: str | None) -> dict[str, Any]:
    """Return, as parameters of `review_queue.sql`, what of the latest assessments something has taken the place of.

    Few plans stand on anything of their own: they are looked through by what they stand on, not one by one.
    """
    standing = Standing.now(connection, catalogue)
    old: list[tuple[str, str]] = []
    near: list[tuple[str, str, str, str, float]] = []
    for row in connection.execute(text(_FOOTINGS), {"county": county}):
        place = row.footing, ",".join(row.hidden)
        replaced = standing.replaced(row.layer_versions, frozenset(row.hidden))
        is_old = (row.catalogue_version, row.method_version) != (catalogue.version, METHOD_VERSION)
        if is_old or replaced is None:
            old.append(place)
        else:
            near += [(*place, layer, was, reach_m) for layer, (was, reach_m) in replaced.items()]
    columns = list(zip(*near, strict=True)) or [()] * 5
    names = ("near_footings", "near_hidden", "near_layers", "near_versions", "near_reaches_m")
    return {
        "old_footings": [footing for footing, _ in old],
        "old_hidden": [hidden for _, hidden in old],
        **{name: list(column) for name, column in zip(names, columns, strict=True)},
    }
