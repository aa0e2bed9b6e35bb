"""The contenders: each measures one area in all layers. Only `measure` is timed; `answer` makes results comparable."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, select, text

from bench.world import LAYERS
from geomiljo.analysis.measure import measure
from geomiljo.analysis.pieces import LayerSearch
from geomiljo.database.tables import LayerVersion
from geomiljo.geometry import BUFFER_QUADRANT_SEGMENTS, geometry_array
from geomiljo.layers.readers import PostgisReader

CLOSE_M, FAR_M, RING_M = 0.5, 100.0, 500.0
_FAR_LAYERS = {"species", "remains", "wells", "contam", "roads", "streams", "power", "waterprot", "reserves", "natura"}
_HERE = Path(__file__).parent


@dataclass(slots=True)
class Answer:
    """What a contender found at one area: objects by (layer, number), areas by (layer, class bit).

    An object has whether interiors meet, its own m² or m inside, and its distance in metres.
    """

    objects: dict[tuple[int, int], tuple[bool, float, float]] = field(default_factory=dict)
    classes: dict[tuple[int, int], float] = field(default_factory=dict)
    rings: dict[tuple[int, int], float] = field(default_factory=dict)


class Contender(Protocol):
    """Measures one area."""

    name: str

    def measure(self, area: BaseGeometry) -> Any: ...

    def answer(self, result: Any) -> Answer: ...


def reach_m(layer: int, *, ring: bool) -> float:
    """Return how far a layer looks: half of the layers 100 m, the others as far as lines drawn twice; a ring 500 m."""
    return RING_M if ring else FAR_M if LAYERS[layer].name in _FAR_LAYERS else CLOSE_M


def searches(*, ring: bool) -> list[LayerSearch]:
    """Return what is asked of each layer."""
    return [
        LayerSearch(
            layer=f"local.{layer.name}",
            reach_m=reach_m(position, ring=ring),
            tolerance_m=CLOSE_M,
            ring_radii_m=(RING_M,) if ring and layer.kind == "polygon" else (),
            class_sets=(1, 2, 4, 7),
        )
        for position, layer in enumerate(LAYERS)
    ]


def version_ids(connection: Connection) -> list[int]:
    """Return the id of each layer's version, in the order of the layers."""
    rows = connection.execute(select(LayerVersion.layer, LayerVersion.id).where(LayerVersion.state == "active"))
    ids = {row.layer: row.id for row in rows}
    return [ids[f"local.{layer.name}"] for layer in LAYERS]


class Kernel:
    """geomiljo: the kernel over pieces from PostGIS."""

    name = "kernel"

    def __init__(self, connection: Connection, *, ring: bool) -> None:
        self._reader = PostgisReader(connection)
        self._searches = searches(ring=ring)

    def measure(self, area: BaseGeometry) -> Any:
        areas = geometry_array([area])
        return measure(areas, self._reader.pieces(areas, self._searches).pieces, self._searches)

    def answer(self, result: Any) -> Answer:
        objects = result.objects
        amounts = objects.area_m2 + objects.length_m
        keys = zip(objects.layer.tolist(), objects.feature.tolist(), strict=True)
        values = zip(objects.is_inside.tolist(), amounts.tolist(), objects.distance_m.tolist(), strict=True)
        answer = Answer(dict(zip(keys, values, strict=True)))
        for layer, bit in {(int(k), int(c)) for k, c in zip(objects.layer, objects.classes, strict=True)}:
            answer.classes[layer, bit] = result.area(0, layer, bit)
            answer.rings[layer, bit] = result.ring_area(0, layer, bit, RING_M)
        return answer


class PlainSql:
    """Plain PostGIS over the table of whole objects with its spatial index."""

    name = "plain PostGIS"

    def __init__(self, connection: Connection, *, ring: bool) -> None:
        self._driver: Any = connection.connection.driver_connection
        self._versions = version_ids(connection)
        self._ring = ring
        self._sql = _plain_sql(ring=ring)
        reaches = [(version, reach_m(i, ring=ring)) for i, version in enumerate(self._versions)]
        self._by_reach = {
            "far": [version for version, reach in reaches if reach != CLOSE_M],
            "close": [version for version, reach in reaches if reach == CLOSE_M],
            "far_m": RING_M if ring else FAR_M,
            "close_m": CLOSE_M,
        }

    def measure(self, area: BaseGeometry) -> Any:
        parameters = {**self._by_reach, "plan": shapely.to_wkb(shapely.set_srid(area, 3006), include_srid=True)}
        if self._ring:
            zone = shapely.buffer(area, RING_M, quad_segs=BUFFER_QUADRANT_SEGMENTS)
            ring = shapely.set_srid(shapely.difference(zone, area), 3006)
            parameters["ring"] = shapely.to_wkb(ring, include_srid=True)
        with self._driver.cursor(binary=True) as cursor:
            return cursor.execute(self._sql, parameters).fetchall()

    def answer(self, result: Any) -> Answer:
        answer = Answer()
        position = {version: i for i, version in enumerate(self._versions)}
        for version, number, bit, what, _dimension, amount, distance in result:
            layer, value = position[version], amount or 0.0
            if what == "object":
                answer.objects[layer, number] = (value > 0, value, distance)
            else:
                (answer.classes if what == "class" else answer.rings)[layer, bit] = value
        return _without_points(answer)


