"""Pages that are sent while the database finds them, and that end before it has found all."""

from __future__ import annotations

from pathlib import Path

from factories import box, write_layer
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer


def test_a_long_page_ends_and_the_next_goes_on(
    client: TestClient, engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    squares = [box(20 * i, 0, 20 * i + 10, 10) for i in range(700)]
    path = write_layer(tmp_path / "r.gpkg", squares, NAMN=[str(i) for i in range(700)])
    load_layer(engine, catalogue, "ramsar", path, LoadOptions(coverage="sweden"))
    for _time in range(3):
        ids: list[str] = []
        address: str | None = "/ogc/collections/ramsar/items?limit=300"
        sizes = []
        while address:
            page = client.get(address).json()
            sizes.append(page["numberReturned"])
            ids += [feature["id"] for feature in page["features"]]
            address = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
        assert sizes == [300, 300, 100]
        assert len(ids) == len(set(ids)) == 700
