"""The collections as one process of the service knows them: looked up once for each loaded version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, select

from geomiljo.database.reading import compiled, slot
from geomiljo.publishing.layers import active_version, is_passed_on

if TYPE_CHECKING:
    from geomiljo.catalogue import Catalogue
    from geomiljo.database.reading import Session
    from geomiljo.publishing.collections import Collection

_ACTIVE = compiled(select(active_version(slot("layer", String()))))


class Published:
    """Layers as collections by their active version. What is no longer active is asked for anew."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[str, Collection] = {}

    def is_layer(self, collection_id: str, hidden: frozenset[str]) -> bool:
        """Return whether this is a layer of the registers that may be passed on to somebody with `hidden` layers."""
        layer = self._catalogue.layers.get(collection_id)
        return layer is not None and collection_id not in hidden and is_passed_on(layer, self._catalogue)

    def known(self, layer_id: str) -> Collection | None:
        """Return the version of a layer that was active when it was last asked for; None: it never was."""
        return self._known.get(layer_id)

    async def is_active(self, session: Session, collection: Collection) -> bool:
        """Return whether a layer's version is still the active one."""
        rows = await session.rows(_ACTIVE, {"layer": collection.layer})
        return str(rows[0][0]) == collection.version

    def keep(self, collection: Collection) -> None:
        """Know a layer's active version from now on."""
        self._known[collection.id] = collection
