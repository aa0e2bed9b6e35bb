"""Kept plans as pages: list, plan, what a planner does there, and two assessments compared."""

from __future__ import annotations

import json
import re
import uuid
import warnings
from pathlib import Path

import geopandas
import pytest
import shapely
from factories import box, plan, write_layer
from fastapi.testclient import TestClient
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine

from geomiljo.access import LOCAL
from geomiljo.assessments import Assessor
from geomiljo.assessments.reviews import NewStatement, add_statement
from geomiljo.assessments.store import StoredAssessment, assess_plan
from geomiljo.catalogue import Catalogue
from geomiljo.crs import WIRE_CRS, parse_crs, transform_one
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.plans.store import PlanMetadata, PlanSource, StoredPlan, add_version, create_plan, get_plan
from geomiljo.texts import LANGUAGES, Language

HIDDEN = frozenset({"seveso"})
SOURCE = PlanSource("plan.geojson", b"{}")
OPEN = re.compile(r'href="/plans/([0-9a-f-]{36})"')


@pytest.fixture
def lakes(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> Engine:
    file = write_layer(tmp_path / "r.gpkg", [box(0, 0, 100, 100), box(200, 0, 300, 100)], NAMN=["Sjön", "Tjärnen"])
    load_layer(engine, catalogue, "ramsar", file, LoadOptions(coverage="sweden"))
    return engine


def keep(engine: Engine, shape: BaseGeometry, name: str = "Strandplanen", **known: str) -> StoredPlan:
    values = {"municipality": "0180", "name": name, "stage": "samråd", **known}
    with engine.begin() as connection:
        return create_plan(connection, LOCAL, PlanMetadata.model_validate(values), plan((shape, ("B",))), SOURCE)


def assess(engine: Engine, catalogue: Catalogue, kept: StoredPlan) -> StoredAssessment:
    return assess_plan(engine, Assessor.of(catalogue), kept.version_id, caller=LOCAL, hidden=HIDDEN)


def current(engine: Engine, kept: StoredPlan) -> StoredPlan:
    with engine.connect() as connection:
        return get_plan(connection, kept.id)


def sign_in(client: TestClient, place: str = "0180") -> None:
    assert client.post("/auth/demo", data={"role": "planner", "place": place}).status_code == 303


def fields(kept: StoredPlan, **changed: str) -> dict[str, str]:
    document = kept.metadata.document()
    known = {name: str(value) for name, value in document.items() if value is not None and name != "municipality"}
    return {**known, "revision": str(kept.revision), **changed}


def test_one_sees_the_plans_that_are_open(client: TestClient, engine: Engine) -> None:
    published, draft = keep(engine, box(0, 0, 50, 50)), keep(engine, box(0, 0, 60, 50), "Skiss", stage="påbörjad")
    assert OPEN.findall(client.get("/plans").text) == [str(published.id)]
    assert client.get(f"/plans/{draft.id}").status_code == 404
    sign_in(client)
    assert set(OPEN.findall(client.get("/plans").text)) == {str(published.id), str(draft.id)}
    assert client.get(f"/plans/{draft.id}").status_code == 200


def test_plans_are_filtered_sorted_and_paged(client: TestClient, engine: Engine) -> None:
    names = [f"Plan {number:02}" for number in range(53)]
    for number, name in enumerate(names):
        keep(
            engine,
            box(0, 0, 50 + number, 50),
            name,
            designation=f"P{number}",
            municipality=["0180", "1480"][number % 2],
        )
    first = client.get("/plans", params={"sort": "name", "stage": "", "county": ""}).text
    listed = re.findall(r">(Plan \d\d)</a>", first)
    [following] = re.findall(r'rel="next" href="([^"]+)"', first)
    rest = re.findall(r">(Plan \d\d)</a>", client.get(following.replace("&amp;", "&")).text)
    assert listed + rest == names
    assert re.findall(r">(Plan \d\d)</a>", client.get("/plans", params={"q": "P17"}).text) == ["Plan 17"]
    assert len(re.findall(r">(Plan \d\d)</a>", client.get("/plans", params={"municipality": "1480"}).text)) == 26
    assert "Ingen plan som är öppen för dig" in client.get("/plans", params={"stage": "antagen"}).text
    assert client.get("/plans", params={"sort": "weather"}).status_code == 422


def test_a_plan_shows_its_case(client: TestClient, lakes: Engine, catalogue: Catalogue) -> None:
    kept = keep(lakes, box(0, 0, 50, 50), "Plan <b>ett</b>")
    stored = assess(lakes, catalogue, kept)
    [finding] = [finding.id for finding in stored.assessment.findings if finding.rule == "ramsar.overlap"]
    said = NewStatement(finding=finding, stance="dispute", reason="Sjön är <i>torrlagd</i>")
    with lakes.begin() as connection:
        add_statement(connection, LOCAL, stored, said)
    page = client.get(f"/plans/{kept.id}").text
    assert "Plan &lt;b&gt;ett&lt;/b&gt;" in page
    assert f"/assessments/{stored.id}?plan={kept.id}" in page
    assert "Sjön är &lt;i&gt;torrlagd&lt;/i&gt;" in page
    assert "Ifrågasätter" in page
    assert "planen bedömdes" in page
    assert '<form method="post"' not in page.partition("<main")[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_that_was_never_assessed_says_so(client: TestClient, engine: Engine, language: Language) -> None:
    page = client.get(f"/plans/{keep(engine, box(0, 0, 50, 50)).id}", params={"lang": language}).text
    assert {"sv": "Planen är inte kontrollerad.", "en": "The plan has not been assessed."}[language] in page


def test_a_planner_edits_what_is_known(client: TestClient, engine: Engine) -> None:
    kept = keep(engine, box(0, 0, 50, 50))
    address = f"/plans/{kept.id}"
    assert client.post(address, data=fields(kept, name="Ny")).status_code == 401
    sign_in(client, "1480")
    assert client.post(address, data=fields(kept, name="Ny")).status_code == 403
    sign_in(client)
    answer = client.post(address, data=fields(kept, name="Nya Strand", answerBy="2026-12-24", reviewFrom=""))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{address}?done=saved#about")
    saved = current(engine, kept)
    assert (saved.metadata.name, str(saved.metadata.answer_by), saved.revision) == ("Nya Strand", "2026-12-24", 2)
    assert saved.metadata.stage == "samråd"
    assert "Sparat." in client.get(f"{address}?done=saved").text


def test_what_cannot_be_saved_stays_in_the_form(client: TestClient, engine: Engine) -> None:
    kept = keep(engine, box(0, 0, 50, 50))
    sign_in(client)
    wrong = fields(kept, name="", answerBy="i morgon", designation="Mitt <utkast>")
    answer = client.post(f"/plans/{kept.id}", data=wrong)
    assert answer.status_code == 422
    assert "Får inte vara tomt." in answer.text
    assert "Skriv dagen som år-månad-dag" in answer.text
    assert 'value="Mitt &lt;utkast&gt;"' in answer.text
    turned = fields(kept, reviewFrom="2026-12-24", reviewTo="2026-12-01", municipalityCase="KS 1")
    answer = client.post(f"/plans/{kept.id}", data=turned)
    assert "Slutar innan det börjar." in answer.text
    assert 'value="KS 1"' in answer.text
    assert current(engine, kept) == kept


def test_two_editors_lose_nothing(client: TestClient, engine: Engine) -> None:
    kept = keep(engine, box(0, 0, 50, 50))
    sign_in(client)
    address = f"/plans/{kept.id}"
    assert client.post(address, data=fields(kept, name="Hennes")).status_code == 303
    answer = client.post(address, data=fields(kept, name="Hans", designation="P9"))
    assert answer.status_code == 412
    assert 'value="Hans"' in answer.text
    assert 'value="P9"' in answer.text
    assert "Sparat av någon annan: Hennes" in answer.text
    assert current(engine, kept).metadata.name == "Hennes"
    [revision] = set(
        re.findall(r'action="/plans/[^"]+#faults"><input type="hidden" name="revision" value="(\d+)"', answer.text)
    )
    assert client.post(address, data=fields(kept, name="Hans", designation="P9", revision=revision)).status_code == 303
    assert current(engine, kept).metadata.name == "Hans"


def test_a_new_geometry_makes_the_assessment_stale_and_is_assessed(
    client: TestClient, lakes: Engine, catalogue: Catalogue
) -> None:
    kept = keep(lakes, box(0, 0, 50, 50))
    assess(lakes, catalogue, kept)
    sign_in(client)
    address = f"/plans/{kept.id}"
    shape = shapely.to_geojson(transform_one(box(0, 0, 40, 50), parse_crs(3006), WIRE_CRS))
    answer = client.post(f"{address}/versions", files={"file": ("ny.geojson", shape)}, data={"revision": "1"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{address}?done=version#versions")
    page = client.get(address).text
    assert "nyare underlag" in page
    assert "Planen har en nyare geometri: 2 i stället för 1." in page
    assert "ny.geojson" in page
    answer = client.post(f"{address}/assessments")
    assert answer.status_code == 303
    assert re.fullmatch(rf"/assessments/[0-9a-f]+\?plan={kept.id}", answer.headers["location"])
    assert "inget är ändrat" in client.get(address).text


def test_a_file_that_cannot_be_read_is_answered_on_the_page(client: TestClient, engine: Engine) -> None:
    kept = keep(engine, box(0, 0, 50, 50))
    sign_in(client)
    address = f"/plans/{kept.id}/versions"
    point = json.dumps({"type": "Point", "coordinates": [15, 60]}).encode()
    for content, status in ((b"{", 400), (point, 422)):
        answer = client.post(address, files={"file": ("ny.geojson", content)}, data={"revision": "1"})
        assert answer.status_code == status
        assert "<h1>Strandplanen" in answer.text
        assert 'role="alert"' in answer.text.partition('id="new-geometry"')[2]
        assert 'name="revision" value="1"' in answer.text
    shape = shapely.to_geojson(transform_one(box(0, 0, 40, 50), parse_crs(3006), WIRE_CRS))
    assert "Ingen fil är vald" in client.post(address, data={"revision": "1"}).text
    late = client.post(address, files={"file": ("ny.geojson", shape)}, data={"revision": "9"})
    assert late.status_code == 412
    assert 'name="upload"' in late.text  # the file is there; the form has the revision of now
    assert current(engine, kept) == kept


def test_the_table_of_a_file_with_several_is_chosen_on_the_page(
    client: TestClient, engine: Engine, tmp_path: Path
) -> None:
    kept = keep(engine, box(0, 0, 50, 50))
    sign_in(client)
    path = tmp_path / "två.gpkg"
    for table, shape in (("plan", box(0, 0, 40, 50)), ("annat", box(0, 0, 10, 10))):
        geopandas.GeoDataFrame(geometry=[shape], crs=3006).to_file(path, engine="pyogrio", layer=table)
    asked = client.post(
        f"/plans/{kept.id}/versions", files={"file": ("två.gpkg", path.read_bytes())}, data={"revision": "1"}
    )
    assert asked.status_code == 422
    assert re.findall(r'name="table" value="([^"]+)"', asked.text) == ["plan", "annat"]
    [upload] = re.findall(r'name="upload" value="([^"]+)"', asked.text)
    answer = client.post(f"/plans/{kept.id}/versions", data={"revision": "1", "upload": upload, "table": "plan"})
    assert answer.status_code == 303, answer.text
    assert current(engine, kept).area_m2 == pytest.approx(2_000)


def test_the_system_of_a_file_without_one_is_chosen_on_the_page(
    client: TestClient, engine: Engine, tmp_path: Path
) -> None:
    kept = keep(engine, box(0, 0, 50, 50))
    sign_in(client)
    path = tmp_path / "utan.shp.zip"
    with warnings.catch_warnings(action="ignore"):  # that it has no coordinate system is the point
        geopandas.GeoDataFrame(geometry=[box(0, 0, 40, 50)]).to_file(path, engine="pyogrio", driver="ESRI Shapefile")
    address, sent = f"/plans/{kept.id}/versions", {"revision": "1"}
    asked = client.post(address, files={"file": ("utan.zip", path.read_bytes())}, data=sent)
    assert asked.status_code == 422
    assert "Koordinatsystem saknas" in asked.text
    [upload] = re.findall(r'name="upload" value="([^"]+)"', asked.text)
    assert client.post(address, data={**sent, "upload": upload, "crs": "EPSG:3006"}).status_code == 303
    assert current(engine, kept).version == 2


def test_two_assessments_are_compared(client: TestClient, lakes: Engine, catalogue: Catalogue) -> None:
    """The plan leaves the lake in part and reaches the tarn: one is changed, the other new, because of the plan."""
    kept = keep(lakes, box(0, 0, 50, 100))
    before = assess(lakes, catalogue, kept)
    assert client.get(f"/plans/{kept.id}/compare").status_code == 404
    with lakes.begin() as connection:
        add_version(connection, LOCAL, kept.id, plan((box(80, 0, 220, 100), ("B",))), SOURCE)
    after = assess(lakes, catalogue, current(lakes, kept))
    page = client.get(f"/plans/{kept.id}/compare").text
    named = client.get(f"/plans/{kept.id}/compare", params={"from": before.id, "to": after.id}).text
    assert page.partition("<main")[2] == named.partition("<main")[2]
    rows = re.findall(
        r'<tr><th scope="row">(\S+?)</th><td>(\w+)</td><td class="r num">([^<]+)</td><td class="r num">([^<]+)</td>',
        page,
    )
    assert ("Tjärnen", "ny", "–", "2\u00a0000\u00a0m² (14,3\u00a0%)") in rows
    assert ("Sjön", "ändrad", "5\u00a0000\u00a0m² (100\u00a0%)", "2\u00a0000\u00a0m² (14,3\u00a0%)") in rows
    assert "planen ändrad" in page
    turned = client.get(f"/plans/{kept.id}/compare", params={"from": after.id, "to": before.id}).text
    assert '<th scope="row">Tjärnen</th><td>borta</td>' in turned
    only = client.get(f"/plans/{kept.id}/compare", params={"show": "same"}).text
    assert "Tjärnen" not in only
    same = client.get(f"/plans/{kept.id}/compare", params={"from": after.id, "to": after.id}).text
    assert "Planen är densamma." in same
    assert "Tjärnen</th>" not in same


def test_plans_that_are_not_there_are_told(client: TestClient) -> None:
    assert client.get(f"/plans/{uuid.uuid4()}").status_code == 404
    assert client.get("/plans/no-such-plan").status_code == 422
