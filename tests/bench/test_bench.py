"""The benchmark runs, and its contenders agree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.agreement import Disagreement, compare
from bench.contenders import Answer


def test_runs_and_contenders_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(2_000, tmp_path / "bench.json", counts=(16, 6, 1))
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
