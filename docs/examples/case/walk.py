"""A case from consultation to review over HTTP: assess, dispute, new geometry, compare, add up.

    python docs/examples/case/walk.py http://127.0.0.1:8000

The service has the demo data (`make demo`) and runs with the registers of `data/demo/registers`, which name the
demo municipality.
`PLANNER_KEY` and `REVIEWER_KEY` hold API keys of a planner of 0099 and of a reviewer of county 00 that may write.
Every claim that is printed has been checked; the program ends with an error where one does not hold.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import shapely

DEMO = Path(__file__).parents[3] / "data" / "demo"
MUNICIPALITY = "0099"
METRES = "EPSG:3006"
GRAVES = "fornlamning.overlap"
ROOM_M = 60


@dataclass(frozen=True)
class Client:
    """Somebody who uses the service with an API key."""

    address: str
    key: str

    def get(self, path: str, **query: str) -> Any:
        return self._ask("GET", f"{path}?{urlencode(query)}")

    def post(self, path: str, document: Any) -> Any:
        return self._ask("POST", path, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def patch(self, path: str, changes: Any, revision: int) -> Any:
        headers = {"Content-Type": "application/json", "If-Match": f'"{revision}"'}
        return self._ask("PATCH", path, json.dumps(changes).encode(), headers)

    def upload(self, path: str, file: Path, metadata: Any) -> Any:
        line = uuid.uuid4().hex
        form = (
            f'--{line}\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{json.dumps(metadata)}\r\n'
            f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n\r\n'
        )
        body = form.encode() + file.read_bytes() + f"\r\n--{line}--\r\n".encode()
        return self._ask("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={line}"})

    def _ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=120)
        connection.request(method, path, body, {"Authorization": f"Bearer {self.key}", **(headers or {})})
        answer = connection.getresponse()
        document = json.loads(answer.read())
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {document['detail']} {document.get('remedy', '')}")
        return document


def assess(planner: Client, plan: dict[str, Any]) -> dict[str, Any]:
    """Assess the plan's current version and return the assessment."""
    kept = planner.post(f"/api/v1/plans/{plan['id']}/assessments", None)
    found: dict[str, Any] = planner.get(f"/api/v1/assessments/{kept['id']}", plan=plan["id"])
    return found


def graves_of(reader: Client, assessment: dict[str, Any]) -> tuple[dict[str, Any], shapely.Geometry]:
    """Return the finding about ancient remains and its ground, in metres."""
    finding = next(finding for finding in assessment["findings"] if finding["rule"] == GRAVES)
    shapes = reader.get(f"/api/v1/assessments/{assessment['id']}/findings", crs=METRES)["features"]
    ground = [f["geometry"] for f in shapes if f["properties"].get("finding") == finding["id"]]
    return finding, shapely.union_all([shapely.geometry.shape(shape) for shape in ground])


def as_area(geometry: shapely.Geometry) -> dict[str, Any]:
    """Return a geometry in metres as GeoJSON that says so."""
    return {**shapely.geometry.mapping(geometry), "crs": {"type": "name", "properties": {"name": METRES}}}


def dispute(reviewer: Client, assessment: dict[str, Any], finding: dict[str, Any]) -> None:
    """The county board holds that a finding is not right, and everybody sees it."""
    statement = {
        "finding": finding["id"],
        "stance": "dispute",
        "reason": "Gravfältet är större än registret visar: utgrävningen 2025 fann gravar norr om det.",
        "comment": "Håll avstånd, eller avgränsa fornlämningen tillsammans med oss.",
    }
    reviewer.post(f"/api/v1/assessments/{assessment['id']}/reviews", statement)
    said = reviewer.get(f"/api/v1/assessments/{assessment['id']}/reviews")
    assert said["disputed"] == [finding["id"]]
    print(f"county board disputes {finding['id']}: {finding['title']['sv']}")


