"""Layers: where they come from, how they are loaded, kept and read."""
