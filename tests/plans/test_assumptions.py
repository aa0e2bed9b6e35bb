"""What a planner states of the ground, read from files."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from docs.markdown import DOCS, blocks

from geomiljo.analysis.built import NO_PROVISIONS, Provisions
from geomiljo.catalogue import Catalogue
from geomiljo.errors import InputError
from geomiljo.plans.assumptions import read_assumptions


def test_the_example_of_the_document_is_read(catalogue: Catalogue, tmp_path: Path) -> None:
    [example] = blocks(DOCS / "account.md", "yaml")
    (tmp_path / "stated.yaml").write_text(example.text, encoding="utf-8")
    stated = read_assumptions(tmp_path / "stated.yaml", catalogue)
    assert stated.provisions(("B",), NO_PROVISIONS, 10_000.0).footprint_0_1 == 0.25
    assert stated.keep_existing == ("p3",)
    assert set(stated.document()["uses"]["B"]) == {"variant", "footprint_share"}


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("uses: {B: {variant: slott}}", "B.slott"),
        ("uses: {QQ: {trees: 3}}", "QQ"),
        ("uses: {B: {footprintShare: 40}}", "uses.B.footprintShare"),
        ("uses: {B: {grossFloorM2: 6000}}", "heightM"),
        ("rooms: 3", "rooms"),
        ("uses: [", "cannot be read"),
        (yaml.safe_dump({"uses": {"B": {"mid": {"building": 1, "hard": 1}}}}), "uses.B.mid"),
    ],
)
def test_what_is_no_assumption_is_refused_with_its_place(
    catalogue: Catalogue, tmp_path: Path, document: str, told: str
) -> None:
    (tmp_path / "stated.yaml").write_text(document, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        read_assumptions(tmp_path / "stated.yaml", catalogue)


def test_a_file_that_is_not_there_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_assumptions(tmp_path / "none.yaml", catalogue)


def test_what_is_stated_takes_the_place_of_the_plans_provisions(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "stated.yaml").write_text(
        "uses: {B: {grossFloorM2: 6000, heightM: 10, slabShare: 0}}", encoding="utf-8"
    )
    stated = read_assumptions(tmp_path / "stated.yaml", catalogue)
    of_plan = Provisions(slab_0_1=0.5, unbuildable_0_1=0.2)
    found = stated.provisions(("B",), of_plan, 5_000.0)
    assert found == Provisions(footprint_0_1=0.4, slab_0_1=0.0, unbuildable_0_1=0.2)  # three storeys of 2,000 m²
    assert stated.provisions(("S",), of_plan, 5_000.0) is of_plan
