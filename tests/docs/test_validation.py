"""The numbers of docs/validation.md, computed again from real geodata through the public commands."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from databases import fresh_database
from docs.markdown import DOCS, code, tables

from geomiljo import cli

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]  # some thirty commands one after the other
EXAMPLE = DOCS / "examples/real_data"
AS_PROGRAMS = {
    "lan",
    "hojdmodell",
    "nature/raw_commons_stockholm",
    "landcover_elevation/goteborg_torgg/gbgcity_grid_300m.shp",
}
"""What has one of these words runs as a program of its own, as in the example; the rest runs in this process."""
ROWS = [row for heading in ("Loading", "Checking") for row in tables(DOCS / "validation.md")[heading]]


def script() -> Any:
    """Return the example as a module."""
    spec = importlib.util.spec_from_file_location("load_and_check", EXAMPLE / "load_and_check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_here(*arguments: str, data: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as the program does, without a process of its own."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, chdir(data), redirect_stdout(out), redirect_stderr(err):
        patch.setenv("GEOMILJO_REGISTERS_DIR", str(EXAMPLE / "registers"))
        patch.setenv("GEOMILJO_LANGUAGE", "en")
        patch.setattr(sys, "argv", ["geomiljo", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    out.seek(0)
    return subprocess.CompletedProcess(arguments, int(ended.value.code or 0), out.read(), err.getvalue())


@pytest.fixture(scope="module")
def numbers(
    cluster_url: str, migrated_template: str, test_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Load and check once."""
    example = script()
    as_program = example.geomiljo

    def run(*arguments: str, data: Path) -> subprocess.CompletedProcess[str]:
        return (run_here if AS_PROGRAMS.isdisjoint(arguments) else as_program)(*arguments, data=data)

    example.geomiljo = run
    with fresh_database(cluster_url, migrated_template) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOMILJO_DATABASE_URL", url)
        patch.setenv("GEOMILJO_STATE_DIR", str(tmp_path_factory.mktemp("state")))  # of the rasters
        found = {**example.load(test_data), **example.refused(test_data), **example.check(test_data)}
        yield {key: str(value) for key, value in found.items()}


def test_the_document_tells_every_number_as_it_is(numbers: dict[str, str]) -> None:
    told = {code(row["number"])[0]: row["value"] for row in ROWS}
    assert told == numbers


def test_a_reserve_is_found_wherever_a_plain_spatial_join_finds_one(numbers: dict[str, str]) -> None:
    """60 and 85 pairs were counted by the data's own description, with another program."""
    assert (numbers["stockholm reserve pairs"], numbers["uppsala reserve pairs"]) == ("60", "85")
