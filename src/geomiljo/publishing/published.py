"""The collections as one process of the service knows them: looked up once for each loaded version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, exists, select

from geomiljo.database.reading import compiled, slot
from geomiljo.database.tables import LayerOff, LayerVersion
from geomiljo.publishing.layers import is_passed_on

if TYPE_CHECKING:
    from geomiljo.catalogue import Catalogue
    from geomiljo.database.reading import Session
    from geomiljo.publishing.collections import Collection

_ACTIVE = compiled(
    select(LayerVersion.id).where(
        LayerVersion.layer == slot("layer", String()),
        LayerVersion.state == "active",
        LayerVersion.raster.is_(None),
        ~exists().where(LayerOff.layer == slot("layer", String())),
    )
)


class Published:
    """Layers as collections by their active version. What is no longer active is asked for anew."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[str, Collection] = {}

    def is_layer(self, collection_id: str, hidden: frozenset[str]) -> bool:
        """Return whether this is a layer of the registers that may be passed on to somebody with `hidden` layers."""
        layer = self._catalogue.layers.get(collection_id)
        return layer is not None and collection_id not in hidden and is_passed_on(layer, self._catalogue)

    async def layer(self, session: Session, layer_id: str) -> Collection | None:
        """Return the layer's active version as it is known here; None where it is not, or not any more."""
        known = self._known.get(layer_id)
        if known is None:
            return None
        rows = await session.rows(_ACTIVE, {"layer": layer_id})
        return known if rows and str(rows[0][0]) == known.version else None

    def keep(self, collection: Collection) -> None:
        """Know a layer's active version from now on."""
        self._known[collection.id] = collection
