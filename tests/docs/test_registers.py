"""The document on registers against the models, and its example of an organisation's own registers."""

from __future__ import annotations

from typing import get_args

import pytest
from docs.markdown import DOCS, Block, blocks, code, tables
from factories import box, reader_over, staged, whole

from geomiljo.assessments import Assessor
from geomiljo.catalogue import Catalogue, open_catalogue
from geomiljo.catalogue.base import Entry
from geomiljo.catalogue.checks import PLACEHOLDERS
from geomiljo.catalogue.layers import Attribute, Layer, LayerClass, RasterSpec
from geomiljo.catalogue.load import REGISTERS
from geomiljo.catalogue.rules import Condition, Rule
from geomiljo.catalogue.sources import Source
from geomiljo.resources import shipped

TABLES = tables(DOCS / "registers.md")
EXAMPLE = DOCS / "examples" / "registers"
YAML = list(blocks(DOCS / "registers.md", "yaml"))
PLAN = box(0, 0, 100, 100)


@pytest.fixture(scope="module")
def example() -> Catalogue:
    return open_catalogue(EXAMPLE)


@pytest.mark.parametrize(
    ("heading", "model"),
    [("A layer", Layer), ("Attributes", Attribute), ("Rasters", RasterSpec), ("Classes", LayerClass), ("A rule", Rule)],
)
def test_every_key_has_a_row_and_every_row_a_key(heading: str, model: type[Entry]) -> None:
    assert sorted(word for row in TABLES[heading] for word in code(row["key"])) == sorted(model.model_fields)


def test_every_key_of_a_source_is_told_with_its_protocols() -> None:
    [union, _discriminator] = get_args(Source)
    keys: dict[str, set[str]] = {}
    for model in get_args(union):
        for key in model.model_fields:
            keys.setdefault(key, set()).add(model.model_fields["protocol"].default)
    protocols = set.union(*keys.values())
    told = {}
    for row in TABLES["Sources"]:
        named = set(code(row["of"]))
        everywhere = row["of"].startswith("all")
        told[code(row["key"])[0]] = protocols - named if everywhere else named
    assert told == keys


def test_conditions_have_the_keys_and_places_that_are_told() -> None:
    [union, _discriminator] = get_args(Condition)
    keys = {
        get_args(model.model_fields["relation"].annotation)[0]: set(model.model_fields)
        - {"relation", "classes", "uses"}
        for model in get_args(union)
    }
    rows = {code(row["relation"])[0]: row for row in TABLES["Conditions"]}
    assert {relation: set(code(row["keys"])) for relation, row in rows.items()} == keys
    places = {relation: frozenset(code(row["places in the statement"])) for relation, row in rows.items()}
    assert places == PLACEHOLDERS


def test_the_files_and_their_keys_are_those_told() -> None:
    told = [key for row in TABLES["Files"] for key in code(row["top-level keys"])]
    assert sorted(told) == sorted(REGISTERS)
    for row in TABLES["Files"]:
        if "organisation" not in row["files"]:
            for pattern in code(row["files"]):
                assert any(shipped("catalogue").glob(pattern.replace("<theme>", "*").replace("<id>", "*")))


@pytest.mark.parametrize("block", [pytest.param(block, id=f"line-{block.line}") for block in YAML])
def test_what_the_document_quotes_is_in_the_example(block: Block) -> None:
    assert any(block.text in path.read_text(encoding="utf-8") for path in EXAMPLE.glob("*.yaml"))


def test_the_example_adds_to_the_shipped_registers(example: Catalogue, catalogue: Catalogue) -> None:
    assert set(example.layers) - set(catalogue.layers) == {"local.odlingslotter"}
    assert set(catalogue.rules) < set(example.rules)
    assert example.layers["local.odlingslotter"].owner == "Exempelkommun"
    assert example.layers["naturreservat"].owner == "geomiljo"
    assert example.version != catalogue.version


def test_its_layer_set_is_used_when_none_is_named(example: Catalogue) -> None:
    assert example.default_layer_set() == "exempelkommun"
    assert example.layers_in_set("exempelkommun") == example.layers_in_set("detaljplan") | {"local.odlingslotter"}


def test_its_layer_is_judged_by_its_rules(example: Catalogue) -> None:
    gardens = [box(0, 0, 20, 20), box(120, 0, 140, 20), box(50, 50, 60, 60)]
    layer = staged(example, "local.odlingslotter", gardens, ARRENDE=["varaktigt", "varaktigt", "tillfälligt"])
    assessment = Assessor.of(example).assess(whole(PLAN), reader_over({"local.odlingslotter": layer}))
    assert [f.rule for f in assessment.findings] == ["local.odlingslotter.overlap", "local.odlingslotter.near"]
    assert {f.owner for f in assessment.findings} == {"Exempelkommun"}
    [judged] = [result for result in assessment.layers if result.id == "local.odlingslotter"]
    assert {c.class_id for c in judged.classes} == {"varaktigt", "tillfalligt"}


def test_what_it_leaves_out_is_told_with_the_reason(example: Catalogue) -> None:
    assessment = Assessor.of(example).assess(whole(PLAN), reader_over({}))
    [off] = [layer for layer in assessment.layers if layer.id == "riksintresse_rennaring"]
    assert (off.status, off.reason, off.message and off.message.sv) == (
        "not_checked",
        "switched_off",
        "Ingen renskötsel i kommunen.",
    )
