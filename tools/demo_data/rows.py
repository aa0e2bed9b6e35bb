"""Rows of a table: attributes and a shape, finished alike everywhere."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import shapely

from tools.demo_data.shapes import on_grid, polygons

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry

Row = dict[str, Any]
MUNICIPALITY = ("0099", "Älvdala (påhittad)")
COUNTY = ("00", "Älvdala län (påhittat)")
_NAMESPACE = uuid.UUID("5b3c2f0e-0d5a-4d64-9a55-6d656f6d6c6a")


def row(shape: BaseGeometry, **attributes: Any) -> Row:
    """Return a row; its shape is put on the 0.1 m grid."""
    return {**attributes, "geometry": single(on_grid(shape))}


def single(shape: BaseGeometry) -> BaseGeometry:
    """Return a shape of one part as that part, and leave stray lines and points of a cut polygon out."""
    parts = shapely.get_parts(shape)
    flat = [part for part in parts if part.geom_type == "Polygon"]
    if flat:
        return flat[0] if len(flat) == 1 else shapely.multipolygons(polygons(shapely.multipolygons(flat)))
    return parts[0] if len(parts) == 1 else shape


def hectares(shape: BaseGeometry) -> float:
    """Return the area of a shape in hectares as registers state it."""
    return round(float(on_grid(shape).area) / 10_000, 2)


def identity(*words: object) -> str:
    """Return an id that stays the same from run to run."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(map(str, words))))


def protected(number: int, name: str, kind: str, shape: BaseGeometry, decided: str, authority: str) -> Row:
    """Return a row as the national register of protected nature has them."""
    return row(
        shape,
        NVRID=f"99{number:05d}",
        NAMN=name,
        SKYDDSTYP=kind,
        BESLSTATUS="Gällande",
        BESLMYND=authority,
        FORVALTARE=authority,
        TILLSYNSMH=authority,
        LAN=COUNTY[1],
        KOMMUN=MUNICIPALITY[1],
        URSBESLDAT=decided,
        SENGALLDAT=decided,
        AREA_HA=hectares(shape),
    )


def largest(shape: BaseGeometry, count: int, least_m2: float = 0.0) -> list[BaseGeometry]:
    """Return the largest polygons of a shape, in a fixed order."""
    chosen = sorted(polygons(shape, least_m2), key=lambda part: -part.area)[:count]
    return list(polygons(shapely.multipolygons(chosen)))


def joined(tables: Iterable[dict[str, list[Row]]]) -> dict[str, list[Row]]:
    """Return the tables of several themes together."""
    return {layer: rows for theme in tables for layer, rows in theme.items()}
