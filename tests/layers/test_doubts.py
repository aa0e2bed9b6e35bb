"""A version that is too unlike the active one waits for a person; the active one stays in use meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import box, whole, write_layer
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine, text

from geomiljo.access import LOCAL
from geomiljo.assessments import Assessor
from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.upkeep import Expectations
from geomiljo.errors import Conflict, NotFound
from geomiljo.layers.doubts import Content, doubts_about
from geomiljo.layers.load import Loaded, LoadOptions, load_layer, refresh_layer
from geomiljo.layers.overview import layer_overview, version_rows
from geomiljo.layers.readers import open_reader
from geomiljo.layers.settle import accept_version, reject_version
from geomiljo.layers.versions import activate, active_versions, waiting_versions

EXTENT = (0.0, 0.0, 30_000.0, 40_000.0)
"""Its diagonal is 50 km."""


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (Content(100, 1_000.0, EXTENT), []),
        (Content(81, 1_000.0, EXTENT), []),
        (Content(80, 1_000.0, EXTENT), [("count", 0.2)]),
        (Content(500, 1_000.0, EXTENT), []),  # growth of the number alone is no loss
        (Content(100, 1_200.0, EXTENT), []),
        (Content(100, 1_201.0, EXTENT), [("area", 0.201)]),
        (Content(100, 799.0, EXTENT), [("area", 0.201)]),
        (Content(100, 1_000.0, (5_000.0, 0.0, 30_000.0, 40_000.0)), []),
        (Content(100, 1_000.0, (0.0, 0.0, 30_000.0, 45_001.0)), [("extent", 0.10002)]),
        (Content(100, 1_000.0, (0.0, 0.0, 40_000.0, 30_000.0)), [("extent", 0.2)]),  # axes exchanged
        (Content(0, 0.0, None), [("count", 1.0), ("area", 1.0)]),
    ],
)
def test_what_is_suspicious(new: Content, expected: list[tuple[str, float]]) -> None:
    found = doubts_about(new, Content(100, 1_000.0, EXTENT), Expectations())
    assert [doubt.what for doubt in found] == [what for what, _share in expected]
    assert [doubt.share for doubt in found] == pytest.approx([share for _what, share in expected])


def test_a_first_load_and_unwatched_measures_have_no_doubts() -> None:
    nothing = Content(0, 0.0, None)
    assert doubts_about(nothing, None, Expectations()) == ()
    unwatched = Expectations(max_count_loss=None, max_extent_shift=None, max_area_change=None)
    assert doubts_about(nothing, Content(100, 1_000.0, EXTENT), unwatched) == ()
    assert doubts_about(Content(5, 9.0, EXTENT), nothing, Expectations()) == ()  # nothing to be a share of


@given(count=st.integers(0, 10**7), area=st.floats(0, 1e12), x=st.floats(0, 1e6), y=st.floats(0, 1e6))
def test_the_same_content_is_never_suspicious(count: int, area: float, x: float, y: float) -> None:
    content = Content(count, area, (0.0, 0.0, x, y))
    assert doubts_about(content, content, Expectations()) == ()


WETLANDS: list[BaseGeometry] = [box(n * 200, 0, n * 200 + 100, 100) for n in range(5)]


def load(engine: Engine, catalogue: Catalogue, path: Path, count: int, *, accept: bool = False) -> Loaded:
    """Load the first `count` wetlands."""
    write_layer(path, WETLANDS[:count])
    return load_layer(engine, catalogue, "ramsar", path, LoadOptions(coverage="sweden", accept=accept))


def in_use(engine: Engine) -> tuple[str, int]:
    """The active version, and how many objects its pieces are of."""
    with engine.connect() as connection:
        active = active_versions(connection)["ramsar"]
        objects = connection.scalar(
            text("SELECT count(DISTINCT object_id) FROM piece WHERE version_id = :v"), {"v": active.id}
        )
        assert connection.scalar(text("SELECT count(DISTINCT version_id) FROM piece")) == 1
    return active.version, int(objects or 0)


def states(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return {row["version"]: row["state"] for row in version_rows(connection, "ramsar")}


def test_a_suspicious_version_waits_and_is_accepted(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "r.gpkg"
    first = load(engine, catalogue, path, 5)
    write_layer(path, WETLANDS[:3])
    second = refresh_layer(engine, catalogue, "ramsar")
    assert (second.state, second.is_new, [d.what for d in second.doubts]) == ("suspicious", True, ["count", "area"])
    assert in_use(engine) == (first.version, 5)
    with engine.connect() as connection:
        [row] = [row.as_json() for row in layer_overview(connection, catalogue) if row.id == "ramsar"]
        [hidden] = [r for r in layer_overview(connection, catalogue, frozenset({"ramsar"})) if r.id == "ramsar"]
    assert row["version"] == first.version
    assert row["waiting"]["version"] == second.version
    assert row["waiting"]["doubts"][0] == {"what": "count", "was": 5, "now": 3, "share": 0.4, "limit": 0.2}
    assert hidden.waiting is None
    again = refresh_layer(engine, catalogue, "ramsar")
    assert (again.state, again.is_new) == ("suspicious", False)
    with pytest.raises(Conflict, match="layer accept"):
        activate(engine, catalogue, "ramsar", second.version)
    accept_version(engine, catalogue, LOCAL, "ramsar", second.version)
    assert in_use(engine) == (second.version, 3)
    assert states(engine) == {first.version: "kept", second.version: "active"}
    with pytest.raises(Conflict):
        accept_version(engine, catalogue, LOCAL, "ramsar", second.version)
    with pytest.raises(NotFound):
        accept_version(engine, catalogue, LOCAL, "ramsar", "nothing")
    with engine.connect() as connection:
        decided = {row["version"]: row["decidedBy"] for row in version_rows(connection, "ramsar")}
    assert decided == {first.version: None, second.version: "local"}


def test_a_rejected_version_stays_rejected(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "r.gpkg"
    first = load(engine, catalogue, path, 5)
    second = load(engine, catalogue, path, 3)
    reject_version(engine, catalogue, LOCAL, "ramsar", second.version)
    assert load(engine, catalogue, path, 3).state == "rejected"
    assert in_use(engine) == (first.version, 5)
    assert load(engine, catalogue, path, 3, accept=True).state == "active"
    assert in_use(engine) == (second.version, 3)


def test_whatever_arrives_later_puts_a_waiting_version_aside(
    engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    path = tmp_path / "r.gpkg"
    first = load(engine, catalogue, path, 5)
    second = load(engine, catalogue, path, 3)
    third = load(engine, catalogue, path, 2)
    assert states(engine) == {first.version: "active", second.version: "kept", third.version: "suspicious"}
    assert load(engine, catalogue, path, 5).version == first.version
    with engine.connect() as connection:
        assert waiting_versions(connection) == {}
    assert in_use(engine) == (first.version, 5)


def test_going_back_to_an_older_version_is_looked_at_too(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "r.gpkg"
    first = load(engine, catalogue, path, 3)
    second = load(engine, catalogue, path, 5, accept=True)
    assert load(engine, catalogue, path, 3).state == "suspicious"
    assert in_use(engine) == (second.version, 5)
    accept_version(engine, catalogue, LOCAL, "ramsar", first.version)
    assert in_use(engine) == (first.version, 3)


def test_acceptance_is_for_one_load_only(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "r.gpkg"
    load(engine, catalogue, path, 5)
    load(engine, catalogue, path, 3, accept=True)
    write_layer(path, WETLANDS[:1])
    assert refresh_layer(engine, catalogue, "ramsar").state == "suspicious"


def test_no_assessment_is_made_with_a_version_that_waits(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "r.gpkg"
    first = load(engine, catalogue, path, 5)
    load(engine, catalogue, path, 1)
    with open_reader(engine) as reader:
        layers = Assessor.of(catalogue).assess(whole(box(850, 0, 950, 50)), reader).layers
    answer = next(layer for layer in layers if layer.id == "ramsar")
    assert (answer.status, answer.version) == ("hit", first.version)
