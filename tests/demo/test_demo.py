"""The demo municipality: its files, what they load as, and what its plans meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import yaml
from shapely.geometry.base import BaseGeometry

from geomiljo.analysis.pieces import Pieces
from geomiljo.analysis.results import Assessment
from geomiljo.assessments import Assessor
from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, stage_file
from geomiljo.layers.readers import LoadedLayer, MemoryReader
from geomiljo.layers.stage import StagedLayer, classification_hash
from geomiljo.plans import read_plan_area
from geomiljo.settings import Settings
from geomiljo.vectorfile import RawLayer, read_vector_file

ROOT = Path(__file__).resolve().parent.parent.parent
DEMO = ROOT / "data" / "demo"
LISTED: dict[str, Any] = yaml.safe_load((DEMO / "manifest.yaml").read_text(encoding="utf-8"))
LAYERS: dict[str, dict[str, Any]] = {entry["id"]: entry for entry in LISTED["layers"]}
PLANS: dict[str, dict[str, Any]] = {entry["id"]: entry for entry in LISTED["plans"]}


@dataclass(frozen=True)
class Demo:
    staged: Mapping[str, StagedLayer]
    reader: MemoryReader


@pytest.fixture(scope="module")
def demo(catalogue: Catalogue) -> Demo:
    covered = {name: _covered(DEMO / name) for name in {entry["coverage"] for entry in LAYERS.values()}}
    staged: dict[str, StagedLayer] = {}
    pieces: dict[str, Pieces] = {}
    loaded: dict[str, LoadedLayer] = {}
    objects: dict[str, dict[str, BaseGeometry]] = {}
    for layer_id, entry in LAYERS.items():
        layer = catalogue.layer(layer_id)
        options = LoadOptions(table=entry.get("table"), mapping=entry.get("mapping", {}))
        found, pieces[layer_id] = stage_file(layer, DEMO / entry["file"], options)
        staged[layer_id] = found
        version, date = f"{found.content_sum():064x}"[:12], str(entry["source_date"])
        sorting, area = classification_hash(layer), covered[entry["coverage"]]
        loaded[layer_id] = LoadedLayer(layer_id, version, date, sorting, area)
        objects[layer_id] = dict(zip(found.ids, found.geometry, strict=True))
    return Demo(staged, MemoryReader(loaded, pieces, objects))


def _covered(path: Path) -> BaseGeometry:
    return shapely.multipolygons(shapely.get_parts(shapely.union_all(read_vector_file(path).geometry)))


def _assess(demo: Demo, catalogue: Catalogue, plan_id: str) -> Assessment:
    entry = PLANS[plan_id]
    plan = read_plan_area(DEMO / entry["file"], catalogue=catalogue, settings=Settings(), uses=entry.get("uses"))
    assert not plan.repairs
    return Assessor.of(catalogue).assess(plan, demo.reader)


def _with_status(assessment: Assessment, *statuses: str) -> set[str]:
    return {layer.id for layer in assessment.layers if layer.status in statuses}


def test_it_is_small_and_spans_all_themes(catalogue: Catalogue) -> None:
    assert sum(path.stat().st_size for path in DEMO.iterdir()) <= 3_000_000
    assert {catalogue.layer(layer).theme for layer in LAYERS} == {layer.theme for layer in catalogue.layers.values()}
    assert len(LAYERS) >= 25


def test_layers_that_are_off_exist_and_are_not_loaded(catalogue: Catalogue) -> None:
    assert LISTED["switched_off"]
    for entry in LISTED["switched_off"]:
        catalogue.layer(entry["id"])
        assert entry["why"]
        assert entry["id"] not in LAYERS


@pytest.mark.parametrize("layer_id", LAYERS)
def test_a_layer_loads_whole_and_uses_the_classes_that_it_claims(demo: Demo, layer_id: str) -> None:
    staged = demo.staged[layer_id]
    assert staged.report.stored == staged.report.read > 0
    assert not staged.report.repaired
    assert staged.report.duplicate_ids == 0
    used = {name for name, count in staged.report.classes.items() if count}
    classes = {layer_class.id for layer_class in staged.layer.classes}
    assert set(LAYERS[layer_id].get("classes", [])) == (used if classes else set())


def test_registered_areas_agree_with_the_shapes(demo: Demo) -> None:
    deviations = demo.staged["naturreservat"].deviations
    assert (~np.isnan(deviations)).sum() == 4
    assert np.nanmax(deviations) <= 0.02


def test_soils_fill_the_land_without_overlap(demo: Demo) -> None:
    soils = demo.staged["jordarter"].geometry
    assert shapely.area(soils).sum() == pytest.approx(shapely.area(shapely.union_all(soils)), rel=1e-6)


def test_the_centre_has_several_land_uses_that_fill_it(demo: Demo, catalogue: Catalogue) -> None:
    assessment = _assess(demo, catalogue, "plan_centrum")
    uses = {use for part in assessment.area.parts for use in part.uses or ()}
    assert {"B", "C", "S", "GATA", "PARK", "W"} <= uses
    assert sum(part.area_m2 for part in assessment.area.parts) == pytest.approx(assessment.area.area_m2, rel=1e-4)
    assert len(_with_status(assessment, "hit")) >= 5
    assert assessment.area.municipality == "0099"


def test_the_shore_touches_a_lot(demo: Demo, catalogue: Catalogue) -> None:
    assessment = _assess(demo, catalogue, "plan_strand")
    assert len(_with_status(assessment, "hit")) >= 15
    assert len({finding.layer for finding in assessment.findings}) >= 15
    assert sum(objective.flag == "touched" for objective in assessment.objectives) >= 8


def test_the_industrial_area_touches_nothing_but_is_partly_uncovered(demo: Demo, catalogue: Catalogue) -> None:
    assessment = _assess(demo, catalogue, "plan_industri")
    assert not assessment.findings
    assert not any(objective.flag == "touched" for objective in assessment.objectives)
    assert _with_status(assessment, "partly_covered", "not_covered") == {"skyfall_lagpunkt"}
    assert _with_status(assessment, "adjacent", "near", "below_threshold", "failed") == set()
    (rain,) = (layer for layer in assessment.layers if layer.id == "skyfall_lagpunkt")
    assert rain.covered_share is not None
    assert 0.2 < rain.covered_share < 0.8


def test_making_it_again_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from tools.make_demo import make

    make(tmp_path)
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {path.name for path in DEMO.iterdir()} - {"README.md", "manifest.yaml", "registers"}
    assert (tmp_path / "plan_centrum.json").read_bytes() == (DEMO / "plan_centrum.json").read_bytes()
    tables = {(entry["file"], entry.get("table")) for entry in LAYERS.values()}
    tables |= {(entry["file"], None) for entry in PLANS.values() if not entry["file"].endswith(".json")}
    tables |= {(entry["coverage"], None) for entry in LAYERS.values()}
    for file, table in sorted(tables, key=str):
        assert _content(read_vector_file(tmp_path / file, table)) == _content(read_vector_file(DEMO / file, table)), (
            file
        )


def _content(raw: RawLayer) -> list[tuple[dict[str, Any], bytes]]:
    return list(zip(raw.columns.to_pylist(), (shapely.to_wkb(g) for g in raw.geometry), strict=True))


def test_the_readme_says_that_it_is_synthetic() -> None:
    assert "Synthetic." in (DEMO / "README.md").read_text(encoding="utf-8")
