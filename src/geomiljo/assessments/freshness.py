"""Whether a kept assessment still answers its question: what has changed since it was made.

A layer that has another version now is always told. It makes the assessment stale only where the plan's answer can be
another: where objects or coverage have changed within the layer's reach, or nobody knows where.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select

from geomiljo.analysis.answers import zone_radius_m
from geomiljo.analysis.questions import LayerQuestions
from geomiljo.assessments.identity import METHOD_VERSION
from geomiljo.assessments.store import assess_plan, assessment_by_key
from geomiljo.database.case_tables import LatestAssessment, Plan, PlanVersionRow
from geomiljo.database.tables import LayerVersion
from geomiljo.layers.swaps import changed_near
from geomiljo.layers.versions import largest_errors_m, switched_off

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Engine

    from geomiljo.access import Caller
    from geomiljo.assessments.assess import Assessor
    from geomiljo.assessments.store import StoredAssessment
    from geomiljo.catalogue import Catalogue

What = Literal["plan", "layer", "registers", "method"]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that an assessment stands on and that is different now.

    Attributes
    ----------
    what : str
        ``plan``: a newer version; ``layer``: another version is active, or none; ``registers``; ``method``.
    layer : str or None
        Id of the layer.
    was, now : str or None
        Versions; None: none.
    matters : bool
        False: what has changed in the layer lies out of reach of the plan, and every finding would be the same.
    """

    what: What
    was: str | None
    now: str | None
    layer: str | None = None
    matters: bool = True

    def document(self) -> dict[str, Any]:
        """Return the change as JSON has it."""
        return {"what": self.what, "layer": self.layer, "from": self.was, "to": self.now, "matters": self.matters}


def is_stale(changes: Iterable[Change]) -> bool:
    """Return whether changes can have made another answer."""
    return any(change.matters for change in changes)


def since_document(changes: Sequence[Change]) -> dict[str, Any]:
    """Return what has changed since an assessment, as JSON has it beside the assessment's summary."""
    return {"isStale": is_stale(changes), "changesSince": [change.document() for change in changes]}


@dataclass(frozen=True)
class Standing:
    """What assessments made now would stand on.

    Attributes
    ----------
    layers : dict of str to str
        Active version by layer, without those that are switched off.
    catalogue : Catalogue
    errors_m : dict of str to float
        How far an object of any kept version of a layer may at most lie from where it is drawn.
    """

    layers: dict[str, str]
    catalogue: Catalogue
    errors_m: dict[str, float]

    @classmethod
    def now(cls, connection: Connection, catalogue: Catalogue) -> Standing:
        """Read what is active."""
        rows = connection.execute(
            select(LayerVersion.layer, LayerVersion.version).where(LayerVersion.state == "active")
        )
        off = {*switched_off(connection), *catalogue.switched_off}
        active = {row.layer: row.version for row in rows if row.layer not in off}
        return cls(active, catalogue, largest_errors_m(connection))

    def changes(
        self, connection: Connection, stored: StoredAssessment, current_version: int | None = None
    ) -> tuple[Change, ...]:
        """Return what has changed since an assessment was made; empty: it is fresh.

        Parameters
        ----------
        current_version : int, optional
            Number of the plan's current version.
        """
        changes: list[Change] = []
        if current_version not in (None, stored.plan_version):
            changes.append(Change("plan", str(stored.plan_version), str(current_version)))
        changes += self._layer_changes(connection, stored)
        if stored.catalogue_version != self.catalogue.version:
            changes.append(Change("registers", stored.catalogue_version, self.catalogue.version))
        if stored.method_version != METHOD_VERSION:
            changes.append(Change("method", stored.method_version, METHOD_VERSION))
        return tuple(changes)

    def _layer_changes(self, connection: Connection, stored: StoredAssessment) -> Iterator[Change]:
        others = self._others(stored.layer_versions, stored.hidden)
        replaced = self._replaced(others)
        versions = {layer: was for layer, (was, _) in replaced.items()}
        reaches = {layer: reach_m for layer, (_, reach_m) in replaced.items()}
        near = changed_near(connection, stored.plan_version_id, versions, reaches) if replaced else frozenset()
        for layer, (was, now) in others.items():
            yield Change("layer", was, now, layer, matters=layer not in replaced or layer in near)

    def replaced(
        self, versions: Mapping[str, str | None], hidden: frozenset[str]
    ) -> dict[str, tuple[str, float]] | None:
        """Return the layers of an assessment that have another version now, and how far around the plan they matter.

        Returns
        -------
        dict of str to (str, float) or None
            The version of then, and the distance in metres; None: a layer has come or gone, which matters everywhere.
        """
        others = self._others(versions, hidden)
        replaced = self._replaced(others)
        return replaced if len(replaced) == len(others) else None

    def _others(
        self, versions: Mapping[str, str | None], hidden: frozenset[str]
    ) -> dict[str, tuple[str | None, str | None]]:
        return {
            layer: (was, self.layers.get(layer))
            for layer, was in versions.items()
            if layer not in hidden and was != self.layers.get(layer)
        }

    def _replaced(self, others: Mapping[str, tuple[str | None, str | None]]) -> dict[str, tuple[str, float]]:
        return {
            layer: (was, self._reach_m(layer))
            for layer, (was, now) in others.items()
            if was is not None and now is not None and layer in self.catalogue.layers
        }

    def _reach_m(self, layer_id: str) -> float:
        """Return how far around a plan the layer's answer comes from; the search zone is drawn that much too large."""
        layer = self.catalogue.layers[layer_id]
        questions = LayerQuestions.of(layer, self.catalogue.rules_by_layer[layer_id])
        error_m = max(0.0, self.errors_m[layer_id] - layer.position_error_m)
        return zone_radius_m(questions.search_around(error_m).reach_m)


