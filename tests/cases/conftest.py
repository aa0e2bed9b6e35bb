"""Plans in a database with two layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factories import box, line, plan, write_layer
from sqlalchemy import Engine

from geomiljo.access import Caller
from geomiljo.analysis.area import PlanArea
from geomiljo.assessments import Assessor
from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.plans.store import PlanMetadata, PlanSource, StoredPlan, create_plan

PLANNER = Caller("key:planner", "Vallentuna planenhet", "planner", "0115")
SOURCE = PlanSource("plan.geojson", b'{"as": "delivered"}\n')
AREA = plan((box(0, 0, 60, 100), ("B",)), (box(60, 0, 100, 100), None))

Keep = Callable[..., StoredPlan]


@pytest.fixture
def assessor(catalogue: Catalogue) -> Assessor:
    return Assessor.of(catalogue)


@pytest.fixture
def loaded(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> Engine:
    """Wetland over the east half of the plan, and a trail."""
    everywhere = LoadOptions(coverage="sweden")
    wetlands = write_layer(tmp_path / "ramsar.gpkg", [box(50, 0, 300, 300)], NAMN=["Sjön"])
    load_layer(engine, catalogue, "ramsar", wetlands, everywhere)
    load_layer(engine, catalogue, "leder", write_layer(tmp_path / "l.gpkg", [line((0, 50), (900, 50))]), everywhere)
    return engine


@pytest.fixture
def keep(engine: Engine) -> Keep:
    """Keep a plan of some metadata."""

    def keep_plan(area: PlanArea = AREA, **metadata: Any) -> StoredPlan:
        stated = PlanMetadata(**{"municipality": "0115", "name": "Björkby", **metadata})
        with engine.begin() as connection:
            return create_plan(connection, PLANNER, stated, area, SOURCE)

    return keep_plan
