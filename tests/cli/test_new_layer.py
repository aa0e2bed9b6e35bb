"""`geomiljo layer new`: what is proposed is accepted by the registers, and the layer can be loaded and checked."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from commands import Run
from factories import box, point, write_layer
from sqlalchemy import Engine

from geomiljo.catalogue import open_catalogue

KINDS = ["Tillfälligt", "Varaktigt", "Varaktigt", None]


@pytest.fixture
def gardens(tmp_path: Path) -> Path:
    return write_layer(
        tmp_path / "Odlings lotter.gpkg",
        [box(n * 20, 0, n * 20 + 10, 10) for n in range(4)],
        lott_nr=[1, 2, 3, 4],
        hyra=[1.5, 2.5, 3.5, 3.5],
        namn=["Ett", "Två", "Norra", "Norra"],
        arrende=KINDS,
    )


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "registers"
    monkeypatch.setenv("GEOMILJO_REGISTERS_DIR", str(folder))
    return folder


def test_an_entry_is_proposed_checked_loaded_and_shown(run: Run, engine: Engine, gardens: Path, own: Path) -> None:
    options = ("--theme", "land_use", "--class-column", "arrende", "--cadence-days", "30", "--organisation", "Testby")
    done = run("layer", "new", gardens, *options, "--title", "Odlingslotter", "--yes")
    assert done.code == 0
    assert "local.odlings_lotter" in done.err
    layer = open_catalogue(own).layers["local.odlings_lotter"]
    assert (layer.owner, layer.title.sv, layer.kinds, layer.update.cadence_days) == (
        "Testby",
        "Odlingslotter",
        ("polygon",),
        30,
    )
    assert {a.name: (a.type, a.role) for a in layer.attributes} == {
        "lott_nr": ("number", "id"),
        "hyra": ("number", None),
        "namn": ("text", "name"),
        "arrende": ("text", None),
    }
    assert [c.id for c in layer.classes] == ["tillfalligt", "varaktigt"]
    assert run("catalogue", "check").code == 0
    loaded = json.loads(run("layer", "load", "local.odlings_lotter", gardens, "--json").out)
    assert loaded["report"]["classes"] == {"tillfalligt": 1, "varaktigt": 2, "unclassified": 1}


def test_a_source_makes_the_layer_fetch_itself_and_positions_that_are_uncertain_are_seen(
    run: Run, engine: Engine, tmp_path: Path, own: Path
) -> None:
    wells = tmp_path / "brunnar.gpkg"
    write_layer(wells, [point(10, 10), point(90, 90)], namn=["Ett", "Två"], lagesosakerhet=[5, 50])
    options = ("--organisation", "Testby", "--source", wells, "--coverage", "sweden", "--cadence-days", "7")
    assert run("layer", "new", wells, *options, "--yes").code == 0
    layer = open_catalogue(own).layers["local.brunnar"]
    assert {a.name: a.role for a in layer.attributes} == {"namn": "name", "lagesosakerhet": "position_error_m"}
    loaded = json.loads(run("layer", "load", "local.brunnar", "--json").out)
    assert (loaded["report"]["stored"], loaded["report"]["position_errors"]["largest_m"]) == (2, 50.0)
    write_layer(wells, [point(10, 10)], namn=["Ett"], lagesosakerhet=[5])
    assert json.loads(run("layer", "refresh", "local.brunnar", "--json").out)["state"] == "suspicious"
    [row] = json.loads(run("layer", "list", "--loaded", "--json").out)
    assert (row["id"], row["coverage"], row["cadenceDays"]) == ("local.brunnar", "sweden", 7)


def test_in_a_terminal_one_is_asked_and_what_is_proposed_can_be_taken(gardens: Path, own: Path) -> None:
    """Enter takes what is proposed; the column of classes is named among those that could be."""
    answers = ["", "Odlingslotter", "Allotments", "land_use", "Testby", "", "", "", "arrende", ""]
    program = Path(sys.executable).with_name("geomiljo")
    command: list[str | Path] = [program, "layer", "new", gardens, "--organisation", "Testby"]
    ours, theirs = pty.openpty()
    try:
        os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
        done = subprocess.run(command, check=True, stdin=theirs, capture_output=True, text=True, timeout=60)
    finally:
        os.close(ours)
        os.close(theirs)
    assert "[lott_nr]" in done.stdout
    assert "(namn, arrende)" in done.stdout
    layer = open_catalogue(own).layers["local.odlings_lotter"]
    assert (layer.title.sv, layer.title.en, layer.theme, layer.authority, layer.licence.name) == (
        "Odlingslotter",
        "Allotments",
        "land_use",
        "Testby",
        "–",
    )
    assert {a.name: a.role for a in layer.attributes if a.role} == {"lott_nr": "id", "namn": "name"}
    assert [c.id for c in layer.classes] == ["tillfalligt", "varaktigt"]


def test_without_options_the_file_decides(run: Run, gardens: Path, own: Path) -> None:
    assert (
        run("layer", "new", gardens, "--organisation", "Testby").code == 0
    )  # not asked: standard input is no terminal
    [entry] = yaml.safe_load((own / "layer_odlings_lotter.yaml").read_text(encoding="utf-8"))["layers"]
    assert "classes" not in entry
    assert run("layer", "new", gardens).code == 2  # it is there
    assert run("layer", "new", gardens, "--name", "en annan").code == 0
    assert set(open_catalogue(own).layers) >= {"local.odlings_lotter", "local.en_annan"}


def test_a_faulty_entry_is_not_left_behind(run: Run, gardens: Path, own: Path) -> None:
    assert run("layer", "new", gardens, "--organisation", "Testby", "--theme", "nothing").code == 2
    assert list(own.iterdir()) == []
    assert run("layer", "new", gardens).code == 2  # whose registers?
    assert list(own.iterdir()) == []


def test_a_folder_must_be_set(run: Run, gardens: Path) -> None:
    assert "GEOMILJO_REGISTERS_DIR" in run("layer", "new", gardens).err