@dataclass(frozen=True, slots=True)
class StalePlan:
    """A plan whose latest assessment no longer answers.

    Attributes
    ----------
    version_id : int
        The plan's current version.
    assessment_id : str
        The latest assessment made without the `hidden` layers.
    changes : tuple of Change
        Empty: a layer could not be read when it was made.
    """

    plan_id: uuid.UUID
    version_id: int
    assessment_id: str
    hidden: frozenset[str]
    layer_set: str
    changes: tuple[Change, ...]


def stale_plans(
    connection: Connection,
    catalogue: Catalogue,
    *,
    hidden: frozenset[str] = frozenset(),
    where: ColumnElement[bool] | None = None,
) -> Iterator[StalePlan]:
    """Find the active plans whose latest assessment is stale: one for each set of hidden layers.

    Parameters
    ----------
    hidden : frozenset of str
        Only assessments that were made without these layers count.
    where : condition on `Plan`, optional
        Which plans are looked at.
    """
    standing = Standing.now(connection, catalogue)
    query = (
        select(LatestAssessment.assessment_key, PlanVersionRow.id, PlanVersionRow.number)
        .join(Plan, Plan.id == LatestAssessment.plan_id)
        .join(PlanVersionRow, (PlanVersionRow.plan_id == Plan.id) & PlanVersionRow.is_current)
        .where(Plan.state == "active", LatestAssessment.hidden.contains(sorted(hidden)))
        .order_by(Plan.changed_at, Plan.id, LatestAssessment.hidden)
    )
    for key, version_id, number in connection.execute(query if where is None else query.where(where)).all():
        stored = assessment_by_key(connection, key)
        changes = standing.changes(connection, stored, number)
        if is_stale(changes) or stored.has_failed:
            yield StalePlan(stored.plan_id, version_id, stored.id, stored.hidden, stored.layer_set, changes)


def recheck(engine: Engine, assessor: Assessor, plan: StalePlan, *, caller: Caller) -> StoredAssessment:
    """Assess a stale plan's current version again, with the same layer set and hidden layers."""
    return assess_plan(engine, assessor, plan.version_id, caller=caller, hidden=plan.hidden, layer_set=plan.layer_set)
