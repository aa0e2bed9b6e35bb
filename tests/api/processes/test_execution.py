"""OGC API Processes: both ways of running, results in every form, areas, uses, and what is refused."""

from __future__ import annotations

import json
import uuid
from typing import Any

import jsonschema
import pytest
from api.cases import area, make
from api.processes.asking import AREA, ASYNC, CHECK, ECHO, EXCEPTIONS, PLANS, ask, ended, parts, settled, valid
from factories import box
from fastapi.testclient import TestClient

from geomiljo.api.ogc.processes import CONFORMANCE


def test_processes_are_listed_and_described_in_the_standards_shapes(service: TestClient) -> None:
    listed = valid(service.get("/ogc/processes").json(), "processList")
    assert [process["id"] for process in listed["processes"]] == ["check-area", "check-plans", "echo"]
    assert len(service.get("/ogc/processes?limit=1").json()["processes"]) == 1
    for process in listed["processes"]:
        [link] = process["links"]
        described = valid(service.get(link["href"]).json(), "process")
        assert described["id"] == process["id"]
        for given in (*described["inputs"].values(), *described["outputs"].values()):
            jsonschema.Draft7Validator.check_schema(given["schema"])


def test_descriptions_are_swedish_and_english(service: TestClient) -> None:
    swedish, english = (service.get(f"/ogc/processes/check-area?lang={lang}").json() for lang in ("sv", "en"))
    assert (swedish["title"], english["title"]) == ("Kontrollera ett område", "Check an area")
    for kind in ("inputs", "outputs"):
        for name, given in swedish[kind].items():
            assert given["title"] != english[kind][name]["title"], name


def test_results_at_once_are_those_of_a_check(service: TestClient) -> None:
    answer = ask(service, CHECK, inputs=AREA)
    assert answer.status_code == 200
    found = parts(answer)
    assert {name: part.get_content_type() for name, part in found.items()} == {
        "assessment": "application/json",
        "findings": "application/geo+json",
        "map": "text/html",
    }
    for name, form in (("assessment", "json"), ("findings", "geojson"), ("map", "html")):
        content: Any = found[name].get_payload(decode=True)
        check = service.post("/api/v1/checks", params={"f": form}, json=area())
        if form == "json":
            assert settled(json.loads(content)) == settled(check.json())
        elif form == "geojson":
            assert json.loads(content) == check.json()
        else:
            assert content.startswith(b"<!doctype html>")


def test_results_of_a_job_are_those_of_a_check(service: TestClient) -> None:
    started = ask(service, CHECK, ASYNC, inputs=AREA, response="document")
    assert started.headers["Preference-Applied"] == "respond-async"
    assert valid(started.json(), "statusInfo")["status"] == "accepted"
    job = ended(service, started)
    assert (job["status"], job["progress"], job["processID"]) == ("successful", 100, "check-area")
    assert {"created", "started", "finished", "updated"} <= job.keys()
    [link] = [link for link in job["links"] if link["rel"] == "http://www.opengis.net/def/rel/ogc/1.0/results"]
    results = valid(service.get(link["href"]).json(), "results")
    check = service.post("/api/v1/checks", json=area()).json()
    assert settled(results["assessment"]["value"]) == settled(check)
    assert results["findings"]["mediaType"] == "application/geo+json"
    assert results["map"]["value"].startswith("<!doctype html>")
    one = service.get(f"{link['href']}/findings")
    assert one.headers["content-type"] == "application/geo+json"
    assert one.json() == results["findings"]["value"]


def test_one_output_is_given_as_it_is(service: TestClient) -> None:
    wanted: dict[str, Any] = {"outputs": {"findings": {"format": {"mediaType": "application/geo+json"}}}}
    answer = ask(service, CHECK, {"Prefer": "respond-sync"}, inputs=AREA, **wanted)
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["Preference-Applied"] == "respond-sync"
    assert {feature["properties"]["kind"] for feature in answer.json()["features"]} == {"plan", "finding"}
    job = ask(service, CHECK, ASYNC, inputs=AREA, **wanted)
    ended(service, job)
    assert service.get(f"{job.headers['Location']}/results").json() == answer.json()


@pytest.mark.parametrize(
    "given",
    [
        {"area": area()},
        {"area": {"value": {k: v for k, v in area().items() if k != "crs"}}, "crs": "EPSG:3006"},
        {"area": {"type": "Feature", "properties": {}, "geometry": area(), "crs": area()["crs"]}},
    ],
)
def test_areas_in_any_form_and_system_are_the_same(service: TestClient, given: dict[str, Any]) -> None:
    answer = ask(service, CHECK, inputs=given, outputs={"assessment": {}})
    assert answer.json()["area"]["areaM2"] == pytest.approx(10_000, abs=1e-6)


