"""`geomiljo db backup` and `restore` as a user runs them."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Run
from databases import engine_at, fresh_database
from sqlalchemy import Engine, text


def test_back_and_forth(
    run: Run, loaded: Engine, cluster_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "all.geomiljo"
    made = run("db", "backup", file)
    assert (made.code, "rows in" in made.err) == (0, True)
    again = run("db", "restore", file)
    assert again.code == 2
    assert "not empty" in again.err
    with fresh_database(cluster_url) as url:
        monkeypatch.setenv("GEOMILJO_DATABASE_URL", url)
        restored = run("db", "restore", file)
        assert (restored.code, restored.err.startswith("Restored from")) == (0, True)
        with engine_at(url) as engine, engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM layer_version")) == 3


def test_what_is_no_backup(run: Run, tmp_path: Path) -> None:
    assert run("db", "restore", tmp_path / "nothing").code == 2
