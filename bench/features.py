"""Features and tiles as GIS tools ask for them: one connection to the service, one layer of small squares."""

from __future__ import annotations

import http.client
import itertools
import json
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import geopandas
import morecantile
import numpy as np
import shapely
from sqlalchemy import Engine

from bench.report import Figure
from geomiljo.catalogue import open_catalogue
from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, transform_one
from geomiljo.layers.load import LoadOptions, load_layer

if TYPE_CHECKING:
    from bench.service import Service

LAYER = "ramsar"
EAST, NORTH, STEP_M, SIDE_M = 560_000.0, 6_560_000.0, 60.0, 40.0
_ITEMS = f"/ogc/collections/{LAYER}/items"
_SYSTEM = "http://www.opengis.net/def/crs/EPSG/0/3006"
_NAMES = 40
_TURNS = 40


def feature_figures(service: Service, engine: Engine, folder: Path, objects: int) -> Iterator[Figure]:
    """Load a layer of squares and measure pages, filters, deep pages, tiles and the time to the first byte."""
    squares = _squares(folder / "squares.gpkg", objects)
    load_layer(engine, open_catalogue(), LAYER, squares, LoadOptions(coverage="sweden"))
    with closing(service.connect()) as connection:
        ask = partial(service.sent, connection, "GET")
        deep = _deep(ask, objects)
        works = {
            "box, 100 features": _boxes(objects),
            "page of 1,000": itertools.repeat(_path(limit="1000")),
            "one feature": (f"{_ITEMS}/{number}" for number in itertools.cycle(range(1, objects))),
            "equal value": (_path(namn=f"n{number}", limit="100") for number in itertools.cycle(range(_NAMES))),
            "CQL2": itertools.repeat(_path(filter="namn IN ('n1','n2') AND namn <> 'n3'", limit="100")),
            f"{objects:,} rows deep, 100 features": itertools.repeat(deep),
            "tile": _tiles(),
        }
        for name, paths in works.items():
            spent = [_spent(ask, next(paths)) for _turn in range(_TURNS + 1)][1:]
            yield Figure(f"/ogc: {name}", 1_000 / float(np.mean(spent)), "/s")
        first, last = _path(limit="100"), deep
        ratio = np.median([_spent(ask, last) for _ in range(_TURNS)]) / np.median(
            [_spent(ask, first) for _ in range(_TURNS)]
        )
        yield Figure("/ogc: last page against the first", float(ratio), "×", 1.2)
        yield Figure("/ogc: first byte of 10,000 features, median", _first_byte_ms(service, connection), "ms", 20)


def _squares(path: Path, count: int) -> Path:
    across = int(np.ceil(np.sqrt(count)))
    row, column = np.divmod(np.arange(count), across)
    x, y = EAST + column * STEP_M, NORTH + row * STEP_M
    frame = geopandas.GeoDataFrame(
        {"NAMN": [f"n{number % _NAMES}" for number in range(count)]},
        geometry=shapely.box(x, y, x + SIDE_M, y + SIDE_M),
        crs="EPSG:3006",
    )
    frame.to_file(path, engine="pyogrio")
    return path


def _path(**parameters: str) -> str:
    return f"{_ITEMS}?{urlencode(parameters, quote_via=quote)}"


def _boxes(objects: int) -> Iterator[str]:
    """Yield boxes with some hundred squares each, over the layer."""
    across = np.sqrt(objects) * STEP_M
    random = np.random.default_rng(1)
    while True:
        east, north = random.uniform(0, max(1.0, across - 600), 2)
        x, y = EAST + east, NORTH + north
        box = f"{y:.0f},{x:.0f},{y + 600:.0f},{x + 600:.0f}"
        yield _path(bbox=box, limit="100", **{"bbox-crs": _SYSTEM, "crs": _SYSTEM})


def _deep(ask: Any, objects: int) -> str:
    """Return the address of the last page of 100, found by following the pages."""
    size = max(100, min(1_000, objects // 10))
    path = _path(limit=str(size))
    for _page in range(objects // size - 1):
        links = json.loads(ask(path))["links"]
        address = urlsplit(next(link["href"] for link in links if link["rel"] == "next"))
        path = f"{address.path}?{address.query}"
    return path.replace(f"limit={size}", "limit=100")


def _tiles() -> Iterator[str]:
    """Yield tiles of Web Mercator that lie over the layer, levels 8 to 14."""
    grid = morecantile.tms.get("WebMercatorQuad")
    middle = transform_one(shapely.Point(EAST + 10 * STEP_M, NORTH + 10 * STEP_M), ANALYSIS_CRS, WIRE_CRS)
    for level in itertools.cycle((8, 10, 12, 13, 14)):
        tile = grid.tile(middle.x, middle.y, level)
        yield f"/ogc/collections/{LAYER}/tiles/WebMercatorQuad/{level}/{tile.y}/{tile.x}"


def _spent(ask: Any, path: str) -> float:
    start = time.perf_counter()
    ask(path)
    return (time.perf_counter() - start) * 1_000


def _first_byte_ms(service: Service, connection: http.client.HTTPConnection) -> float:
    spent = []
    for _turn in range(5):
        start = time.perf_counter()
        connection.request("GET", _path(limit="10000"), headers={"Authorization": f"Bearer {service.key}"})
        answer = connection.getresponse()
        answer.read(1)
        spent.append((time.perf_counter() - start) * 1_000)
        answer.read()
    return float(np.median(spent))
