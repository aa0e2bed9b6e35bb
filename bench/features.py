"""Features and tiles as GIS tools ask for them: one connection, a layer of squares and one of heavy outlines."""

from __future__ import annotations

import http.client
import itertools
import json
import time
from collections.abc import Callable, Iterator
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

SQUARES, STARS = "ramsar", "landskapsbildsskydd"
EAST, NORTH, STEP_M, SIDE_M = 560_000.0, 6_560_000.0, 60.0, 40.0
STAR_STEP_M, STAR_RADIUS_M, STAR_VERTICES = 5_000.0, 1_500.0, 1_000
_SYSTEM = "http://www.opengis.net/def/crs/EPSG/0/3006"
_NAMES = 40
_SQUARES_PER_STAR = 50
_TURNS = 40

Ask = Callable[[str], bytes]


def feature_figures(service: Service, engine: Engine, folder: Path, objects: int) -> Iterator[Figure]:
    """Load a layer of squares and one of heavy outlines; measure pages, filters, deep pages, tiles, first bytes."""
    stars = max(4, objects // _SQUARES_PER_STAR)
    for layer, path in {
        SQUARES: _squares(folder / "squares.gpkg", objects),
        STARS: _stars(folder / "stars.gpkg", stars),
    }.items():
        load_layer(engine, open_catalogue(), layer, path, LoadOptions(coverage="sweden"))
    with closing(service.connect()) as connection:
        ask = partial(service.sent, connection, "GET")
        deep = _deep(ask, objects)
        for name, paths in _works(objects, stars, deep).items():
            spent = [_spent(ask, next(paths)) for _turn in range(_TURNS + 1)][1:]
            yield Figure(f"/ogc: {name}", 1_000 / float(np.mean(spent)), "/s")
            yield Figure(f"/ogc: {name}, p95", float(np.percentile(spent, 95)), "ms")
        yield _depth(ask, _path(SQUARES, limit="100"), deep)
        for packing, name in {"identity": "", "zstd": ", packed"}.items():
            took = _first_byte_ms(service, connection, packing)
            yield Figure(f"/ogc: first byte of 10,000 features{name}, median", took, "ms", 20)


def _works(objects: int, stars: int, deep: str) -> dict[str, Iterator[str]]:
    """Return what is asked for, by the name of the work."""
    across_m, stars_across_m = np.sqrt(objects) * STEP_M, np.sqrt(stars) * STAR_STEP_M
    return {
        "box, 100 features": _boxes(SQUARES, 600, across_m),
        "box of 50 km, heavy outlines": _boxes(STARS, 50_000, stars_across_m),
        "page of 1,000": itertools.repeat(_path(SQUARES, limit="1000")),
        "one feature": (f"{_items(SQUARES)}/{number}" for number in itertools.cycle(range(1, objects))),
        "equal value": (_path(SQUARES, namn=f"n{number}", limit="100") for number in itertools.cycle(range(_NAMES))),
        "CQL2": itertools.repeat(_path(SQUARES, filter="namn IN ('n1','n2') AND namn <> 'n3'", limit="100")),
        f"{objects:,} rows deep, 100 features": itertools.repeat(deep),
        "tiles": _tiles(SQUARES, 10 * STEP_M),
        "tiles of heavy outlines": _tiles(STARS, STAR_STEP_M),
    }


def _squares(path: Path, count: int) -> Path:
    across = int(np.ceil(np.sqrt(count)))
    row, column = np.divmod(np.arange(count), across)
    x, y = EAST + column * STEP_M, NORTH + row * STEP_M
    return _written(path, shapely.box(x, y, x + SIDE_M, y + SIDE_M))


def _stars(path: Path, count: int) -> Path:
    """Write outlines with many vertices, whose radius goes up and down."""
    across = int(np.ceil(np.sqrt(count)))
    row, column = np.divmod(np.arange(count), across)
    angle = np.linspace(0, 2 * np.pi, STAR_VERTICES, endpoint=False)
    radius_m = STAR_RADIUS_M * np.random.default_rng(2).uniform(0.8, 1, (count, STAR_VERTICES))
    x = EAST + column[:, None] * STAR_STEP_M + radius_m * np.cos(angle)
    y = NORTH + row[:, None] * STAR_STEP_M + radius_m * np.sin(angle)
    return _written(path, shapely.polygons(np.stack([x, y], axis=-1)))


def _written(path: Path, shapes: np.ndarray[Any, np.dtype[np.object_]]) -> Path:
    names = [f"n{number % _NAMES}" for number in range(len(shapes))]
    geopandas.GeoDataFrame({"NAMN": names}, geometry=shapes, crs="EPSG:3006").to_file(path, engine="pyogrio")
    return path


def _items(layer: str) -> str:
    return f"/ogc/collections/{layer}/items"


def _path(layer: str, **parameters: str) -> str:
    return f"{_items(layer)}?{urlencode(parameters, quote_via=quote)}"


def _boxes(layer: str, side_m: int, across_m: float) -> Iterator[str]:
    """Yield boxes over a layer; those of 600 m hold some hundred squares each."""
    random = np.random.default_rng(1)
    while True:
        east, north = random.uniform(0, max(1.0, across_m - side_m), 2)
        x, y = EAST + east, NORTH + north
        box = f"{y:.0f},{x:.0f},{y + side_m:.0f},{x + side_m:.0f}"
        yield _path(layer, bbox=box, limit="100", **{"bbox-crs": _SYSTEM, "crs": _SYSTEM})


def _deep(ask: Ask, objects: int) -> str:
    """Return the address of the last page of 100, found by following the pages."""
    size = max(100, min(1_000, objects // 10))
    path = _path(SQUARES, limit=str(size))
    for _page in range(objects // size - 1):
        links = json.loads(ask(path))["links"]
        address = urlsplit(next(link["href"] for link in links if link["rel"] == "next"))
        path = f"{address.path}?{address.query}"
    return path.replace(f"limit={size}", "limit=100")


def _tiles(layer: str, inside_m: float) -> Iterator[str]:
    """Yield tiles of Web Mercator that lie over a layer, levels 8 to 14."""
    grid = morecantile.tms.get("WebMercatorQuad")
    middle = transform_one(shapely.Point(EAST + inside_m, NORTH + inside_m), ANALYSIS_CRS, WIRE_CRS)
    for level in itertools.cycle((8, 10, 12, 13, 14)):
        tile = grid.tile(middle.x, middle.y, level)
        yield f"/ogc/collections/{layer}/tiles/WebMercatorQuad/{level}/{tile.y}/{tile.x}"


def _depth(ask: Ask, first: str, last: str) -> Figure:
    """Compare the last page with the first; they take turns."""
    pairs = [(_spent(ask, first), _spent(ask, last)) for _turn in range(_TURNS)]
    ratio = np.median([late for _early, late in pairs]) / np.median([early for early, _late in pairs])
    return Figure("/ogc: last page against the first", float(ratio), "×", 1.2)


def _spent(ask: Ask, path: str) -> float:
    start = time.perf_counter()
    ask(path)
    return (time.perf_counter() - start) * 1_000


def _first_byte_ms(service: Service, connection: http.client.HTTPConnection, packing: str) -> float:
    spent = []
    for _turn in range(5):
        start = time.perf_counter()
        headers = {"Authorization": f"Bearer {service.key}", "Accept-Encoding": packing}
        connection.request("GET", _path(SQUARES, limit="10000"), headers=headers)
        answer = connection.getresponse()
        answer.read(1)
        spent.append((time.perf_counter() - start) * 1_000)
        answer.read()
    return float(np.median(spent))
