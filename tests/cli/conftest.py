"""The command line against a database of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Outcome, Run
from factories import box, line, point, write_layer
from sqlalchemy import Engine

from geomiljo import cli
from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `geomiljo …` in English against a database of the test's own."""
    monkeypatch.setenv("GEOMILJO_DATABASE_URL", database_url)
    monkeypatch.setenv("GEOMILJO_LANGUAGE", "en")
    monkeypatch.setenv("COLUMNS", "120")

    def run_command(*arguments: object) -> Outcome:
        monkeypatch.setattr("sys.argv", ["geomiljo", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), captured.out, captured.err)

    return run_command


@pytest.fixture
def loaded(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> Engine:
    """The same database with three layers."""
    everywhere = LoadOptions(coverage="sweden")
    wetlands = write_layer(tmp_path / "ramsar.gpkg", [box(50, 0, 300, 300)], NAMN=["Sjön"])
    load_layer(engine, catalogue, "ramsar", wetlands, everywhere)
    load_layer(engine, catalogue, "leder", write_layer(tmp_path / "l.gpkg", [line((0, 50), (900, 50))]), everywhere)
    load_layer(engine, catalogue, "badvatten", write_layer(tmp_path / "b.gpkg", [point(900, 900)]), everywhere)
    return engine


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """A planning area of one hectare, half of it wetland."""
    return write_layer(tmp_path / "plan.gpkg", [box(0, 0, 100, 100)], namn=["Testplan"])
