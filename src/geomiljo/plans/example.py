"""A plan to try with: an outline that is made up, on real ground, shipped with geomiljo."""

from __future__ import annotations

from functools import cache

from geomiljo.plans.case import PlanSource
from geomiljo.resources import shipped

EXAMPLE = "example"
"""How a form asks for it."""
EXAMPLE_NAME = "Exempelplan: Magelungsstranden (påhittad)"
_FILE = "exempelplan.geojson"


@cache
def example_source() -> PlanSource:
    """Return the file of the plan."""
    return PlanSource(_FILE, (shipped("example") / _FILE).read_bytes())
