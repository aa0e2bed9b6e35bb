"""OGC API Processes: both ways of running, results in every form, jobs, errors, callbacks, and who sees what."""

from __future__ import annotations

import email
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from api.cases import area, key_of, make
from databases import engine_at, fresh_database
from factories import box, line, write_layer
from fastapi.testclient import TestClient
from httpx2 import Response
from pydantic import SecretStr
from sqlalchemy import Engine, text

from geomiljo.access import ANONYMOUS
from geomiljo.api import create_app
from geomiljo.api.ogc.processes import CONFORMANCE
from geomiljo.catalogue import Catalogue
from geomiljo.jobs.kinds import RefreshLayers
from geomiljo.jobs.rescue import tidy
from geomiljo.jobs.store import enqueue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.settings import Settings

SCHEMAS = json.loads((Path(__file__).parent / "processes.schema.json").read_text(encoding="utf-8"))["definitions"]
EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"
CHECK, PLANS, ECHO = (f"/ogc/processes/{name}/execution" for name in ("check-area", "check-plans", "echo"))
AREA = {"area": area()}
ASYNC = {"Prefer": "respond-async"}


@dataclass
class Subscriber:
    """A small server that notes what jobs tell it."""

    address: str
    got: list[tuple[str, Any]] = field(default_factory=list)

    def until(self, count: int) -> list[tuple[str, Any]]:
        end = time.monotonic() + 20
        while len(self.got) < count and time.monotonic() < end:
            time.sleep(0.02)
        return self.got


