"""What the terminal shows of an assessment, in both languages, in narrow and wide windows."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from factories import box, point, reader_over, staged, whole
from maps.world import World, lakeside

from geomiljo import wording
from geomiljo.analysis.area import RepairNote
from geomiljo.analysis.document import to_json
from geomiljo.assessments import Assessor
from geomiljo.assessments.assess import shapes_of
from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import Loaded
from geomiljo.layers.load_report import LoadReport
from geomiljo.layers.overview import LayerRow
from geomiljo.maps import map_page
from geomiljo.reports import console, layers_terminal, terminal
from geomiljo.reports.load_terminal import print_load_report
from geomiljo.texts import LANGUAGES, Language, translate

WIDTHS = (80, 140)
ENGLISH = re.compile(
    r"\b(the|and|of|not|is|layers?|findings?|objects?|question|rule|unknown|plan area)\b", re.IGNORECASE
)
SWEDISH = re.compile(r"\b(och|inte|är|lagret|fynd|fråga|regel|okänd|planområdet)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def world(catalogue: Catalogue) -> World:
    return lakeside(catalogue)


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(console, "_PLAIN_WIDTH", request.param)
    return int(request.param)


def flat(text: str) -> str:
    """Return text without line breaks and indents."""
    return " ".join(text.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_assessment_tells_everything(
    world: World, language: Language, width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assessment = world.assessment
    terminal.print_assessment(assessment, language)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    told = flat(shown)
    assert flat(wording.verdict(assessment, language)) in told
    for finding in assessment.findings:
        assert flat(finding.statement.get(language)) in told
        assert flat(finding.question.get(language)) in told
    for layer in assessment.unanswered_in_set:
        assert flat(layer.title.get(language)) in told
        assert flat(wording.why_open(layer, language)) in told
    assert translate("Nothing here is a no.", language) in told
    assert assessment.id in told


def test_repairs_are_told_with_their_areas(catalogue: Catalogue, capsys: pytest.CaptureFixture[str]) -> None:
    notes = (
        RepairNote("overlapping_parts", "Counted once.", {}, None, 12_000.0, 10_000.0),
        RepairNote("dropped_z", "Heights.", {}, None, 10_000.0, 10_000.0),
    )
    area = replace(whole(box(0, 0, 100, 100)), repairs=notes)
    terminal.print_assessment(Assessor.of(catalogue).assess(area, reader_over({})), "en")
    told = capsys.readouterr().out
    assert "! Counted once. Area before 1.2\N{NO-BREAK SPACE}ha, after 1.0\N{NO-BREAK SPACE}ha.\n! Heights.\n" in told


def many(count: int) -> dict[str, object]:
    rejected = [{"fid": i, "id": f"r{i}", "reason": "no geometry"} for i in range(count)]
    return LoadReport(read=count + 5, stored=5, rejected=rejected).as_json() | {"has_curves": True}


def test_of_many_rejected_objects_the_number_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    print_load_report(Loaded("ramsar", "0123456789ab", True, LoadReport()).document(), many(1_200), "en")
    told = capsys.readouterr().out
    assert "ramsar: 5 of 1,205 objects loaded" in told
    assert told.count("  rejected r") == 10
    assert "  rejected in all: 1,200\n" in told
    assert "Arcs were replaced" in told


def test_gaps_are_told_by_theme_and_those_that_nothing_waits_for_last(
    catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = {name: staged(catalogue, name, [box(0, 0, 9, 9)]) for name in ("lan", "nationalpark")}
    unmapped = dict.fromkeys(layers)
    assessment = Assessor.of(catalogue).assess(whole(box(0, 0, 100, 100)), reader_over(layers, unmapped))
    terminal.print_assessment(assessment, "sv")
    told = capsys.readouterr().out.partition("Här finns inget nej.")[2]
    known, _heading, others = told.partition("Utanför lageruppsättningen")
    assert "Det är inte känt vad lagret omfattar.\n      Natur: Nationalpark\n" in known
    assert "Naturreservat (statligt och kommunalt)" in flat(known)
    assert "Län" in others
    assert "Naturreservat" not in others
    assert "Kommuner" not in told


def test_objects_that_could_not_be_loaded_are_told(catalogue: Catalogue, capsys: pytest.CaptureFixture[str]) -> None:
    parks = staged(catalogue, "nationalpark", [box(0, 0, 200, 200), None])
    assessment = Assessor.of(catalogue).assess(whole(box(0, 0, 100, 100)), reader_over({"nationalpark": parks}))
    terminal.print_assessment(assessment, "sv")
    told = capsys.readouterr().out
    assert (
        "Träff (1)\n    1 objekt i källan kunde inte läsas in; inget är känt om dem.\n      Natur: Nationalpark\n"
        in told
    )


def test_a_zone_around_an_uncertain_position_is_told_as_derived(
    catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same on the page, in the document and in the files."""
    remains = staged(catalogue, "fornlamning", [point(230, 50)], lagesosakerhet_i_meter=[100])
    reader, area = reader_over({"fornlamning": remains}), whole(box(0, 0, 100, 100))
    assessment = Assessor.of(catalogue).assess(area, reader)
    shapes = shapes_of(assessment, area, reader)
    terminal.print_assessment(assessment, "en")
    label = "derived zone of 100 m, original geometry kept"
    told = flat(capsys.readouterr().out).replace("\xa0", " ")
    assert f"130 m away · {label}" in told
    assert (
        "1 of them by an uncertain position: a derived zone of at most 100 m around the geometry as registered" in told
    )
    page = map_page(assessment, shapes, catalogue=catalogue, language="en").replace("\xa0", " ")
    assert page.count(label) == 2  # with the finding, and in the list of what is near
    [thing] = json.loads(to_json(assessment))["findings"][0]["features"]
    assert (thing["zoneM"], thing["distanceM"]) == (100.0, 130.0)
    [drawn] = [shape.geometry for shape in shapes.findings]
    assert drawn.equals(point(230, 50))


