"""The file of a layer as it is, before anything is checked."""

from __future__ import annotations

from geomiljo.vectorfile import RawLayer, read_vector_file

__all__ = ["RawLayer", "read_layer_file"]

read_layer_file = read_vector_file
