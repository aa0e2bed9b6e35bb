"""A world for access tests: plans of two municipalities at every stage that matters, assessed with all layers and
without the restricted ones, and a key for each role."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from factories import box, plan, write_cells, write_layer
from sqlalchemy import Engine

from geomiljo.access import LOCAL, Caller, Role
from geomiljo.accounts.keys import KeyRequest, create_key
from geomiljo.assessments import Assessor
from geomiljo.assessments.store import StoredAssessment, assess_plan
from geomiljo.catalogue import Catalogue
from geomiljo.crs import WIRE_CRS, parse_crs, transform_one
from geomiljo.jobs.kinds import AssessPlans, CheckArea, Delivery
from geomiljo.jobs.store import cancel_job, enqueue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.layers.raster_load import RasterOptions, load_raster
from geomiljo.plans.store import PlanMetadata, PlanSource, StoredPlan, create_plan, withdraw_plan

OWN, FOREIGN = "0180", "1480"
ROLES: tuple[Role, ...] = ("public", "planner", "reviewer", "admin")
READER = "reader"
"""A planner's key that only reads."""
DRAFT, RESTRICTED = "Hemlig skiss", "Hemlig anläggning"
"""Names that must stand in no answer to those who may not see what is called so."""
AREA = box(0, 0, 100, 100)
GEOJSON: dict[str, Any] = json.loads(shapely.to_geojson(transform_one(AREA, parse_crs(3006), WIRE_CRS)))

PLANS: dict[str, tuple[str, str]] = {
    "own_draft": (OWN, "påbörjad"),
    "own_published": (OWN, "samråd"),
    "own_withdrawn": (OWN, "samråd"),
    "foreign_draft": (FOREIGN, "program"),
    "foreign_published": (FOREIGN, "laga kraft"),
}


@dataclass
class World:
    """What there is in the database."""

    engine: Engine
    assessor: Assessor
    keys: dict[str, str] = field(default_factory=dict)
    shared: dict[str, StoredPlan] = field(default_factory=dict)
    assessed: dict[str, StoredAssessment] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)

    def plan(self, kind: str) -> StoredPlan:
        """Keep a new plan; each kind has an outline of its own, and so assessments with ids of their own."""
        municipality, stage = PLANS[kind]
        area = box(0, 0, 90 + list(PLANS).index(kind), 100)
        name = DRAFT if kind.endswith("draft") else "Öppen plan"
        metadata = PlanMetadata.model_validate({"municipality": municipality, "name": name, "stage": stage})
        source = PlanSource("plan.geojson", json.dumps({"name": name}).encode())
        with self.engine.begin() as connection:
            return create_plan(connection, LOCAL, metadata, plan((area, ("B",))), source)

    def assess(self, kept: StoredPlan, hidden: frozenset[str] = frozenset()) -> StoredAssessment:
        """Assess a plan with all layers, or without those that are hidden."""
        return assess_plan(self.engine, self.assessor, kept.version_id, caller=LOCAL, hidden=hidden)

    def job(self, role: Role) -> str:
        """Queue a job of the role's."""
        asked = AssessPlans(plans=(self.shared["own_published"].id,))
        with self.engine.begin() as connection:
            return enqueue(connection, self.caller(role), asked)

    def process_job(self, role: Role) -> str:
        """Queue a job of a process of the role's."""
        asked = CheckArea(plan=self.shared["own_published"].id, delivery=Delivery(outputs={"map": "value"}, base=""))
        with self.engine.begin() as connection:
            return enqueue(connection, self.caller(role), asked)

    def caller(self, role: Role) -> Caller:
        """Return who holds the role's key."""
        return Caller(f"key:{self.keys[role].split('_')[1]}", role, role, OWN, OWN[:2])


def build_world(engine: Engine, catalogue: Catalogue, folder: Path) -> World:
    """Fill an empty database."""
    everywhere = LoadOptions(coverage="sweden")
    load_layer(engine, catalogue, "ramsar", write_layer(folder / "r.gpkg", [AREA], NAMN=["Sjön"]), everywhere)
    load_layer(engine, catalogue, "seveso", write_layer(folder / "s.gpkg", [AREA], namn=[RESTRICTED]), everywhere)
    cells = np.full((4, 4), 3, dtype=np.uint8)
    for layer, table in (("hojdmodell", None), ("marktacke_tatort", "umep")):
        path = write_cells(cells, AREA, path=folder / f"{layer}.tif")
        load_raster(engine, catalogue, layer, path, folder / "rasters", RasterOptions(class_table=table))
    world = World(engine, Assessor.of(catalogue))
    with engine.begin() as connection:
        for role in ROLES[1:]:
            wanted = KeyRequest(
                name=role,
                role=role,
                municipality=OWN if role == "planner" else None,
                county=OWN[:2] if role == "reviewer" else None,
                scope="write",
            )
            world.keys[role], _info = create_key(connection, LOCAL, wanted)
        reads = KeyRequest(name=READER, role="planner", municipality=OWN, scope="read")
        world.keys[READER], _info = create_key(connection, LOCAL, reads)
    restricted = frozenset(layer.id for layer in catalogue.layers.values() if layer.access == "restricted")
    for kind in PLANS:
        kept = world.shared[kind] = world.plan(kind)
        world.assessed[kind] = world.assess(kept, restricted)
        world.assessed[f"{kind}+restricted"] = world.assess(kept)
        if kind == "own_withdrawn":
            with engine.begin() as connection:
                withdraw_plan(connection, LOCAL, kept.id)
    world.jobs = {role: world.job(role) for role in ROLES[1:]}
    with engine.begin() as connection:
        for job in world.jobs.values():
            cancel_job(connection, job)  # so that whoever follows it comes to an end
    return world


def unknown_id() -> str:
    """Return the id of no plan."""
    return str(uuid.uuid4())
