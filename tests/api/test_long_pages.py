"""Pages that are sent while the database finds them, and that end before it has found all."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from factories import box, write_layer
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.publishing.items import MOST_COUNTED

COUNT = 700
ITEMS = "/ogc/collections/ramsar/items"


@pytest.fixture
def squares(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> Engine:
    shapes = [box(20 * i, 0, 20 * i + 10, 10) for i in range(COUNT)]
    path = write_layer(tmp_path / "r.gpkg", shapes, NAMN=[str(i) for i in range(COUNT)])
    load_layer(engine, catalogue, "ramsar", path, LoadOptions(coverage="sweden"))
    return engine


@pytest.mark.usefixtures("squares")
def test_a_long_page_ends_and_the_next_goes_on(client: TestClient) -> None:
    for _time in range(3):
        ids: list[str] = []
        address: str | None = f"{ITEMS}?limit=300"
        sizes = []
        while address:
            page = client.get(address).json()
            sizes.append(page["numberReturned"])
            ids += [feature["id"] for feature in page["features"]]
            address = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
        assert sizes == [300, 300, 100]
        assert len(ids) == len(set(ids)) == COUNT


@pytest.mark.usefixtures("squares")
def test_the_first_features_are_sent_before_the_last_are_read(client: TestClient) -> None:
    for form, packing in itertools.product(("json", "jsonfg", "csv"), ("identity", "gzip", "br", "zstd")):
        sent = pieces_sent(client, f"f={form}&limit={COUNT}", packing)
        first, whole = next(size for size in sent if size > 100), sum(sent)
        assert first < whole / 2, (form, packing)


def pieces_sent(client: TestClient, query: str, packing: str) -> list[int]:
    """Return the lengths of what the service sends piece by piece, which clients in tests get only together."""
    sizes = []

    async def send(message: Any) -> None:
        sizes.append(len(message.get("body", b"")))

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": ITEMS,
        "raw_path": ITEMS.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"accept-encoding", packing.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    assert client.portal is not None
    client.portal.call(client.app, scope, receive, send)
    return sizes


def test_a_number_that_is_not_known_is_left_out_and_this_is_said(client: TestClient, squares: Engine) -> None:
    copies = MOST_COUNTED // COUNT + 1
    copy = """
        INSERT INTO feature (version_id, number, id, name, class_bit, size, attributes, geom)
        SELECT version_id, number + :count * copy, id || '-' || copy, name, class_bit, size, attributes, geom
        FROM feature, generate_series(1, :copies - 1) AS copy
    """
    with squares.begin() as connection:
        connection.execute(text(copy), {"count": COUNT, "copies": copies})
    everywhere = {"bbox": "10,55,25,70", "limit": "10"}
    many = client.get(ITEMS, params=everywhere).json()
    assert (many["numberMatchedIs"], many["numberReturned"], "numberMatched" in many) == ("omitted", 10, False)
    following = next(link["href"] for link in many["links"] if link["rel"] == "next")
    assert client.get(following).json()["numberMatchedIs"] == "omitted"
    few = client.get(ITEMS, params={**everywhere, "namn": "7"}).json()
    assert (few["numberMatchedIs"], few["numberMatched"]) == ("exact", copies)
