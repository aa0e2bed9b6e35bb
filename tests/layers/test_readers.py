"""Every reader gives the same answers: the contract of `geomiljo.layers.readers`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import shapely
from databases import engine_at, fresh_database
from factories import EAST, NORTH, box, line, point, whole, write_layer
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine, text
from sqlalchemy.exc import InternalError

from geomiljo.analysis.document import same_answer, to_json
from geomiljo.analysis.measure import measure
from geomiljo.analysis.pieces import LayerSearch
from geomiljo.assessments import Assessor
from geomiljo.catalogue import Catalogue
from geomiljo.geometry import geometry_array
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.layers.overlay import read_overlay
from geomiljo.layers.readers import LayeredReader, Reader, open_reader
from geomiljo.layers.versions import switch_off

LAYERS = ("ramsar", "leder", "badvatten")
AREA = box(0, 0, 1000, 800)
OTHER = box(5000, 5000, 5400, 5200)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("layers")
    generator = np.random.default_rng(7)
    angles = np.linspace(0, 2 * np.pi, 3_000, endpoint=False)
    radii = 900 + 200 * np.sin(9 * angles) + generator.uniform(-20, 20, len(angles))
    lake = shapely.Polygon(np.column_stack([EAST + 900 + radii * np.cos(angles), NORTH + 700 + radii * np.sin(angles)]))
    wetlands = [lake.buffer(0), box(-50, -50, 300, 300), box(200, 200, 500, 400), box(1000, 0, 1200, 800)]
    trails = [line((-500, 400), (2000, 410)), line((0, 0), (1000, 0)), line((1300, 0), (1300, 900))]
    baths = [point(10, 10), point(1000, 400), point(1250, 400), point(5100, 5100)]
    return {
        "ramsar": write_layer(folder / "ramsar.gpkg", wetlands, NAMN=["Sjön", "A", "B", "C"]),
        "leder": write_layer(folder / "leder.gpkg", trails),
        "badvatten": write_layer(folder / "badvatten.gpkg", baths),
    }


@pytest.fixture(scope="module")
def stored(cluster_url: str, migrated_template: str, catalogue: Catalogue, files: Mapping[str, Path]) -> Iterator[str]:
    with fresh_database(cluster_url, migrated_template) as url:
        with engine_at(url) as engine:
            for layer, path in files.items():
                load_layer(engine, catalogue, layer, path)
        yield url


@contextmanager
def reader_of(kind: str, catalogue: Catalogue, files: Mapping[str, Path], url: str) -> Iterator[Reader]:
    """Open one of the readers on the same three layers."""
    with engine_at(url) as engine, open_reader(engine) as reader:
        if kind == "memory":
            yield read_overlay(catalogue, files)
        elif kind == "layered":
            yield LayeredReader(read_overlay(catalogue, {"leder": files["leder"]}), reader)
        else:
            yield reader


@pytest.fixture(params=["memory", "postgis", "layered"])
def reader(
    request: pytest.FixtureRequest, catalogue: Catalogue, files: Mapping[str, Path], stored: str
) -> Iterator[Reader]:
    with reader_of(request.param, catalogue, files, stored) as opened:
        yield opened


def searches(reach_m: float = 100.0) -> list[LayerSearch]:
    return [LayerSearch(layer, reach_m=reach_m, ring_radii_m=(50.0,), class_sets=(1,)) for layer in LAYERS]


def test_it_names_its_layers(reader: Reader) -> None:
    assert set(reader.layers()) == set(LAYERS)
    assert all(loaded.coverage is None for loaded in reader.layers().values())
    assert reader.off() == {}


def test_it_finds_all_pieces_in_reach(reader: Reader, files: Mapping[str, Path], catalogue: Catalogue) -> None:
    areas = geometry_array([AREA, OTHER])
    found = reader.pieces(areas, searches())
    everything = read_overlay(catalogue, files)
    for position, layer in enumerate(LAYERS):
        mine = found.pieces.of_layer(0).geometry[found.pieces.layer == position]
        all_of_layer = everything.pieces(geometry_array([AREA.buffer(1e5)]), [searches()[position]]).pieces.geometry
        near = [g for g in all_of_layer if min(shapely.distance(areas, g)) <= 100.0]
        assert {shapely.normalize(g).wkb for g in near} <= {shapely.normalize(g).wkb for g in mine}, layer


def test_measurements_do_not_depend_on_the_reader(
    reader: Reader, files: Mapping[str, Path], catalogue: Catalogue
) -> None:
    areas = geometry_array([AREA, OTHER, box(0, 0, 10, 10)])

    def table(source: Reader) -> list[tuple[object, ...]]:
        result = measure(areas, source.pieces(areas, searches()).pieces, searches())
        objects = result.objects
        head = result.pieces.object_id[objects.head]
        columns = (objects.row, objects.layer, head, objects.area_m2, objects.length_m, objects.distance_m)
        return sorted(zip(*(column.tolist() for column in columns), strict=True))

    assert table(reader) == table(read_overlay(catalogue, files))


def test_an_area_far_from_everything_finds_nothing(reader: Reader) -> None:
    found = reader.pieces(geometry_array([box(90_000, 90_000, 90_100, 90_100)]), searches())
    assert len(found.pieces) == 0
    assert not found.failures


def test_whole_objects_by_id(reader: Reader) -> None:
    found = reader.pieces(geometry_array([AREA]), searches()).pieces
    ids = sorted({str(i) for i in found.object_id[found.layer == 0] if i is not None})
    objects = reader.objects("ramsar", ids)
    assert sorted(objects) == ids
    assert sum(g.area for g in objects.values()) == pytest.approx(
        float(found.object_size[np.unique(found.object_id[found.layer == 0].astype(str), return_index=True)[1]].sum()),
        rel=0.5,
    )


def test_assessments_do_not_depend_on_the_reader(
    reader: Reader, files: Mapping[str, Path], catalogue: Catalogue
) -> None:
    """Versions differ by name between a file and a loaded layer; all else is the same."""
    assessor = Assessor.of(catalogue)
    one = assessor.assess(whole(AREA), reader)
    other = assessor.assess(whole(AREA), read_overlay(catalogue, files))
    assert [f.rule for f in one.findings] == [f.rule for f in other.findings]
    assert [f.area_m2 for f in one.findings] == [f.area_m2 for f in other.findings]
    assert [o.flag for o in one.objectives] == [o.flag for o in other.objectives]


def test_the_same_question_gives_the_same_bytes(stored: str, catalogue: Catalogue) -> None:
    assessor = Assessor.of(catalogue)
    answers = []
    for _ in range(2):
        with engine_at(stored) as engine, open_reader(engine) as reader:
            answers.append(assessor.assess(whole(AREA), reader))
    assert answers[0].id == answers[1].id
    assert same_answer(answers[0], answers[1])
    assert to_json(answers[0]) != b""


@pytest.fixture
def damaged(engine: Engine, catalogue: Catalogue, files: Mapping[str, Path]) -> Engine:
    """A database in which the pieces of one layer cannot be read."""
    for layer, path in files.items():
        load_layer(engine, catalogue, layer, path)
    with engine.begin() as connection:
        connection.execute(
            text("""
            CREATE FUNCTION refuse(v integer) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
            BEGIN
                IF v = (SELECT id FROM layer_version WHERE layer = 'leder') THEN RAISE 'disk error'; END IF;
                RETURN true;
            END $$""")
        )
        connection.execute(text("ALTER TABLE piece RENAME TO piece_stored"))
        connection.execute(text("CREATE VIEW piece AS SELECT * FROM piece_stored WHERE refuse(version_id)"))
    return engine


def test_a_layer_that_cannot_be_read_leaves_the_others(damaged: Engine, catalogue: Catalogue) -> None:
    with open_reader(damaged) as reader:
        found = reader.pieces(geometry_array([AREA]), searches())
        assert set(found.failures) == {"leder"}
        assert set(found.pieces.layer.tolist()) == {0, 2}
        assessment = Assessor.of(catalogue).assess(whole(AREA), reader)
    by_id = {answer.id: answer for answer in assessment.layers}
    assert (by_id["leder"].status, by_id["leder"].reason) == ("failed", "source_error")
    assert by_id["ramsar"].status == "hit"


def test_layers_that_are_off_are_told_with_the_reason(
    engine: Engine, catalogue: Catalogue, files: Mapping[str, Path]
) -> None:
    load_layer(engine, catalogue, "ramsar", files["ramsar"], LoadOptions(coverage="sweden"))
    switch_off(engine, catalogue, "ramsar", "Fel i källan")
    with open_reader(engine) as reader:
        assert reader.off() == {"ramsar": "Fel i källan"}
        assessment = Assessor.of(catalogue).assess(whole(AREA), reader)
    answer = next(a for a in assessment.layers if a.id == "ramsar")
    assert answer.status == "not_checked"
    assert answer.reason == "switched_off"


def test_the_reader_cannot_write(stored: str) -> None:
    with (
        engine_at(stored) as engine,
        open_reader(engine) as reader,
        pytest.raises(InternalError, match="read-only transaction"),
    ):
        reader._connection.execute(text("DELETE FROM piece"))


def test_shapes_far_apart_do_not_meet(reader: Reader) -> None:
    shapes: list[BaseGeometry] = [box(2_500, 0, 2_600, 100)]
    result = measure(geometry_array(shapes), reader.pieces(geometry_array(shapes), searches()).pieces, searches())
    assert not result.objects.is_inside.any()
