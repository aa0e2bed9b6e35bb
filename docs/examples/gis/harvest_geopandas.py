"""Read a collection into geopandas in SWEREF 99 TM: `python harvest_geopandas.py http://127.0.0.1:8000/ogc plans`."""

from __future__ import annotations

import sys

import geopandas


def harvest(address: str, collection: str, where: str | None = None) -> geopandas.GeoDataFrame:
    """Return all features, or those that an SQL condition over their properties keeps."""
    return geopandas.read_file(f"OAPIF:{address}", layer=collection, where=where, engine="pyogrio")


if __name__ == "__main__":
    frame = harvest(sys.argv[1], sys.argv[2])
    print(len(frame), "features,", f"{frame.area.sum() / 10_000:.1f} ha,", frame.crs)