@contextmanager
def subscribed() -> Iterator[Subscriber]:
    class Notes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            noted.got.append((self.path, json.loads(body)))
            if self.path == "/elsewhere":
                self.send_response(307)
                self.send_header("Location", "/moved")
            else:
                self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Notes) as server:
        noted = Subscriber(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield noted
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def subscriber() -> Iterator[Subscriber]:
    with subscribed() as noted:
        yield noted


@pytest.fixture(scope="module")
def world(
    cluster_url: str, migrated_template: str, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """Two layers in a database of this module's."""
    folder, everywhere = tmp_path_factory.mktemp("layers"), LoadOptions(coverage="sweden")
    with fresh_database(cluster_url, migrated_template) as url, engine_at(url) as engine:
        wetlands = write_layer(folder / "r.gpkg", [box(50, 0, 300, 300)], NAMN=["Sjön"])
        load_layer(engine, catalogue, "ramsar", wetlands, everywhere)
        load_layer(engine, catalogue, "leder", write_layer(folder / "l.gpkg", [line((0, 50), (900, 50))]), everywhere)
        yield engine


@pytest.fixture(scope="module")
def settings(world: Engine, subscriber: Subscriber) -> Settings:
    url = world.url.render_as_string(hide_password=False)
    return Settings(database_url=SecretStr(url), callback_origins=(subscriber.address, "https://other.example"))


@pytest.fixture(scope="module")
def service(settings: Settings) -> Iterator[TestClient]:
    """The service with a worker inside."""
    with TestClient(create_app(settings, with_worker=True), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def idle(settings: Settings) -> Iterator[TestClient]:
    """The service without a worker, over the same database."""
    with TestClient(create_app(settings), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def planner(world: Engine) -> dict[str, str]:
    return key_of(world, "planner", municipality="0115")


@pytest.fixture(scope="module")
def admin(world: Engine) -> dict[str, str]:
    return key_of(world, "admin")


@pytest.fixture(scope="module")
def plan_id(service: TestClient, planner: dict[str, str]) -> str:
    return str(make(service, planner)["id"])


def valid(document: Any, schema: str) -> Any:
    """Return a document that holds to a schema of the standard."""
    jsonschema.Draft4Validator({"definitions": SCHEMAS, "$ref": f"#/definitions/{schema}"}).validate(document)
    return document


def ended(service: TestClient, started: Response, headers: dict[str, str] | None = None) -> dict[str, Any]:
    assert started.status_code == 201, started.text
    until = time.monotonic() + 30
    while True:
        job: dict[str, Any] = valid(service.get(started.headers["Location"], headers=headers).json(), "statusInfo")
        if job["status"] not in {"accepted", "running"} or time.monotonic() > until:
            return job
        time.sleep(0.03)


def ask(service: TestClient, path: str, headers: dict[str, str] | None = None, **body: Any) -> Response:
    return service.post(path, json=body, headers=headers)


def parts(answer: Response) -> dict[str, Message]:
    """Return the parts of a multipart answer by their names."""
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + answer.content)
    found: Any = message.get_payload()
    return {part["Content-ID"].strip("<>"): part for part in found}


def settled(document: dict[str, Any]) -> dict[str, Any]:
    """Return an assessment without the times that differ from one run to the next."""
    layers = [{**layer, "ms": 0} for layer in document["layers"]]
    return {**document, "createdAt": "", "layers": layers}


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


def test_a_job_is_dismissed_while_it_runs(service: TestClient, planner: dict[str, str]) -> None:
    started = ask(service, ECHO, {**ASYNC, **planner}, inputs={"text": "x", "pause": 5})
    address = started.headers["Location"]
    until = time.monotonic() + 20
    while service.get(address, headers=planner).json()["status"] == "accepted":
        assert time.monotonic() < until
        time.sleep(0.02)
    early = service.get(f"{address}/results", headers=planner)
    assert (early.status_code, early.json()["type"]) == (404, f"{EXCEPTIONS}result-not-ready")
    began = time.monotonic()
    dismissed = service.delete(address, headers=planner)
    assert (dismissed.status_code, valid(dismissed.json(), "statusInfo")["status"]) == (200, "dismissed")
    while "finished" not in (job := service.get(address, headers=planner).json()):
        assert time.monotonic() < began + 4, "it runs on"
        time.sleep(0.02)
    assert job["status"] == "dismissed"
    gone = service.get(f"{address}/results", headers=planner)
    assert (gone.status_code, gone.json()["type"]) == (410, "/problems/job-dismissed")


def test_a_job_is_dismissed_while_it_waits_and_after_its_end(idle: TestClient, service: TestClient) -> None:
    started = ask(service, ECHO, ASYNC, inputs={"text": "x"})
    ended(service, started)
    address = started.headers["Location"]
    assert service.delete(address).json()["status"] == "dismissed"
    assert service.get(f"{address}/results").json()["type"] == f"{EXCEPTIONS}no-such-job"
    waiting = ask(idle, CHECK, ASYNC, inputs=AREA).headers["Location"]
    assert idle.delete(waiting).json()["status"] == "dismissed"


def test_a_job_is_seen_by_its_owner_and_administrators(
    service: TestClient, world: Engine, planner: dict[str, str], admin: dict[str, str]
) -> None:
    other = key_of(world, "planner", municipality="0115")
    started = ask(service, CHECK, {**ASYNC, **planner}, inputs=AREA)
    ended(service, started, planner)
    address = started.headers["Location"]
    for headers, status in ((planner, 200), (admin, 200), (other, 404), ({}, 404)):
        for path in ("", "/results", "/results/map"):
            assert service.get(address + path, headers=headers).status_code == status
        listed = valid(service.get("/ogc/jobs?limit=1000", headers=headers).json(), "jobList")
        assert (address.rpartition("/")[2] in {job["jobID"] for job in listed["jobs"]}) == (status == 200)
    assert service.delete(address, headers=other).status_code == 404


def test_a_job_of_nobody_is_open_to_who_knows_its_id_and_in_no_list(
    service: TestClient, planner: dict[str, str]
) -> None:
    started = ask(service, CHECK, ASYNC, inputs=AREA)
    ended(service, started)
    job_id = started.headers["Location"].rpartition("/")[2]
    for headers in ({}, planner):
        assert service.get(f"/ogc/jobs/{job_id}/results", headers=headers).status_code == 200
        listed = service.get("/ogc/jobs?limit=1000", headers=headers).json()["jobs"]
        assert job_id not in {job["jobID"] for job in listed}
    assert service.get(f"/api/v1/jobs/{job_id}").status_code == 404


def test_other_jobs_are_no_jobs_of_processes(service: TestClient, world: Engine, admin: dict[str, str]) -> None:
    with world.begin() as connection:
        job_id = enqueue(connection, ANONYMOUS, RefreshLayers(layers=("leder",)))
    assert service.get(f"/ogc/jobs/{job_id}", headers=admin).status_code == 404


def test_jobs_are_found_by_process_state_time_and_duration(service: TestClient, world: Engine) -> None:
    owner = key_of(world, "planner", municipality="0180")
    done = ask(service, ECHO, {**ASYNC, **owner}, inputs={"text": "x"})
    created = ended(service, done, owner)["created"]
    job_id = done.headers["Location"].rpartition("/")[2]

    def found(**query: str) -> bool:
        jobs = service.get("/ogc/jobs", params={"limit": 1000, **query}, headers=owner).json()["jobs"]
        return job_id in {job["jobID"] for job in jobs}

    assert found(processID="echo,check-area", status="successful,failed", type="process")
    assert not found(processID="check-area")
    assert not found(status="running")
    assert found(datetime=created)
    assert found(datetime=f"../{created}", minDuration="0", maxDuration="20")
    assert not found(datetime="../2020-01-01T00:00:00Z")
    assert not found(minDuration="3600")
    for fault in ({"status": "done"}, {"type": "x"}, {"datetime": "yesterday"}, {"minDuration": "-1"}):
        assert service.get("/ogc/jobs", params=fault, headers=owner).status_code == 400


def test_callers_without_a_key_share_a_few_jobs_and_come_last(
    settings: Settings, world: Engine, planner: dict[str, str]
) -> None:
    few = settings.model_copy(update={"jobs_anonymous": 1})
    none = settings.model_copy(update={"jobs_anonymous": 0})
    with TestClient(create_app(few), base_url="http://127.0.0.1") as client:
        first = ask(client, CHECK, ASYNC, inputs=AREA)
        assert (first.status_code, ask(client, CHECK, ASYNC, inputs=AREA).status_code) == (201, 429)
        signed_in = ask(client, CHECK, {**ASYNC, **planner}, inputs=AREA)
        with world.connect() as connection:
            query = text(
                "SELECT q.priority FROM job JOIN work.procrastinate_jobs q ON q.id = queue_id"
                " WHERE job.id = ANY(:ids) ORDER BY caller_id = 'anonymous'"
            )
            ids = [answer.headers["Location"].rpartition("/")[2] for answer in (first, signed_in)]
            assert list(connection.scalars(query, {"ids": ids})) == [0, -1]
        for answer, headers in ((first, {}), (signed_in, planner)):
            client.delete(answer.headers["Location"], headers=headers)
    with TestClient(create_app(none), base_url="http://127.0.0.1") as client:
        assert ask(client, CHECK, ASYNC, inputs=AREA).status_code == 401
        assert ask(client, CHECK, inputs=AREA).status_code == 200


def test_checked_areas_are_kept_for_hours(service: TestClient, world: Engine) -> None:
    started = ask(service, CHECK, ASYNC, inputs=AREA)
    ended(service, started)
    job_id = started.headers["Location"].rpartition("/")[2]
    with world.begin() as connection:
        late = text("UPDATE job SET finished_at = finished_at - interval '25 hours' WHERE id = :id")
        connection.execute(late, {"id": job_id})
    tidy(world, 90, 26)
    assert service.get(f"/ogc/jobs/{job_id}").status_code == 200
    tidy(world, 90, 24)
    assert service.get(f"/ogc/jobs/{job_id}").status_code == 404
    with world.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM job_file WHERE job_id = :id"), {"id": job_id}) == 0


def test_a_subscriber_is_told_of_beginning_and_results(service: TestClient, subscriber: Subscriber) -> None:
    subscriber.got.clear()
    told = {
        "successUri": f"{subscriber.address}/done?case=1",
        "inProgressUri": f"{subscriber.address}/begun",
        "failedUri": f"{subscriber.address}/failed",
    }
    started = ask(service, ECHO, ASYNC, inputs={"text": "hej"}, subscriber=told)
    [(first, state), (second, results)] = subscriber.until(2)
    assert (first, valid(state, "statusInfo")["status"]) == ("/begun", "running")
    assert state["jobID"] == ended(service, started)["jobID"]
    assert (second, valid(results, "results")) == ("/done?case=1", {"text": "hej"})


def test_a_subscriber_is_told_of_a_failure(
    service: TestClient, subscriber: Subscriber, planner: dict[str, str]
) -> None:
    subscriber.got.clear()
    nothing = {"plans": [str(uuid.uuid4())]}
    told = {"failedUri": f"{subscriber.address}/failed", "successUri": f"{subscriber.address}/done"}
    ask(service, PLANS, {**ASYNC, **planner}, inputs=nothing, subscriber=told)
    [(path, state)] = subscriber.until(1)
    assert (path, valid(state, "statusInfo")["status"]) == ("/failed", "failed")


def test_a_subscriber_that_cannot_be_told_changes_nothing(
    service: TestClient, subscriber: Subscriber, admin: dict[str, str]
) -> None:
    """A redirection is not followed, and the job is successful all the same."""
    subscriber.got.clear()
    told = {"successUri": f"{subscriber.address}/elsewhere"}
    started = ask(service, ECHO, {**ASYNC, **admin}, inputs={"text": "x"}, subscriber=told)
    assert ended(service, started, admin)["status"] == "successful"
    subscriber.until(1)
    log = f"/api/v1/jobs/{started.headers['Location'].rpartition('/')[2]}/log?lang=en"
    until = time.monotonic() + 10
    while not (lines := service.get(log, headers=admin).json()):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert "/elsewhere could not be told" in lines[0]["text"]
    assert [path for path, _ in subscriber.got] == ["/elsewhere"]


@pytest.mark.parametrize("member", ["inProgressUri", "successUri"])
def test_an_address_that_cannot_be_called_changes_nothing(
    service: TestClient, subscriber: Subscriber, admin: dict[str, str], member: str
) -> None:
    told = {"successUri": f"{subscriber.address}/done", member: f"{subscriber.address}/\x01"}
    started = ask(service, ECHO, {**ASYNC, **admin}, inputs={"text": "x"}, subscriber=told)
    assert ended(service, started, admin)["status"] == "successful"


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:1/x",
        "https://127.0.0.1/x",
        "http://other.example/x",
        "https://other.example:8443/x",
        "https://other.example@evil.example/",
        "https://other.example.evil.example/",
        "https://user:pass@other.example/",
        "file:///etc/passwd",
        "//other.example/",
        "https://[::1",
        "gopher://other.example/",
    ],
)
def test_only_allowed_origins_are_called(idle: TestClient, uri: str) -> None:
    answer = ask(idle, f"{ECHO}?lang=en", ASYNC, inputs={"text": "x"}, subscriber={"successUri": uri})
    problem = answer.json()
    assert (answer.status_code, problem["location"]) == (400, "/subscriber/successUri")
    assert "GEOMILJO_CALLBACK_ORIGINS" in problem["remedy"]


def test_nobody_is_called_by_default(settings: Settings, subscriber: Subscriber) -> None:
    default = Settings(database_url=settings.database_url)
    told = {"successUri": f"{subscriber.address}/done"}
    with TestClient(create_app(default), base_url="http://127.0.0.1") as client:
        assert ask(client, ECHO, ASYNC, inputs={"text": "x"}, subscriber=told).status_code == 400


def test_conformance_classes_are_the_standards() -> None:
    start = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/"
    assert all(uri.startswith(start) for uri in CONFORMANCE)
