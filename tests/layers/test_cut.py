"""Pieces and cover: however objects are cut, and whether in memory or batch by batch from the database."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
from factories import EAST, NORTH, box, line, point, write_layer
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine, text

from geomiljo import batches
from geomiljo.analysis.pieces import COVER, FEATURE, Pieces
from geomiljo.catalogue import Catalogue
from geomiljo.geometry import geometry_array
from geomiljo.layers import files, pieces_of_version
from geomiljo.layers.cover import overlapping
from geomiljo.layers.cut import cut_pieces, feature_pieces
from geomiljo.layers.files import layer_batches
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.layers.sources.tables import file_pages
from geomiljo.layers.subdivide import MAX_VERTICES, subdivide
from geomiljo.layers.sweep import Sweep


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 8), min_size=MAX_VERTICES, max_size=3 * MAX_VERTICES),
    st.sampled_from([0.5, 1.0, 3.0]),
)
def test_pieces_of_an_outline_on_a_lattice_are_valid_and_add_up(heights: list[int], width: float) -> None:
    """Steps of a skyline: its outline often runs along, or just touches, the line that it is halved by."""
    steps = [(width * (at + side), float(h + 1)) for at, h in enumerate(heights) for side in (0, 1)]
    skyline = shapely.Polygon([(0.0, 0.0), *steps, (width * len(heights), 0.0)])
    pieces, origin = subdivide(geometry_array([skyline, box(0, 0, 1, 1)]))
    assert set(origin.tolist()) == {0, 1}
    assert shapely.is_valid(pieces).all()
    assert (shapely.get_num_coordinates(pieces) <= MAX_VERTICES).all()
    own = pieces[origin == 0]
    assert shapely.area(own).sum() == pytest.approx(skyline.area, rel=1e-12)
    assert shapely.union_all(own).symmetric_difference(skyline).area < 1e-9


def test_a_hole_that_touches_the_cut_is_kept() -> None:
    around = shapely.segmentize(shapely.box(0, 0, 100, 100), 1)
    holed = shapely.difference(around, shapely.box(50, 20, 60, 80))
    pieces, _origin = subdivide(geometry_array([holed]))
    assert shapely.is_valid(pieces).all()
    assert shapely.area(pieces).sum() == pytest.approx(100 * 100 - 10 * 60, rel=1e-12)


def _objects(seed: int) -> list[BaseGeometry]:
    """Return squares, strips, lines and points of a lattice, many of which lie over each other or touch."""
    generator = np.random.default_rng(seed)
    made: list[BaseGeometry] = []
    for _ in range(120):
        x, y = generator.integers(0, 60, 2) * 50.0
        wide, tall = generator.choice([20.0, 50.0, 150.0, 1_000.0], 2)
        made.append(box(x, y, x + wide, y + tall))
    for _ in range(40):
        x, y = generator.integers(0, 20, 2) * 50.0
        made.append(line((x, y), (x + 200, y)) if generator.random() < 0.5 else line((x, y), (x, y + 150)))
    return [*made, point(5, 5), point(5, 5)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 6), min_size=2, max_size=4, unique=True), min_size=2, max_size=12), st.data())
def test_lines_that_share_length_are_found_in_any_direction(steps: list[list[int]], data: st.DataObject) -> None:
    """Along a few directions of the lattice, either way, some shifted beside each other: against every single pair."""
    directions = st.sampled_from([(1, 0), (0, 1), (3, 7), (-7, 3), (1_000, 1)])
    lines = []
    for along in steps:
        east, north = data.draw(directions)
        beside = data.draw(st.sampled_from([0, 0, 1]))
        lines.append(line(*((east * at + beside, north * at) for at in along)))
    feature = np.arange(len(lines)) // 2
    shapes = geometry_array(lines)
    pairs = {
        tuple(sorted(pair))
        for pair in zip(*(side.tolist() for side in overlapping(shapes, feature, 1, 1)), strict=True)
    }
    expected = {
        (a, b)
        for a, b in itertools.combinations(range(len(lines)), 2)
        if feature[a] != feature[b] and shapely.relate_pattern(lines[a], lines[b], "1********")
    }
    assert pairs == expected


def test_the_sweep_finds_every_pair_whatever_the_batches() -> None:
    shapes = geometry_array(_objects(1))
    shapes = shapes[np.argsort(shapely.bounds(shapes)[:, 1], kind="stable")]
    whole = cut_pieces(shapes, np.ones(len(shapes), dtype=np.int64), 1.0, threads=1)
    feature_pieces = whole.take(np.flatnonzero(whole.flags & FEATURE))
    sweep = Sweep(threads=1)
    kept = 0
    for start in range(0, len(feature_pieces), 7):
        batch = feature_pieces.take(np.arange(start, min(start + 7, len(feature_pieces))))
        batch.flags[:] |= COVER
        south = shapely.bounds(batch.geometry)[-1, 1]
        told, serials = sweep.take(batch, south)
        expected = whole.flags[serials] & COVER
        assert (told.flags & COVER == expected).all()
        kept += len(told)
    told, serials = sweep.take(feature_pieces.take(np.arange(0)), np.inf)
    assert (told.flags & COVER == whole.flags[serials] & COVER).all()
    assert kept + len(told) == len(feature_pieces)


@pytest.mark.parametrize("rows", [7, 10_000])
def test_a_load_in_batches_measures_the_same_cover(
    engine: Engine, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    """Area and length of each set of classes, against PostGIS over whole objects."""
    monkeypatch.setattr(files, "_ROWS", rows)
    monkeypatch.setattr(pieces_of_version, "_ROWS", rows)
    shapes = _objects(2)
    kinds = ["allé", "odlingsröse", None]
    path = write_layer(tmp_path / "o.gpkg", shapes, typ=[kinds[number % 3] for number in range(len(shapes))])
    load_layer(engine, catalogue, "generellt_biotopskydd", path)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(DISTINCT class_bit) FROM feature")) == 3
        for dimension, size in ((2, "ST_Area"), (1, "ST_Length")):
            for mask in range(1, 8):
                asked = {"d": dimension, "mask": mask, "cover": COVER}
                cells = connection.scalar(
                    text(
                        "SELECT coalesce(sum(size), 0) FROM piece "
                        "WHERE ST_Dimension(geom) = :d AND classes & :mask <> 0 AND flags & :cover <> 0"
                    ),
                    asked,
                )
                union = connection.scalar(
                    text(
                        f"SELECT coalesce({size}(ST_UnaryUnion(ST_Collect(geom))), 0) FROM feature "  # noqa: S608
                        "WHERE ST_Dimension(geom) = :d AND class_bit & :mask <> 0"
                    ),
                    asked,
                )
                assert cells == pytest.approx(union, rel=1e-9), (dimension, mask)


def test_ids_that_several_objects_share_are_told_apart_across_batches(
    engine: Engine, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_ROWS", 2)
    numbers = ["a", "b", "a", "c", "a", "b"]
    shapes = [box(200 * at, 0, 200 * at + 100, 100) for at in range(len(numbers))]
    mine: dict[str, Any] = {"NVRID": numbers, "NAMN": numbers, "BESLUTSMYNDIGHET": ["Länsstyrelsen"] * 6}
    first = load_layer(engine, catalogue, "naturreservat", write_layer(tmp_path / "1.gpkg", shapes, **mine))
    with engine.connect() as connection:
        ids = connection.scalars(text("SELECT id FROM feature ORDER BY number")).all()
    assert ids == ["a", "b", "a~2", "c", "a~3", "b~2"]
    assert first.report.duplicate_ids == 3
    # the same objects, but another of them is the second: other content
    swapped = [shapes[at] for at in (0, 1, 4, 3, 2, 5)]
    second = load_layer(engine, catalogue, "naturreservat", write_layer(tmp_path / "2.gpkg", swapped, **mine))
    assert second.is_new
    third = load_layer(engine, catalogue, "naturreservat", write_layer(tmp_path / "3.gpkg", shapes, **mine))
    assert (third.is_new, third.version) == (False, first.version)


def test_the_order_of_objects_does_not_make_another_version(
    engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    shapes = [shapely.box(EAST + 200 * at, NORTH, EAST + 200 * at + 100, NORTH + 100) for at in range(9)]
    numbers = [str(at) for at in range(9)]

    def load(name: str, order: list[int]) -> str:
        columns: dict[str, Any] = {"NVRID": [numbers[at] for at in order], "BESLUTSMYNDIGHET": ["Länsstyrelsen"] * 9}
        path = write_layer(tmp_path / name, [shapes[at] for at in order], **columns)
        return load_layer(engine, catalogue, "naturreservat", path).version

    assert load("1.gpkg", list(range(9))) == load("2.gpkg", [4, 2, 7, 0, 1, 8, 3, 5, 6])


def test_while_one_layer_is_cut_others_can_be_taken_in(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    path = write_layer(tmp_path / "r.gpkg", [box(0, 0, 9, 9)])
    waits = text("SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'piece'::regclass AND NOT granted)")
    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as holding:
            holding.execute(text("LOCK TABLE piece IN SHARE MODE"))
            loading = pool.submit(load_layer, engine, catalogue, "ramsar", path)
            while not holding.scalar(waits):
                assert not loading.done()
                time.sleep(0.01)
            with engine.begin() as other:  # what attaching another layer's objects takes
                other.execute(text("LOCK TABLE feature IN SHARE UPDATE EXCLUSIVE MODE NOWAIT"))
        assert loading.result().is_new


def test_few_large_outlines_travel_together(
    engine: Engine, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From any file, from a source's file, and from the database when they are cut: two of 80 kB at most in 100 kB."""
    monkeypatch.setattr(batches, "BATCH_BYTES", 100_000)
    monkeypatch.setattr(pieces_of_version, "BATCH_BYTES", 100_000)
    discs = [shapely.Point(EAST + 1_000 * at, NORTH).buffer(400, quad_segs=1_250) for at in range(6)]
    path = write_layer(tmp_path / "o.gpkg", discs, NVRID=[str(at) for at in range(6)])
    geopandas.read_file(path).to_parquet(tmp_path / "o.parquet")
    for read in (layer_batches(path), layer_batches(tmp_path / "o.parquet")):
        assert [len(batch.geometry) for batch in read] == [2, 1, 1, 1, 1]
    assert [len(page.wkb) for page in file_pages(path, "http://source", [])] == [2, 1, 1, 1, 1]
    cut: list[int] = []

    def counted(geometry: NDArray[np.object_], *others: Any) -> Pieces:
        cut.append(len(geometry))
        return feature_pieces(geometry, *others)

    monkeypatch.setattr(pieces_of_version, "feature_pieces", counted)
    loaded = load_layer(engine, catalogue, "naturreservat", path, LoadOptions(mapping={"BESLUTSMYNDIGHET": ""}))
    assert (loaded.report.stored, cut) == (6, [2, 2, 2])
