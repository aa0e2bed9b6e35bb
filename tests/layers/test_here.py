"""What is at a place: objects and their attributes, cells, and never a no that nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from factories import EAST, NORTH, box, line, point, write_layer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from geomiljo.catalogue import Catalogue
from geomiljo.layers.here import LayerHere, layers_at
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.layers.versions import switch_off

NOBODY: frozenset[str] = frozenset()
LAKES = [box(0, 0, 100, 100), box(60, 0, 200, 100), box(500, 500, 900, 900)]


@pytest.fixture
def loaded(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> Engine:
    """Lakes that lie over each other, a trail, a restricted plant; lakes are mapped within 1 km alone."""
    mapped = write_layer(tmp_path / "mapped.gpkg", [box(-1_000, -1_000, 1_000, 1_000)])
    lakes = write_layer(tmp_path / "ramsar.gpkg", LAKES, NAMN=["Västra", "Östra", "Norra"])
    load_layer(engine, catalogue, "ramsar", lakes, LoadOptions(coverage=str(mapped)))
    trail = write_layer(tmp_path / "leder.gpkg", [line((0, 50), (900, 50))])
    load_layer(engine, catalogue, "leder", trail, LoadOptions(coverage="sweden"))
    plant = write_layer(tmp_path / "seveso.gpkg", [box(0, 0, 100, 100)], namn=["Hemlig"])
    load_layer(engine, catalogue, "seveso", plant, LoadOptions(coverage="sweden"))
    meadow = write_layer(tmp_path / "tuva.gpkg", [box(0, 0, 100, 100)])
    load_layer(engine, catalogue, "tuva", meadow, LoadOptions(mapping={}))
    return engine


def at(
    engine: Engine, catalogue: Catalogue, x: float, y: float, within_m: float = 0.0, hidden: frozenset[str] = NOBODY
) -> dict[str, LayerHere]:
    with engine.connect() as connection:
        return {h.layer.id: h for h in layers_at(connection, catalogue, hidden, point(x, y), within_m)}


def test_every_layer_of_the_registers_answers(loaded: Engine, catalogue: Catalogue) -> None:
    here = at(loaded, catalogue, 80, 50)
    assert list(here) == list(catalogue.layers)
    assert [t.name for t in here["ramsar"].things] == ["Västra", "Östra"]
    assert [t.distance_m for t in here["leder"].things] == [0.0]
    assert (here["naturreservat"].answer, here["naturreservat"].reason) == ("unknown", "not_loaded")


@pytest.mark.parametrize(
    ("x", "y", "answer", "reason"),
    [
        (80, 50, "there", None),
        (300, 300, "nothing", None),
        (5_000, 5_000, "unknown", "not_covered"),
    ],
)
def test_a_layer_says_nothing_only_of_what_it_maps(
    loaded: Engine, catalogue: Catalogue, x: float, y: float, answer: str, reason: str | None
) -> None:
    lakes = at(loaded, catalogue, x, y)["ramsar"]
    assert (lakes.answer, lakes.reason) == (answer, reason)


def test_unknown_coverage_is_no_no(loaded: Engine, catalogue: Catalogue) -> None:
    assert at(loaded, catalogue, 50, 50)["tuva"].answer == "there"
    away = at(loaded, catalogue, 300, 300)["tuva"]
    assert (away.answer, away.reason) == ("unknown", "coverage_unknown")


def test_objects_that_could_not_be_loaded_may_be_here(loaded: Engine, catalogue: Catalogue) -> None:
    with loaded.begin() as connection:
        connection.execute(text("UPDATE layer_version SET unknown_count = 1 WHERE layer = 'leder'"))
    here = at(loaded, catalogue, 300, 300)["leder"]
    assert (here.answer, here.reason) == ("unknown", "objects_rejected")


def test_restricted_and_switched_off_layers_tell_nothing(loaded: Engine, catalogue: Catalogue) -> None:
    assert at(loaded, catalogue, 50, 50)["seveso"].things[0].name == "Hemlig"
    hidden = at(loaded, catalogue, 50, 50, hidden=frozenset({"seveso"}))["seveso"]
    assert (hidden.answer, hidden.reason, hidden.things, hidden.version) == ("unknown", "restricted", (), None)
    switch_off(loaded, catalogue, "leder", "Inte här")
    assert at(loaded, catalogue, 50, 50)["leder"].reason == "switched_off"


def test_layers_sorted_by_other_classes_tell_nothing(loaded: Engine, catalogue: Catalogue) -> None:
    with loaded.begin() as connection:
        connection.execute(text("UPDATE layer_version SET classification = 'other' WHERE layer = 'ramsar'"))
    assert at(loaded, catalogue, 50, 50)["ramsar"].reason == "register_changed"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(-50, 950), st.floats(-50, 950), st.sampled_from([0.0, 5.0, 60.0]))
def test_it_is_what_plain_geometry_says(
    loaded: Engine, catalogue: Catalogue, x: float, y: float, within_m: float
) -> None:
    distances = shapely.distance(LAKES, shapely.Point(EAST + x, NORTH + y))
    expected = sorted(float(d) for d in distances if d <= within_m)
    found = [thing.distance_m for thing in at(loaded, catalogue, x, y, within_m)["ramsar"].things]
    assert found == pytest.approx(expected, abs=1e-6)
