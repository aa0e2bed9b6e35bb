"""Versions taking each other's place, and the ground on which that can have changed an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, text
from sqlalchemy.orm import aliased

from geomiljo.database.engine import query
from geomiljo.database.tables import LayerSwap, LayerVersion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


def record_swap(connection: Connection, was_id: int, now_id: int) -> None:
    """Keep that a version takes another's place, with the ground that has changed.

    Where the difference is bound to no place (coverage that was or is unknown, objects that could not be loaded,
    classes sorted otherwise, rasters), the swap concerns all ground. Ground of older swaps that no plan's latest
    assessment needs any more is forgotten.
    """
    was, now = aliased(LayerVersion), aliased(LayerVersion)
    is_everywhere = (
        (was.coverage.is_(None) != now.coverage.is_(None))
        | (was.unknown_count != now.unknown_count)
        | (was.classification != now.classification)
        | was.raster.is_not(None)
        | now.raster.is_not(None)
    )
    rows = (
        select(was.layer, was.version, now.version, is_everywhere)
        .join(now, now.layer == was.layer)
        .where(was.id == was_id, now.id == now_id)
    )
    columns = ["layer", "from_version", "to_version", "is_everywhere"]
    swap = connection.execute(
        insert(LayerSwap).from_select(columns, rows).returning(LayerSwap.id, LayerSwap.layer, LayerSwap.is_everywhere)
    ).one()
    if not swap.is_everywhere:
        connection.execute(text(query("keep_swap_ground")), {"swap": swap.id, "was": was_id, "now": now_id})
    connection.execute(text(query("forget_swap_ground")), {"layer": swap.layer})


def changed_near(
    connection: Connection, plan_version_id: int, versions: Mapping[str, str], reaches_m: Mapping[str, float]
) -> frozenset[str]:
    """Return the layers that can answer otherwise at a plan than they did in these versions.

    Parameters
    ----------
    versions : mapping of str to str
        For each layer a version that is no longer the active one.
    reaches_m : mapping of str to float
        How far around the plan each is looked at.
    """
    layers = list(versions)
    asked = {
        "plan_version": plan_version_id,
        "layers": layers,
        "versions": [versions[layer] for layer in layers],
        "reaches_m": [reaches_m[layer] for layer in layers],
    }
    return frozenset(connection.scalars(text(query("layers_changed_near")), asked))
