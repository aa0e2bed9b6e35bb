"""Farmland, soils, built-up areas, transport, and green areas and trails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from tools.demo_data.landscape import MAIN_ROAD
from tools.demo_data.noise import Noise
from tools.demo_data.rows import COUNTY, MUNICIPALITY, Row, hectares, row
from tools.demo_data.shapes import at, blob, curve, merged, natural, polygons, wander

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from tools.demo_data.landscape import Landscape


def tables(land: Landscape) -> dict[str, list[Row]]:
    """Return the tables of the themes land use and ecosystem services."""
    fields, pastures = _fields(land), _pastures(land)
    return {
        "jordbruksblock": _blocks(fields, pastures),
        "tuva": _grasslands(land, pastures),
        "jordarter": _soils(land),
        "tatort": _localities(land),
        "riksintresse_kommunikation": _transport(land),
        "gronomraden_scb": _green(land),
        "leder": _trails(land),
    }


def _fields(land: Landscape) -> list[BaseGeometry]:
    """Return arable fields: clay cut along ditches that run across the valleys, clear of water, roads and houses."""
    taken = merged([
        land.open_water.buffer(14),
        land.roads.buffer(13),
        land.railway.buffer(16),
        land.town.buffer(15),
        *(village.buffer(10) for village in land.villages.values()),
        *(line.buffer(width / 2 + 5) for width, line in land.brooks.values()),
        shapely.Point(at((11.3, 6.5))[0]).buffer(620),
        natural((8.95, 5.3), 1_000, seed=37),
    ])  # fmt: skip
    arable = shapely.difference(land.clay.buffer(-9).buffer(4, quad_segs=2), taken)
    pieces: list[BaseGeometry] = []
    for cell in _parcels(land):
        pieces += polygons(shapely.intersection(cell, arable).buffer(-3.5, join_style="mitre"), 7_000)
    return [shapely.simplify(p, 3) for n, p in enumerate(pieces) if n % 9 != 4 and _is_stout(p)]


def _is_stout(shape: BaseGeometry) -> bool:
    """Tell whether a field is wide enough to be worked."""
    return not shape.buffer(-16).is_empty


def _parcels(land: Landscape) -> list[shapely.Polygon]:
    """Return a mesh of uneven quadrangles over the land, two of them joined here and there."""
    west, south, _east, _north = land.frame.bounds
    across, along = 250.0, 340.0
    columns, rows = int(28_000 / across), int(22_000 / along)
    u, v = np.meshgrid(np.arange(columns) * across - 7_000, np.arange(rows) * along - 3_000)
    turn = np.radians(-24)
    x = west + u * np.cos(turn) - v * np.sin(turn)
    y = south + 3_000 + u * np.sin(turn) + v * np.cos(turn)
    bend, jitter = Noise(25), np.random.default_rng(26)
    x = x + 260 * bend.at(x, y, 3_100, 2) + jitter.uniform(-55, 55, x.shape)
    y = y + 260 * bend.at(x + 9_999, y, 3_100, 2) + jitter.uniform(-75, 75, y.shape)
    corner = np.stack([x, y], axis=-1)
    quads = np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], axis=2)
    flat = [shapely.Polygon(q) for q in quads.reshape(-1, 4, 2)]
    joined: list[shapely.Polygon] = []
    skip = False
    for n, cell in enumerate(flat[:-1]):
        if skip:
            skip = False
            continue
        pair = merged([cell, flat[n + 1]])
        skip = n % 5 == 2 and pair.geom_type == "Polygon"
        joined.append(pair if skip else cell)
    return [cell for cell in joined if cell.is_valid and cell.intersects(land.clay)]


def _pastures(land: Landscape) -> list[BaseGeometry]:
    """Return pastures: around the manor, and where clay meets wood or water."""
    edge = shapely.intersection(land.clay.boundary.buffer(60), land.frame.buffer(-100))
    keep_off = merged([land.open_water.buffer(6), land.town, land.roads.buffer(15), land.railway.buffer(20)])
    spots = land.scatter(60, 27, shapely.difference(edge, keep_off.buffer(40)), 420)
    origin = at((0, 0))[0]
    found = []
    for n, point in enumerate(spots):
        place = ((point.x - origin[0]) / 1_000, (point.y - origin[1]) / 1_000)
        shape = natural(place, 55 + (n * 17) % 70, seed=900 + n, stretch=1.8, bearing=53 * n)
        found.append(shapely.difference(shape, keep_off))
    by_manor = [((11.26, 6.5), 150, 80), ((11.42, 6.25), 140, 60), ((11.62, 6.6), 120, 100), ((11.12, 6.72), 75, 70)]
    found += [
        shapely.difference(natural(p, r, seed=970 + n, stretch=1.5, bearing=b), keep_off)
        for n, (p, r, b) in enumerate(by_manor)
    ]
    apart: list[BaseGeometry] = []
    for shape in found:
        free = shapely.difference(shape, merged([other.buffer(4) for other in apart]))
        apart += polygons(shapely.simplify(free, 2), 4_000)
    return apart


def _blocks(fields: list[BaseGeometry], pastures: list[BaseGeometry]) -> list[Row]:
    grazed = merged([shape.buffer(3) for shape in pastures])
    pieces = [(part, "Åker") for field in fields for part in polygons(shapely.difference(field, grazed), 6_000)]
    pieces += [(shape, "Bete") for shape in pastures]
    return [
        row(
            shape,
            blockid=f"99{int(shape.centroid.x) % 100_000:05d}{int(shape.centroid.y) % 100_000:05d}",
            agoslag=kind,
            region_kod="R9",
            areal=hectares(shape),
            grdkod_mar="",
            arslager="2025",
        )
        for shape, kind in pieces
    ]


def _grasslands(land: Landscape, pastures: list[BaseGeometry]) -> list[Row]:
    types = ("Silikatgräsmarker (6270)", "Trädklädd betesmark (9070)", "Fuktängar (6410)")
    chosen = [
        s for n, s in enumerate(pastures) if n % 3 == 0 or s.centroid.distance(shapely.Point(at((11.3, 6.5))[0])) < 700
    ]
    return [
        row(
            shapely.simplify(shape.buffer(-4), 2),
            restaurering="Nej",
            fauna_kvaliteter="Dagfjärilar" if n % 2 else None,
            tradvarden="Gamla ekar" if n % 3 == 1 else None,
            vatten="Strandlinje" if shape.distance(land.terrain.lake) < 20 else None,
            naturtyp=types[n % 3],
            besoksdatum=f"20{17 + n % 6}-0{6 + n % 3}-1{n % 9}",
        )
        for n, shape in enumerate(chosen)
        if shape.buffer(-4).area > 2_000
    ]


def _soils(land: Landscape) -> list[Row]:
    """Return a soil map without gaps or overlaps; bare rock and till fill the heights."""
    terrain = land.terrain
    grid = terrain.grid
    ooze = shapely.intersection(
        merged([land.flooded["100"].buffer(-20), land.brooks["Sörån"][1].buffer(60)]), land.clay
    )
    fill = merged([natural((8.15, 9.5), 190, seed=28, stretch=2.6, bearing=82), natural((8.75, 10.75), 95, seed=29)])
    fen = merged(
        [natural((11.9, 8.25), 150, seed=34, stretch=1.6, bearing=35), natural((9.5, 4.5), 120, seed=35, stretch=1.5)]
    )
    rock = grid.below(-(land.terrain.upland + 0.5 * Noise(36).at(grid.x, grid.y, 900, 3)), -1.05)
    kinds = [
        ("Fyllning", "200", fill), ("Gyttja", "16", fen.buffer(-45)), ("Gyttja och torv, oskiljda", "17", fen),
        ("Isälvssediment", "50", land.esker), ("Torv", "5", land.peat), ("Gyttjelera (eller lergyttja)", "16", ooze),
        ("Postglacial lera", "19", land.clay), ("Berg", "888", rock), ("Morän", "95", land.frame),
    ]  # fmt: skip
    rows: list[Row] = []
    taken = shapely.set_precision(land.open_water, 0.1)
    for text, code, area in kinds:
        there = shapely.intersection(shapely.set_precision(shapely.simplify(area, 4), 0.1), land.frame)
        free = shapely.difference(there, taken, grid_size=0.1)
        taken = shapely.union(taken, there, grid_size=0.1)
        rows += [
            row(part, jg2=code, jg2_tx=text, kartering="1:50 000", karttyp="4", symbol=code, geom_area=round(part.area))
            for part in polygons(free, 400)
        ]
    return rows


def _localities(land: Landscape) -> list[Row]:
    names = {"Älvdala": (land.town, 6_240), **{n: (s, 90 + 70 * k) for k, (n, s) in enumerate(land.villages.items())}}
    return [
        row(shape, tatortskod=f"T99{n:02d}", tatort=name, bef=people, kommun=MUNICIPALITY[1], lan=COUNTY[1])
        for n, (name, (shape, people)) in enumerate(names.items(), 1)
    ]


def _transport(land: Landscape) -> list[Row]:
    road = shapely.simplify(shapely.intersection(MAIN_ROAD, land.frame), 1)
    rail = shapely.simplify(land.railway, 1)
    return [row(road, namn="Väg 499", trafikslag="Väg"), row(rail, namn="Demobanan", trafikslag="Järnväg")]


def _green(land: Landscape) -> list[Row]:
    spots = [
        ((8.1, 9.05), 170, 40), ((8.75, 8.75), 140, 70), ((9.35, 9.15), 120, 100), ((9.15, 9.85), 190, 20),
        ((8.45, 10.15), 170, 10), ((7.75, 9.75), 150, 80), ((7.75, 9.05), 110, 30), ((8.72, 9.5), 55, 15),
        ((8.48, 9.62), 60, 60),
    ]  # fmt: skip
    streets = merged([land.roads.buffer(18), land.railway.buffer(25), land.open_water.buffer(2)])
    rows: list[Row] = []
    for n, (place, radius, bearing) in enumerate(spots):
        shape = natural(place, radius, seed=1_000 + n, stretch=1.5, bearing=bearing)
        for part in polygons(shapely.difference(shapely.intersection(shape, land.town), streets), 5_000):
            rows.append(row(shapely.simplify(part, 1.5), gronomr_id=f"G99{len(rows) + 1:03d}", areal=hectares(part)))
    return rows


def _trails(land: Landscape) -> list[Row]:
    ways = {
        ("Sjörundan", "Vandringsled"): (
            (9.2, 8.45),
            (9.05, 7.4),
            (9.0, 6.4),
            (8.9, 5.2),
            (9.0, 4.2),
            (9.6, 3.2),
            (11.0, 2.2),
        ),
        ("Lindöleden", "Vandringsled"): (
            (12.3, 7.6),
            (11.8, 7.15),
            (11.4, 6.95),
            (11.2, 6.6),
            (11.15, 6.2),
            (11.35, 5.7),
            (11.6, 5.1),
        ),
        ("Åsleden", "Vandringsled"): (
            (7.0, 1.0),
            (6.4, 3.0),
            (6.5, 5.6),
            (7.0, 7.6),
            (7.3, 9.2),
            (7.1, 10.6),
            (7.2, 12.0),
            (7.0, 14.0),
        ),
        ("Elljusspåret", "Motionsspår"): ((9.0, 10.2), (9.3, 10.7), (9.1, 11.2), (8.6, 11.3), (8.5, 10.8), (9.0, 10.2)),
    }
    rows = []
    for n, ((name, kind), places) in enumerate(ways.items()):
        way = blob(*places[:-1]).exterior if places[0] == places[-1] else curve(*places)
        line = wander(way, Noise(1_100 + n), 25, 260)
        rows.append(row(shapely.simplify(shapely.difference(line, land.open_water), 1), namn=name, typ=kind))
    shelter = shapely.Point(at((11.16, 6.25))[0])
    return [*rows, row(shelter, namn="Vindskydd Lindöudden", typ="Vindskydd")]
