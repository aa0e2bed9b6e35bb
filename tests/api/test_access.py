"""Who may do what: every route of the service by every role on every kind of plan. A route without a row fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, cast

import httpx2
import pytest
import shapely
from api.access_world import AREA, DRAFT, FOREIGN, GEOJSON, OWN, READER, RESTRICTED, ROLES, World, build_world
from databases import engine_at, fresh_database
from factories import EAST, NORTH, box, plan
from fastapi.testclient import TestClient
from pydantic import SecretStr

from geomiljo.access import ANONYMOUS, LOCAL, Role
from geomiljo.api import create_app
from geomiljo.assessments.checks import keep_check, keep_upload
from geomiljo.assessments.object_reports import NewReport, add_report
from geomiljo.catalogue import Catalogue
from geomiljo.jobs.store import cancel_job
from geomiljo.pages import static
from geomiljo.plans.case import PlanSource
from geomiljo.settings import Settings

EVERYBODY = frozenset(ROLES)
SIGNED_IN = EVERYBODY - {"public"}
COUNTY: frozenset[Role] = frozenset({"reviewer", "admin"})
READ: Mapping[str, frozenset[Role]] = {
    "own_draft": frozenset({"planner", "admin"}),
    "own_published": EVERYBODY,
    "own_withdrawn": frozenset({"planner", "admin"}),
    "foreign_draft": frozenset({"admin"}),
    "foreign_published": EVERYBODY,
}
WRITE: Mapping[str, frozenset[Role]] = {
    kind: frozenset({"planner", "admin"}) if kind.startswith("own") else frozenset({"admin"}) for kind in READ
}
ASSESS: Mapping[str, frozenset[Role]] = {**WRITE, "own_published": SIGNED_IN}
SEES_RESTRICTED: frozenset[Role] = frozenset({"reviewer", "admin"})
READ_ASSESSED = {**READ, **{f"{kind}+restricted": roles & SEES_RESTRICTED for kind, roles in READ.items()}}
ASSESSED = {kind: READ_ASSESSED[kind] & ASSESS[kind.partition("+")[0]] for kind in READ_ASSESSED}
JOBS: Mapping[str, frozenset[Role]] = {role: frozenset({role, "admin"}) for role in ROLES[1:]}
ASKING = frozenset({"POST /api/v1/checks", "POST /ogc/processes/{process_id}/execution"})
"""What a key that only reads may ask, too."""

SHOWN = {**READ, "own_withdrawn": frozenset[Role]()}
"""Who sees a plan among the features: withdrawn ones are not shown."""

Values = Mapping[str, str]
Fill = Callable[[World, str], Values]


def nothing(_world: World, _kind: str) -> Values:
    return {}


def a_plan(world: World, kind: str) -> Values:
    return {"plan_id": str(world.shared[kind].id), "number": "1"}


def a_plan_as_feature(world: World, kind: str) -> Values:
    return {"collection_id": "plans", "feature_id": str(world.shared[kind].id)}


def a_fresh_plan(world: World, kind: str) -> Values:
    """A plan that the request may change."""
    return {"plan_id": str(world.plan(kind).id)}


def an_assessment(world: World, kind: str) -> Values:
    stored = world.assessed[kind]
    return {"assessment_id": stored.id, "plan_id": str(stored.plan_id)}


def a_tile_of_an_assessment(world: World, kind: str) -> Values:
    """With the tile of Web Mercator that the world's ground is in."""
    return {**an_assessment(world, kind), "level": "14", "row": "4880", "column": "8953"}


def a_job(world: World, kind: str) -> Values:
    return {"job_id": world.jobs[kind]}


def a_fresh_job(world: World, kind: str) -> Values:
    return {"job_id": world.job(cast("Role", kind))}


def a_fresh_process_job(world: World, kind: str) -> Values:
    return {"job_id": world.process_job(cast("Role", kind))}


def a_process_job(world: World, kind: str) -> Values:
    job_id = world.process_job(cast("Role", kind))
    with world.engine.begin() as connection:
        cancel_job(connection, job_id)
    return {"job_id": job_id}


def a_report(world: World, _kind: str) -> Values:
    with world.engine.begin() as connection:
        return {"report_id": str(add_report(connection, LOCAL, NewReport(**A_REPORT)).id)}