def give_way(planner: Client, plan: dict[str, Any], ground: shapely.Geometry) -> shapely.Geometry:
    """The plan comes to granskning with a new geometry that keeps away from the disputed ground."""
    path = f"/api/v1/plans/{plan['id']}"
    outline = shapely.geometry.shape(planner.get(f"{path}/versions/1", crs=METRES)["geometry"])
    smaller = max(shapely.get_parts(outline - ground.buffer(ROOM_M)), key=shapely.area)
    version = planner.post(f"{path}/versions", as_area(smaller))
    changed = planner.patch(path, {"stage": "granskning"}, planner.get(path)["revision"])
    assert (version["number"], changed["stage"]) == (2, "granskning")
    print(f"version 2 at granskning: {version['areaM2'] / 1e4:.1f} ha instead of {outline.area / 1e4:.1f} ha")
    return smaller


def explain(reader: Client, first: dict[str, Any], second: dict[str, Any]) -> None:
    """Every difference has one cause, and the remains are gone because the plan has changed."""
    found = reader.get(f"/api/v1/assessments/{first['id']}/compare", **{"with": second["id"]})
    differences = [*found["findings"], *found["layers"], *found["objectives"]]
    causes = Counter(difference["cause"]["kind"] for difference in differences)
    assert found["planChanged"]
    assert not found["rulesChanged"]
    assert not found["layersChanged"]
    assert set(causes) == {"plan"}
    assert {d["kind"] for d in found["findings"] if d["rule"] == GRAVES} == {"gone"}
    kinds = Counter(difference["kind"] for difference in found["findings"])
    print(f"compare: {dict(kinds)} findings, {found['unchanged']} unchanged; causes: {dict(causes)}")


def add_up(planner: Client, outline: shapely.Geometry) -> None:
    """A second plan over a part of the same ground: the ledger counts the hectares that both touch once."""
    before = touched(planner)
    xmin, ymin, xmax, ymax = outline.bounds
    half = shapely.box(xmin, ymin, (xmin + xmax) / 2, ymax) & outline
    fields = {"municipality": MUNICIPALITY, "name": "Lindö strand, program", "type": "program", "stage": "samråd"}
    overlap = assess(planner, planner.post("/api/v1/plans", {**fields, "area": as_area(half)}))
    after = touched(planner)
    assert after["plans"] == before["plans"] + 1
    assert abs(after["areaHa"] - before["areaHa"]) < 1e-6, (before, after)
    print(f"ledger: {overlap['area']['areaM2'] / 1e4:.1f} ha more of plans, and still {after['areaHa']:.1f} ha touched")


def touched(planner: Client) -> dict[str, Any]:
    """Return what the municipality's plans together touch of the national interest for outdoor life."""
    rows = planner.get("/api/v1/ledger", municipality=MUNICIPALITY)["rows"]
    [row] = [row for row in rows if row["group"] == "rule" and row["rule"] == "riksintresse_friluftsliv.overlap"]
    return dict(row)


def main(address: str, planner_key: str, reviewer_key: str) -> None:
    """Walk through the case."""
    planner, reviewer = Client(address, planner_key), Client(address, reviewer_key)
    metadata = {"municipality": MUNICIPALITY, "name": "Lindö strand", "designation": "P 2026:4", "stage": "samråd"}
    plan = planner.upload("/api/v1/plans?use=B,N,O", DEMO / "plan_strand.gpkg", metadata)
    first = assess(planner, plan)
    print(f"assessed at samråd: {len(first['findings'])} findings")
    finding, ground = graves_of(reviewer, first)
    dispute(reviewer, first, finding)
    smaller = give_way(planner, plan, ground)
    second = assess(planner, plan)
    explain(reviewer, first, second)
    add_up(planner, smaller)
    log = planner.get(f"/api/v1/plans/{plan['id']}/decision-log")["entries"]
    print("decision log: " + ", ".join(entry["kind"] for entry in log))


if __name__ == "__main__":
    main(sys.argv[1], os.environ["PLANNER_KEY"], os.environ["REVIEWER_KEY"])
