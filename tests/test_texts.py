"""Every text is translated, and no translation is left over."""

from __future__ import annotations

import ast

import pytest
from babel.messages.catalog import Catalog

from geomiljo import texts
from geomiljo.errors import NotFound, kinds
from tools.texts import ROOT, extracted, faults, translated


def catalogue(*messages: tuple[str | tuple[str, ...], str | tuple[str, ...]]) -> Catalog:
    made = Catalog(locale="sv")
    for english, swedish in messages:
        made.add(english, swedish)
    return made


def test_swedish_is_complete() -> None:
    english = extracted()
    assert len(english) > 300
    assert list(faults(english, translated())) == []


def test_extractor_reads_every_marked_text() -> None:
    """Texts inside f-strings escape it."""
    english = extracted()
    marked = {
        (str(path.relative_to(ROOT)), call.args[0].value)
        for path in (ROOT / "src").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "_"
        if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }
    assert len(marked) > 300
    assert [(path, text) for path, text in marked if text not in english] == []


@pytest.mark.parametrize(
    ("swedish", "fault"),
    [
        ([], "untranslated"),
        ([("{count} of {all}", "")], "untranslated"),
        ([("{count} of {all}", "{count} av {alla}")], "other places"),
        ([("{count} of {all}", "{count} av {all}"), ("Gone", "Borta")], "unused"),
    ],
)
def test_faults_are_found(swedish: list[tuple[str, str]], fault: str) -> None:
    english = catalogue(("{count} of {all}", ""))
    found = list(faults(english, catalogue(*swedish)))
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_doubtful_texts_count_as_none() -> None:
    swedish = catalogue(("{count} of {all}", "{count} av {all}"))
    swedish["{count} of {all}"].flags.add("fuzzy")
    assert [fault.partition(":")[0] for fault in faults(catalogue(("{count} of {all}", "")), swedish)] == [
        "untranslated"
    ]


@pytest.mark.parametrize(
    ("swedish", "count"),
    [(("{count} lager", "{count} lager"), 0), (("{count} lager", ""), 1), (("ett lager", "{count} lager"), 1)],
)
def test_both_numbers_count(swedish: tuple[str, str], count: int) -> None:
    pair = ("{count} layer", "{count} layers")
    assert len(list(faults(catalogue((pair, ("", ""))), catalogue((pair, swedish))))) == count


def test_plural_follows_the_number() -> None:
    one, many = "{count} layer unclear", "{count} layers unclear"
    assert [texts.plural(one, many, n, "sv") for n in (0, 1, 2, 21)] == [
        "0 lager oklara",
        "1 lager oklart",
        "2 lager oklara",
        "21 lager oklara",
    ]
    assert [texts.plural(one, many, n, "en") for n in (0, 1, 2)] == [
        "0 layers unclear",
        "1 layer unclear",
        "2 layers unclear",
    ]


def test_kinds_of_error_have_swedish_titles() -> None:
    for kind in kinds():
        assert texts.translate(kind.title, "sv") != kind.title, kind


def test_error_is_explained_in_both_languages() -> None:
    error = NotFound(
        "There is no county {code}.", remedy="County codes have two digits: {codes}.", code="99", codes="01, 03"
    )
    assert texts.explain(error, "sv") == ("Det finns inget län 99.", "Länskoder har två siffror: 01, 03.")
    assert texts.explain(error, "en") == ("There is no county 99.", "County codes have two digits: 01, 03.")
