"""The method document against the code: its worked numbers and every row of its decision table."""

from __future__ import annotations

import doctest
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
import pytest
import shapely
from docs.markdown import DOCS, Block, blocks, code, tables
from factories import EAST, EVERYWHERE, NORTH, box, line, measured, plan, point, reader_over, staged, whole, write_cells
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geomiljo.analysis.area import PlanArea
from geomiljo.analysis.pieces import LayerSearch
from geomiljo.analysis.results import (
    LAYER_STATUSES,
    Assessment,
    Flag,
    LayerReason,
    LayerResult,
    ObjectiveReason,
    ObjectResult,
)
from geomiljo.assessments import Assessor
from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.base import Text
from geomiljo.catalogue.layers import Layer
from geomiljo.catalogue.registers import SwitchedOff
from geomiljo.errors import InvalidGeometry, SourceUnavailable
from geomiljo.geometry import geometry_array, repair_polygons
from geomiljo.layers.readers import MemoryReader
from geomiljo.layers.readers.base import Found, LoadedLayer, RasterVersion, Reader
from geomiljo.layers.stage import classification_hash
from geomiljo.plans import plan_area_from_geojson
from geomiljo.settings import Settings

PLAN = box(0, 0, 100, 100)
TABLES = tables(DOCS / "method.md")
STATUSES = TABLES["Status of a layer"]
OBJECTS = TABLES["Status of an object"]
FIRINGS = TABLES["When a rule fires"]
FLAGS = TABLES["Flag of an objective"]
LISTS = ("hits", "below_threshold", "adjacent", "near")
NOTHING = "–"
_CELLS = re.compile(r"cells\(([^)]*)\)")
_ERROR = re.compile(r"± ([\d.]+) m")
_SHAPE = re.compile(r"(box|line|point)\(([^`]*)\)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_PART = re.compile(r"(\w+) on `([^`]+)`")
_FIRED = re.compile(r"`([^`]+)`( if)?")

Row = dict[str, str]


# --- worked numbers ---


@pytest.mark.parametrize("block", [pytest.param(b, id=f"line-{b.line}") for b in blocks(DOCS / "method.md", "pycon")])
def test_worked_numbers(block: Block) -> None:
    known = {
        "shapely": shapely,
        "PLAN": PLAN,
        "box": box,
        "line": line,
        "point": point,
        "measured": measured,
        "plan": plan,
    }
    example = doctest.DocTestParser().get_doctest(block.text, known, "method.md", "docs/method.md", block.line - 1)
    told: list[str] = []
    outcome = doctest.DocTestRunner().run(example, out=told.append)
    assert outcome.attempted > 0
    assert not outcome.failed, "".join(told)


@pytest.mark.parametrize(("height", "share"), [(0.9, 0.00088), (1.1, 0.00107)])
def test_a_planning_area_is_refused_when_its_readings_differ_by_more_than_told(
    catalogue: Catalogue, height: float, share: float
) -> None:
    """A column 20 m wide is crossed by a band: 20 m × its height is read once or not at all."""
    top = 10 + height
    ring = [(0, 0), (60, 0), (60, 1000), (40, 1000), (40, 10), (100, 10), (100, top), (0, top), (0, 0)]
    outline = shapely.Polygon([(EAST + x, NORTH + y) for x, y in ring])
    assert repair_polygons(geometry_array([outline])).disagreement[0] == pytest.approx(share, rel=0.01)
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3006"}}
    document = {**json.loads(shapely.to_geojson(outline)), "crs": crs}
    if share > 0.001:
        with pytest.raises(InvalidGeometry, match="can be read as 20466 m² or as 20488 m²"):
            plan_area_from_geojson(document, catalogue=catalogue, settings=Settings())
    else:
        area = plan_area_from_geojson(document, catalogue=catalogue, settings=Settings())
        assert [note.kind for note in area.repairs] == ["self_intersection"]


# --- small worlds from the cells of a row ---


@pytest.fixture(scope="module")
def assessor(catalogue: Catalogue) -> Assessor:
    return Assessor.of(catalogue)


def by_row(rows: Sequence[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [pytest.param(row, id=row["row"]) for row in rows])


def shapes(cell: str) -> list[BaseGeometry]:
    """Return the geometries that a cell writes down."""
    return [shape(kind, [float(n) for n in _NUMBER.findall(inner)]) for kind, inner in _SHAPE.findall(cell)]


def shape(kind: str, numbers: Sequence[float]) -> BaseGeometry:
    if kind == "line":
        return line(*zip(numbers[::2], numbers[1::2], strict=True))
    return box(*numbers) if kind == "box" else point(*numbers)


def ground(cell: str) -> PlanArea:
    """Return the planning area with the parts that a cell names."""
    parts = [(shapes(where)[0], (use,)) for use, where in _PART.findall(cell)]
    return plan(*parts, outline=PLAN) if parts else whole(PLAN)


class BrokenSource:
    """A reader whose layers are there but cannot be read just now."""

    def __init__(self, reader: MemoryReader) -> None:
        self._reader = reader

    def layers(self) -> Mapping[str, LoadedLayer]:
        return self._reader.layers()

    def off(self) -> Mapping[str, str]:
        return self._reader.off()

    def pieces(self, areas: NDArray[np.object_], searches: Sequence[LayerSearch]) -> Found:
        nothing = reader_over({}).pieces(areas, searches).pieces
        return Found(nothing, {s.layer: SourceUnavailable("{layer} is away.", layer=s.layer) for s in searches})

    def objects(self, layer: str, ids: Sequence[str]) -> dict[str, BaseGeometry]:
        return self._reader.objects(layer, ids)


@dataclass(frozen=True)
class Given:
    """What a row says about a layer, ready to be assessed."""

    assessor: Assessor
    reader: Reader
    hidden: frozenset[str] = frozenset()

    @classmethod
    def of(cls, assessor: Assessor, layer: str, objects: str, mapped: str = "everywhere") -> Given:
        coverage = {"everywhere": EVERYWHERE, "unknown": None}.get(mapped)
        if mapped.startswith("`"):
            coverage = shapes(mapped)[0]
        if objects == "not loaded":
            return cls(assessor, reader_over({}))
        if error := _ERROR.search(objects):
            assessor = Assessor.of(uncertain(assessor.catalogue, layer, float(error.group(1))))
        if cells := _CELLS.search(objects):
            return cls(assessor, cells_reader(assessor.catalogue.layers[layer], cells.group(1)))
        registers = assessor.catalogue
        sorted_by = otherwise(registers, layer) if objects == "sorted otherwise" else registers
        found: list[BaseGeometry | None] = list(shapes(objects))
        if objects == "one rejected":
            found = [box(9_000, 0, 9_100, 100), None]
        reader = reader_over({layer: staged(sorted_by, layer, found)}, coverage)
        if objects == "source fails":
            return cls(assessor, BrokenSource(reader))
        if objects == "switched off":
            off = SwitchedOff(layer=layer, reason=Text(sv="Används inte här.", en="Not used here."))
            return cls(Assessor.of(replace(registers, switched_off={layer: off})), reader)
        if objects == "hidden":
            return cls(assessor, reader, frozenset({layer}))
        assert objects in {"none", "sorted otherwise", "one rejected"} or shapes(objects), objects
        return cls(assessor, reader)

    def assess(self, area: PlanArea) -> Assessment:
        return self.assessor.assess(area, self.reader, hidden=self.hidden)


def cells_reader(layer: Layer, text: str) -> MemoryReader:
    """Return a reader over a raster whose cells are those written down."""
    values = np.array([row.split() for row in text.split("/")], dtype=np.uint8)
    cover_set = next(iter(layer.raster.cover_sets), None) if layer.raster else None
    nodata = 0 if cover_set else 255
    raster = RasterVersion(write_cells(values, PLAN, nodata=nodata), cover_set)
    loaded = LoadedLayer(layer.id, "v", None, classification_hash(layer), EVERYWHERE, raster=raster)
    return MemoryReader({layer.id: loaded}, {}, {})


def uncertain(registers: Catalogue, layer: str, error_m: float) -> Catalogue:
    """Return registers in which points and lines of a layer may lie that far from where they are drawn."""
    changed = registers.layers[layer].model_copy(update={"position_error_m": error_m})
    return replace(registers, layers={**registers.layers, layer: changed})


def otherwise(registers: Catalogue, layer: str) -> Catalogue:
    """Return registers that sort the objects of a layer otherwise."""
    changed = registers.layers[layer].model_copy(update={"sliver_width_m": 2.0})
    return replace(registers, layers={**registers.layers, layer: changed})


def only(cell: str) -> str:
    """Return the one word that a cell has in backticks."""
    [word] = code(cell)
    return word


def optional(cell: str) -> str | None:
    return None if cell == NOTHING else only(cell)


def layer_of(assessment: Assessment, layer: str) -> LayerResult:
    return next(result for result in assessment.layers if result.id == layer)


# --- the decision table ---


@by_row(STATUSES)
def test_status_of_a_layer(assessor: Assessor, row: Row) -> None:
    layer = only(row["layer"])
    found = layer_of(Given.of(assessor, layer, row["objects"], row["mapped"]).assess(whole(PLAN)), layer)
    assert found.status == only(row["status"])
    assert found.reason == optional(row["reason"])
    assert found.answered is (row["answered"] == "yes")


@by_row(OBJECTS)
def test_status_of_an_object(assessor: Assessor, row: Row) -> None:
    layer = only(row["layer"])
    found = layer_of(Given.of(assessor, layer, row["object"]).assess(whole(PLAN)), layer)
    listed: dict[str, tuple[ObjectResult, ...]] = {name: getattr(found, name) for name in LISTS}
    expected = optional(row["listed as"])
    lists = {expected: len(shapes(row["object"]))} if expected else {}
    assert {name: len(objects) for name, objects in listed.items() if objects} == lists
    amount, unit = row["inside"].split()
    own = [o.area_m2 if unit == "m²" else o.length_m for objects in listed.values() for o in objects]
    assert sum(own) == pytest.approx(float(amount), abs=1e-6)


@by_row(FIRINGS)
def test_when_a_rule_fires(assessor: Assessor, row: Row) -> None:
    layer = only(row["layer"])
    assessment = Given.of(assessor, layer, row["objects"]).assess(ground(row["parts"]))
    expected = [(rule, bool(condition)) for rule, condition in _FIRED.findall(row["fires"])]
    assert [(f.rule, f.conditional) for f in assessment.findings] == expected


@by_row(FLAGS)
def test_flag_of_an_objective(assessor: Assessor, row: Row) -> None:
    assessment = Given.of(assessor, only(row["layer"]), row["objects"]).assess(ground(row["parts"]))
    objective = assessment.objectives[int(row["objective"]) - 1]
    assert objective.flag == only(row["flag"])
    assert objective.severity == optional(row["severity"])
    assert list(objective.reasons) == code(row["reasons"])


# --- nothing is left out of the table ---


def test_rows_have_names_of_their_own() -> None:
    names = [row["row"] for rows in (STATUSES, OBJECTS, FIRINGS, FLAGS) for row in rows]
    assert len(set(names)) == len(names) > 60


def test_every_status_and_reason_of_a_layer_has_a_row() -> None:
    assert {only(row["status"]) for row in STATUSES} == set(LAYER_STATUSES)
    assert {optional(row["reason"]) for row in STATUSES} == {*get_args(LayerReason), None}


def test_the_order_of_statuses_is_the_one_of_the_code() -> None:
    text = (DOCS / "method.md").read_text(encoding="utf-8")
    sentence = re.search(r"The order is ([^.]*)\.", text)
    assert sentence is not None
    assert tuple(code(sentence.group(1))) == LAYER_STATUSES


def test_every_flag_and_reason_of_an_objective_has_a_row() -> None:
    assert {only(row["flag"]) for row in FLAGS} == set(get_args(Flag))
    assert {reason for row in FLAGS for reason in code(row["reasons"])} == set(get_args(ObjectiveReason))


def test_every_relation_that_is_measured_fires_in_some_row(catalogue: Catalogue) -> None:
    fired = {catalogue.rules[rule].relation for row in FIRINGS for rule, _ in _FIRED.findall(row["fires"])}
    described = {only(row["relation"]) for row in TABLES["Rules"]}
    assert described == {rule.relation for rule in catalogue.rules.values()}
    assert fired == described


def test_objectives_without_spatial_evidence_are_those_named(catalogue: Catalogue) -> None:
    without = [str(o.number) for o in catalogue.objectives.values() if not o.spatial_evidence]
    assert f"objectives {' and '.join(without)}" in (DOCS / "method.md").read_text(encoding="utf-8")


def test_shapes_are_read_as_written() -> None:
    read = shapes("`box(1, 2, 3.5, 4)` `line((0, -1), (2, 3))` `point(5, 6)`")
    assert shapely.equals(read, [box(1, 2, 3.5, 4), line((0, -1), (2, 3)), point(5, 6)]).all()
