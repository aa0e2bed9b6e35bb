"""What one can do from a result: go to what touches the same place, report a fault in the data, try a layer again."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from factories import box, line, write_cells, write_layer
from fastapi.testclient import TestClient
from pages.visit import Visitor, accessibility_faults, picture
from sqlalchemy import Engine

from geomiljo.analysis.together import found_together
from geomiljo.assessments.checks import get_check, shapes_of_check
from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.layers.raster_load import load_raster

PASTED = "6500000; 600000\n6500000; 600100\n6500100; 600100\n6500100; 600000"


def checked_here(client: TestClient) -> str:
    answer = client.post("/checks", data={"way": "text", "text": PASTED})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@pytest.fixture
def layers(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    """Two wetlands in the east half of the plan, a trail across the northern one, and a nature reserve in the west."""
    worlds = {
        "ramsar": write_layer(tmp_path / "ramsar.gpkg", [box(50, 0, 300, 40), box(50, 60, 300, 300)]),
        "leder": write_layer(tmp_path / "leder.gpkg", [line((45, 70), (900, 70))]),
        "nyckelbiotop": write_layer(tmp_path / "nyckelbiotop.gpkg", [box(-200, 0, 40, 30)]),
    }
    for layer, path in worlds.items():
        load_layer(engine, catalogue, layer, path, LoadOptions(coverage="sweden"))


def test_findings_on_the_same_ground_lead_to_each_other(client: TestClient, engine: Engine, layers: None) -> None:
    address = checked_here(client)
    with engine.connect() as connection:
        check = get_check(connection, address.rpartition("/")[2], frozenset())
        shapes = shapes_of_check(connection, check)
    layer_of = {finding.id: finding.layer for finding in check.assessment.findings}
    inside = {layer_of[shape.finding.id]: shape.finding.id for shape in shapes.findings if shape.is_clip}
    assert set(inside) == {"ramsar", "leder", "nyckelbiotop"}
    together = found_together(shapes)

    def other_layers(layer: str) -> set[str]:
        return {layer_of[other] for other in together[inside[layer]]} - {layer}

    assert other_layers("ramsar") == {"leder"}
    assert other_layers("leder") == {"ramsar"}
    assert other_layers("nyckelbiotop") == set()
    for layer, headers in (("ramsar", {}), ("leder", {"X-Swap": "#result"})):
        finding = inside[layer]
        page = client.get(address, params={"finding": finding}, headers=headers).text
        body = page.partition(f'id="{finding}"')[2].partition("</details>")[0]
        assert "Samma plats berörs också av" in body
        assert set(re.findall(r'data-open="(f\d+)"', body)) == set(together[finding])


def test_a_fault_is_reported_from_the_finding_with_layer_version_and_object(client: TestClient, layers: None) -> None:
    client.post("/auth/demo", data={"role": "planner", "place": "0180"})
    page = client.get(checked_here(client), params={"tab": "findings"}).text
    links = {href.replace("&amp;", "&") for href in re.findall(r'href="(/layers/[^"]*#reports)"', page)}
    [link] = [link for link in links if link.startswith("/layers/leder?")]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    wetlands = {parse_qs(urlsplit(link).query).get("object", [""])[0] for link in links if "/ramsar?" in link}
    assert len(wetlands) == 3, "one for each object, and one of the whole layer"
    form = client.get(link).text
    assert f'name="version" value="{asked["version"]}"' in form
    assert f'name="object" value="{asked["object"]}"' in form
    sent = client.post("/layers/leder/reports", data={**asked, "reason": "Leden är flyttad"})
    assert sent.status_code == 303
    [report] = client.get("/api/v1/object-reports", headers={"Accept": "application/json"}).json()["reports"]
    assert (report["layer"], report["version"], report["object"]) == ("leder", asked["version"], asked["object"])


def test_a_failed_layer_is_tried_again_as_a_new_check_and_the_old_one_stays(
    client: TestClient, engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    folder = tmp_path / "rasters"
    folder.mkdir()
    cells = write_cells(np.full((40, 40), 12.0), box(-50, -50, 150, 150))
    load_raster(engine, catalogue, "hojdmodell", cells, folder)
    [kept] = folder.rglob("*.tif")
    away = kept.rename(tmp_path / "away.tif")
    address = checked_here(client)
    page = client.get(address, params={"tab": "not-checked"}).text
    failed = page.partition('id="gap-failed"')[2].partition("</section>")[0]
    assert "ett svar sätts aldrig ihop från två tidpunkter" in failed
    [action] = re.findall(r'<form method="post" action="([^"]+)"><button[^>]*>.*?Försök igen', failed)
    away.rename(kept)
    again = client.post(action).headers["location"]
    assert again != address
    assert 'id="gap-failed"' not in client.get(again, params={"tab": "not-checked"}).text
    assert 'id="gap-failed"' in client.get(address, params={"tab": "not-checked"}).text


@pytest.mark.browser
def test_what_touches_the_same_place_is_opened_from_a_finding(visitor: Visitor, checked: str) -> None:
    page = visitor.open(f"{checked}?tab=findings&finding=f1#f1")
    link = page.locator("#f1 [data-open]").first
    other = link.get_attribute("data-open")
    assert accessibility_faults(page) == []
    picture(page, "result-same-place-1440")
    link.click()
    page.wait_for_selector(f"#{other} summary:focus")
    assert page.locator(f"#{other} details").get_attribute("open") is not None
    page.wait_for_selector(f"#{other}.is-on")
