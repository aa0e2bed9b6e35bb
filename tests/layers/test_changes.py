"""The change report between two versions, object by object, against a comparison in plain Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from factories import box, write_layer
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.errors import NotFound
from geomiljo.layers.changes import ObjectChange, change_report
from geomiljo.layers.load import LoadOptions, load_layer

OWNER = "BESLUTSMYNDIGHET"


def load(engine: Engine, catalogue: Catalogue, path: Path, rows: dict[str, tuple[Any, str, str, str]]) -> str:
    """Load reserves: shape, name, deciding body and county by id; return the version."""
    shapes, names, bodies, counties = zip(*rows.values(), strict=True)
    columns = {"NVRID": list(rows), "NAMN": names, OWNER: bodies, "LAN": counties}
    write_layer(path, shapes, **columns)  # type: ignore[arg-type]
    return load_layer(engine, catalogue, "naturreservat", path, LoadOptions(accept=True)).version


STATE, TOWN = "Länsstyrelsen i Testlän", "Testby kommun"
BEFORE = {
    "same": (box(0, 0, 100, 100), "Samma", STATE, "AB"),
    "moved": (box(200, 0, 300, 100), "Flyttat", STATE, "AB"),
    "named": (box(400, 0, 500, 100), "Gammalt namn", STATE, "AB"),
    "sorted": (box(600, 0, 700, 100), "Annan klass", STATE, "AB"),
    "told": (box(800, 0, 900, 100), "Annan uppgift", STATE, "AB"),
    "gone": (box(1_000, 0, 1_100, 100), "Borta", STATE, "AB"),
}
AFTER = {
    "new": (box(0, 500, 100, 600), "Nytt", STATE, "AB"),  # first in the file: numbers are not what is compared
    "same": BEFORE["same"],
    "moved": (box(200, 0, 301, 100), "Flyttat", STATE, "AB"),
    "named": (box(400, 0, 500, 100), "Nytt namn", STATE, "AB"),
    "sorted": (box(600, 0, 700, 100), "Annan klass", TOWN, "AB"),
    "told": (box(800, 0, 900, 100), "Annan uppgift", STATE, "C"),
}


def test_new_gone_and_changed_objects(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    was = load(engine, catalogue, tmp_path / "a.gpkg", BEFORE)
    with engine.connect() as connection, pytest.raises(NotFound, match="replaced yet"):
        change_report(connection, "naturreservat")
    now = load(engine, catalogue, tmp_path / "b.gpkg", AFTER)
    with engine.connect() as connection:
        report = change_report(connection, "naturreservat")
        assert change_report(connection, "naturreservat", was[:6], now) == report
        back = change_report(connection, "naturreservat", now, was)
    assert (report.was, report.now) == (was, now)
    assert set(report.objects) == {
        ObjectChange("new", "Nytt", "new", True, True),
        ObjectChange("gone", "Borta", "gone", True, True),
        ObjectChange("moved", "Flyttat", "changed", True, False),
        ObjectChange("named", "Nytt namn", "changed", False, True),
        ObjectChange("sorted", "Annan klass", "changed", False, True),
        ObjectChange("told", "Annan uppgift", "changed", False, True),
    }
    assert report.counts() == {"new": 1, "gone": 1, "changed": 4}
    assert back.counts() == {"new": 1, "gone": 1, "changed": 4}
    assert len(report.document(most=2)["objects"]) == 2


def test_a_version_that_waits_is_compared_with_the_active_one(
    engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    was = load(engine, catalogue, tmp_path / "a.gpkg", BEFORE)
    path = write_layer(tmp_path / "b.gpkg", [box(0, 0, 100, 100)], NVRID=["same"], NAMN=["Samma"], LAN=["AB"])
    waiting = load_layer(engine, catalogue, "naturreservat", path, LoadOptions(mapping={OWNER: ""}))
    assert waiting.state == "suspicious"
    with engine.connect() as connection:
        report = change_report(connection, "naturreservat")
        with pytest.raises(NotFound):
            change_report(connection, "naturreservat", was, "fffff")
    assert (report.was, report.now, report.counts()["gone"]) == (was, waiting.version, 5)
