"""Layers from files for one run: nothing is stored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from geomiljo.errors import InputError
from geomiljo.layers.coverage import extent_geometry
from geomiljo.layers.load import LoadOptions, stage_file
from geomiljo.layers.readers import LoadedLayer, MemoryReader
from geomiljo.layers.stage import classification_hash
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geomiljo.catalogue import Catalogue


def read_overlay(catalogue: Catalogue, files: Mapping[str, Path]) -> MemoryReader:
    """Return a reader over layers that are read from files.

    What the files map is not known, so such a layer can say that something is there, but not that nothing is. Its
    version is the hash of its content.

    Raises
    ------
    InputError
        A layer does not exist, or its file cannot be used.
    """
    outline = extent_geometry(catalogue, "sverige")
    layers, pieces, objects = {}, {}, {}
    for layer_id, path in files.items():
        layer = catalogue.layer(layer_id)
        if layer_id in catalogue.switched_off:
            raise InputError(
                _("The organisation's registers have switched layer {layer} off: {reason}"),
                remedy=_("Leave out --layer {layer}=…, or take the layer off the registers' list."),
                layer=layer_id,
                reason=catalogue.switched_off[layer_id].reason.sv,
            )
        staged, pieces[layer_id] = stage_file(layer, path, LoadOptions(), outline)
        version = hashlib.sha256(str(staged.content_sum()).encode()).hexdigest()[:12]
        layers[layer_id] = LoadedLayer(
            layer=layer_id,
            version=f"file:{version}",
            source_date=None,
            classification=classification_hash(layer),
            coverage=None,
            unknown_count=len(staged.report.rejected),
            largest_error_m=staged.largest_error_m,
        )
        objects[layer_id] = dict(zip(staged.ids, staged.geometry, strict=True))
    return MemoryReader(layers, pieces, objects)
