"""The example on the start page: plans of the demo municipality where they are loaded, else one that is shipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomiljo.units import format_area

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geomiljo.plans.listing import ListedPlan
    from geomiljo.texts import Language

DEMO_MUNICIPALITY = "0099"
"""Of no county: only the demo's registers have it."""


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """A plan of the demo: where its latest result is, its name and size."""

    address: str
    name: str
    area: str


def example_rows(plans: Sequence[ListedPlan], language: Language) -> list[ExampleRow]:
    """Return the plans that have a result."""
    return [
        ExampleRow(
            f"/assessments/{listed.latest.id}?plan={listed.plan.id}",
            listed.plan.metadata.name,
            format_area(listed.plan.area_m2, language),
        )
        for listed in plans
        if listed.latest is not None
    ]
