"""The benchmark runs, and its contenders agree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.agreement import Disagreement, compare
from bench.contenders import Answer
from bench.service import Asked


@pytest.mark.long
def test_runs_and_contenders_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(
        2_000,
        tmp_path / "bench.json",
        counts=(16, 6, 1),
        asked=Asked(checks=8, lists=7, comparisons=1, features=400),
        harvested=(300,),
        raster_side=2_000,
    )
    document = json.loads((tmp_path / "bench.json").read_text("utf-8"))
    assert [race["title"] for race in document["races"]] == [
        "Small plans",
        "Small plans, ring of 500 m",
        "Municipalities",
    ]
    for race in document["races"]:
        assert race["objects_per_area"] > 0.5
        assert race["largest_difference"] <= 1e-6
        assert all(ratio["mean_ms"] > 0 for ratio in race["ratios"])
    assert "answers agree" in capsys.readouterr().out
    figures = {figure["name"]: figure for figure in document["figures"]}
    assert len(figures) == len(document["figures"]) == 48
    assert all(figure["value"] > 0 for figure in figures.values())
    assert [name for name, figure in figures.items() if figure["is_least"]] == [
        "checks at 8 clients (woods, nothing found)",
        "checks at 8 clients (town, 34 findings)",
        "harvest and load, 300 objects",
    ]


@pytest.mark.parametrize(
    "other",
    [
        Answer(),
        Answer({(0, 1): (False, 100.0, 0.0)}),
        Answer({(0, 1): (True, 100.001, 0.0)}),
        Answer({(0, 1): (True, 100.0, 0.0)}, {(0, 1): 50.0}),
        Answer({(0, 1): (True, 100.0, 0.0)}, {(0, 1): 100.0}, {(0, 2): 1.0}),
    ],
    ids=["missing", "outside", "area", "class", "ring"],
)
def test_disagreement_is_seen(other: Answer) -> None:
    expected = Answer({(0, 1): (True, 100.0, 0.0)}, {(0, 1): 100.0})
    assert compare("same", expected, expected) == 0.0
    with pytest.raises(Disagreement):
        compare("other", expected, other)
