"""The county's pages without script: links and forms do all that the modules do."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pytest
from api.cases import Headers, address, area, key_of, make
from factories import box, line, write_layer
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.reports.workbook import XLSX_TYPE
from geomiljo.wording import divided

TAG = re.compile(r"<[^>]+>")


@pytest.fixture
def layers(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    everywhere = LoadOptions(coverage="sweden")
    lake = write_layer(tmp_path / "ramsar.gpkg", [box(50, 0, 300, 300)], NAMN=["Sjön"])
    load_layer(engine, catalogue, "ramsar", lake, everywhere)
    load_layer(engine, catalogue, "leder", write_layer(tmp_path / "l.gpkg", [line((0, 50), (900, 50))]), everywhere)


@pytest.fixture
def planner(engine: Engine) -> Headers:
    return key_of(engine, "planner", municipality="0115")


@pytest.fixture
def plan(client: TestClient, layers: None, planner: Headers) -> dict[str, Any]:
    """A plan at review, assessed then and as it went out for consultation."""
    made = make(client, planner, stage="samråd", answerBy="2026-04-02", name="Björkby <b>norra</b>")
    assess(client, planner, made)
    client.patch(address(made), json={"stage": "granskning"}, headers={**planner, "If-Match": '"1"'})
    client.post(address(made, "versions"), json=area(box(0, 0, 80, 100)), headers=planner)
    assess(client, planner, made)
    return made


def assess(client: TestClient, planner: Headers, plan: dict[str, Any]) -> None:
    assert client.post(address(plan, "assessments"), headers=planner).status_code == 201


@pytest.fixture
def reviewer(client: TestClient) -> TestClient:
    """The browser of the county's officer."""
    assert client.post("/auth/demo", data={"role": "reviewer", "place": "01"}).status_code == 303
    return client


def words(page: str) -> str:
    return " ".join(TAG.sub(" ", page.partition("<main")[2]).split())


def test_the_pages_are_the_county_boards(client: TestClient, plan: dict[str, Any]) -> None:
    pages = ("/review", f"/review/{plan['id']}", "/overview", "/overview/ledger", "/overview/overlap")
    for path in pages:
        assert client.get(path).status_code == 401
    client.post("/auth/demo", data={"role": "reviewer", "place": "14"})
    assert "Ingen plan passar filtren" in client.get("/review").text
    assert client.get(f"/review/{plan['id']}").status_code == 403
    assert client.get("/review", params={"county": "01"}).status_code == 403
    client.post("/auth/demo", data={"role": "planner", "place": "0115"})
    assert {client.get(path).status_code for path in pages} == {403}


def test_the_queue_filters_by_its_form(reviewer: TestClient, plan: dict[str, Any]) -> None:
    found = words(reviewer.get("/review").text)
    assert "Björkby &lt;b&gt;norra&lt;/b&gt;" in found
    assert "1 av 1 planer" in found
    shown = {"stage": "granskning", "municipality": "0115", "q": "björk", "only": ["unreviewed", "changed"]}
    empty = {"objective": "", "days": "", "severity": "", "county": ""}  # as a form without script sends them
    for more in ({}, empty):
        assert "Björkby" in words(reviewer.get("/review", params={**shown, **more}).text)
    for other in ({"stage": "samråd"}, {"q": "Ekby"}, {"only": "answered"}, {"municipality": "0180"}):
        assert "Ingen plan passar filtren" in reviewer.get("/review", params=other).text
    assert reviewer.get("/review", params={"severity": "worst"}).status_code == 422
    strip = re.findall(r'<a[^>]* href="([^"]+)"[^>]*><span class="top">.*?<b>(\d+)</b>', reviewer.get("/review").text)
    for link, count in strip:
        listed = reviewer.get(link.replace("&amp;", "&")).text
        assert (f"{count} av 1 planer" in words(listed)) or (count == "0" and "Ingen plan" in listed), link


