"""Layers in chosen versions, active or not: what an earlier assessment stood on, measured again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy import select, text, tuple_

from geomiljo.analysis.pieces import Pieces
from geomiljo.database.engine import query
from geomiljo.database.tables import LayerVersion
from geomiljo.errors import SourceUnavailable
from geomiljo.layers.cut import pieces_of_rows
from geomiljo.layers.readers.base import VERSION_COLUMNS, Found, LoadedLayer
from geomiljo.layers.readers.postgis import PostgisReader
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Connection

    from geomiljo.analysis.pieces import LayerSearch
    from geomiljo.errors import GeomiljoError

Cuts = dict[tuple[Any, ...], Pieces]
"""Pieces that were cut already, by layer version, box and sliver width; readers of one comparison share them."""


@dataclass(frozen=True, slots=True)
class ChosenLayers:
    """How each layer is to stand.

    Attributes
    ----------
    versions : mapping of str to str
        Version by layer; a layer that is absent is not loaded.
    off : mapping of str to str
        Layers that are switched off, and why.
    unreadable : frozenset of str
        Layers that could not be read, and are not read now.
    """

    versions: Mapping[str, str]
    off: Mapping[str, str] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()


class KeptReader:
    """Reads chosen layer versions: pieces of active ones as stored, those of older ones cut from objects in memory.

    Parameters
    ----------
    connection : Connection
        In a transaction that sees one state of the database throughout.
    chosen : ChosenLayers
    cuts : dict, optional
        Shared by readers that look at the same places.
    places : ndarray of Geometry
        Other areas that will be measured too: what is near any of them is cut at once.
    """

    def __init__(
        self,
        connection: Connection,
        chosen: ChosenLayers,
        cuts: Cuts | None = None,
        places: NDArray[np.object_] | None = None,
    ) -> None:
        self._connection = connection
        self._chosen = chosen
        self._cuts: Cuts = {} if cuts is None else cuts
        self._places = np.empty(0, dtype=object) if places is None else places
        self._stored = PostgisReader(connection)
        self._versions = self._find_versions()

    def _find_versions(self) -> dict[str, Any]:
        wanted = tuple_(LayerVersion.layer, LayerVersion.version).in_(list(self._chosen.versions.items()))
        return {row.layer: row for row in self._connection.execute(select(*VERSION_COLUMNS).where(wanted))}

    @property
    def missing(self) -> dict[str, str]:
        """Versions that are no longer kept, by layer: nothing can be measured in their place."""
        return {layer: v for layer, v in self._chosen.versions.items() if layer not in self._versions}

    def layers(self) -> Mapping[str, LoadedLayer]:
        """Return the chosen versions."""
        return {row.layer: LoadedLayer.of(row, self._stored.coverage(row)) for row in self._versions.values()}

    def off(self) -> Mapping[str, str]:
        """Return the layers that are to be switched off, and why."""
        return self._chosen.off

    def pieces(self, areas: NDArray[np.object_], searches: Sequence[LayerSearch]) -> Found:
        """Return the pieces within reach; see :class:`Reader`."""
        failures: dict[str, GeomiljoError] = {
            s.layer: SourceUnavailable(_("Layer {layer} could not be read then."), layer=s.layer)
            for s in searches
            if s.layer in self._chosen.unreadable
        }
        wanted = [(i, s) for i, s in enumerate(searches) if s.layer in self._versions and s.layer not in failures]
        active = [(i, s) for i, s in wanted if self._versions[s.layer].state == "active"]
        found = self._stored.pieces(areas, [search for _position, search in active])
        positions = np.array([position for position, _search in active], dtype=np.int64)
        batches = [replace(found.pieces, layer=positions[found.pieces.layer])]
        batches += [
            self._cut(areas, search).of_layer(position)
            for position, search in wanted
            if (position, search) not in active
        ]
        return Found(Pieces.concatenate(batches), {**found.failures, **failures})

    def _cut(self, areas: NDArray[np.object_], search: LayerSearch) -> Pieces:
        version = self._versions[search.layer].id
        box = shapely.total_bounds(np.concatenate([areas, self._places])) + np.array([-1, -1, 1, 1]) * search.reach_m
        key = (version, *box.tolist(), search.sliver_width_m)
        if key not in self._cuts:
            around = dict(zip(("xmin", "ymin", "xmax", "ymax"), box.tolist(), strict=True))
            rows = self._connection.execute(text(query("objects_near")), {"version": version, **around}).all()
            self._cuts[key] = pieces_of_rows(rows, search.sliver_width_m, threads=1)
        return self._cuts[key]

    def objects(self, layer: str, ids: Sequence[str]) -> dict[str, BaseGeometry]:
        """Return whole objects of a layer by id, from the chosen version."""
        wanted = {"version": self._versions[layer].id, "ids": list(ids)}
        rows = self._connection.execute(text(query("objects_by_id")), wanted)
        return {row.id: shapely.from_wkb(bytes(row.geom)) for row in rows}