def test_uses_and_layer_set_are_taken(service: TestClient) -> None:
    asked = {**AREA, "uses": ["B"], "layerSet": "detaljplan"}
    document = ask(service, CHECK, inputs=asked, outputs={"assessment": {}}).json()
    assert (document["area"]["parts"][0]["uses"], document["layerSet"]["id"]) == (["B"], "detaljplan")


@pytest.mark.parametrize("mode", [{}, ASYNC])
def test_an_area_by_reference_is_that_of_the_plan(
    service: TestClient, planner: dict[str, str], plan_id: str, mode: dict[str, str]
) -> None:
    wanted: dict[str, Any] = {"outputs": {"assessment": {}}}
    by_value = ask(service, CHECK, inputs=AREA, **wanted).json()
    for start in ("/ogc", "http://127.0.0.1/ogc"):
        link = {"href": f"{start}/collections/plans/items/{plan_id}?f=json", "type": "application/geo+json"}
        answer = ask(service, CHECK, {**planner, **mode}, inputs={"area": link}, **wanted)
        if mode:
            assert ended(service, answer, planner)["status"] == "successful"
            answer = service.get(f"{answer.headers['Location']}/results", headers=planner)
        assert answer.json()["area"]["geometryHash"] == by_value["area"]["geometryHash"]
        refused = ask(service, CHECK, mode, inputs={"area": link}, **wanted)  # the plan is not published
        assert (refused.status_code, refused.json()["type"]) == (400, f"{EXCEPTIONS}InvalidParameterValue")


def test_outputs_by_reference_are_links_to_a_job_that_keeps_them(service: TestClient) -> None:
    by_reference = {"transmissionMode": "reference"}
    asked = ask(service, CHECK, inputs=AREA, outputs={"assessment": by_reference, "findings": by_reference})
    assert (asked.status_code, asked.content) == (204, b"")
    links = asked.headers["Link"].split(", ")
    assert [link.partition('rel="')[2].partition('"')[0] for link in links] == ["item", "item", "monitor"]
    assessment = service.get(links[0].partition(">")[0].strip("<"))
    assert assessment.json()["schema"] == "1"
    assert valid(service.get(links[2].partition(">")[0].strip("<")).json(), "statusInfo")["status"] == "successful"
    mixed = ask(service, CHECK, inputs=AREA, outputs={"assessment": {}, "map": by_reference})
    found = parts(mixed)
    assert service.get(found["map"]["Content-Location"]).text.startswith("<!doctype html>")
    document = ask(service, CHECK, inputs=AREA, outputs={"map": by_reference}, response="document").json()
    assert service.get(valid(document, "results")["map"]["href"]).headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("mode", [{}, ASYNC])
def test_many_plans(service: TestClient, planner: dict[str, str], plan_id: str, mode: dict[str, str]) -> None:
    other = make(service, planner, box(0, 0, 70, 70), name="Åby")["id"]
    plans = [plan_id, {"href": f"/ogc/collections/plans/items/{other}"}]
    answer = ask(service, PLANS, {**planner, **mode}, inputs={"plans": plans})
    if mode:
        job = ended(service, answer, planner)
        assert (job["status"], job["progress"]) == ("successful", 100)
        answer = service.get(f"{answer.headers['Location']}/results", headers=planner)
    made = answer.json()
    assert {row["plan"] for row in made} == {plan_id, other}
    for row in made:
        assert service.get(row["href"], headers=planner).json()["id"] == row["assessment"]


def test_plans_that_cannot_be_assessed_are_told(service: TestClient, planner: dict[str, str]) -> None:
    nobody = str(uuid.uuid4())
    answer = ask(service, f"{PLANS}?lang=en", planner, inputs={"plans": [nobody]})
    assert (answer.status_code, answer.json()["type"]) == (400, f"{EXCEPTIONS}InvalidParameterValue")
    assert nobody in answer.json()["detail"]
    started = ask(service, PLANS, {**planner, **ASYNC}, inputs={"plans": [nobody]})
    job = ended(service, started, planner)
    assert (job["status"], "1" in job["message"]) == ("failed", True)
    results = service.get(f"{started.headers['Location']}/results", headers=planner)
    assert (results.status_code, results.json()["type"]) == (500, "/problems/job-failed")
    too_many = ask(service, f"{PLANS}?lang=en", planner)
    assert (too_many.status_code, "respond-async" in too_many.json()["remedy"]) == (413, True)
    assert ask(service, PLANS, inputs={"plans": [nobody]}).status_code == 401


def test_more_plans_than_a_job_takes_are_refused(service: TestClient, planner: dict[str, str]) -> None:
    answer = ask(service, PLANS, {**planner, **ASYNC}, inputs={"plans": [str(uuid.uuid4())] * 100_001})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (400, f"{EXCEPTIONS}InvalidParameterValue")
    assert problem["location"] == "/inputs/plans"


