"""`geomiljo layer`, `catalogue` and `db` as a user meets them."""

from __future__ import annotations

import datetime as dt
import json
import resource
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from commands import Run
from factories import EAST, NORTH, box, write_layer
from sqlalchemy import Engine, text


def test_load_list_show_versions_activate(run: Run, engine: Engine, tmp_path: Path) -> None:
    first = write_layer(tmp_path / "one.gpkg", [box(0, 0, 100, 100)], NAMN=["Ett"])
    second = write_layer(tmp_path / "two.gpkg", [box(0, 0, 100, 90), box(0, 95, 9, 99)], NAMN=["Ett", "Två"])
    options = ("--coverage", "sweden", "--source-date", "2026-05-01")
    assert run("layer", "load", "ramsar", first, *options).code == 0
    loaded = run("layer", "load", "ramsar", second, *options)
    assert loaded.code == 0
    assert "2 of 2" in loaded.out + loaded.err
    rows = json.loads(run("layer", "versions", "ramsar", "--json").out)
    assert [row["state"] for row in rows] == ["active", "kept"]
    listed = {row["id"]: row for row in json.loads(run("layer", "list", "--json").out)}
    assert listed["ramsar"]["version"] == rows[0]["version"]
    assert run("layer", "activate", "ramsar", rows[1]["version"]).code == 0
    listed = {row["id"]: row for row in json.loads(run("layer", "list", "--json").out)}
    assert listed["ramsar"]["version"] == rows[1]["version"]
    shown = run("layer", "show", "ramsar")
    assert shown.code == 0
    assert "one.gpkg" in shown.out
    assert run("layer", "refresh", "ramsar").code == 0


def test_the_list_shows_version_date_age_against_cadence_count_and_coverage(
    run: Run, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    path = write_layer(tmp_path / "r.gpkg", [box(n * 200, 0, n * 200 + 100, 100) for n in range(3)])
    day = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1_000)
    assert run("layer", "load", "ramsar", path, "--coverage", "sweden", "--source-date", day).code == 0
    [row] = json.loads(run("layer", "list", "--loaded", "--json").out)
    told = " ".join(run("layer", "list", "--loaded").out.replace("\N{NO-BREAK SPACE}", " ").split())
    for shown in (row["version"], day.isoformat(), "1,000 of 400 days", "out of date", " 3 ", "sweden"):
        assert shown in told


