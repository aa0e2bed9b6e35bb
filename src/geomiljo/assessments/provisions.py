"""Provisions of a plan with a place: what share of some ground they lie over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from geomiljo.analysis.built import GREEN_ROOF_SHARE, NO_PROVISIONS, Provisions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.area import ProvisionGround


def provisions_on(
    ground: BaseGeometry,
    limits: Iterable[ProvisionGround],
    crowns_of: Callable[[BaseGeometry], NDArray[np.float64]],
) -> Provisions:
    """Return what the provisions of a plan mean for some ground.

    Parameters
    ----------
    ground : (Multi)Polygon
        Of one use, EPSG:3006.
    crowns_of : callable
        Returns the hectares of crowns over some ground, class by class.
    """
    lying = {limit.kind: shapely.intersection(ground, limit.geometry) for limit in limits}
    lying = {kind: inside for kind, inside in lying.items() if inside.area > 0}
    if not lying:
        return NO_PROVISIONS
    share = {kind: min(1.0, float(inside.area / ground.area)) for kind, inside in lying.items()}
    protected, by_permit = (_crown_share(ground, lying.get(kind), crowns_of) for kind in ("n_tree", "marklov_tree"))
    unbuildable = share.get("prickmark", 0.0)
    return Provisions(
        slab_0_1=share.get("b_slab", 0.0),
        green_roof_0_1=GREEN_ROOF_SHARE * share.get("f_green_roof", 0.0),
        no_new_crowns_0_1=share.get("u_pipe", 0.0),
        unbuildable_0_1=unbuildable,
        ancillary_0_1=min(share.get("korsmark", 0.0), 1 - unbuildable),
        crowns_protected_0_1=protected,
        crowns_by_permit_0_1=min(by_permit, 1 - protected),
    )


def _crown_share(
    ground: BaseGeometry, inside: BaseGeometry | None, crowns_of: Callable[[BaseGeometry], NDArray[np.float64]]
) -> float:
    """Return the share of the crowns over some ground that stand inside a part of it."""
    if inside is None:
        return 0.0
    crowns = float(crowns_of(ground).sum())
    return min(1.0, float(crowns_of(inside).sum()) / crowns) if crowns > 0 else 0.0
