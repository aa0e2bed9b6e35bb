"""Three planning areas: the town centre in plan schema 4.1, the manor's shore, an industrial area in the woods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from tools.demo_data.landscape import INDUSTRY
from tools.demo_data.rows import MUNICIPALITY, Row, identity, row
from tools.demo_data.shapes import at, curve, merged, polygons

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from tools.demo_data.landscape import Landscape

Use = tuple[str, str]
"""Form of use and wording of a provision."""
CENTRE = shapely.Polygon(
    at(
        (8.235, 9.235),
        (8.33, 9.055),
        (8.47, 9.005),
        (8.585, 9.065),
        (8.64, 9.16),
        (8.6, 9.3),
        (8.49, 9.415),
        (8.33, 9.385),
    )
)
_STREETS = (
    curve((8.2, 9.24), (8.33, 9.245), (8.45, 9.25), (8.66, 9.235), step_m=15),
    curve((8.4, 9.43), (8.425, 9.32), (8.44, 9.2), (8.43, 8.98), step_m=15),
    curve((8.44, 9.15), (8.54, 9.13), (8.67, 9.11), step_m=15),
)
_STREET: Use = ("allmän plats", "Gata")


def industry() -> list[Row]:
    """Return the industrial area, whose eastern half no cloudburst study covers."""
    x, y = INDUSTRY
    corners = ((-0.27, -0.16), (0.1, -0.21), (0.33, -0.12), (0.31, 0.13), (0.05, 0.2), (-0.22, 0.15))
    outline = shapely.Polygon(at(*((x + dx, y + dy) for dx, dy in corners)))
    return [row(outline, plannr="P 2026-3", namn="Norra skogens verksamhetsområde", skede="samråd")]


def shore() -> list[Row]:
    """Return the shore of the manor: homes, a guest house and a camping site by the lake."""
    corners = (
        (10.9, 6.38), (11.14, 6.3), (11.44, 6.33), (11.62, 6.45), (11.66, 6.64), (11.57, 6.84), (11.36, 6.93),
        (11.12, 6.88), (10.93, 6.74), (10.88, 6.56),
    )  # fmt: skip
    return [row(shapely.Polygon(at(*corners)), plannr="P 2026-2", namn="Lindö strand", skede="samråd")]


def centre(land: Landscape) -> dict[str, Any]:
    """Return the town centre as a delivery of plan schema 4.1: every coordinate in SWEREF 99 15 00."""
    plan = identity("plan", "centrum")
    outline = shapely.set_precision(CENTRE, 0.1)
    features = [_plan_feature(plan, outline)]
    for number, (use, shape) in enumerate(_use_areas(land, outline)):
        features.append(_provision(plan, number, use, shape))
    return {
        "type": "FeatureCollection",
        "feature:mediatyp": "application/vnd.lm.detaljplan.v4+json",
        "features": features,
    }


def _use_areas(land: Landscape, outline: BaseGeometry) -> list[tuple[Use, BaseGeometry]]:
    """Return the land uses of the centre: they cover the plan and do not overlap, but some areas have two uses."""

    def cut(shape: BaseGeometry, *others: BaseGeometry) -> BaseGeometry:
        return shapely.difference(shape, merged(others), grid_size=0.1) if others else shape

    river = shapely.intersection(land.terrain.river, outline, grid_size=0.1)
    streets = cut(
        shapely.intersection(merged([s.buffer(6.5, quad_segs=2) for s in _STREETS]), outline, grid_size=0.1), river
    )
    bank = cut(shapely.intersection(river.buffer(16, quad_segs=3), outline, grid_size=0.1), river, streets)
    blocks = polygons(cut(outline, river, streets, bank))
    cycle: tuple[tuple[str, ...], ...] = (
        ("Bostäder", "Centrum"),
        ("Centrum", "Kontor"),
        ("Bostäder",),
        ("Skola",),
        ("Bostäder", "Vård"),
    )
    areas: list[tuple[Use, BaseGeometry]] = [(_STREET, part) for part in polygons(streets)]
    areas += [(("vattenområde", "Vattenområde"), part) for part in polygons(river)]
    areas += [(("allmän plats", "Park"), part) for part in polygons(bank)]
    for number, block in enumerate(blocks):
        if block.area < 1_500:
            areas.append((("allmän plats", "Torg" if number % 2 else "Natur"), block))
        else:
            areas += [(("kvartersmark", wording), block) for wording in cycle[number % len(cycle)]]
    return areas


def _in_zone(shape: BaseGeometry) -> list[dict[str, Any]]:
    from geomiljo.crs import parse_crs, transform_one

    moved = transform_one(shape, parse_crs("EPSG:3006"), parse_crs("EPSG:3009"))
    rounded = shapely.transform(moved, lambda xy: xy.round(3))
    return [
        {
            "geometri": {
                "typ": "yta",
                "koordinatsystemPlan": "EPSG:3009",
                "hojdsystem": "EPSG:5613",
                "dimension": "2D",
                "position": shapely.geometry.mapping(part),
            },
            "geometrimetadata": {"kvalitet": "god"},
        }
        for part in shapely.get_parts(rounded)
    ]


def _plan_feature(plan: str, outline: BaseGeometry) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": plan,
        "geometry": None,
        "properties": {
            "feature:typ": "detaljplan",
            "objektidentitet": plan,
            "kommun": MUNICIPALITY[0],
            "beteckning": "P 2026-1",
            "namn": "Kvarteren vid ån, Älvdala centrum",
            "syfte": "Pröva bostäder, centrum och skola vid ån. Påhittad plan.",
            "status": "samråd",
            "typ": "detaljplan",
            "plangeometri": _in_zone(outline),
            "beslutsinformation": [
                {"diarienummer": "KS 2026/1", "beslutstyp": "antagande av ny detaljplan", "datumPaborjat": "2026-01-12"}
            ],
        },
    }


def _provision(plan: str, number: int, use: Use, shape: BaseGeometry) -> dict[str, Any]:
    form, wording = use
    own = identity("bestämmelse", number, wording)
    return {
        "type": "Feature",
        "id": own,
        "geometry": None,
        "properties": {
            "feature:typ": "användningsbestämmelse",
            "objektidentitet": own,
            "detaljplan": plan,
            "planbestammelsekatalogreferens": identity("katalog", form, wording),
            "anvandningsform": form,
            "bestammelseformulering": wording,
            "bestammelsevarde": [],
            "bestammelsegeometri": _in_zone(shape),
        },
    }
