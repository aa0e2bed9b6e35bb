"""The registers over HTTP: layers with what is loaded of them, objectives, rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query

from geomiljo.analysis.document import json_schema
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.security import HiddenLayers
from geomiljo.api.state import State
from geomiljo.errors import Forbidden, NotFound
from geomiljo.layers.changes import change_report
from geomiljo.layers.overview import layer_details, layer_overview, version_rows
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from geomiljo.catalogue.layers import Layer

router = APIRouter(prefix="/api/v1", tags=["registers"])
_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: PROBLEM_RESPONSES[404]}
_OF_LAYER: dict[int | str, dict[str, Any]] = {code: PROBLEM_RESPONSES[code] for code in (400, 403, 404)}


@router.get("/layers", summary="All layers, and what is loaded of them")
def layers(state: State, hidden: HiddenLayers) -> list[dict[str, Any]]:
    """List every layer of the registers, loaded or not."""
    with state.engine.connect() as connection:
        return [row.as_json() for row in layer_overview(connection, state.assessor.catalogue, hidden)]


@router.get("/layers/{layer_id}", summary="One layer", responses=_NOT_FOUND)
def one_layer(layer_id: str, state: State, hidden: HiddenLayers) -> dict[str, Any]:
    """Give a layer's register entry, its state and how its last load went."""
    with state.engine.connect() as connection:
        return layer_details(connection, state.assessor.catalogue, layer_id, hidden)


@router.get("/layers/{layer_id}/versions", summary="A layer's versions", responses=_OF_LAYER)
def layer_versions(layer_id: str, state: State, hidden: HiddenLayers) -> list[dict[str, Any]]:
    """List the kept versions of a layer, newest first; of one that waits for a person, what is doubtful about it."""
    _require_open(state.assessor.catalogue.layer(layer_id), hidden)
    with state.engine.connect() as connection:
        return version_rows(connection, layer_id)


@router.get("/layers/{layer_id}/changes", summary="What differs between two versions of a layer", responses=_OF_LAYER)
def layer_changes(
    layer_id: str,
    state: State,
    hidden: HiddenLayers,
    was: Annotated[str | None, Query(alias="from", description="Version; the one that was replaced last")] = None,
    now: Annotated[str | None, Query(alias="to", description="Version; one that waits, else the active one")] = None,
    most: Annotated[int, Query(alias="limit", ge=0, le=10_000, description="Most objects to list")] = 1_000,
) -> dict[str, Any]:
    """List the objects that are new, gone or changed; the counts are of all."""
    _require_open(state.assessor.catalogue.layer(layer_id), hidden)
    with state.engine.connect() as connection:
        return change_report(connection, layer_id, was, now).document(most)


def _require_open(layer: Layer, hidden: frozenset[str]) -> None:
    if layer.id in hidden:
        raise Forbidden(_("Layer {layer} is not open to you."), layer=layer.id)


@router.get("/objectives", summary="The sixteen objectives and the generational goal")
def objectives(state: State) -> dict[str, Any]:
    """List the environmental quality objectives."""
    catalogue = state.assessor.catalogue
    return {
        "generationalGoal": catalogue.generational_goal.model_dump(mode="json"),
        "objectives": [objective.model_dump(mode="json") for objective in catalogue.objectives.values()],
    }


@router.get("/objectives/{number}", summary="One objective", responses=_NOT_FOUND)
def one_objective(number: int, state: State) -> dict[str, Any]:
    """Give an objective and the rules that carry it."""
    catalogue = state.assessor.catalogue
    if number not in catalogue.objectives:
        raise NotFound(_("There is no objective {number}; there are 1 to 16."), number=number)
    rules = [rule.id for rule in catalogue.rules.values() if number in rule.objectives]
    return {**catalogue.objectives[number].model_dump(mode="json"), "rules": rules}


@router.get("/rules", summary="The rules")
def rules(
    state: State,
    layer: str | None = Query(default=None, description="Only rules about this layer"),
    objective: int | None = Query(default=None, ge=1, le=16, description="Only rules that carry this objective"),
) -> list[dict[str, Any]]:
    """List the rules of the registers."""
    return [
        rule.model_dump(mode="json")
        for rule in state.assessor.catalogue.rules.values()
        if layer in (None, rule.layer) and (objective is None or objective in rule.objectives)
    ]


@router.get("/rules/{rule_id}", summary="One rule", responses=_NOT_FOUND)
def one_rule(rule_id: str, state: State) -> dict[str, Any]:
    """Give a rule."""
    found = state.assessor.catalogue.rules.get(rule_id)
    if found is None:
        raise NotFound(_("There is no rule {rule}."), rule=rule_id)
    return found.model_dump(mode="json")


@router.get("/assessment.schema.json", summary="JSON Schema of assessments")
def assessment_schema() -> dict[str, Any]:
    """Give the published schema of assessments."""
    return json_schema()
