"""One plan whose geometry and layers change, in a database of the test's own."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import shapely
from factories import box, whole, write_layer
from sqlalchemy import Connection, Engine

from geomiljo.access import Caller
from geomiljo.analysis.area import PlanArea
from geomiljo.assessments import Assessor
from geomiljo.assessments.store import StoredAssessment, assess_plan
from geomiljo.catalogue import Catalogue
from geomiljo.layers.attributes import filter_attributes
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.plans.store import PlanMetadata, PlanSource, StoredPlan, add_version, create_plan

PLANNER = Caller("key:planner", "Planenheten", "planner", municipality="0115")
REVIEWER = Caller("key:reviewer", "Länsstyrelsen", "reviewer", county="01")
SOURCE = PlanSource("plan.geojson", b"{}")
PLAN = box(0, 0, 100, 100)

Load = Callable[..., str]


@dataclass(frozen=True)
class Case:
    """A plan that is assessed again and again."""

    engine: Engine
    assessor: Assessor
    plan: StoredPlan

    @property
    def id(self) -> uuid.UUID:
        return self.plan.id

    def assess(
        self, area: PlanArea | None = None, by: Assessor | None = None, hidden: frozenset[str] = frozenset()
    ) -> StoredAssessment:
        """Assess the first geometry, or a new one."""
        version = self.plan.version_id
        if area is not None:
            with self.engine.begin() as connection:
                version = add_version(connection, PLANNER, self.id, area, SOURCE).id
        return assess_plan(self.engine, by or self.assessor, version, caller=PLANNER, hidden=hidden)


NewCase = Callable[..., Case]


@pytest.fixture
def assessor(catalogue: Catalogue) -> Assessor:
    return Assessor.of(catalogue)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A transaction that is not kept."""
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def load(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> Load:
    """Load a layer and return its version; attributes that filters read are declared absent."""

    def load_objects(
        layer: str, *shapes: Any, ids: list[str] | None = None, coverage: shapely.Polygon | None = None
    ) -> str:
        numbers = ids or list(map(str, range(len(shapes))))
        id_column = next((a.name for a in catalogue.layers[layer].attributes if a.role == "id"), "number")
        file = write_layer(tmp_path / f"{layer}{time.monotonic_ns()}.gpkg", shapes, 3006, **{id_column: numbers})
        mapped = "sweden" if coverage is None else str(write_layer(tmp_path / f"{layer}_covers.gpkg", [coverage]))
        absent = dict.fromkeys(filter_attributes(catalogue.layers[layer]), "")
        return load_layer(
            engine, catalogue, layer, file, LoadOptions(coverage=mapped, mapping=absent, accept=True)
        ).version

    return load_objects


@pytest.fixture
def new_case(engine: Engine, assessor: Assessor) -> NewCase:
    """Keep a plan."""

    def make(area: PlanArea | None = None, **metadata: Any) -> Case:
        known = PlanMetadata(**{"municipality": "0115", "name": "Björkby", "stage": "samråd", **metadata})
        with engine.begin() as connection:
            return Case(engine, assessor, create_plan(connection, PLANNER, known, area or whole(PLAN), SOURCE))

    return make


@pytest.fixture
def case(new_case: NewCase) -> Case:
    """A plan of one hectare."""
    return new_case()
