"""Help, the guide to local work with the objectives, and the accessibility statement."""

from __future__ import annotations

import html
import re

import pytest
from docs.markdown import DOCS
from fastapi.testclient import TestClient
from pages.conftest import AS_BROWSER

from geomiljo.api import create_app
from geomiljo.catalogue import Catalogue
from geomiljo.errors import kinds
from geomiljo.pages.guide import actor_names, guide, indicator_title
from geomiljo.pages.problems import MEANING
from geomiljo.settings import Settings
from geomiljo.texts import LANGUAGES, Language, translate

OWN_REGISTERS = DOCS / "examples" / "registers"
CHAPTERS = [("methods", chapter) for chapter in guide().methods] + [("tools", chapter) for chapter in guide().tools]


def test_the_guide_speaks_of_what_there_is(catalogue: Catalogue) -> None:
    """Its ids of rules, layers, objectives and actors exist, and so do the chapters that rules point to."""
    found = guide()
    assert {chapter.id for chapter in found.tools} == set(catalogue.guidance)
    assert {chapter for step in found.process for chapter in step.chapters} <= {chapter.id for chapter in found.methods}
    who = {name for _part, chapter in CHAPTERS for step in chapter.steps for name in step.who}
    who |= {name for step in found.process for item in (*step.checklist, *step.roles) for name in item.who}
    who |= {name for tool in found.responsibilities for name in (*tool.decides, *tool.prepares)}
    assert who <= set(actor_names())
    assert {rule for _part, chapter in CHAPTERS for rule in chapter.rules} <= set(catalogue.rules)
    assert {layer for _part, chapter in CHAPTERS for layer in chapter.layers} <= set(catalogue.layers)
    assert {n for card in found.conflicts for n in (*card.objectives, *card.also)} <= set(catalogue.objectives)
    unnamed = {name for chapter in found.tools for name in chapter.indicators if not indicator_title(name, catalogue)}
    assert all(re.fullmatch(r"[NU]\d{5}", name) for name in unnamed), unnamed


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chapter_can_be_read(client: TestClient, language: Language) -> None:
    contents = client.get("/guide", params={"lang": language}).text
    for part, chapter in CHAPTERS:
        address = f"/guide/{part}/{chapter.id}"
        assert f'href="{address}"' in contents
        page = client.get(address, params={"lang": language})
        assert page.status_code == 200
        assert ("own knowledge" if language == "en" else "egen kunskap") in page.text
    for name in ("process", "responsibilities", "conflicts"):
        assert client.get(f"/guide/{name}", params={"lang": language}).status_code == 200


def test_good_examples_are_the_organisations_own(client: TestClient, settings: Settings, catalogue: Catalogue) -> None:
    """Where there is none the chapter says so, and where one is added."""
    page = words(client.get("/guide/tools/ekosystemtjanster").text)
    assert "Inga är inlagda" in page
    assert "GEOMILJO_REGISTERS_DIR" in page
    app = create_app(settings.model_copy(update={"registers_dir": OWN_REGISTERS}))
    with TestClient(app, base_url="http://127.0.0.1", headers=AS_BROWSER) as own:
        page = words(own.get("/guide/tools/ekosystemtjanster").text)
        assert "Odlingslotter som fick stå kvar." in page
        assert "Exempelkommun. Källa: Exempelkommun, samrådsredogörelse för Lottområdet, 2026-02-11" in page
        assert "Inga är inlagda" not in page
        assert "Inga är inlagda" in words(own.get("/guide/tools/naturvard").text)


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split()).replace(" ,", ",")


def test_the_limits_have_an_address(client: TestClient) -> None:
    page = client.get("/guide").text
    assert 'id="limits"' in page
    assert "Det finns inget grönt ljus" in page


def test_unknown_chapters_are_told(client: TestClient) -> None:
    assert client.get("/guide/methods/finns-inte").status_code == 404
    assert client.get("/guide/annat/naturvard").status_code == 422


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("stod@kommun.example", 'href="mailto:stod@kommun.example"'),
        ("https://kommun.example/fel", 'href="https://kommun.example/fel"'),
        ("Rum 4 <b>", "Rum 4 &lt;b&gt;"),
        (None, "den har inte angett någon adress"),
    ],
)
def test_the_statement_says_whom_to_tell(settings: Settings, contact: str | None, shown: str) -> None:
    asked = settings.model_copy(update={"contact": contact})
    with TestClient(create_app(asked), base_url="http://127.0.0.1") as client:
        page = client.get("/accessibility", headers={"Accept": "text/html"}).text
    assert shown in page
    assert "2018:1937" in page
    assert "delvis förenliga" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_problem_has_a_page(client: TestClient, language: Language) -> None:
    listed = client.get("/problems", params={"lang": language}).text
    for kind in kinds():
        assert f'href="/problems/{kind.code}"' in listed
        page = client.get(f"/problems/{kind.code}", params={"lang": language}).text
        assert translate(MEANING[kind.code], language) in html.unescape(page)
    as_program = client.get("/problems/missing-crs", headers={"Accept": "application/json"})
    assert as_program.json()["status"] == 422
    assert client.get("/problems/no-such-kind").status_code == 404
