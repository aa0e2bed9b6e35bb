"""Plans over HTTP: who calls, and what a plan is made of."""

from __future__ import annotations

from typing import Any

import shapely
from factories import box
from fastapi.testclient import TestClient
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine

from geomiljo.access import LOCAL, Role
from geomiljo.accounts.keys import KeyRequest, create_key

Headers = dict[str, str]
PLAN = box(0, 0, 100, 100)


def key_of(engine: Engine, role: Role, **place: Any) -> Headers:
    """Return the header of a new key of a role."""
    with engine.begin() as connection:
        secret, _ = create_key(connection, LOCAL, KeyRequest(name=role, role=role, scope="write", **place))
    return {"Authorization": f"Bearer {secret}"}


def area(geometry: BaseGeometry = PLAN) -> dict[str, Any]:
    """Return a geometry as GeoJSON in EPSG:3006."""
    crs = {"type": "name", "properties": {"name": "EPSG:3006"}}
    return {**shapely.geometry.mapping(geometry), "crs": crs}


def make(client: TestClient, headers: Headers, geometry: BaseGeometry = PLAN, **metadata: Any) -> dict[str, Any]:
    """Keep a plan of Vallentuna and return it."""
    body = {"municipality": "0115", "name": "Björkby", **metadata, "area": area(geometry)}
    answer = client.post("/api/v1/plans", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def address(plan: dict[str, Any], *rest: object) -> str:
    """Return the address of a plan, or of something of it."""
    return "/".join(["/api/v1/plans", plan["id"], *map(str, rest)])
