"""Layers held in memory: a file laid over the loaded layers for one run, tests, and resident batches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geomiljo.analysis.pieces import Pieces
from geomiljo.layers.readers.base import Found, LoadedLayer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.pieces import LayerSearch
    from geomiljo.errors import GeomiljoError
    from geomiljo.layers.readers.base import Reader


class MemoryReader:
    """Reads layers from memory.

    Parameters
    ----------
    layers : mapping of str to LoadedLayer
    pieces : mapping of str to Pieces
        All pieces of each layer.
    objects : mapping of str to mapping of str to Geometry
        Whole objects of each layer, by id.
    """

    def __init__(
        self,
        layers: Mapping[str, LoadedLayer],
        pieces: Mapping[str, Pieces],
        objects: Mapping[str, Mapping[str, BaseGeometry]],
    ) -> None:
        self._layers = layers
        self._pieces = pieces
        self._objects = objects
        self._trees = {layer: shapely.STRtree(batch.geometry) for layer, batch in pieces.items()}

    def layers(self) -> Mapping[str, LoadedLayer]:
        """Return the layers in memory."""
        return self._layers

    def off(self) -> Mapping[str, str]:
        """Return nothing: what is in memory is there to be used."""
        return {}

    def pieces(self, areas: NDArray[np.object_], searches: Sequence[LayerSearch]) -> Found:
        """Return the pieces within reach; see :class:`Reader`."""
        around = shapely.bounds(areas)
        batches = []
        for position, search in enumerate(searches):
            if search.layer in self._pieces:
                boxes = shapely.box(*(around + np.array([-1, -1, 1, 1]) * search.reach_m).T)
                near = np.unique(self._trees[search.layer].query(boxes)[1])
                batches.append(self._pieces[search.layer].take(near).of_layer(position))
        return Found(Pieces.concatenate(batches) if batches else Pieces.empty())

    def objects(self, layer: str, ids: Sequence[str]) -> dict[str, BaseGeometry]:
        """Return whole objects of a layer by id."""
        return {object_id: self._objects[layer][object_id] for object_id in ids}


class LayeredReader:
    """A reader laid over another: layers of the upper one replace those of the lower one.

    Parameters
    ----------
    upper, lower : Reader
    """

    def __init__(self, upper: Reader, lower: Reader) -> None:
        self._upper = upper
        self._lower = lower

    def layers(self) -> Mapping[str, LoadedLayer]:
        """Return the layers of both."""
        return {**self._lower.layers(), **self._upper.layers()}

    def off(self) -> Mapping[str, str]:
        """Return what the lower reader has switched off and the upper one does not bring."""
        return {layer: why for layer, why in self._lower.off().items() if layer not in self._upper.layers()}

    def pieces(self, areas: NDArray[np.object_], searches: Sequence[LayerSearch]) -> Found:
        """Return the pieces of both; see :class:`Reader`."""
        batches: list[Pieces] = []
        failures: dict[str, GeomiljoError] = {}
        above = self._upper.layers()
        for reader, is_mine in ((self._upper, True), (self._lower, False)):
            chosen = np.array([i for i, s in enumerate(searches) if (s.layer in above) == is_mine], dtype=np.int64)
            found = reader.pieces(areas, [searches[i] for i in chosen])
            batches.append(replace(found.pieces, layer=chosen[found.pieces.layer]))
            failures.update(found.failures)
        return Found(Pieces.concatenate(batches), failures)

    def objects(self, layer: str, ids: Sequence[str]) -> dict[str, BaseGeometry]:
        """Return whole objects of a layer from the reader that has it."""
        reader = self._upper if layer in self._upper.layers() else self._lower
        return reader.objects(layer, ids)
