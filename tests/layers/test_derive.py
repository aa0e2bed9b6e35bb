"""Layers made from others: by hand-computable cases and against PostGIS's own buffer, rebuilt with their inputs."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shapely
from factories import box, line, point, whole, write_layer
from sqlalchemy import Engine, text

from geomiljo.assessments import Assessor
from geomiljo.catalogue import Catalogue
from geomiljo.errors import InputError, NotFound
from geomiljo.layers.load import Loaded, LoadOptions, load_layer
from geomiljo.layers.overview import layer_details
from geomiljo.layers.readers import open_reader
from geomiljo.layers.rebuild import make_derived, rebuild_dependants, renew
from geomiljo.layers.versions import active_versions
from geomiljo.settings import Settings

SHORE = "strandskydd_generellt"
RADIUS_M = 100 / math.cos(math.pi / 64)
"""The zone is drawn so that its chords touch the true one from outside."""
LAKE, POND, STREAM = box(0, 0, 200, 200), box(1_000, 0, 1_090, 90), line((2_000, 0), (2_000, 500))
WATER: dict[str, Any] = {
    "objektidentitet": ["a", "b", "c"],
    "objekttyp": ["Sjö", "Sjö", "Vattendrag"],
    "namn": ["Sjön", None, "Ån"],
}


ROWS = """
    SELECT f.id, f.name, f.size, f.attributes FROM feature f JOIN layer_version v ON v.id = f.version_id
    WHERE v.layer = :layer ORDER BY f.id
"""
DIFFERING = """
    SELECT count(*) FROM feature z JOIN layer_version zv ON zv.id = z.version_id AND zv.layer = :layer
    JOIN feature w ON w.id = z.id JOIN layer_version wv ON wv.id = w.version_id AND wv.layer = 'hydrografi'
    WHERE abs(ST_Area(z.geom) - ST_Area(ST_Buffer(
        CASE WHEN ST_Dimension(w.geom) = 2 THEN ST_Boundary(w.geom) ELSE w.geom END, :r, 'quad_segs=16'))) > 0.1
