"""The document: complete, closed to the outside, deaf to markup in data, the same each time."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from factories import reader_over, whole
from maps.document import Document
from maps.world import EVIL, World, lakeside, lakeside_plan

from geomiljo import wording
from geomiljo.analysis.results import Assessment
from geomiljo.assessments import Assessor
from geomiljo.assessments.assess import shapes_of
from geomiljo.catalogue import Catalogue
from geomiljo.maps import map_page
from geomiljo.texts import LANGUAGES, Language, translate

CONSTANTS = {"http://www.w3.org/2000/svg", "https://leafletjs.com"}
"""Addresses that stand in Leaflet: a namespace, and a link of a control that the map does not have."""


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Language:
    chosen: Language = request.param
    return chosen


@pytest.fixture
def document(pages: dict[Language, str], language: Language) -> Document:
    return Document(pages[language])


def hashed(text: str) -> str:
    return f"'sha384-{base64.b64encode(hashlib.sha384(text.encode()).digest()).decode()}'"


def test_the_world_has_findings_and_layers_of_every_kind(world: World) -> None:
    assessment = world.assessment
    assert {f.severity for f in assessment.findings} == {"prohibition", "permit", "consider", "opportunity"}
    assert {f.conditional for f in assessment.findings} == {f.background for f in assessment.findings} == {True, False}
    statuses = {layer.status for layer in assessment.layers}
    assert statuses >= {"failed", "not_checked", "hit", "not_covered", "adjacent", "near", "below_threshold", "no_hit"}
    reasons = {layer.reason for layer in assessment.layers}
    assert reasons >= {"not_loaded", "switched_off", "not_supported", "coverage_unknown", "outside_extent"}


def test_head(document: Document, language: Language) -> None:
    assert document.all("html")[0].attributes == {"lang": language}
    assert document.all("title")[0].text == "Detaljplan för Strandängen, del av Ekudden – geomiljo"
    assert document.all("meta", name="viewport")[0].attributes["content"] == "width=device-width, initial-scale=1"
    assert len(document.all("h1")) == len(document.all("main")) == 1
    assert document.of_class("skip")[0].attributes["href"] == "#" + document.all("main")[0].attributes["id"]


def test_policy_allows_what_is_in_the_page_and_nothing_else(document: Document) -> None:
    metas = document.all("meta")
    assert metas[1].attributes["http-equiv"] == "Content-Security-Policy"
    policy = dict(part.split(" ", 1) for part in metas[1].attributes["content"].split("; "))
    scripts = [script.text for script in document.all("script")]
    assert policy.pop("script-src").split() == [hashed(text) for text in scripts]
    assert policy.pop("style-src").split() == [hashed(style.text) for style in document.all("style")]
    assert policy == {
        "default-src": "'none'",
        "img-src": "data:",
        "font-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert not [e for e in document.elements if "style" in e.attributes]
    assert not [e for e in document.elements if any(name.startswith("on") for name in e.attributes)]


def test_nothing_points_outside(document: Document) -> None:
    addresses = [
        e.attributes[n] for e in document.elements for n in ("href", "src", "data", "action") if n in e.attributes
    ]
    assert all(address.startswith("#") for address in addresses)
    styles = "".join(style.text for style in document.all("style"))
    assert all(target.strip("\"'").startswith(("data:", "#")) for target in re.findall(r"url\(([^)]*)\)", styles))
    assert "@import" not in styles
    code = "".join(script.text for script in document.all("script"))
    assert set(re.findall(r"https?://[\w./-]+", code)) == CONSTANTS
    assert "sourceMappingURL" not in code


def test_links_lead_somewhere(document: Document) -> None:
    ids = [e.attributes["id"] for e in document.elements if "id" in e.attributes]
    assert len(set(ids)) == len(ids)
    assert {e.attributes["href"][1:] for e in document.elements if "href" in e.attributes} <= set(ids)
    assert set(re.findall(r"url\(#([\w-]+)\)", document.all("style")[0].text)) <= set(ids)


def test_same_assessment_same_document(catalogue: Catalogue, world: World, pages: dict[Language, str]) -> None:
    assert map_page(world.assessment, world.shapes, catalogue=catalogue) == pages["sv"]


def test_page_is_light(pages: dict[Language, str]) -> None:
    assert all(len(page.encode()) < 1_000_000 for page in pages.values())


def test_every_finding_is_told_in_full(document: Document, world: World, language: Language) -> None:
    for finding in world.assessment.findings:
        text = document.by_id(finding.id).text
        told = [
            finding.id.upper(),
            finding.title.get(language),
            finding.statement.get(language),
            finding.question.get(language),
            finding.rule,
            *(thing.name or thing.id for thing in finding.features),
            *(getattr(measure, language) for measure in finding.measures),
            *(getattr(evidence, language) for evidence in finding.evidence),
            *(legal.ref for legal in finding.legal),
        ]
        assert [words for words in told if words not in text] == []


def test_every_layer_is_told(document: Document, world: World, language: Language) -> None:
    """Theme by theme, each layer once."""
    told = [
        (table.inside[0].text.split(), row.text.strip())
        for part in document.of_class("bytheme")
        for table in part.inside
        if table.tag == "table"
        for row in [row for row in table.inside if row.tag == "tr"][1:]
    ]
    assert len(told) == len(world.assessment.layers)
    for layer in world.assessment.layers:
        theme = translate(wording.THEME[layer.theme], language).split()
        assert theme in [caption[:-1] for caption, row in told if row.startswith(layer.title.get(language))], layer.id


def test_every_open_layer_is_not_checked(document: Document, world: World, language: Language) -> None:
    gaps = "".join(gap.text for gap in document.of_class("gap"))
    unanswered = [layer for layer in world.assessment.layers if not layer.answered]
    assert [layer.id for layer in unanswered if layer.title.get(language) not in gaps] == []
    assert "Ersatt av kommunens egen mätning." in gaps
    heads = document.of_class("gap__head")
    assert sum(int(re.findall(r"\d+", head.text)[0]) for head in heads) == len(unanswered)


def test_objects_without_a_hit_are_listed(document: Document, world: World) -> None:
    table = next(t for t in document.all("table") if "Strandskogen" in t.text)
    things = [t for layer in world.assessment.layers for t in (*layer.below_threshold, *layer.adjacent, *layer.near)]
    assert things
    assert [thing.id for thing in things if (thing.name or thing.id) not in table.text] == []


def test_sixteen_tiles_with_their_flags(document: Document, world: World) -> None:
    tiles = document.of_class("obj")
    looks = [tile.attributes["class"].split()[1] for tile in tiles]
    expected = {"prohibition": "obj--pro", "permit": "obj--per", "consider": "obj--con", "opportunity": "obj--opp"}
    assert looks == [
        expected[o.severity] if o.severity else "obj--unk" if o.flag == "unknown" else "obj--none"
        for o in world.assessment.objectives
    ]


def test_numbers_and_words_follow_the_language(pages: dict[Language, str]) -> None:
    assert "53,9\u00a0ha" in pages["sv"]
    assert "53.9\u00a0ha" in pages["en"]
    assert "Planen berör 11 av 16 miljömål; 5 kan inte avgöras." in pages["sv"]
    assert "The plan affects 11 of 16 environmental objectives; 5 cannot be decided." in pages["en"]


def test_markup_in_data_stays_text(catalogue: Catalogue) -> None:
    tame, wild = lakeside(catalogue), lakeside(catalogue, plan_name=EVIL, evil=EVIL)
    before = Document(map_page(tame.assessment, tame.shapes, catalogue=catalogue))
    html = map_page(wild.assessment, wild.shapes, catalogue=catalogue)
    after = Document(html)
    assert [e.tag for e in after.elements] == [e.tag for e in before.elements]
    assert after.all("h1")[0].text == EVIL
    assert EVIL in after.by_id("f1").text
    assert EVIL not in html


def test_plan_without_findings_says_what_could_not_be_checked(catalogue: Catalogue, language: Language) -> None:
    plan, reader = whole(lakeside_plan().geometry), reader_over({})
    assessment = Assessor.of(catalogue).assess(plan, reader)
    document = Document(
        map_page(assessment, shapes_of(assessment, plan, reader), catalogue=catalogue, language=language)
    )
    assert len(document.of_class("finding")) == 0
    assert str(sum(not layer.answered for layer in assessment.layers)) in document.of_class("empty")[0].text


def test_repairs_are_told(catalogue: Catalogue, world: World) -> None:
    from geomiljo.analysis.results import RepairResult
    from geomiljo.analysis.values import Words

    repair = RepairResult("self_intersection", Words("En självskärning är lagad.", "Mended."), None, 10_000.0, 10_100.0)
    mended: Assessment = replace(world.assessment, area=replace(world.assessment.area, repairs=(repair,)))
    html = map_page(mended, world.shapes, catalogue=catalogue)
    assert "En självskärning är lagad." in html
    assert "1,0\u00a0ha" in html