@cache
def _plain_sql(*, ring: bool) -> str:
    ring_part = "CASE WHEN dimension = 2 THEN ST_Intersection(geom, %(ring)s::geometry) END" if ring else "NULL"
    sql = (_HERE / "plain.sql").read_text("utf-8").replace("RING_CUT", ring_part)
    return sql.replace("RING_ROWS", (_HERE / "ring.sql").read_text("utf-8") if ring else "")


def _without_points(answer: Answer) -> Answer:
    """Points have no size: what the contenders count as 1 inside becomes 0."""
    for key, (inside, _amount, distance) in answer.objects.items():
        if LAYERS[key[0]].kind == "point":
            answer.objects[key] = (inside, 0.0, distance)
    return answer


@dataclass(frozen=True, slots=True)
class WholeObjects:
    """All objects in memory, with one tree over all layers."""

    geometry: NDArray[np.object_]
    layer: NDArray[np.int64]
    number: NDArray[np.int64]
    bit: NDArray[np.int64]
    dimension: NDArray[np.int64]
    tree: shapely.STRtree

    @classmethod
    def read(cls, connection: Connection) -> WholeObjects:
        """Read all objects from the database."""
        parts = []
        for layer, version in enumerate(version_ids(connection)):
            sql = text("SELECT number, class_bit, ST_AsBinary(geom) FROM feature WHERE version_id = :v ORDER BY number")
            numbers, bits, wkb = zip(*connection.execute(sql, {"v": version}), strict=True)
            geometry = shapely.from_wkb(np.array([bytes(value) for value in wkb], dtype=object))
            parts.append((geometry, np.full(len(numbers), layer), np.array(numbers), np.array(bits)))
        geometry, layer_of, number, bit = (np.concatenate(column) for column in zip(*parts, strict=True))
        tree = shapely.STRtree(geometry)
        tree.query(shapely.Point(0, 0))  # builds it
        return cls(geometry, layer_of, number, bit, shapely.get_dimensions(geometry), tree)


class Ram:
    """shapely over whole objects in memory: tree, then clip, union and distance, in arrays."""

    def __init__(self, objects: WholeObjects, *, ring: bool, shortcut: bool = False) -> None:
        self.name = "shapely in memory" + (", contains first" if shortcut else "")
        self._shortcut = shortcut
        self._all = objects
        self._ring = ring
        self._reach = np.array([reach_m(i, ring=ring) for i in range(len(LAYERS))])

    def measure(self, area: BaseGeometry) -> Any:
        shapely.prepare(area)
        xmin, ymin, xmax, ymax = shapely.bounds(area)
        farthest = self._reach.max()
        found = self._all.tree.query(shapely.box(xmin - farthest, ymin - farthest, xmax + farthest, ymax + farthest))
        geometry, reach = self._all.geometry[found], self._reach[self._all.layer[found]]
        near = shapely.dwithin(area, geometry, reach)
        found, geometry = found[near], geometry[near]
        dimension = self._all.dimension[found]
        meets = shapely.intersects(area, geometry)
        distance = np.zeros(len(found))
        distance[~meets] = shapely.distance(geometry[~meets], area)
        parts = np.full(len(found), None, dtype=object)
        cut = meets & (dimension > 0)
        if self._shortcut:
            whole = cut & shapely.contains_properly(area, geometry)
            parts[whole] = geometry[whole]
            cut &= ~whole
        parts[cut] = shapely.intersection(geometry[cut], area)
        amount = np.where(dimension == 2, shapely.area(parts), shapely.length(parts))
        amount[dimension == 0] = meets[dimension == 0]
        flat = meets & (dimension == 2)
        classes = self._unions(found[flat], parts[flat])
        return found, amount, distance, classes, self._rings(area, found, geometry, dimension) if self._ring else {}

    def _rings(
        self, area: BaseGeometry, found: NDArray[np.int64], geometry: NDArray[Any], dimension: NDArray[Any]
    ) -> dict[tuple[int, int], float]:
        ring = shapely.difference(shapely.buffer(area, RING_M, quad_segs=BUFFER_QUADRANT_SEGMENTS), area)
        flat = dimension == 2
        return self._unions(found[flat], shapely.intersection(geometry[flat], ring))

    def _unions(self, found: NDArray[np.int64], parts: NDArray[np.object_]) -> dict[tuple[int, int], float]:
        layer, bit = self._all.layer[found], self._all.bit[found]
        areas = {}
        for key in sorted(set(zip(layer.tolist(), bit.tolist(), strict=True))):
            areas[key] = float(shapely.union_all(parts[(layer == key[0]) & (bit == key[1])]).area)
        return areas

    def answer(self, result: Any) -> Answer:
        found, amount, distance, classes, rings = result
        layer, number = self._all.layer[found].tolist(), self._all.number[found].tolist()
        values = [(a > 0, a, d) for a, d in zip(np.nan_to_num(amount).tolist(), distance.tolist(), strict=True)]
        keys = zip(layer, number, strict=True)
        return _without_points(Answer(dict(zip(keys, values, strict=True)), dict(classes), dict(rings)))
