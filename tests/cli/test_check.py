"""`geomiljo check`: answers, files, exit codes; bad input ends in code 2 and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pyogrio
import pytest
import shapely
from commands import Run
from factories import EAST, NORTH, box, line, point, write_layer
from sqlalchemy import Engine

from geomiljo.analysis.document import json_schema


def test_a_readable_answer(run: Run, loaded: Engine, plan_file: Path) -> None:
    outcome = run("check", plan_file)
    assert outcome.code == 0
    assert "Ramsar" in outcome.out
    assert "not loaded" in outcome.out
    assert "50.0 % of the plan" in outcome.out.replace("\N{NO-BREAK SPACE}", " ")


def test_json_is_valid_against_the_published_schema(run: Run, loaded: Engine, plan_file: Path) -> None:
    outcome = run("check", plan_file, "--json")
    assert outcome.code == 0
    document = json.loads(outcome.out)
    jsonschema.validate(document, json_schema())
    finding = next(f for f in document["findings"] if f["rule"] == "ramsar.overlap")
    assert finding["areaM2"] == pytest.approx(5_000)
    assert finding["share"] == pytest.approx(0.5)


def test_the_same_question_gives_the_same_bytes(run: Run, loaded: Engine, plan_file: Path) -> None:
    def answer() -> dict[str, object]:
        document: dict[str, object] = json.loads(run("check", plan_file, "--json").out)
        for layer in document["layers"]:  # type: ignore[attr-defined]
            layer.pop("ms")
        return {key: value for key, value in document.items() if key not in {"createdAt", "software"}}

    assert json.dumps(answer()) == json.dumps(answer())


def test_files_for_people_and_programs(run: Run, loaded: Engine, plan_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("check", plan_file, "--out", out).code == 0
    assert sorted(p.name for p in out.iterdir()) == ["assessment.json", "findings.geojson", "map.html"]
    frame = pyogrio.read_dataframe(out / "findings.geojson")
    assert len(frame) > 0
    assert frame.geometry.is_valid.all()
    assert frame.crs == "EPSG:4326"
    assert "<html" in (out / "map.html").read_text(encoding="utf-8")


def test_each_feature_by_itself(run: Run, loaded: Engine, tmp_path: Path) -> None:
    plans = write_layer(tmp_path / "plans.gpkg", [box(0, 0, 100, 100), box(500, 500, 600, 600)], namn=["A", "B"])
    out = tmp_path / "out"
    assert run("check", plans, "--each", "--out", out).code == 0
    documents = [json.loads((folder / "assessment.json").read_text()) for folder in sorted(out.iterdir())]
    assert len(documents) == 2
    hits = [any(f["rule"] == "ramsar.overlap" for f in d["findings"]) for d in documents]
    assert sorted(hits) == [False, True]


def test_a_layer_from_a_file_for_one_run(run: Run, loaded: Engine, plan_file: Path, tmp_path: Path) -> None:
    other = write_layer(tmp_path / "other.gpkg", [box(0, 0, 100, 20)], NAMN=["Ny"])
    before = run("layer", "list", "--json").out
    document = json.loads(run("check", plan_file, "--json", "--layer", f"ramsar={other}").out)
    layer = next(item for item in document["layers"] if item["id"] == "ramsar")
    assert layer["areaM2"] == pytest.approx(2_000)
    assert layer["version"].startswith("file:")
    assert run("layer", "list", "--json").out == before


def test_strict_ends_with_three_when_a_layer_did_not_answer(run: Run, loaded: Engine, plan_file: Path) -> None:
    assert run("check", plan_file, "--strict").code == 3


def test_land_uses_by_code(run: Run, loaded: Engine, plan_file: Path) -> None:
    document = json.loads(run("check", plan_file, "--json", "--use", "B").out)
    assert document["area"]["parts"][0]["uses"] == ["B"]
    refused = run("check", plan_file, "--use", "Ö9")
    assert refused.code == 2
    assert "Ö9" in refused.err


def text_file(folder: Path) -> list[object]:
    path = folder / "plan.geojson"
    path.write_text("hello", encoding="utf-8")
    return [path]


def no_file(folder: Path) -> list[object]:
    return [folder / "none.gpkg"]


def points(folder: Path) -> list[object]:
    return [write_layer(folder / "p.gpkg", [point(0, 0)])]


def lines(folder: Path) -> list[object]:
    return [write_layer(folder / "l.gpkg", [line((0, 0), (9, 9))])]


def no_crs(folder: Path) -> list[object]:
    path = write_layer(folder / "n.shp", [box(0, 0, 9, 9)], namn=["A"])
    path.with_suffix(".prj").unlink()
    return [path]


def swapped(folder: Path) -> list[object]:
    path = folder / "swapped.geojson"
    shape = shapely.box(6_580_000, 674_000, 6_580_100, 674_100)
    crs = {"type": "name", "properties": {"name": "EPSG:3006"}}
    path.write_text(json.dumps({"crs": crs, **json.loads(shapely.to_geojson(shape))}), encoding="utf-8")
    return [path]


def abroad(folder: Path) -> list[object]:
    path = folder / "paris.geojson"
    path.write_text(shapely.to_geojson(shapely.box(2.3, 48.8, 2.4, 48.9)), encoding="utf-8")
    return [path]


def written(folder: Path, *vertices: tuple[float, float]) -> list[object]:
    ring = [[EAST + x, NORTH + y] for x, y in vertices]
    document = {"type": "Polygon", "coordinates": [ring] if ring else []}
    path = folder / f"{abs(hash(vertices))}.geojson"
    path.write_text(json.dumps(document), encoding="utf-8")
    return [path, "--crs", "3006"]


def two_readings(folder: Path) -> list[object]:
    return written(folder, (0, 0), (40, 0), (40, 30), (10, 30), (10, 10), (30, 10), (30, 40), (0, 40), (0, 0))


def nothing(folder: Path) -> list[object]:
    return written(folder)


def no_number(folder: Path) -> list[object]:
    return written(folder, (0, 0), (float("nan"), 0), (9, 9), (0, 0))


def no_area(folder: Path) -> list[object]:
    return written(folder, (0, 0), (9, 0), (18, 0), (0, 0))


def wrong_zone(folder: Path) -> list[object]:
    return written(folder, *((x - EAST + 150_000, y - NORTH + 6_580_000) for x, y in ((0, 0), (9, 0), (9, 9), (0, 0))))


def unknown_feature(folder: Path) -> list[object]:
    return [write_layer(folder / "f.gpkg", [box(0, 0, 9, 9)]), "--feature", "99"]


def unknown_set(folder: Path) -> list[object]:
    return [write_layer(folder / "s.gpkg", [box(0, 0, 9, 9)]), "--layer-set", "nope"]


def unknown_layer(folder: Path) -> list[object]:
    path = write_layer(folder / "s.gpkg", [box(0, 0, 9, 9)])
    return [path, "--layer", f"nope={path}"]


def layer_without_file(folder: Path) -> list[object]:
    return [write_layer(folder / "s.gpkg", [box(0, 0, 9, 9)]), "--layer", "ramsar"]


FAULTS: dict[Callable[[Path], list[object]], str] = {
    text_file: "no format",
    no_file: "There is no file",
    points: "nothing but points",
    lines: "nothing but lines",
    no_crs: "coordinate system",
    swapped: "axes were swapped",
    wrong_zone: "EPSG:3011",
    abroad: "outside Sweden",
    two_readings: "can be read as",
    nothing: "no geometry",
    no_number: "no number",
    no_area: "no area",
    unknown_feature: "no feature 99",
    unknown_set: "no layer set nope",
    unknown_layer: "no layer nope",
    layer_without_file: "--layer",
}


def test_bad_input_ends_in_two_with_a_message_and_changes_nothing(run: Run, loaded: Engine, tmp_path: Path) -> None:
    before = run("layer", "list", "--json").out
    out = tmp_path / "out"
    for fault, words in FAULTS.items():
        outcome = run("check", *fault(tmp_path), "--out", out)
        assert outcome.code == 2, fault
        assert outcome.err.startswith("Error: "), fault
        assert words in outcome.err, fault
        assert len(outcome.err.splitlines()) >= 2, "what is wrong, and what to do about it"
        assert (outcome.out, out.exists()) == ("", False), fault
    assert run("layer", "list", "--json").out == before


def test_a_refused_feature_is_an_error_line_in_its_place(run: Run, loaded: Engine, tmp_path: Path) -> None:
    features = [box(0, 0, 100, 100), line((0, 0), (9, 9)), box(500, 500, 600, 600)]
    outcome = run("check", write_layer(tmp_path / "mixed.geojson", features, crs=4326), "--each", "--json")
    assert outcome.code == 2
    first, second, third = (json.loads(text) for text in outcome.out.splitlines())
    assert second["error"]["code"] == "unsupported-geometry"
    assert second["error"]["remedy"]
    assert first["id"] != third["id"]


def test_swedish_comes_first(run: Run, loaded: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEOMILJO_LANGUAGE")
    outcome = run("check", tmp_path / "saknas.gpkg")
    assert outcome.err.startswith("Fel: ")
    assert "saknas.gpkg" in outcome.err