"""


@pytest.fixture
def water(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> Path:
    path = write_layer(tmp_path / "w.gpkg", [LAKE, POND, STREAM], **WATER)
    load_layer(engine, catalogue, "hydrografi", path, LoadOptions(coverage="sweden"))
    return path


def test_general_shore_protection_from_water(engine: Engine, catalogue: Catalogue, water: Path) -> None:
    made = make_derived(engine, catalogue, SHORE)
    # 4 ha and 0.81 ha of lake: the small one has no general protection; width of the stream is not known
    assert isinstance(made, Loaded)
    assert made.report.classes == {"undantaget": 1, "smalt": 0, "ovrigt": 2}
    with engine.connect() as connection:
        rows = connection.execute(text(ROWS), {"layer": SHORE}).all()
        differing = connection.scalar(text(DIFFERING), {"layer": SHORE, "r": RADIUS_M})
    assert differing == 0
    assert [(row.id, row.name) for row in rows] == [("a", "Sjön"), ("b", None), ("c", "Ån")]
    assert [row.attributes.get("yta_ha") for row in rows] == [4.0, 0.81, None]
    assert rows[2].size == pytest.approx(500 * 2 * RADIUS_M + math.pi * 100**2, rel=0.003)


def test_a_derived_layer_is_as_old_as_what_it_is_made_from(engine: Engine, catalogue: Catalogue, water: Path) -> None:
    for date in (None, dt.date(2024, 5, 1)):
        load_layer(engine, catalogue, "hydrografi", water, LoadOptions(coverage="sweden", source_date=date))
        make_derived(engine, catalogue, SHORE)
        with engine.connect() as connection:
            assert active_versions(connection)[SHORE].source_date == date


def test_coverage_follows_the_inputs_less_the_zone(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    path = write_layer(tmp_path / "w.gpkg", [LAKE, POND, STREAM], **WATER)
    mapped = write_layer(tmp_path / "m.gpkg", [box(-1_000, -1_000, 4_000, 4_000)])
    load_layer(engine, catalogue, "hydrografi", path, LoadOptions(coverage=str(mapped)))
    make_derived(engine, catalogue, SHORE)

    def status(area: shapely.Polygon) -> str:
        with open_reader(engine) as reader:
            return next(a for a in Assessor.of(catalogue).assess(whole(area), reader).layers if a.id == SHORE).status

    assert status(box(250, 100, 260, 110)) == "hit"
    assert status(box(3_000, 3_000, 3_010, 3_010)) == "no_hit"
    assert status(box(3_950, 3_000, 3_960, 3_010)) == "not_covered"  # a lake beyond the edge would reach it
    load_layer(engine, catalogue, "hydrografi", path)  # now nobody knows what it maps
    assert [made.layer for made in rebuild_dependants(engine, catalogue, "hydrografi")] == [SHORE]
    assert status(box(3_000, 3_000, 3_010, 3_010)) == "not_covered"


def test_it_is_made_again_when_an_input_changes(engine: Engine, catalogue: Catalogue, water: Path) -> None:
    assert rebuild_dependants(engine, catalogue, "hydrografi") == ()  # nobody has asked for it yet
    first = make_derived(engine, catalogue, SHORE)
    assert rebuild_dependants(engine, catalogue, "hydrografi") == ()
    write_layer(water, [LAKE, POND, line((2_000, 0), (2_000, 510))], **WATER)
    renewed = renew(engine, catalogue, "hydrografi", Settings())
    with engine.connect() as connection:
        active = active_versions(connection)[SHORE]
        lineage = layer_details(connection, catalogue, SHORE)["lineage"]
    assert active.version != first.version
    assert active.options["derived_from"] == {"hydrografi": renewed.version}
    assert (lineage["madeFrom"], lineage["isCurrent"]) == ({"hydrografi": renewed.version}, True)
    assert "Hundra meter" in lineage["recipe"]["sv"]


def test_a_zone_around_the_objects_of_several_layers(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    """50 m around two squares of a hectare, one of each layer: 1 + 4 · 0.5 ha and a circle's 0.785 ha."""
    squares = {"ramsar": box(0, 0, 100, 100), "nationalpark": box(1_000, 0, 1_100, 100)}
    for layer, square in squares.items():
        load_layer(engine, catalogue, layer, write_layer(tmp_path / f"{layer}.gpkg", [square], NAMN=[layer]))
    told = {"inputs": tuple(squares), "distance_m": 50.0, "sides": "outside", "copied": {}, "area": None}
    recipe = catalogue.layers[SHORE].recipe
    assert recipe is not None
    zoned = catalogue.layers[SHORE].model_copy(update={"recipe": recipe.model_copy(update=told)})
    registers = replace(catalogue, layers={**catalogue.layers, SHORE: zoned})
    made = make_derived(engine, registers, SHORE)
    with engine.connect() as connection:
        rows = connection.execute(text(ROWS), {"layer": SHORE}).all()
        lineage = layer_details(connection, registers, SHORE)["lineage"]
    assert [(row.id.partition("/")[0], row.name) for row in rows] == [(name, name) for name in sorted(squares)]
    assert [row.size for row in rows] == pytest.approx([30_000 + math.pi * 50**2] * 2, rel=0.002)
    assert (made.layer, set(lineage["madeFrom"])) == (SHORE, set(squares))
    with open_reader(engine) as reader:
        answers = {a.id: a for a in Assessor.of(registers).assess(whole(box(140, 40, 160, 60)), reader).layers}
    assert answers[SHORE].status == "hit"


def test_a_file_of_the_same_layer_is_never_replaced(
    engine: Engine, catalogue: Catalogue, water: Path, tmp_path: Path
) -> None:
    own = write_layer(tmp_path / "s.gpkg", [box(0, 0, 300, 300)], yta_ha=[9.0], bredd_m=[9.0])
    loaded = load_layer(engine, catalogue, SHORE, own, LoadOptions(coverage="sweden"))
    assert rebuild_dependants(engine, catalogue, "hydrografi") == ()
    with engine.connect() as connection:
        assert active_versions(connection)[SHORE].version == loaded.version


def test_an_object_that_could_not_be_loaded_may_have_a_zone_anywhere(
    engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    path = write_layer(tmp_path / "w.gpkg", [LAKE, point(9, 9)], objekttyp=["Sjö", "Sjö"])
    load_layer(engine, catalogue, "hydrografi", path, LoadOptions(coverage="sweden"))
    make_derived(engine, catalogue, SHORE)
    with engine.connect() as connection:
        assert active_versions(connection)[SHORE].unknown_count == 1


def test_without_recipe_or_input_it_is_told(engine: Engine, catalogue: Catalogue) -> None:
    with pytest.raises(InputError, match="not made from others"):
        make_derived(engine, catalogue, "ramsar")
    with pytest.raises(NotFound, match="hydrografi"):
        make_derived(engine, catalogue, SHORE)
