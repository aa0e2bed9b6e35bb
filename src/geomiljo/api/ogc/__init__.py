"""OGC API: what GIS programs speak."""