def a_check(world: World, kind: str) -> Values:
    """A check that is kept for a day, made with all layers or without the restricted ones."""
    with world.engine.begin() as connection:
        upload = keep_upload(connection, LOCAL, A_FILE, SETTINGS)
        stored = world.assessed["own_published" if kind == "open" else "own_published+restricted"]
        area = plan((AREA, ("B",)))
        check = keep_check(connection, LOCAL, upload, area, stored.assessment, settings=SETTINGS, hidden=stored.hidden)
    return {"check_id": check}


def an_upload(world: World, _kind: str) -> Values:
    with world.engine.begin() as connection:
        return {"upload_id": keep_upload(connection, ANONYMOUS, A_FILE, SETTINGS)}


@dataclass(frozen=True)
class Row:
    """What a route answers.

    Attributes
    ----------
    allowed : mapping of str to set of Role
        For each kind of subject, who gets `ok`.
    seen : mapping of str to set of Role or None
        Who may know that there is one: others are told that there is none. None: everybody.
    fill : callable
        Gives the values of the path.
    send : mapping
        Arguments of the request.
    """

    allowed: Mapping[str, frozenset[Role]]
    seen: Mapping[str, frozenset[Role]] | None = None
    fill: Fill = nothing
    path: Values | None = None
    ok: int = 200
    send: Mapping[str, Any] | None = None


def opened(ok: int = 200, **send: Any) -> Row:
    return Row({"": EVERYBODY}, ok=ok, path=send.pop("path", None), send=send)


def of_check(ok: int = 200, allowed: frozenset[Role] = EVERYBODY, **send: Any) -> Row:
    seen: Mapping[str, frozenset[Role]] = {"open": EVERYBODY, "restricted": SEES_RESTRICTED}
    return Row({kind: roles & allowed for kind, roles in seen.items()}, seen, a_check, ok=ok, send=send)


def reading(**send: Any) -> Row:
    return Row(READ, READ, a_plan, send=send)


def reading_assessed(**send: Any) -> Row:
    return Row(READ_ASSESSED, READ_ASSESSED, an_assessment, send=send)


def writing(
    ok: int = 200, allowed: Mapping[str, frozenset[Role]] = WRITE, fill: Fill = a_fresh_plan, **send: Any
) -> Row:
    kinds = {kind: roles for kind, roles in allowed.items() if kind != "own_withdrawn"}
    return Row(kinds, READ, fill, ok=ok, send=send)


def on_a_finding(ok: int = 200, **send: Any) -> Row:
    kinds = {kind: roles for kind, roles in ASSESS.items() if kind != "own_withdrawn"}
    return Row(kinds, READ, a_plan, {"finding_id": "f1"}, ok, send)


CASES: Mapping[str, frozenset[Role]] = dict.fromkeys(READ, frozenset[Role]({"admin"})) | {"own_published": COUNTY}


def on_a_case(fill: Fill, ok: int, **data: str) -> Row:
    kinds = {kind: roles for kind, roles in CASES.items() if kind != "own_withdrawn"}
    return Row(kinds, READ, fill, ok=ok, send={"data": data})


def a_collection(_world: World, kind: str) -> Values:
    """A collection, and the tile that the plans of the world lie in."""
    names = {"collectionId": kind, "collection_id": kind, "styleId": "severity"}
    return {**names, "tileMatrixSetId": "SWEREF99TM", **A_TILE}


def published() -> Row:
    """What is told of collections; the licence of the restricted layer lets nobody pass it on."""
    kinds = dict.fromkeys(("plans", "findings", "conflict-pieces", "ramsar"), EVERYBODY) | {"seveso": frozenset()}
    return Row(kinds, kinds, a_collection)


def a_picture() -> Row:
    """What is shown of rasters; the licence of the second lets nobody pass it on."""
    kinds = {"hojdmodell": EVERYBODY, "marktacke_tatort": frozenset()}
    return Row(kinds, kinds, lambda _world, kind: {"layer_id": kind, "tileMatrixSetId": "SWEREF99TM", **A_TILE})


