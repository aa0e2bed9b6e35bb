"""Readers find the pieces of layers near areas: in PostGIS, or in memory. One protocol, one contract test."""

from geomiljo.layers.readers.base import Found, LoadedLayer, Reader
from geomiljo.layers.readers.kept import ChosenLayers, KeptReader
from geomiljo.layers.readers.memory import LayeredReader, MemoryReader
from geomiljo.layers.readers.postgis import PostgisReader, open_reader

__all__ = [
    "ChosenLayers",
    "Found",
    "KeptReader",
    "LayeredReader",
    "LoadedLayer",
    "MemoryReader",
    "PostgisReader",
    "Reader",
    "open_reader",
]
