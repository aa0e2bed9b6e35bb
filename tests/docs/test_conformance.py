"""The document of conformance, the list that the service gives and the tests it names, held together."""

from __future__ import annotations

import ast

import pytest
from docs.markdown import DOCS, ROOT, code, tables

from geomiljo.api.ogc.conformance import CLASSES

ROWS = [row for rows in tables(DOCS / "conformance.md").values() for row in rows if "class" in row]
SPEC = "http://www.opengis.net/spec/"


def test_every_class_has_a_row_and_every_row_a_class() -> None:
    assert sorted(SPEC + name for row in ROWS for name in code(row["class"])) == sorted(CLASSES)


@pytest.mark.parametrize("row", [pytest.param(row, id=code(row["class"])[0]) for row in ROWS])
def test_the_tests_that_show_a_class_exist(row: dict[str, str]) -> None:
    named = code(row["shown by"])
    assert named
    for test in named:
        path, _, function = test.partition("::")
        parsed = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert function in {node.name for node in parsed.body if isinstance(node, ast.FunctionDef)}, test
