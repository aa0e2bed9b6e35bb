"""The change report: what differs between two versions of a layer, object by object."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select, text

from geomiljo.database.engine import query
from geomiljo.database.tables import LayerSwap
from geomiljo.errors import NotFound
from geomiljo.layers.versions import active_versions, version_named, waiting_versions
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """An object that differs between two versions.

    Attributes
    ----------
    id : str
    name : str or None
    change : str
        ``new``, ``gone`` or ``changed``.
    has_geometry_changed, have_attributes_changed : bool
        Both hold for new objects and those that are gone; name and class count as attributes.
    """

    id: str
    name: str | None
    change: Literal["new", "gone", "changed"]
    has_geometry_changed: bool
    have_attributes_changed: bool

    def document(self) -> dict[str, Any]:
        """Return the change as JSON has it."""
        return {
            "id": self.id,
            "name": self.name,
            "change": self.change,
            "geometry": self.has_geometry_changed,
            "attributes": self.have_attributes_changed,
        }


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """What differs between two versions of a layer."""

    layer: str
    was: str
    now: str
    objects: tuple[ObjectChange, ...]

    def counts(self) -> dict[str, int]:
        """Return how many objects are new, gone and changed."""
        counted = Counter(each.change for each in self.objects)
        return {kind: counted[kind] for kind in ("new", "gone", "changed")}

    def document(self, most: int | None = None) -> dict[str, Any]:
        """Return the report as JSON has it, with at most `most` objects; counts are always whole."""
        return {
            "layer": self.layer,
            "from": self.was,
            "to": self.now,
            **self.counts(),
            "objects": [each.document() for each in self.objects[:most]],
        }


def change_report(
    connection: Connection, layer_id: str, was: str | None = None, now: str | None = None
) -> ChangeReport:
    """Compare two kept versions of a layer.

    Parameters
    ----------
    was, now : str, optional
        Without `now`: the version that waits for a person, else the active one. Without `was` too: the active version
        against one that waits, else the version that was replaced last.

    Raises
    ------
    NotFound
        There is no such version, no version has been replaced yet, or it is a raster.
    """
    if was is None or now is None:
        latest = _latest(connection, layer_id)
        was, now = was or latest[0], latest[1]
    old, new = version_named(connection, layer_id, was), version_named(connection, layer_id, now)
    if old.raster is not None or new.raster is not None:
        raise NotFound(
            _("Layer {layer} is a raster: there are no objects to compare."),
            remedy=_(
                "`geomiljo layer versions {layer}` lists the versions; `geomiljo layer list` tells what is doubtful."
            ),
            layer=layer_id,
        )
    rows = connection.execute(text(query("object_changes")), {"was": old.id, "now": new.id})
    return ChangeReport(layer_id, old.version, new.version, tuple(ObjectChange(*row) for row in rows))


def _latest(connection: Connection, layer_id: str) -> tuple[str, str]:
    waiting, active = waiting_versions(connection).get(layer_id), active_versions(connection).get(layer_id)
    if waiting is not None and active is not None:
        return active.version, waiting.version
    swaps = select(LayerSwap.from_version, LayerSwap.to_version).where(LayerSwap.layer == layer_id)
    last = connection.execute(swaps.order_by(LayerSwap.id.desc()).limit(1)).one_or_none()
    if last is None:
        raise NotFound(
            _("No version of layer {layer} has been replaced yet: there is nothing to compare."),
            remedy=_("`geomiljo layer versions {layer}` lists the versions; name two of them."),
            layer=layer_id,
        )
    return last.from_version, last.to_version
