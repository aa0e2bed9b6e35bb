"""`geomiljo plan compare` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

from commands import Run
from factories import box, write_layer
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer


def test_two_assessments_are_told_apart(
    run: Run, loaded: Engine, catalogue: Catalogue, plan_file: Path, tmp_path: Path
) -> None:
    kept = run("plan", "import", plan_file, "--municipality", "0115").out.strip()
    first = json.loads(run("plan", "check", kept, "--json").out)
    smaller = write_layer(tmp_path / "new.gpkg", [box(90, 0, 300, 300)], NAMN=["Sjön"])
    version = load_layer(loaded, catalogue, "ramsar", smaller, LoadOptions(coverage="sweden")).version
    second = json.loads(run("plan", "check", kept, "--json").out)

    document = json.loads(run("plan", "compare", first["id"], second["id"], "--json").out)
    changes = {d["cause"]["layer"]["after"]["version"] for d in document["findings"] if d["layer"] == "ramsar"}
    assert changes == {version}
    told = run("plan", "compare", first["id"], second["id"])
    assert told.code == 0
    assert "the data have changed: ramsar," in " ".join(told.out.split())
    assert version in told.out
    assert "Sjön" in told.out
    same = run("plan", "compare", first["id"], first["id"])
    assert "changed" not in same.out
    assert "Findings that are the same" in same.out


def test_an_unknown_assessment_is_told(run: Run, loaded: Engine) -> None:
    outcome = run("plan", "compare", "abc", "abc")
    assert outcome.code == 2
    assert "There is no assessment abc" in outcome.err