@pytest.mark.parametrize(
    ("path", "body", "status", "kind", "location"),
    [
        ("/ogc/processes/nope/execution", b"{}", 404, "no-such-process", None),
        (CHECK, b"{", 400, "InvalidParameterValue", None),
        (CHECK, b"{}", 400, "InvalidParameterValue", "/inputs"),
        (CHECK, b'{"mode": "auto"}', 400, "InvalidParameterValue", "/mode"),
        (CHECK, b'{"inputs": {"area": 5}}', 400, "InvalidParameterValue", "/inputs/area"),
        (CHECK, b'{"inputs": {"area": {"type": "Topology"}}}', 400, "InvalidParameterValue", "/inputs/area/type"),
        (
            CHECK,
            b'{"inputs": {"area": {"type": "Polygon", "coordinates": [[[18, 59], [18.1, "x"]]]}}}',
            400,
            "InvalidParameterValue",
            "/inputs/area/coordinates/0",
        ),
        (CHECK, json.dumps({"inputs": {**AREA, "shape": 1}}).encode(), 400, "InvalidParameterValue", "/inputs/shape"),
        (CHECK, json.dumps({"inputs": {**AREA, "crs": "XX:1"}}).encode(), 400, "InvalidParameterValue", "/inputs/area"),
        (CHECK, json.dumps({"inputs": {**AREA, "uses": ["?"]}}).encode(), 400, "InvalidParameterValue", "/inputs/area"),
        (
            CHECK,
            json.dumps({"inputs": {**AREA, "layerSet": "x"}}).encode(),
            400,
            "InvalidParameterValue",
            "/inputs/layerSet",
        ),
        (
            CHECK,
            json.dumps({"inputs": AREA, "outputs": {"x": {}}}).encode(),
            400,
            "InvalidParameterValue",
            "/outputs/x",
        ),
        (
            CHECK,
            json.dumps({"inputs": AREA, "outputs": {"map": {"format": {"mediaType": "image/png"}}}}).encode(),
            400,
            "InvalidParameterValue",
            "/outputs/map/format",
        ),
        (
            CHECK,
            json.dumps({"inputs": {"area": {"href": "http://example.com/ogc/collections/plans/items/1"}}}).encode(),
            400,
            "InvalidParameterValue",
            "/inputs/area",
        ),
        (
            CHECK,
            json.dumps({"inputs": {**AREA, "crs": {"href": "/ogc/x"}}}).encode(),
            400,
            "InvalidParameterValue",
            "/inputs/crs",
        ),
        (ECHO, b'{"inputs": {"text": "x", "pause": 60}}', 400, "InvalidParameterValue", "/inputs/pause"),
    ],
)
@pytest.mark.parametrize("mode", [{}, ASYNC])
def test_what_cannot_be_run_is_refused_with_its_place(
    service: TestClient, path: str, body: bytes, status: int, kind: str, location: str | None, mode: dict[str, str]
) -> None:
    answer = service.post(path, content=body, headers={"Content-Type": "application/json", **mode})
    problem = valid(answer.json(), "exception")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["type"]) == (status, EXCEPTIONS + kind)
    assert location is None or problem["location"].startswith(location)


def test_a_form_is_refused(service: TestClient) -> None:
    assert service.post(CHECK, files={"file": ("x.json", b"{}")}).status_code == 400


def test_what_is_not_there_is_told(service: TestClient) -> None:
    for path, kind in (
        ("/ogc/processes/nope", "no-such-process"),
        ("/ogc/jobs/nope", "no-such-job"),
        ("/ogc/jobs/%00", "no-such-job"),
        ("/ogc/jobs/nope/results", "no-such-job"),
        ("/ogc/jobs/nope/results/map", "no-such-job"),
    ):
        answer = service.get(path)
        assert (answer.status_code, valid(answer.json(), "exception")["type"]) == (404, EXCEPTIONS + kind)
    assert service.get("/ogc/processes?limit=0").status_code == 400
    started = ask(service, ECHO, ASYNC, inputs={"text": "x"})
    ended(service, started)
    answer = service.get(f"{started.headers['Location']}/results/list")
    assert (answer.status_code, answer.json()["type"]) == (404, f"{EXCEPTIONS}no-such-output")


def test_echo_gives_back_what_came_in(service: TestClient) -> None:
    box = {"bbox": [17.0, 59.0, 18.0, 60.0], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}
    inputs = {"text": "hej", "list": ["a", "b"], "thing": {"value": {"a": 1}}, "box": box}
    document = ask(service, ECHO, inputs=inputs, response="document").json()
    assert valid(document, "results") == {
        "text": "hej",
        "list": ["a", "b"],
        "thing": {"mediaType": "application/json", "value": {"a": 1}},
        "box": box,
    }
    one = ask(service, ECHO, inputs=inputs, outputs={"text": {}})
    assert (one.text, one.headers["content-type"].partition(";")[0]) == ("hej", "text/plain")


def test_conformance_classes_are_the_standards() -> None:
    start = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/"
    assert all(uri.startswith(start) for uri in CONFORMANCE)