A_TILE: Values = {"tileMatrix": "8", "tileRow": "488", "tileCol": "439"}
"""4,096 m wide; the lower left corner of the test world is in it."""
A_FILE = PlanSource("plan.geojson", json.dumps(GEOJSON).encode())
SETTINGS = Settings()
A_FORM = {"way": "text", "text": "6500000; 600000\n6500000; 600100\n6500100; 600100"}
KEEP_IT = {"name": "Ny plan", "municipality": OWN, "stage": "samråd"}
A_PLACE = {"x": str(EAST + 50), "y": str(NORTH + 50), "crs": "EPSG:3006"}
A_REPORT: dict[str, Any] = {"layer": "ramsar", "object": "1", "reason": "Sjön är sänkt"}
ANOTHER_PLAN = {"municipality": OWN, "name": "Ny plan", "area": GEOJSON}
ROWS: dict[str, Row] = {
    "POST /api/v1/checks": opened(json=GEOJSON),
    "GET /api/v1/layers": opened(),
    "GET /api/v1/layers/{layer_id}": opened(path={"layer_id": "seveso"}),
    "GET /api/v1/layers/{layer_id}/versions": opened(path={"layer_id": "leder"}),
    "GET /api/v1/layers/{layer_id}/changes": opened(path={"layer_id": "leder"}, ok=404),  # never replaced
    "GET /api/v1/layers/{layer_id}/tiles": a_picture(),
    "GET /api/v1/layers/{layer_id}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}": a_picture(),
    "GET /api/v1/layers/{layer_id}/legend": a_picture(),
    "GET /api/v1/objectives": opened(),
    "GET /api/v1/objectives/{number}": opened(path={"number": "16"}),
    "GET /api/v1/rules": opened(),
    "GET /api/v1/rules/{rule_id}": opened(path={"rule_id": "ramsar.overlap"}),
    "GET /api/v1/assessment.schema.json": opened(),
    "GET /health": opened(),
    "GET /ready": opened(),
    "GET /metrics": opened(),
    "GET /problems": opened(),
    "GET /problems/{code}": opened(path={"code": "forbidden"}),
    "GET /api/docs": opened(),
    "GET /api/docs/{name}": opened(path={"name": "start"}),
    "GET /api/openapi.json": opened(),
    "GET /api/v1/me": opened(),
    "GET /auth/sign-in": opened(ok=404),  # no provider here; tests/oidc has one
    "GET /auth/callback": opened(ok=404),
    "POST /auth/sign-out": opened(ok=204),
    "GET /auth/demo": opened(ok=404),  # not in production
    "POST /auth/demo": opened(ok=404, data={"role": "admin"}),
    "GET /language/{language}": opened(ok=303, path={"language": "en"}),
    "GET /static/{version}/{path:path}": opened(path={"version": static.version(), "path": "style.css"}),
    "GET /review": Row({"": COUNTY}),
    "GET /review/export": Row({"": COUNTY}, send={"params": {"f": "xlsx"}}),
    "GET /overview": Row({"": COUNTY}),
    "GET /overview/export": Row({"": COUNTY}),
    "GET /overview/ledger": Row({"": COUNTY}),
    "GET /overview/overlap": Row({"": COUNTY}),
    "POST /review/views": Row({"": COUNTY}, ok=303, send={"data": {"name": "Vecka 9", "query": "days=7"}}),
    "POST /review/views/remove": Row({"": COUNTY}, ok=303, send={"data": {"name": "Vecka 10"}}),
    "GET /review/{plan_id}": Row(CASES, READ, a_plan),
    "GET /review/{plan_id}/statement": Row(CASES, READ, a_plan),
    "POST /review/{plan_id}/drafts": on_a_case(a_plan, 303, finding="f1", stance="agree"),
    "POST /review/{plan_id}/bulk": on_a_case(a_plan, 303, finding="f1", stance="agree"),
    "POST /review/{plan_id}/submit": on_a_case(a_fresh_plan, 404),  # it has no assessment yet
    "POST /review/{plan_id}/assess": on_a_case(a_fresh_plan, 303),
    "GET /layers": opened(),
    "GET /layers/{layer_id}": opened(path={"layer_id": "seveso"}),
    "POST /layers/{layer_id}/reports": Row(
        {"": SIGNED_IN}, path={"layer_id": "ramsar"}, ok=303, send={"data": {"object": "1", "reason": "Sjön är sänkt"}}
    ),
    "GET /plans": opened(),
    "GET /plans/{plan_id}": reading(),
    "GET /plans/{plan_id}/compare": Row(
        READ_ASSESSED,
        READ_ASSESSED,
        an_assessment,
        send={"params": {"from": "{assessment_id}", "to": "{assessment_id}"}},
    ),
    "POST /plans/{plan_id}": writing(303, data={"name": "Öppen plan", "stage": "samråd", "revision": "1"}),
    "POST /plans/{plan_id}/versions": writing(303, files={"file": ("p.geojson", json.dumps(GEOJSON).encode())}),
    "POST /plans/{plan_id}/assessments": writing(303, ASSESS),
    "GET /guide": opened(),
    "GET /guide/process": opened(),
    "GET /guide/responsibilities": opened(),
    "GET /guide/conflicts": opened(),
    "GET /guide/{part}/{chapter_id}": opened(path={"part": "tools", "chapter_id": "naturvard"}),
    "GET /accessibility": opened(),
    "GET /rules": opened(),
    "GET /rules/{rule_id}": opened(path={"rule_id": "ramsar.overlap"}),
    "GET /objectives": opened(),
    "GET /objectives/{number}": opened(path={"number": "11"}),
    "POST /api/v1/jobs": Row({"": SIGNED_IN}, ok=202, send={"json": {"kind": "assess-plans", "plans": []}}),
    "POST /api/v1/layers/{layer_id}/versions": Row(
        {"": frozenset({"admin"})},
        path={"layer_id": "leder"},
        ok=202,
        send={"files": {"file": ("layer.geojson", b"{}")}},
    ),
    "GET /api/v1/jobs": opened(),
    "GET /api/v1/jobs/{job_id}": Row(JOBS, JOBS, a_job),
    "GET /api/v1/jobs/{job_id}/log": Row(JOBS, JOBS, a_job),
    "GET /api/v1/jobs/{job_id}/file": Row(
        {kind: frozenset() for kind in JOBS}, {kind: frozenset() for kind in JOBS}, a_job
    ),
    "DELETE /api/v1/jobs/{job_id}": Row(JOBS, JOBS, a_fresh_job),
    "GET /api/v1/jobs/{job_id}/events": Row(JOBS, JOBS, a_job),
    "GET /ogc": opened(),
    "GET /ogc/api": opened(),
    "GET /ogc/conformance": opened(),
    "GET /ogc/style.css": opened(),
    "GET /ogc/collections": opened(),
    "GET /ogc/collections/{collection_id}": opened(path={"collection_id": "plans"}),
    "GET /ogc/collections/{collection_id}/queryables": opened(path={"collection_id": "conflict-pieces"}),
    "GET /ogc/collections/{collection_id}/schema": opened(path={"collection_id": "findings"}),
    "GET /ogc/collections/{collection_id}/items": opened(path={"collection_id": "conflict-pieces"}),
    "GET /ogc/collections/{collection_id}/items/{feature_id:path}": Row(SHOWN, SHOWN, a_plan_as_feature),
    "GET /ogc/processes": opened(),
    "GET /ogc/processes/{process_id}": opened(path={"process_id": "check-area"}),
    "POST /ogc/processes/{process_id}/execution": opened(
        path={"process_id": "check-area"}, json={"inputs": {"area": GEOJSON}}
    ),
    "GET /ogc/jobs": opened(),
    "GET /ogc/jobs/{job_id}": Row(JOBS, JOBS, a_process_job),
    "DELETE /ogc/jobs/{job_id}": Row(JOBS, JOBS, a_fresh_process_job),
    "GET /ogc/jobs/{job_id}/results": Row(JOBS, JOBS, a_process_job, ok=410),  # dismissed; test_execution has results
    "GET /ogc/jobs/{job_id}/results/{output}": Row(JOBS, JOBS, a_process_job, {"output": "map"}, ok=410),
    "GET /": opened(),
    "GET /here": opened(params=A_PLACE),
    "GET /places": opened(params={"q": "Lindö"}),
    "GET /api/v1/features/at": opened(params=A_PLACE),
    "POST /checks": opened(303, data=A_FORM),
    "GET /uploads/{upload_id}": Row({"": frozenset({"public"})}, {"": frozenset({"public"})}, an_upload),
    "GET /checks/{check_id}": of_check(),
    "GET /checks/{check_id}/export": of_check(params={"f": "csv"}),
    "POST /checks/{check_id}/again": of_check(303),
    "POST /checks/{check_id}/cancel": opened(
        404, path={"check_id": "0" * 32}
    ),  # only while it is being made; tests/pages/test_waiting.py
    "POST /checks/{check_id}/plan": of_check(303, frozenset({"planner", "admin"}), data=KEEP_IT),
    "GET /assessments/{assessment_id}": reading_assessed(),
    "GET /assessments/{assessment_id}/export": reading_assessed(params={"f": "geojson"}),
    "GET /api/v1/plans": opened(),
    "POST /api/v1/plans": Row({"": frozenset({"planner", "admin"})}, ok=201, send={"json": ANOTHER_PLAN}),
    "GET /api/v1/plans/{plan_id}": reading(),
    "GET /api/v1/plans/{plan_id}/versions": reading(),
    "GET /api/v1/plans/{plan_id}/versions/{number}": reading(),
    "GET /api/v1/plans/{plan_id}/versions/{number}/source": reading(),
    "PATCH /api/v1/plans/{plan_id}": writing(json={"name": "Öppen plan"}, headers={"If-Match": '"1"'}),
    "DELETE /api/v1/plans/{plan_id}": writing(204),
    "POST /api/v1/plans/{plan_id}/versions": writing(201, json=GEOJSON),
    "GET /api/v1/plans/{plan_id}/assessments": reading(),
    "POST /api/v1/plans/{plan_id}/assessments": writing(201, ASSESS),
    "GET /api/v1/assessments/{assessment_id}": reading_assessed(),
    "GET /api/v1/assessments/{assessment_id}/freshness": reading_assessed(),
    "GET /api/v1/assessments/{assessment_id}/findings": reading_assessed(),
    "GET /api/v1/assessments/{assessment_id}/land-cover": reading_assessed(),
    "GET /api/v1/assessments/{assessment_id}/map": reading_assessed(),
    "GET /api/v1/assessments/{assessment_id}/compare": reading_assessed(params={"with": "{assessment_id}"}),
    "GET /api/v1/assessments/{assessment_id}/reviews": reading_assessed(),
    "POST /api/v1/assessments/{assessment_id}/reviews": Row(
        ASSESSED, READ_ASSESSED, an_assessment, ok=201, send={"json": {"stance": "agree"}}
    ),
    "GET /api/v1/plans/{plan_id}/decision-log": reading(),
    "GET /api/v1/ledger": opened(),
    "GET /api/v1/ledger/months": Row({"": COUNTY}),
    "GET /api/v1/queue": Row({"": COUNTY}),
    "GET /api/v1/matrix": Row({"": COUNTY}),
    "GET /api/v1/overlap": Row({"": COUNTY}),
    "GET /api/v1/plans/{plan_id}/opinion": reading(),
    "GET /api/v1/plans/{plan_id}/drafts": reading(),
    "PUT /api/v1/plans/{plan_id}/drafts/{finding_id}": on_a_finding(json={"stance": "agree"}),
    "DELETE /api/v1/plans/{plan_id}/drafts/{finding_id}": on_a_finding(204),
    "POST /api/v1/plans/{plan_id}/statements": on_a_finding(409, json={"findings": ["f99"]}),  # no draft on that one
    "GET /api/v1/object-reports": opened(),
    "POST /api/v1/object-reports": Row({"": SIGNED_IN}, ok=201, send={"json": A_REPORT}),
    "GET /api/v1/object-reports/{report_id}": Row({"": EVERYBODY}, fill=a_report),
    "POST /api/v1/object-reports/{report_id}/steps": Row(
        {"": frozenset({"admin"})}, fill=a_report, ok=201, send={"json": {"status": "forwarded"}}
    ),
    "GET /assessments/{assessment_id}/map": reading_assessed(),
    "GET /assessments/{assessment_id}/map.html": reading_assessed(),
    "GET /assessments/{assessment_id}/map.png": reading_assessed(params={"dpi": "72"}),
    "GET /assessments/{assessment_id}/print": reading_assessed(),
    "GET /assessments/{assessment_id}/pieces/{level}/{row}/{column}": Row(
        READ_ASSESSED, READ_ASSESSED, a_tile_of_an_assessment
    ),
    "GET /checks/{check_id}/pieces/{level}/{row}/{column}": replace(
        of_check(204), path={"level": "3", "row": "0", "column": "0"}
    ),
    "GET /checks/{check_id}/map": of_check(),
    "GET /checks/{check_id}/map.html": of_check(),
    "GET /checks/{check_id}/map.png": of_check(params={"dpi": "72"}),
    "GET /checks/{check_id}/print": of_check(),
    "GET /ogc/tileMatrixSets": opened(),
    "GET /ogc/tileMatrixSets/{tileMatrixSetId}": opened(path={"tileMatrixSetId": "SWEREF99TM"}),
    "GET /ogc/collections/{collectionId}/tiles": published(),
    "GET /ogc/collections/{collectionId}/tiles/{tileMatrixSetId}": published(),
    "GET /ogc/collections/{collection_id}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}": published(),
    "GET /ogc/collections/{collectionId}/styles": published(),
    "GET /ogc/collections/{collectionId}/styles/{styleId}": published(),
    "GET /ogc/collections/{collectionId}/legend": published(),
}


