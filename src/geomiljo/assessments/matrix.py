"""The matrix of objectives and municipalities: how many plans touch what, and how much ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from geomiljo.access import PUBLISHED_STAGES
from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.database.engine import query

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection, RowMapping

    from geomiljo.catalogue.rules import Severity
    from geomiljo.plans.case import Stage

_M2_PER_HA = 10_000.0
_WORST = "SELECT id, objective, rank FROM worst"


@dataclass(frozen=True, slots=True)
class MatrixQuery:
    """Which plans are counted.

    Attributes
    ----------
    county, municipality : str or None
        Codes; None: every one.
    stages : tuple of str
        Empty: all from consultation on.
    hidden : frozenset of str
        Layers that the caller may not see.
    with_area : bool
        Whether ground is united, which takes its time.
    """

    county: str | None = None
    municipality: str | None = None
    stages: tuple[Stage, ...] = ()
    hidden: frozenset[str] = frozenset()
    with_area: bool = False


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """An objective in a municipality.

    Attributes
    ----------
    plans, assessed : int
        Plans of the municipality, and those of them that have an assessment.
    unknown : int
        Plans whose assessment cannot tell.
    touched : mapping of str to int
        Plans that touch the objective, by their worst severity there.
    area_m2 : mapping of str to float, or None
        Ground by the worst severity on it: each spot counts once. None: not asked for.
    """

    municipality: str
    objective: int
    plans: int
    assessed: int
    unknown: int
    touched: Mapping[Severity, int]
    area_m2: Mapping[Severity, float] | None

    def plans_with(self, severities: Collection[Severity]) -> int:
        """Return the plans that touch the objective with one of these as their worst."""
        return sum(self.touched[severity] for severity in severities)

    def hectares_with(self, severities: Collection[Severity]) -> float:
        """Return the hectares whose worst is one of these."""
        return sum((self.area_m2 or {}).get(severity, 0.0) for severity in severities) / _M2_PER_HA

    @property
    def worst(self) -> Severity | None:
        """The worst severity of any plan here; None: no plan touches the objective."""
        return next((severity for severity in SEVERITIES if self.touched[severity]), None)

    @property
    def is_unclear(self) -> bool:
        """Whether plans are here and none of them could be decided."""
        return self.plans > 0 and self.worst is None and self.unknown == self.assessed

    def document(self) -> dict[str, Any]:
        """Return the cell as JSON has it."""
        areas = self.area_m2
        return {
            "municipality": self.municipality,
            "objective": self.objective,
            "plans": self.plans,
            "notAssessed": self.plans - self.assessed,
            "unknown": self.unknown,
            "touched": dict(self.touched),
            "areaHa": areas and {severity: area / _M2_PER_HA for severity, area in areas.items()},
        }


def objective_matrix(connection: Connection, asked: MatrixQuery) -> tuple[MatrixCell, ...]:
    """Return the cells of all municipalities with plans, ordered by municipality and objective."""
    statement = text(query("touched_objectives") + query("objective_matrix"))
    rows = connection.execute(statement, _parameters(asked) | {"with_area": asked.with_area}).mappings()
    return tuple(_cell(row, with_area=asked.with_area) for row in rows)


def worst_by_plan(connection: Connection, asked: MatrixQuery) -> dict[uuid.UUID, dict[int, Severity]]:
    """Return the worst severity of each objective that a plan touches; plans that touch none are left out."""
    found: dict[uuid.UUID, dict[int, Severity]] = {}
    for row in connection.execute(text(query("touched_objectives") + _WORST), _parameters(asked)):
        found.setdefault(row.id, {})[row.objective] = SEVERITIES[row.rank - 1]
    return found


def _parameters(asked: MatrixQuery) -> dict[str, Any]:
    return {
        "county": asked.county,
        "municipality": asked.municipality,
        "stages": sorted(PUBLISHED_STAGES.intersection(asked.stages or PUBLISHED_STAGES)),
        "hidden": sorted(asked.hidden),
    }


def _cell(row: RowMapping, *, with_area: bool) -> MatrixCell:
    areas: dict[Severity, float] | None = None
    if with_area:
        up_to = [0.0, *(row[f"to_{severity}_m2"] or 0.0 for severity in SEVERITIES)]
        areas = {severity: max(0.0, up_to[n + 1] - up_to[n]) for n, severity in enumerate(SEVERITIES)}
    return MatrixCell(
        row["municipality"],
        row["objective"],
        row["plans"],
        row["assessed"],
        row["unknown"],
        {severity: row[severity] for severity in SEVERITIES},
        areas,
    )