def test_repairs_are_told_in_plain_words_with_their_place(
    run: Run, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bow_tie = [[EAST, NORTH], [EAST + 20, NORTH + 20], [EAST + 20, NORTH], [EAST, NORTH + 20], [EAST, NORTH]]
    unclosed = [[EAST, NORTH], [EAST + 20, NORTH], [EAST + 20, NORTH + 20]]
    document = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3006"}},
        "features": [
            {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
            for ring in (bow_tie, unclosed)
        ],
    }
    path = tmp_path / "broken.geojson"
    path.write_text(json.dumps(document), encoding="utf-8")
    monkeypatch.setenv("GEOMILJO_LANGUAGE", "sv")
    outcome = run("layer", "load", "ramsar", path)
    assert outcome.code == 0
    assert (
        "lagat 0: gränsen korsar sig själv vid E 600010.00, N 6500010.00; yta 0\N{NO-BREAK SPACE}m² → "
        "200\N{NO-BREAK SPACE}m²\n" in outcome.out
    )
    assert "lagat 1: en ring" in outcome.out


def test_warnings_of_libraries_are_told_without_code(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("--version")
    warnings.showwarning("A field was cut.", RuntimeWarning, "raw.py", 345)
    assert capsys.readouterr().err == "Note: A field was cut.\n"


def test_off_and_on(run: Run, loaded: Engine, plan_file: Path) -> None:
    assert run("layer", "off", "ramsar", "--why", "Faulty source").code == 0
    assert "Faulty source" in run("check", plan_file).out
    assert run("layer", "on", "ramsar").code == 0
    assert "Faulty source" not in run("check", plan_file).out


FAULTS = [
    ("load", "nope", "FILE"),
    ("load", "ramsar", "FILE", "--map", "NAMN"),
    ("load", "ramsar", "FILE", "--source-date", "yesterday"),
    ("load", "ramsar", "FILE", "--coverage", "county:99"),
    ("load", "ramsar", "FILE", "--table", "nope"),
    ("load", "nmd", "FILE"),
    ("activate", "ramsar", "123456"),
    ("show", "nope"),
    ("refresh", "badvatten"),
    ("load", "varldsarv"),
    ("probe", "varldsarv", "--source", "9"),
    ("off", "ramsar", "--why", " "),
]


def test_bad_input_ends_in_two_and_changes_nothing(run: Run, engine: Engine, tmp_path: Path) -> None:
    path = write_layer(tmp_path / "one.gpkg", [box(0, 0, 100, 100)], NAMN=["Ett"])
    before = run("layer", "list", "--json").out
    for arguments in FAULTS:
        outcome = run("layer", *(path if a == "FILE" else a for a in arguments))
        assert outcome.code == 2, arguments
        assert outcome.err.startswith("Error: "), arguments
    assert run("layer", "list", "--json").out == before


def test_catalogue(run: Run, tmp_path: Path) -> None:
    assert run("catalogue", "check").code == 0
    shown = run("catalogue", "show", "ramsar.overlap")
    assert shown.code == 0
    assert "ramsar" in shown.out
    assert run("catalogue", "show", "nope").code == 2


def test_faulty_registers_name_file_line_and_key(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "registers"
    own.mkdir()
    (own / "organisation.yaml").write_text("name: Test\n", encoding="utf-8")
    (own / "layers.yaml").write_text("layers:\n  - id: local.x\n    titel: {sv: X, en: X}\n", encoding="utf-8")
    monkeypatch.setenv("GEOMILJO_REGISTERS_DIR", str(own))
    outcome = run("catalogue", "check")
    assert outcome.code == 2
    assert "layers.yaml:3" in outcome.err
    assert "titel" in outcome.err


def test_an_impossible_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOMILJO_MAX_VERTICES", "many")
    outcome = run("layer", "list")
    assert outcome.code == 2
    assert "GEOMILJO_MAX_VERTICES" in outcome.err


def test_a_database_that_does_not_answer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOMILJO_DATABASE_URL", "postgresql://nobody@/none?host=/nonexistent")
    outcome = run("layer", "list")
    assert outcome.code == 1
    assert "GEOMILJO_DATABASE_URL" in outcome.err


def test_database_commands(run: Run) -> None:
    assert run("db", "status").code == 0
    assert run("db", "upgrade").code == 0
    assert run("db", "stop").code == 0


def test_help_answers_at_once() -> None:
    program = str(Path(sys.executable).with_name("geomiljo"))
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([program, "--help"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    assert min(times) < 0.5


def test_suspicious_versions_changes_and_due_layers(run: Run, engine: Engine, tmp_path: Path) -> None:
    path = write_layer(tmp_path / "r.gpkg", [box(n * 200, 0, n * 200 + 100, 100) for n in range(5)])
    assert run("layer", "load", "ramsar", path, "--source-date", "2026-05-01").code == 0
    write_layer(path, [box(0, 0, 100, 100)])
    loaded = run("layer", "load", "ramsar", path)
    assert loaded.code == 0
    assert "Of 5 objects 1 are left: 80.0\xa0% fewer, and 20.0\xa0% is suspicious." in loaded.out
    rows = json.loads(run("layer", "versions", "ramsar", "--json").out)
    assert [row["state"] for row in rows] == ["suspicious", "active"]
    assert "waits for a person" in " ".join(run("layer", "list", "--loaded").out.split())
    report = json.loads(run("layer", "changes", "ramsar", "--json").out)
    assert (report["gone"], report["new"], report["changed"]) == (4, 0, 0)
    assert "4 gone" in run("layer", "changes", "ramsar").out
    assert run("layer", "reject", "ramsar", rows[0]["version"]).code == 0
    assert run("layer", "accept", "ramsar", rows[0]["version"]).code == 0
    assert run("layer", "accept", "ramsar", rows[0]["version"]).code == 2
    assert run("layer", "refresh").code == 2
    with engine.begin() as connection:
        connection.execute(text("UPDATE layer_version SET checked_at = now() - interval '20 years'"))
    [due] = json.loads(run("layer", "refresh", "--due", "--dry-run", "--json").out)
    assert (due["layer"], due["canBeFetched"]) == ("ramsar", True)
    assert run("layer", "refresh", "--due").code == 0
    assert json.loads(run("layer", "refresh", "--due", "--dry-run", "--json").out) == []


def test_a_probe_tells_what_a_program_cannot_ask(run: Run) -> None:
    outcome = run("layer", "probe", "varldsarv")
    assert outcome.code == 0
    assert "not verified" in outcome.out
    [row] = json.loads(run("layer", "probe", "varldsarv", "--json").out)
    assert (row["protocol"], row["isAsked"], row["error"]) == ("manual", False, None)
