"""Layers whose source has not been asked for longer than its cadence."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geomiljo.layers.versions import active_versions, switched_off

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geomiljo.catalogue import Catalogue
    from geomiljo.database.tables import LayerVersion


@dataclass(frozen=True, slots=True)
class DueLayer:
    """A loaded layer that is due to be loaded again.

    Attributes
    ----------
    overdue_days : float
        How long ago it should have been.
    can_be_fetched : bool
        It came from a source or a file that is still there; otherwise a person has to bring a file.
    """

    layer: str
    checked_at: dt.datetime
    cadence_days: int
    overdue_days: float
    can_be_fetched: bool

    def document(self) -> dict[str, Any]:
        """Return the layer as JSON has it."""
        return {
            "layer": self.layer,
            "checkedAt": self.checked_at.isoformat(timespec="seconds"),
            "cadenceDays": self.cadence_days,
            "overdueDays": round(self.overdue_days, 1),
            "canBeFetched": self.can_be_fetched,
        }


def due_layers(connection: Connection, catalogue: Catalogue, now: dt.datetime) -> tuple[DueLayer, ...]:
    """Return the layers in use whose source was last asked longer ago than its cadence, the most overdue first.

    Layers without a cadence, not loaded or switched off are never due.
    """
    off = {*switched_off(connection), *catalogue.switched_off}
    due = []
    for layer_id, version in active_versions(connection).items():
        layer = catalogue.layers.get(layer_id)
        if layer is None or layer_id in off or layer.update.cadence_days is None:
            continue
        overdue = now - version.checked_at - dt.timedelta(days=layer.update.cadence_days)
        if overdue >= dt.timedelta(0):
            days = overdue / dt.timedelta(days=1)
            due.append(
                DueLayer(layer_id, version.checked_at, layer.update.cadence_days, days, _can_be_fetched(version))
            )
    return tuple(sorted(due, key=lambda each: (-each.overdue_days, each.layer)))


def _can_be_fetched(version: LayerVersion) -> bool:
    path = version.options.get("path")
    return bool(version.options.get("harvest")) or (path is not None and Path(path).is_file())
