"""An environmental objective: what carries it on maps, what no map here tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer
    from geomiljo.catalogue.registers import Objective
    from geomiljo.catalogue.rules import Rule
    from geomiljo.layers.overview import LayerRow


@dataclass(frozen=True, slots=True)
class ObjectiveView:
    """An objective with what bears on it.

    Attributes
    ----------
    rules : tuple of Rule
        That carry it; those of the background last.
    layers : tuple of (Layer, LayerRow, bool)
        That these rules are about, and whether the layer must answer before the objective is called untouched.
    told : tuple of str
        Specifications that some rule bears on.
    untold : tuple of str
        Specifications that none does: no map here says anything of them.
    missing : int
        Layers of those that must answer and that are not in use now.
    """

    objective: Objective
    rules: tuple[Rule, ...]
    layers: tuple[tuple[Layer, LayerRow, bool], ...]
    told: tuple[str, ...]
    untold: tuple[str, ...]
    missing: int


def objective_view(number: int, catalogue: Catalogue, rows: Mapping[str, LayerRow]) -> ObjectiveView:
    """Return an objective with what bears on it; `rows` are all layers by id."""
    objective = catalogue.objectives[number]
    rules = sorted((r for r in catalogue.rules.values() if number in r.objectives), key=lambda rule: rule.background)
    deciding = {rule.layer for rule in rules if not rule.background}
    needed = catalogue.layers_in_set(catalogue.default_layer_set()) & deciding
    layers = [(catalogue.layers[name], rows[name], name in needed) for name in dict.fromkeys(r.layer for r in rules)]
    borne = {text for rule in rules for text in rule.precisering.get(number, ())}
    return ObjectiveView(
        objective,
        tuple(rules),
        tuple(sorted(layers, key=lambda each: not each[2])),
        tuple(text for text in objective.preciseringar if text in borne),
        tuple(text for text in objective.preciseringar if text not in borne),
        sum(rows[name].state != "active" for name in needed),
    )