def test_the_filtered_queue_is_given_as_a_file(
    reviewer: TestClient, planner: Headers, plan: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(TestClient(reviewer.app, base_url="http://127.0.0.1"), planner, stage="samråd", name="=1+1")
    page = reviewer.get("/review", params={"stage": "granskning"}).text
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/review/export[^"]+)"', page)]
    assert links == [f"/review/export?stage=granskning&f={form}" for form in ("xlsx", "gpkg")]
    monkeypatch.setattr("geomiljo.pages.queue.ROWS", 1)  # the file has all pages
    book = openpyxl.load_workbook(io.BytesIO(reviewer.get("/review/export?f=xlsx&sort=name").content))
    heads, unknown, known = ([cell.value for cell in row] for row in book["Planer att granska"])
    told = dict(zip(heads, known, strict=True))
    assert told["Plan"] == "Björkby <b>norra</b>"
    assert (told["Kommun"], told["Skede"], told["Yta (ha)"]) == ("Vallentuna", "granskning", 0.8)
    assert (told["Svar senast"], told["Ändrade sedan samråd"], told["Nyare data"]) == ("2026-04-02", 2, "Nej")
    assert unknown[heads.index("Plan")] == "=1+1"
    assert unknown[heads.index("Beakta")] is None  # it was never assessed
    file = tmp_path / "queue.gpkg"
    file.write_bytes(reviewer.get("/review/export?f=gpkg&sort=name").content)
    frame = pyogrio.read_dataframe(file)
    assert frame.crs.to_epsg() == 3006
    assert frame.name.tolist() == ["=1+1", "Björkby <b>norra</b>"]
    assert frame.plan[1] == plan["id"]
    assert frame.area[1] == pytest.approx(8_000)
    assert frame.stale.tolist() == [False, False]
    assert frame.consider.isna().tolist() == [True, False]
    assert str(frame.answer_by[1].date()) == "2026-04-02"
    monkeypatch.setattr("geomiljo.api.pages.review.MOST_PLANS", 1)
    assert reviewer.get("/review/export?f=gpkg").status_code == 413


def test_an_empty_queue_is_a_file_too(reviewer: TestClient, tmp_path: Path) -> None:
    file = tmp_path / "queue.gpkg"
    file.write_bytes(reviewer.get("/review/export?f=gpkg").content)
    assert len(pyogrio.read_dataframe(file)) == 0
    book = openpyxl.load_workbook(io.BytesIO(reviewer.get("/review/export?f=xlsx").content))
    assert book["Planer att granska"].max_row == 1


def test_views_are_kept_for_oneself(reviewer: TestClient) -> None:
    kept = reviewer.post("/review/views", data={"name": "  Min   vecka ", "query": "days=7&stage=samr%C3%A5d"})
    assert kept.headers["location"] == "/review?days=7&stage=samr%C3%A5d"
    page = reviewer.get(kept.headers["location"]).text
    assert '<a href="/review?days=7&amp;stage=samr%C3%A5d">Min vecka</a>' in page
    assert reviewer.post("/review/views", data={"name": " ", "query": ""}).status_code == 422
    reviewer.post("/auth/demo", data={"role": "reviewer", "place": "03"})
    assert "Min vecka" not in reviewer.get("/review").text
    reviewer.post("/auth/demo", data={"role": "reviewer", "place": "01"})
    reviewer.post("/review/views/remove", data={"name": "Min vecka"})
    assert "Min vecka" not in reviewer.get("/review").text


def test_a_case_from_draft_to_opinion(reviewer: TestClient, planner: Headers, plan: dict[str, Any]) -> None:
    path = f"/review/{plan['id']}"
    page = reviewer.get(path).text
    assert "planen ändrad" in page
    first = {"finding": "f1", "stance": "dispute", "text": "Sjön <sänkt>", "included": "true", "revision": "0"}
    saved = reviewer.post(f"{path}/drafts", data=first)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{path}?done=saved&open=f1#f1")
    shown = reviewer.get(saved.headers["location"]).text
    assert "Sjön &lt;sänkt&gt;</textarea>" in shown
    assert "Utkastet är sparat" in shown
    stale = reviewer.post(f"{path}/drafts", data={**first, "text": "En annan text"})
    assert stale.status_code == 412
    assert "Där står:<blockquote>Sjön &lt;sänkt&gt;</blockquote>" in stale.text.replace(": <", ":<")
    assert "En annan text</textarea>" in stale.text
    many = reviewer.post(f"{path}/bulk", data={"finding": ["f1", "f2"], "stance": "handled", "text": " "})
    assert many.status_code == 303
    lacking = reviewer.post(f"{path}/submit")
    assert lacking.status_code == 409
    assert "behöver en text" in lacking.text
    assert reviewer.post(f"{path}/bulk", data={"stance": "agree"}).status_code == 409
    reviewer.post(f"{path}/bulk", data={"finding": ["f2"], "stance": "agree", "included": "true"})
    last = {**first, "revision": "2", "text": "Sjön är sänkt"}
    assert reviewer.post(f"{path}/drafts", data=last).status_code == 303
    assert "utkast" in reviewer.get(f"{path}/statement").text
    assert reviewer.post(f"{path}/submit").headers["location"] == f"{path}?done=submitted"
    opinion = words(reviewer.get(f"{path}/statement").text)
    assert "Länsstyrelsen ifrågasätter fyndet. Sjön är sänkt" in opinion
    assert "Länsstyrelsen instämmer i fyndet." in opinion
    after = words(reviewer.get(path).text)
    assert "2 av " in after
    assert "Sjön är sänkt" in after
    assert reviewer.get("/api/v1/plans/" + plan["id"] + "/drafts").json() == {"drafts": []}


def test_a_draft_can_be_forgotten(reviewer: TestClient, plan: dict[str, Any]) -> None:
    path = f"/review/{plan['id']}"
    reviewer.post(f"{path}/drafts", data={"finding": "f1", "text": "Kanske", "revision": "0"})
    gone = reviewer.post(f"{path}/drafts", data={"finding": "f1", "remove": "true", "revision": "1"})
    assert gone.headers["location"].startswith(f"{path}?done=removed")
    assert "Kanske" not in reviewer.get(path).text


def test_who_is_no_longer_signed_in_comes_back_to_the_form(client: TestClient, plan: dict[str, Any]) -> None:
    client.cookies.set("geomiljo", "ended")
    form = {"finding": "f1", "text": "Kanske"}
    for referer, back in (
        ("http://127.0.0.1/review/x?show=new", "/review/x%3Fshow%3Dnew"),
        ("http://evil.example/", "/"),
    ):
        answer = client.post(f"/review/{plan['id']}/drafts", data=form, headers={"Referer": referer})
        assert answer.status_code == 401
        assert f'href="/auth/demo?to={back}"' in answer.text


def test_the_municipalitys_words_stand_beside(reviewer: TestClient, planner: Headers, plan: dict[str, Any]) -> None:
    latest = reviewer.get(address(plan)).json()["latestAssessment"]["id"]
    said = {"finding": "f1", "stance": "handled", "reference": "Planbestämmelse n1"}
    client = TestClient(reviewer.app, base_url="http://127.0.0.1")
    assert client.post(f"/api/v1/assessments/{latest}/reviews", json=said, headers=planner).status_code == 201
    assert "Planbestämmelse n1" in reviewer.get(f"/review/{plan['id']}").text
    assert "1 har kommunens svar" in words(reviewer.get("/review").text)


def test_a_plan_that_was_never_assessed_is_assessed_from_its_page(
    reviewer: TestClient, planner: Headers, layers: None
) -> None:
    made = make(TestClient(reviewer.app, base_url="http://127.0.0.1"), planner, stage="samråd")
    path = f"/review/{made['id']}"
    assert "Planen är inte kontrollerad" in reviewer.get(path).text
    assert reviewer.get(f"{path}/statement").status_code == 404
    assert reviewer.post(f"{path}/assess").status_code == 303
    page = words(reviewer.get(path).text)
    assert "0 av " in page
    assert "Planen är på samråd" in page


def test_the_differences_lead_to_their_findings(reviewer: TestClient, plan: dict[str, Any]) -> None:
    page = reviewer.get(f"/review/{plan['id']}").text
    pills = re.findall(r'class="pill" href="([^"]+)"[^>]*>(?:<svg.*?</svg>)?(\d+) ', page)
    assert len(pills) == 6
    for link, count in pills:
        shown = reviewer.get(link).text
        assert shown.count('<li class="finding ') == int(count), link


def test_long_lists_are_paged(reviewer: TestClient, plan: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geomiljo.pages.case.PER_PAGE", 1)
    path = f"/review/{plan['id']}"
    first = reviewer.get(path).text
    shown, following = [], path
    while following:
        page = reviewer.get(following).text
        shown += re.findall(r'<li class="finding [^>]* id="([^"]+)"', page)
        found = re.search(r'rel="next" href="([^"]+)#findings"', page)
        following = path + found.group(1).replace("&amp;", "&") if found else ""
    assert len(shown) == len(set(shown)) == int(re.findall(r">(\d+) totalt<", first)[0]) > 1
    assert f'id="{shown[-1]}"' in reviewer.get(path, params={"open": shown[-1]}).text
    assert f'id="{shown[-1]}"' in reviewer.get(path, params={"page": 99}).text


def test_the_matrix_leads_to_the_plans_that_it_counts(
    reviewer: TestClient, planner: Headers, plan: dict[str, Any]
) -> None:
    for show in ("plans", "hectares", "share"):
        page = reviewer.get("/overview", params={"show": show}).text
        cells = re.findall(r'<td class="q\d[^"]*"><a href="([^"]+)">(.*?)</a>', page)
        assert cells
        for link, _text in cells[:3]:
            assert "Björkby" in reviewer.get(link.replace("&amp;", "&")).text
    assert "inga planer" in reviewer.get("/overview").text
    make(TestClient(reviewer.app, base_url="http://127.0.0.1"), planner, stage="samråd", name="Inte kontrollerad")
    cells = re.findall(r'<td class="q\d( u)?">(.*?)</td>', reviewer.get("/overview").text)
    assert len(cells) == 16
    assert all(corner or "kan inte avgöras" in text for corner, text in cells)  # of one plan nothing is known


def test_ledger_and_overlap_are_told_as_tables_too(reviewer: TestClient, plan: dict[str, Any]) -> None:
    ledger = words(reviewer.get("/overview/ledger", params={"objective": "11"}).text)
    assert "Mål 11" in ledger
    assert re.search(r"\d{4}-\d{2} 1 0,3 ", ledger)  # of the lake, 50 to 80 m
    overlap = words(reviewer.get("/overview/overlap").text)
    assert re.search(r"1 3\s000\sm²", overlap)
    assert "Ingen plan passar" in reviewer.get("/overview/ledger", params={"stage": "antagen"}).text
    assert "Ingen mark berörs" in reviewer.get("/overview/overlap", params={"stage": "antagen"}).text


def test_the_sums_are_given_as_a_workbook(reviewer: TestClient, plan: dict[str, Any]) -> None:
    for path in ("/overview", "/overview/ledger"):
        page = reviewer.get(path, params={"stage": "granskning", "objective": "11", "show": "hectares"}).text
        links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/overview/export[^"]+)"', page)]
        assert links == [f"/overview/export?stage=granskning&f={form}" for form in ("xlsx", "gpkg")]
    answer = reviewer.get("/overview/export", params={"stage": "granskning"})
    assert answer.headers["content-type"] == XLSX_TYPE
    matrix, months = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets
    heads = [cell.value for cell in matrix[1]]
    [wetlands] = [row for row in matrix.iter_rows(min_row=2, values_only=True) if row[2] == 11]
    told = dict(zip(heads, wetlands, strict=True))
    assert (told["Planer"], told["Kontrollerade planer"]) == (1, 1)
    assert sum(told[head] for head in heads if head.endswith("(ha)")) == pytest.approx(0.3)  # of the lake, 50 to 80 m
    last = dict(
        zip((cell.value for cell in months[1]), next(months.iter_rows(min_row=2, values_only=True)), strict=True)
    )
    assert last["11 Myllrande våtmarker (ha)"] == pytest.approx(0.3)
    assert reviewer.get("/overview/export", params={"stage": "antagen"}).status_code == 200  # nothing to sum up


def test_the_plans_behind_the_sums_are_given_with_their_places(
    reviewer: TestClient, planner: Headers, plan: dict[str, Any], tmp_path: Path
) -> None:
    make(TestClient(reviewer.app, base_url="http://127.0.0.1"), planner, stage="antagen", name="Aldrig kontrollerad")
    file = tmp_path / "plans.gpkg"
    file.write_bytes(reviewer.get("/overview/export", params={"f": "gpkg"}).content)
    frame = pyogrio.read_dataframe(file).set_index("name")
    assert frame.crs.to_epsg() == 3006
    assert frame.area["Björkby <b>norra</b>"] == pytest.approx(8_000)
    told = frame.loc["Björkby <b>norra</b>"]
    assessed = reviewer.get(address(plan, "assessments")).json()["assessments"][0]["id"]
    known = reviewer.get(f"/api/v1/assessments/{assessed}").json()["objectives"]
    assert [told[f"objective_{o['number']}"] for o in known] == [o["severity"] or o["flag"] for o in known]
    assert {told[f"objective_{number}"] for number in (11, 2)} == {"consider", "unknown"}
    assert frame.loc["Aldrig kontrollerad"].filter(like="objective_").isna().all()
    for narrower in ({"stage": "antagen"}, {"municipality": "0180"}):
        file.write_bytes(reviewer.get("/overview/export", params={"f": "gpkg", **narrower}).content)
        assert "Björkby <b>norra</b>" not in pyogrio.read_dataframe(file).name.tolist()


def test_no_name_of_an_objective_breaks_within_a_syllable(catalogue: Catalogue) -> None:
    names = [name for o in catalogue.objectives.values() for name in (o.name.sv, o.name.en)]
    parts = [part for name in names for part in re.split(r"[ \u00ad-]", divided(name))]
    assert max(map(len, parts)) <= 9
    assert [divided(name).replace("\u00ad", "") for name in names] == names
