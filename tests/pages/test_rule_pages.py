"""The registers of rules and objectives as pages, and the plans that a rule has flagged."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from factories import box, plan, write_layer
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from geomiljo.access import LOCAL
from geomiljo.assessments import Assessor
from geomiljo.assessments.store import assess_plan
from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.pages.conditions import condition_in_words
from geomiljo.plans.store import PlanMetadata, PlanSource, create_plan
from geomiljo.texts import LANGUAGES, Language


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_is_listed_and_has_a_page(client: TestClient, catalogue: Catalogue, language: Language) -> None:
    listed = client.get("/rules", params={"lang": language}).text
    for rule in catalogue.rules.values():
        assert f'href="/rules/{rule.id}"' in listed
    for rule in list(catalogue.rules.values())[::20]:
        page = client.get(f"/rules/{rule.id}", params={"lang": language})
        assert page.status_code == 200, page.text
        assert rule.owner in page.text


def test_every_condition_has_words(catalogue: Catalogue) -> None:
    said = {rule.id: condition_in_words(rule, catalogue, "sv") for rule in catalogue.rules.values()}
    assert all(text.endswith(".") and "{" not in text for text in said.values())
    assert said["nationalpark.overlap"] == "Något av lagret ligger i planområdet, minst 10\u00a0m²."
    assert "Statligt naturreservat" in said["naturreservat.overlap"]


def test_rules_are_filtered(client: TestClient, catalogue: Catalogue) -> None:
    def listed(**asked: str) -> set[str]:
        return set(re.findall(r'<th scope="row"><a href="/rules/([^"]+)"', client.get("/rules", params=asked).text))

    rules = catalogue.rules.values()
    assert listed(severity="prohibition") == {rule.id for rule in rules if rule.severity == "prohibition"}
    assert listed(ground="shore") == {rule.id for rule in rules if rule.ground == "shore"}
    assert listed(ground="advice") == {rule.id for rule in rules if rule.ground is None}
    assert listed(objective="6", theme="") == {rule.id for rule in rules if 6 in rule.objectives}
    assert listed(basis="verified") == {rule.id for rule in rules if rule.basis.status == "verified"}
    assert listed(layer="ramsar") == {rule.id for rule in rules if rule.layer == "ramsar"}
    assert listed(q="saknas helt") == set()


def test_unknown_rules_and_objectives_are_told(client: TestClient) -> None:
    assert client.get("/rules/finns.inte").status_code == 404
    assert client.get("/objectives/17").status_code == 404


def test_every_objective_has_a_page(client: TestClient, catalogue: Catalogue) -> None:
    listed = client.get("/objectives").text
    for number, objective in catalogue.objectives.items():
        assert f'href="/objectives/{number}"' in listed
        page = client.get(f"/objectives/{number}")
        assert page.status_code == 200
        assert objective.summary.sv in page.text
        assert all(text in page.text for text in objective.preciseringar)
    assert "Inget lager här kan fria det här målet" in client.get("/objectives/5").text


def test_a_rule_shows_the_plans_that_it_flags_and_that_one_may_see(
    client: TestClient, engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    file = write_layer(tmp_path / "r.gpkg", [box(0, 0, 100, 100)], NAMN=["Sjön"])
    load_layer(engine, catalogue, "ramsar", file, LoadOptions(coverage="sweden"))
    assessor = Assessor.of(catalogue)
    kept = {}
    for number, (name, stage, west) in enumerate(
        [("Öppen", "samråd", 0), ("Skissen", "påbörjad", 0), ("Långt borta", "samråd", 90_000)]
    ):
        metadata = PlanMetadata.model_validate({"municipality": "0180", "name": name, "stage": stage})
        area = plan((box(west, 0, west + 50 + number, 50), ("B",)))
        with engine.begin() as connection:
            kept[name] = create_plan(connection, LOCAL, metadata, area, PlanSource("plan.geojson", b"{}"))
        assess_plan(engine, assessor, kept[name].version_id, caller=LOCAL, hidden=frozenset({"seveso"}))

    def flagged(path: str) -> set[str]:
        return set(re.findall(r'href="/plans/([0-9a-f-]{36})"', client.get(path).text))

    for path in ("/rules/ramsar.overlap", "/objectives/11"):
        assert flagged(path) == {str(kept["Öppen"].id)}
    client.post("/auth/demo", data={"role": "planner", "place": "0180"})
    assert flagged("/rules/ramsar.overlap") == {str(kept["Öppen"].id), str(kept["Skissen"].id)}
    assert flagged("/rules/nationalpark.overlap") == set()
