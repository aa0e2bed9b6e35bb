"""Faults in registers are found before anything is judged by them, and are told with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from geomiljo.catalogue import Catalogue, open_catalogue
from geomiljo.errors import CatalogueError

LAYER = """\
layers:
  - id: local.lott
    title: {sv: Lott, en: Plot}
    theme: land_use
    authority: Testkommun
    kinds: [polygon]
    attributes:
      - {name: ART}
    classes:
      - {id: liten, title: {sv: Liten, en: Small}, filter: ART = 'liten'}
      - {id: stor, title: {sv: Stor, en: Large}, filter: ART = 'stor'}
    update: {text: yearly, cadence_days: 400}
    licence: {name: CC0, redistribution: true}
    basis: own_knowledge
"""
RULES = """\
rules:
  - id: local.lott.overlap
    layer: local.lott
    title: {sv: Lott i planen, en: Plot in the plan}
    when: {relation: overlap, min_area_m2: 50}
    severity: consider
    ground: null
    objectives: [15, 13]
    statement: {sv: 'Lotter: {count}.', en: 'Plots: {count}.'}
    question: {sv: Kan de vara kvar?, en: Can they stay?}
    measures:
      - {step: avoid, sv: Behåll lotterna., en: Keep the plots.}
    before: samrad
    guidance: ekosystemtjanster
    basis: {status: own_knowledge, legal: none}
  - id: local.lott.near
    layer: local.lott
    title: {sv: Lott nära planen, en: Plot near the plan}
    when: {relation: near, within_m: 50}
    severity: consider
    ground: null
    objectives: [15]
    statement: {sv: 'Lott {distance} bort.', en: 'Plot {distance} away.'}
    question: {sv: Påverkas den?, en: Is it affected?}
    measures:
      - {step: avoid, sv: Håll avstånd., en: Keep a distance.}
    before: samrad
    guidance: ekosystemtjanster
    basis: {status: own_knowledge, legal: none}
"""


def opened(folder: Path, layers: str = LAYER, rules: str = RULES) -> Catalogue:
    (folder / "organisation.yaml").write_text("name: Testkommun\n", encoding="utf-8")
    (folder / "layers.yaml").write_text(layers, encoding="utf-8")
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    return open_catalogue(folder)


def test_sound_registers_of_an_organisation(tmp_path: Path) -> None:
    registers = opened(tmp_path)
    assert registers.layers["local.lott"].owner == "Testkommun"
    assert [rule.id for rule in registers.rules_by_layer["local.lott"]] == ["local.lott.overlap", "local.lott.near"]


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "told"),
    [
        ("layers", "ART = 'liten'", "ART = = 'liten'", "layers.yaml:10", "filter"),
        ("layers", "ART = 'liten'", "SORT = 'liten'", "layers.yaml:10", "SORT"),
        ("layers", "theme: land_use", "theme: landuse", "layers.yaml:4", "theme"),
        ("layers", "local.lott", "lott", "layers.yaml:2", "local."),
        ("layers", "kinds: [polygon]", "kind: polygon", "layers.yaml:", "kind"),
        ("rules", "layer: local.lott", "layer: local.x", "rules.yaml:3", "local.x"),
        ("rules", "objectives: [15, 13]", "objectives: [17]", "rules.yaml:8", "objectives"),
        ("rules", "objectives: [15, 13]", "objectives: [13]", "rules.yaml:", "15"),
        ("rules", "'Lotter: {count}.'", "'Lotter: {number}.'", "rules.yaml:", "number"),
        ("rules", "severity: consider", "severity: worry", "rules.yaml:6", "severity"),
        ("rules", "guidance: ekosystemtjanster", "guidance: nope", "rules.yaml:", "nope"),
        ("rules", "id: local.lott.near", "id: local.lott.overlap", "rules.yaml:", "local.lott.overlap"),
    ],
)
def test_faults_name_file_line_and_key(tmp_path: Path, file: str, old: str, new: str, place: str, told: str) -> None:
    texts = {"layers": LAYER, "rules": RULES}
    assert old in texts[file]
    with pytest.raises(CatalogueError) as caught:
        opened(tmp_path, **{**texts, file: texts[file].replace(old, new, 1)})
    assert place in str(caught.value)
    assert told in str(caught.value)


def test_objects_of_unknown_kind_must_not_slip_past_a_stricter_rule(tmp_path: Path) -> None:
    """A class without a filter takes objects whose attribute is null."""
    layers = LAYER.replace(", filter: ART = 'stor'", "")
    rules = RULES.replace(
        "when: {relation: near, within_m: 50}", "when: {relation: near, within_m: 50, classes: [liten]}"
    )
    opened(tmp_path, layers)
    with pytest.raises(CatalogueError, match=r"local\.lott\.near is stricter"):
        opened(tmp_path, layers, rules)


def test_good_examples_belong_to_chapters_and_judge_nothing(tmp_path: Path) -> None:
    before = opened(tmp_path).version
    entry = (
        "good_examples:\n  - id: e\n    chapters: [naturvard]\n    title: {sv: T, en: T}\n    text: {sv: T, en: T}\n"
        "    source: Testkommun\n    date: 2026-02-11\n"
    )
    (tmp_path / "examples.yaml").write_text(entry, encoding="utf-8")
    assert opened(tmp_path).version == before
    (tmp_path / "examples.yaml").write_text(entry.replace("naturvard", "finns_inte"), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        opened(tmp_path)
    assert "examples.yaml:3: good_examples.0.chapters.0" in str(caught.value)
    assert "the guide has no chapter finns_inte" in str(caught.value)
