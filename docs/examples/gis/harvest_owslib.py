"""Read a whole collection with OWSLib: `python harvest_owslib.py http://127.0.0.1:8000/ogc naturreservat`."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from owslib.ogcapi.features import Features


def harvest(address: str, collection: str, page: int = 1_000) -> list[dict[str, Any]]:
    """Return all features in longitude and latitude, following `next` to the last page."""
    service = Features(address)
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": page}
    while True:
        answer = service.collection_items(collection, **query)
        found += answer["features"]
        following = next((link["href"] for link in answer["links"] if link["rel"] == "next"), None)
        if following is None:
            return found
        query = dict(parse_qsl(urlsplit(following).query))


if __name__ == "__main__":
    print(len(harvest(sys.argv[1], sys.argv[2])), "features")
