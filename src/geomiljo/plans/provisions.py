"""Provisions of a plan beside its land uses: which of them the registers know, and where they lie."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import shapely

from geomiljo.analysis.area import NO_GROUND_M2, ProvisionGround
from geomiljo.geometry import geometry_array, polygonal
from geomiljo.plans.uses import plain_wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geomiljo.catalogue import Catalogue
    from geomiljo.plans.features import Provision


def provision_grounds(
    area: BaseGeometry, grounds: NDArray[np.object_], provisions: Sequence[Provision], catalogue: Catalogue
) -> tuple[ProvisionGround, ...]:
    """Return the ground of each kind of provision inside the planning area, in the order of the register.

    A wording is of the kind whose longest phrase stands in it; others are left aside.

    Parameters
    ----------
    area : (Multi)Polygon
        EPSG:3006.
    grounds : ndarray of (Multi)Polygon, shape (n,)
        Ground of each provision, EPSG:3006, valid.
    provisions : sequence of Provision, length n
    """
    lying: defaultdict[str, list[BaseGeometry]] = defaultdict(list)
    for ground, provision in zip(grounds, provisions, strict=True):
        for kind in _kinds(provision.wordings, catalogue):
            lying[kind].append(ground)
    found = []
    for kind in catalogue.plan_provisions:
        if kind in lying:
            inside = polygonal(geometry_array([shapely.intersection(area, shapely.union_all(lying[kind]))]))[0]
            if inside.area > NO_GROUND_M2:
                found.append(ProvisionGround(kind, inside))
    return tuple(found)


def _kinds(wordings: Iterable[str], catalogue: Catalogue) -> set[str]:
    phrases = [(phrase, kind) for kind, entry in catalogue.plan_provisions.items() for phrase in entry.phrases]
    found = set()
    for wording in map(plain_wording, wordings):
        known = [(len(phrase), kind) for phrase, kind in phrases if phrase in wording]
        if known:
            found.add(max(known)[1])
    return found