@pytest.fixture(scope="module")
def world(
    cluster_url: str, migrated_template: str, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with fresh_database(cluster_url, migrated_template) as url, engine_at(url) as engine:
        yield build_world(engine, catalogue, tmp_path_factory.mktemp("layers"))


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    url = world.engine.url.render_as_string(hide_password=False)
    settings = Settings(
        database_url=SecretStr(url),
        rate_limit="1000000/minute",
        rate_limit_anonymous="1000000/minute",
        jobs_per_client=1_000,
    )
    with TestClient(create_app(settings), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


def routes_of_the_service() -> list[str]:
    """Return every method and path that the router knows."""
    found = set()
    for route in create_app(Settings()).routes:
        contexts = getattr(route, "effective_route_contexts", None)
        for place in contexts() if contexts else [route]:
            methods = set(getattr(place, "methods", None) or {"GET"}) - {"HEAD", "OPTIONS"}
            found |= {f"{method} {getattr(place, 'path')}" for method in methods}  # noqa: B009
    return sorted(found)


ROUTES = routes_of_the_service()


def ask(client: TestClient, world: World, route: str, role: str, values: Values) -> httpx2.Response:
    method, _space, template = route.partition(" ")
    row = ROWS[route if method != "HEAD" else f"GET {template}"]
    send = dict(row.send or {})
    headers = dict(send.pop("headers", {}))
    if "params" in send:
        send["params"] = {name: text.format_map(values) for name, text in send["params"].items()}
    if role != "public":
        headers["Authorization"] = f"Bearer {world.keys[role]}"
    path = template.replace(":path}", "}").format_map({**values, **(row.path or {})})
    return client.request(method, path, headers=headers, follow_redirects=False, **send)


def expected(row: Row, kind: str, role: str) -> int:
    if role in row.allowed[kind]:
        return row.ok
    if row.seen is not None and role not in row.seen[kind]:
        return 404
    return 401 if role == "public" else 403


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert sorted(ROWS) == ROUTES


@pytest.mark.parametrize("route", [route for route in ROUTES if route in ROWS])
def test_access(client: TestClient, world: World, route: str) -> None:
    row = ROWS[route]
    wrong: list[object] = []
    for kind in row.allowed:
        for role in (*ROLES, READER):
            answer = ask(client, world, route, role, row.fill(world, kind))
            status = expected_of_reader(route, row, kind) if role == READER else expected(row, kind, role)
            if answer.status_code != status:
                wrong.append((kind, role, answer.status_code, status, answer.text[:300]))
            wrong += [(kind, role, "tells of", name) for name in told(answer.text, role)]
    assert not wrong


@pytest.mark.parametrize("route", [route for route in ROUTES if route.startswith("GET ") and route in ROWS])
def test_what_can_be_read_can_be_asked_for_its_headers(client: TestClient, world: World, route: str) -> None:
    row = ROWS[route]
    values = row.fill(world, next(iter(row.allowed)))
    whole = ask(client, world, route, "admin", values)
    headers = ask(client, world, f"HEAD {route.removeprefix('GET ')}", "admin", values)
    assert (headers.status_code, headers.content) == (whole.status_code, b"")
    assert headers.headers.get("Content-Type") == whole.headers.get("Content-Type")


def expected_of_reader(route: str, row: Row, kind: str) -> int:
    """A key that only reads is its role's for reading; everything else is refused before anything is looked up.

    Jobs are the key's own, so that it sees none of those of the planner's other key.
    """
    if not route.startswith("GET ") and route not in ASKING:
        return 403
    return 404 if row.allowed is JOBS else expected(row, kind, "planner")


def told(text: str, role: str) -> list[str]:
    """Return the names in an answer that its reader must not learn; in JSON they may be escaped."""
    secrets = []
    if role not in SEES_RESTRICTED:
        secrets.append(RESTRICTED)
    if role in {"public", "reviewer"}:
        secrets.append(DRAFT)
    return [name for name in secrets if name in text or name.encode("unicode_escape").decode() in text]


def test_those_who_may_see_restricted_layers_do(client: TestClient, world: World) -> None:
    """The names that must not be told are really there to be told."""
    for role in ROLES:
        text = ask(client, world, "POST /api/v1/checks", role, {}).text
        assert (RESTRICTED in text) == (role in SEES_RESTRICTED)


def test_a_restricted_layer_is_told_as_not_checked_and_never_left_out(client: TestClient, world: World) -> None:
    ids = {}
    for role in ROLES:
        document = ask(client, world, "POST /api/v1/checks", role, {}).json()
        [layer] = [layer for layer in document["layers"] if layer["id"] == "seveso"]
        seen = ("hit", None) if role in SEES_RESTRICTED else ("not_checked", "restricted")
        assert (layer["status"], layer["reason"]) == seen
        ids[role] = document["id"]
    assert ids["public"] == ids["planner"] != ids["reviewer"] == ids["admin"]


@pytest.mark.parametrize("form", ["json", "geojson", "html"])
def test_no_form_of_a_check_tells_of_restricted_objects(client: TestClient, world: World, form: str) -> None:
    answer = client.post("/api/v1/checks", params={"f": form}, json=GEOJSON)
    assert answer.status_code == 200
    assert not told(answer.text, "public")


def test_the_state_of_a_restricted_layer_is_not_told(client: TestClient, world: World) -> None:
    for role in ROLES:
        one = ask(client, world, "GET /api/v1/layers/{layer_id}", role, {}).json()
        [listed] = [
            layer for layer in ask(client, world, "GET /api/v1/layers", role, {}).json() if layer["id"] == "seveso"
        ]
        for layer in (one, listed):
            assert (layer["featureCount"], layer["state"]) == (
                (1, "active") if role in SEES_RESTRICTED else (None, "restricted")
            )


def test_plans_of_others_are_made_by_nobody(client: TestClient, world: World) -> None:
    headers = {"Authorization": f"Bearer {world.keys['planner']}"}
    answer = client.post("/api/v1/plans", json={**ANOTHER_PLAN, "municipality": FOREIGN}, headers=headers)
    assert answer.status_code == 403
    kept = world.plan("own_published")
    moved = client.patch(
        f"/api/v1/plans/{kept.id}", json={"municipality": FOREIGN}, headers={**headers, "If-Match": '"1"'}
    )
    assert moved.status_code == 403


def listed_plans(client: TestClient, world: World, role: str) -> Iterator[str]:
    headers = {"Authorization": f"Bearer {world.keys[role]}"} if role != "public" else {}
    page = client.get("/api/v1/plans", headers=headers).json()
    yield from (plan["id"] for plan in page["plans"])
    while page.get("next"):
        page = client.get(page["next"], headers=headers).json()
        yield from (plan["id"] for plan in page["plans"])


def test_lists_hold_what_each_may_see(client: TestClient, world: World) -> None:
    for role in ROLES:
        listed = set(listed_plans(client, world, role))
        for kind, kept in world.shared.items():
            if kind != "own_withdrawn":
                assert (str(kept.id) in listed) == (role in READ[kind]), (role, kind)


def test_simultaneous_checks_by_different_roles_never_mix(client: TestClient, world: World) -> None:
    """32 at once: each gets the answer that its role gets alone, whatever the others on its connection may see."""
    questions = [(role, scale) for role in ROLES for scale in range(1, 9)]
    alone = {question: checked(client, world, *question) for question in questions}
    assert len({(kind, ident) for ident, kind in alone.values()}) == 2 * 8
    barrier = threading.Barrier(len(questions))

    def together(question: tuple[str, int]) -> tuple[str, bool]:
        barrier.wait(30)
        return checked(client, world, *question)

    with ThreadPoolExecutor(len(questions)) as pool:
        assert dict(zip(questions, pool.map(together, questions), strict=True)) == alone


def checked(client: TestClient, world: World, role: str, scale: int) -> tuple[str, bool]:
    """Return the id of a check of an area of its own, and whether it tells of the restricted object."""
    headers = {"Authorization": f"Bearer {world.keys[role]}"} if role != "public" else {}
    crs = {"type": "name", "properties": {"name": "EPSG:3006"}}
    area = {**shapely.geometry.mapping(box(0, 0, 10 * scale, 10)), "crs": crs}
    answer = client.post("/api/v1/checks", json=area, headers=headers)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["area"]["areaM2"] == pytest.approx(100 * scale)
    tells = RESTRICTED in answer.text
    assert tells == (role in SEES_RESTRICTED)
    return document["id"], tells


def test_tiles_hold_what_each_may_see(client: TestClient, world: World) -> None:
    route = "GET /ogc/collections/{collection_id}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}"
    for role in ROLES:
        plans = ask(client, world, route, role, a_collection(world, "plans")).text
        seen = {kind for kind, kept in world.shared.items() if str(kept.id) in plans}
        assert seen == {kind for kind, roles in READ.items() if role in roles and kind != "own_withdrawn"}, role
        assert (DRAFT in plans) == (role in {"planner", "admin"})
        pieces = ask(client, world, route, role, a_collection(world, "conflict-pieces")).text
        assert (RESTRICTED in pieces) == (role in SEES_RESTRICTED)


def features_seen(
    client: TestClient, world: World, role: str, collection: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a collection and all its features, as a role sees them; other tests add to them."""
    headers = {"Authorization": f"Bearer {world.keys[role]}"} if role != "public" else {}
    address = f"/ogc/collections/{collection}"
    whole = client.get(f"{address}/items?limit=1000", headers=headers)
    return client.get(address, headers=headers).json(), whole.json()


def test_plans_are_features_for_those_who_may_read_them(client: TestClient, world: World) -> None:
    for role in ROLES:
        described, document = features_seen(client, world, role, "plans")
        found = {feature["id"] for feature in document["features"]}
        for kind, kept in world.shared.items():
            assert (str(kept.id) in found) == (role in SHOWN[kind]), (role, kind)
        assert described["itemCount"] == document["numberMatched"] == len(found)
        assert not told(json.dumps([described, document]), role)


@pytest.mark.parametrize("collection", ["findings", "conflict-pieces"])
def test_findings_are_those_of_the_assessment_that_counts_for_the_reader(
    client: TestClient, world: World, collection: str
) -> None:
    for role in ROLES:
        described, document = features_seen(client, world, role, collection)
        seen = {feature["properties"]["plan"] for feature in document["features"]}
        for kind, kept in world.shared.items():
            assert (str(kept.id) in seen) == (role in SHOWN[kind]), (role, kind)
        layers = {feature["properties"]["layer"] for feature in document["features"]}
        assert layers == ({"ramsar", "seveso"} if role in SEES_RESTRICTED else {"ramsar"})
        assert described["itemCount"] == document["numberMatched"] == len(document["features"])
        assert not told(json.dumps([described, document]), role)


def test_layers_that_may_not_be_passed_on_are_no_collections(client: TestClient, world: World) -> None:
    for role in ROLES:
        headers = {"Authorization": f"Bearer {world.keys[role]}"} if role != "public" else {}
        listed = [entry["id"] for entry in client.get("/ogc/collections", headers=headers).json()["collections"]]
        assert listed == ["plans", "findings", "conflict-pieces", "ramsar"]
        for path in ("", "/items", "/queryables", "/schema", "/items/1"):
            assert client.get(f"/ogc/collections/seveso{path}", headers=headers).status_code == 404
