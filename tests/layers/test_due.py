"""Which layers are due: by their cadence, and only those in use."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from factories import box, line, write_layer
from sqlalchemy import Engine, text

from geomiljo.catalogue import Catalogue
from geomiljo.layers.due import due_layers
from geomiljo.layers.load import LoadOptions, load_layer, refresh_layer
from geomiljo.layers.overview import layer_overview
from geomiljo.layers.versions import switch_off

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)


def with_cadence(catalogue: Catalogue, **days: int | None) -> Catalogue:
    """Return the registers with other cadences."""
    layers = dict(catalogue.layers)
    for layer, cadence in days.items():
        update = layers[layer].update.model_copy(update={"cadence_days": cadence})
        layers[layer] = layers[layer].model_copy(update={"update": update})
    return replace(catalogue, layers=layers)


@pytest.fixture
def registers(catalogue: Catalogue) -> Catalogue:
    return with_cadence(catalogue, ramsar=7, leder=30, nationalpark=None)


@pytest.fixture
def files(engine: Engine, registers: Catalogue, tmp_path: Path) -> dict[str, Path]:
    """Three layers whose sources were last asked 7, 31 and 900 days ago."""
    made = {
        "ramsar": write_layer(tmp_path / "r.gpkg", [box(0, 0, 9, 9)]),
        "leder": write_layer(tmp_path / "l.gpkg", [line((0, 0), (9, 9))]),
        "nationalpark": write_layer(tmp_path / "n.gpkg", [box(0, 0, 9, 9)]),
    }
    for (layer, path), days in zip(made.items(), (7, 31, 900), strict=True):
        load_layer(engine, registers, layer, path, LoadOptions(source_date=dt.date(2026, 6, 1)))
        with engine.begin() as connection:
            asked = {"at": NOW - dt.timedelta(days=days), "layer": layer}
            connection.execute(text("UPDATE layer_version SET checked_at = :at WHERE layer = :layer"), asked)
    return made


def due(engine: Engine, registers: Catalogue, now: dt.datetime = NOW) -> list[tuple[str, int, bool]]:
    with engine.connect() as connection:
        found = due_layers(connection, registers, now)
    return [(each.layer, int(each.overdue_days), each.can_be_fetched) for each in found]


def test_layers_are_due_when_their_cadence_is_over(
    engine: Engine, registers: Catalogue, files: dict[str, Path]
) -> None:
    assert due(engine, registers) == [("leder", 1, True), ("ramsar", 0, True)]
    assert due(engine, registers, NOW - dt.timedelta(seconds=1)) == [("leder", 0, True)]
    switch_off(engine, registers, "leder", "under review")
    assert due(engine, registers) == [("ramsar", 0, True)]


def test_a_layer_whose_file_is_gone_waits_for_a_person(
    engine: Engine, registers: Catalogue, files: dict[str, Path]
) -> None:
    files["ramsar"].unlink()
    assert due(engine, registers) == [("leder", 1, True), ("ramsar", 0, False)]


def test_a_refresh_without_change_is_enough(engine: Engine, registers: Catalogue, files: dict[str, Path]) -> None:
    assert not refresh_layer(engine, registers, "leder").is_new
    assert due(engine, registers) == [("ramsar", 0, True)]


def test_the_age_is_that_of_the_data_and_shown_against_the_cadence(
    engine: Engine, registers: Catalogue, files: dict[str, Path]
) -> None:
    with engine.connect() as connection:
        rows = {row.id: row for row in layer_overview(connection, registers)}
    age = (dt.datetime.now(dt.UTC).date() - dt.date(2026, 6, 1)).days
    assert (rows["ramsar"].age_days, rows["ramsar"].cadence_days, rows["ramsar"].is_stale) == (age, 7, True)
    assert (rows["nationalpark"].age_days, rows["nationalpark"].is_stale) == (age, None)
    assert rows["leder"].checked_at is not None
