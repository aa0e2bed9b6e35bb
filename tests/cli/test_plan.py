"""`geomiljo plan` as a user meets it."""

from __future__ import annotations

import json
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
from commands import Run
from factories import box, write_layer
from plans.test_national import Search, found_plan, settings_for
from sources.servers import serving
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.plans.files import source_file
from geomiljo.plans.store import get_plan, get_source

HERE = ("--municipality", "0115")


@pytest.fixture
def kept(run: Run, loaded: Engine, plan_file: Path) -> str:
    """Id of a plan that is kept."""
    outcome = run("plan", "import", plan_file, *HERE, "--stage", "samråd", "--designation", "0115-P1")
    assert outcome.code == 0, outcome.err
    return outcome.out.strip()


def test_import_list_show(run: Run, loaded: Engine, kept: str, plan_file: Path) -> None:
    rows = json.loads(run("plan", "list", "--json").out)
    [row] = rows
    assert (row["id"], row["name"], row["stage"], row["county"]) == (kept, "Testplan", "samråd", "01")
    assert row["latestAssessment"] is None
    assert "0115-P1" in run("plan", "list").out
    assert json.loads(run("plan", "list", "--municipality", "0180", "--json").out) == []
    assert json.loads(run("plan", "list", "--text", "testpl", "--json").out) == rows
    with loaded.connect() as connection:
        assert get_source(connection, uuid.UUID(kept), 1).content == plan_file.read_bytes()
    assert "plan check" in run("plan", "show", kept).out
    shown = json.loads(run("plan", "show", kept, "--json").out)
    assert [version["number"] for version in shown["versions"]] == [1]


def test_check_keeps_what_a_check_answers(run: Run, kept: str, plan_file: Path) -> None:
    first = json.loads(run("plan", "check", kept, "--json").out)
    assert json.loads(run("plan", "check", kept, "--json").out) == first
    assert json.loads(run("check", plan_file, "--json").out)["id"] == first["id"]
    assert "Sjön" in run("plan", "check", kept).out
    assert run("plan", "check", kept, "--strict").code == 3
    [row] = json.loads(run("plan", "list", "--json").out)
    assert row["latestAssessment"]["id"] == first["id"]
    touched = str(row["latestAssessment"]["touched"][0])
    assert json.loads(run("plan", "list", "--objective", touched, "--json").out) == [row]
    assert first["id"] in run("plan", "show", kept).out


def test_stale_plans_are_assessed_again(
    run: Run, loaded: Engine, catalogue: Catalogue, kept: str, tmp_path: Path
) -> None:
    first = json.loads(run("plan", "check", kept, "--json").out)
    assert json.loads(run("plan", "recheck", "--stale", "--json").out) == []
    newer = write_layer(tmp_path / "new.gpkg", [box(90, 0, 300, 300)], NAMN=["Sjön"])
    load_layer(loaded, catalogue, "ramsar", newer, LoadOptions(coverage="sweden"))
    assert "Layer ramsar" in run("plan", "show", kept).out
    [told] = json.loads(run("plan", "recheck", "--stale", "--dry-run", "--json").out)
    assert (told["plan"], told["was"], told["changes"][0]["layer"]) == (kept, first["id"], "ramsar")
    assert "now" not in told
    done = run("plan", "recheck", "--stale")
    assert done.code == 0
    assert kept in done.out
    assert "Layer ramsar" in done.err
    assert json.loads(run("plan", "recheck", "--stale", "--json").out) == []
    shown = json.loads(run("plan", "show", kept, "--json").out)
    assert [item["id"] == first["id"] for item in shown["assessments"]] == [False, True]


def test_a_new_geometry(run: Run, loaded: Engine, kept: str, tmp_path: Path) -> None:
    later = write_layer(tmp_path / "later.shp", [box(0, 0, 50, 50)], namn=["Senare"])
    outcome = run("plan", "import", later, "--plan", kept, "--json")
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out).items() >= {"id": kept, "version": 2, "areaM2": 2500.0}.items()
    with loaded.connect() as connection:
        assert get_plan(connection, uuid.UUID(kept)).version == 2
        source = get_source(connection, uuid.UUID(kept), 2)
    archive = tmp_path / "kept.zip"
    archive.write_bytes(source.content)
    with zipfile.ZipFile(archive) as packed:
        for name in packed.namelist():
            assert packed.read(name) == (tmp_path / name).read_bytes()
        assert {"later.shp", "later.shx", "later.dbf", "later.prj"} <= set(packed.namelist())
    assert run("check", archive).code == 0
    assert source_file(later) == source


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "--municipality"),
        (("--municipality", "9999"), "9999"),
        (("--municipality", "115"), "municipality"),
        ((*HERE, "--stage", "samrad"), "stage"),
        ((*HERE, "--answer-by", "31 mars"), "answerBy"),
        (("--plan", "x"), "no id"),
        (("--plan", str(uuid.UUID(int=0))), "no such plan"),
    ],
)
def test_faults_are_told(run: Run, engine: Engine, plan_file: Path, options: tuple[Any, ...], told: str) -> None:
    outcome = run("plan", "import", plan_file, *options)
    assert outcome.code == 2
    assert told in outcome.err
    assert json.loads(run("plan", "list", "--json").out) == []


def test_recheck_needs_to_be_told_what(run: Run, engine: Engine) -> None:
    assert run("plan", "recheck").code == 2
    assert run("plan", "show", "x").code == 2


def test_a_plan_is_imported_by_its_designation(
    run: Run, loaded: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with serving(Search([found_plan("2281K-DP199")])) as server:
        settings = settings_for(server)
        monkeypatch.setenv("GEOMILJO_PLAN_SEARCH_URL", settings.plan_search_url)
        oauth = {"kind": "oauth2", "token_url": f"{server.url}/token", "client_id": "a", "client_secret": "b"}
        monkeypatch.setenv("GEOMILJO_SOURCE_CREDENTIALS", json.dumps({"ngp": oauth}))
        outcome = run("plan", "import", "2281K-DP199", "--json")
    assert outcome.code == 0, outcome.err
    kept = json.loads(outcome.out)
    assert (kept["designation"], kept["municipality"], kept["stage"], kept["name"]) == (
        "2281K-DP199",
        "2281",
        "samråd",
        "Kvarnen",
    )