@pytest.mark.parametrize(("language", "foreign"), [("sv", ENGLISH), ("en", SWEDISH)])
def test_no_other_language_leaks(
    world: World, language: Language, foreign: re.Pattern[str], width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.print_assessment(world.assessment, language)
    shown = capsys.readouterr().out.replace(world.assessment.area.name, "")
    assert [line for line in shown.splitlines() if foreign.search(line)] == []


def row(layer: str, state: str, **more: object) -> LayerRow:
    nothing: dict[str, object] = dict.fromkeys(LayerRow.__dataclass_fields__)
    titles = {"title_sv": "Ett kartlager med ett ganska långt namn", "title_en": "A map layer with a rather long name"}
    return LayerRow(**(nothing | titles | {"id": layer, "state": state} | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(("language", "stale"), [("sv", "inaktuellt"), ("en", "out of date")])
def test_layers_keep_ids_and_versions_whole(
    language: Language, stale: str, width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        row("ovrig_kulturhistorisk_lamning", "not_loaded"),
        row("badvatten", "switched_off", why="Ersatt av kommunens egen mätning."),
        row(
            "ri_mb4_hogexploaterad_kust",
            "active",
            version="0123456789ab",
            source_date="2025-01-31",
            feature_count=12_345,
            is_stale=True,
            coverage="county:01,03,04,05,06",
        ),
    ]
    layers_terminal.print_layers(rows, language)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    for word in (
        "ovrig_kulturhistorisk_lamning",
        "ri_mb4_hogexploaterad_kust",
        "0123456789ab",
        "2025-01-31",
        *stale.split(),
    ):
        assert word in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_can_be_shown(
    catalogue: Catalogue, language: Language, width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    for rule in catalogue.rules.values():
        terminal.print_rule(catalogue, rule, language)
        shown = flat(capsys.readouterr().out)
        assert rule.id in shown
        assert flat(rule.question.get(language)) in shown
