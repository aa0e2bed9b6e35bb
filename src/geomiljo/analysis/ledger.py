"""Adding up what many plans touch: ground that several plans share counts once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

import shapely

from geomiljo.geometry import geometry_array

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

Key = TypeVar("Key", bound="Hashable")
ClassKey = tuple[str, str]
"""Layer and class."""


@dataclass(frozen=True, slots=True)
class TouchedGround:
    """The ground of one class that a finding of a plan's assessment is about.

    Attributes
    ----------
    plan : str
    rule, layer, class_id : str
    conditional, background : bool
    objectives : tuple of int
    geometry : Geometry or None
        EPSG:3006; None where the finding has no ground, as near the plan.
    """

    plan: str
    rule: str
    layer: str
    class_id: str
    conditional: bool
    background: bool
    objectives: tuple[int, ...]
    geometry: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What a group of findings adds up to.

    Attributes
    ----------
    group : {"rule", "class", "objective"}
        ``rule``: a rule; ``class``: a rule within one class; ``objective``: all findings that flag it.
    rule, layer, class_id : str or None
    objective : int or None
    conditional : bool
        Holds only under a condition; such findings flag no objective and have rows of their own.
    plans : int
    plans_unknown : int
        Plans whose assessment cannot tell: the layer did not answer, or the objective is unknown.
    area_m2, length_m : float
        Of the union of the ground: what plans share counts once.
    class_area_m2, share_of_class : float or None
        Rows of a class: the class's own area in the territory, and how much of it the ground takes there, 0 to 1;
        None: not known.
    geometry : Geometry
        The union, EPSG:3006.
    """

    group: Literal["rule", "class", "objective"]
    rule: str | None
    layer: str | None
    class_id: str | None
    objective: int | None
    conditional: bool
    plans: int
    plans_unknown: int
    area_m2: float
    length_m: float
    class_area_m2: float | None
    share_of_class: float | None
    geometry: BaseGeometry


@dataclass(frozen=True, slots=True)
class Territory:
    """The municipality or county that shares are of; all of the country without a shape.

    Attributes
    ----------
    geometry : (Multi)Polygon or None
        EPSG:3006.
    class_area_m2 : mapping of ClassKey to float
        Area of each class's union there; a class that is absent is not known.
    """

    geometry: BaseGeometry | None
    class_area_m2: Mapping[ClassKey, float]


def add_up(
    grounds: Sequence[TouchedGround],
    territory: Territory,
    layers_unanswered: Mapping[str, int],
    objectives_unknown: Mapping[int, int],
) -> tuple[LedgerRow, ...]:
    """Return the rows of a ledger: rules, rules within a class, and all sixteen objectives.

    Parameters
    ----------
    layers_unanswered, objectives_unknown : mapping to int
        Number of plans whose assessment has no answer from the layer, or none about the objective.

    Examples
    --------
    >>> a, b = shapely.box(0, 0, 100, 100), shapely.box(50, 0, 150, 100)
    >>> grounds = [TouchedGround(p, "r", "l", "c", False, False, (16,), g) for p, g in (("A", a), ("B", b))]
    >>> rows = add_up(grounds, Territory(None, {("l", "c"): 60_000.0}), {}, {})
    >>> [(row.group, row.plans, row.area_m2, row.share_of_class) for row in rows[:2]]
    [('rule', 2, 15000.0, None), ('class', 2, 15000.0, 0.25)]
    """
    by_rule = _grouped(((g.rule, g.layer, g.conditional), g) for g in grounds)
    by_class = _grouped(((g.rule, g.layer, g.conditional, g.class_id), g) for g in grounds)
    flagging = [g for g in grounds if not (g.conditional or g.background)]
    by_objective = _grouped((number, g) for g in flagging for number in g.objectives)
    rows = []
    for (rule, layer, conditional), members in sorted(by_rule.items()):
        unknown = layers_unanswered.get(layer, 0)
        rows.append(_row("rule", members, unknown, rule=rule, layer=layer, conditional=conditional))
    for (rule, layer, conditional, class_id), members in sorted(by_class.items()):
        unknown = layers_unanswered.get(layer, 0)
        rows.append(
            _row(
                "class", members, unknown, territory, rule=rule, layer=layer, class_id=class_id, conditional=conditional
            )
        )
    for number in range(1, 17):
        members = by_objective.get(number, [])
        rows.append(_row("objective", members, objectives_unknown.get(number, 0), objective=number))
    return tuple(rows)


def _grouped(pairs: Iterable[tuple[Key, TouchedGround]]) -> dict[Key, list[TouchedGround]]:
    groups: dict[Key, list[TouchedGround]] = defaultdict(list)
    for key, ground in pairs:
        groups[key].append(ground)
    return groups


def _row(
    group: Literal["rule", "class", "objective"],
    members: Sequence[TouchedGround],
    plans_unknown: int,
    territory: Territory | None = None,
    *,
    rule: str | None = None,
    layer: str | None = None,
    class_id: str | None = None,
    objective: int | None = None,
    conditional: bool = False,
) -> LedgerRow:
    union = shapely.union_all(geometry_array([m.geometry for m in members if m.geometry is not None]))
    parts: NDArray[np.object_] = shapely.get_parts(union)
    flat = shapely.get_dimensions(parts) == 2
    class_area, share = None, None
    if territory is not None:
        class_area = territory.class_area_m2.get((layer or "", class_id or ""))
        share = _share(union, territory.geometry, class_area)
    return LedgerRow(
        group=group,
        rule=rule,
        layer=layer,
        class_id=class_id,
        objective=objective,
        conditional=conditional,
        plans=len({member.plan for member in members}),
        plans_unknown=plans_unknown,
        area_m2=float(shapely.area(parts[flat]).sum()),
        length_m=float(shapely.length(parts[~flat]).sum()),
        class_area_m2=class_area,
        share_of_class=share,
        geometry=union,
    )


def _share(union: BaseGeometry, territory: BaseGeometry | None, class_area_m2: float | None) -> float | None:
    """Return how much of a class lies in the union; the layer may have changed since, so at most all of it."""
    if not class_area_m2:
        return None
    inside = union if territory is None else shapely.intersection(union, territory)
    return min(1.0, float(inside.area) / class_area_m2)
