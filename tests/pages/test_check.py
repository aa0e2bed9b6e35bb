"""From the start page to a result, as a browser without script does it: every way in, choices, errors, exports."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import geopandas
import httpx2
import pytest
import shapely
from factories import box, line, write_layer
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, load_layer

LINES = {"Accept": "application/x-ndjson"}
PASTED = "6500000; 600000\n6500000; 600100\n6500100; 600100\n6500100; 600000"
WILD = "<img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def layers(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    """A wetland over the east half of the plan, whose name is markup, and a trail across it."""
    wetlands = write_layer(tmp_path / "ramsar.gpkg", [box(50, 0, 300, 300)], NAMN=[WILD])
    trail = write_layer(tmp_path / "leder.gpkg", [line((0, 50), (900, 50))])
    for layer, path in (("ramsar", wetlands), ("leder", trail)):
        load_layer(engine, catalogue, layer, path, LoadOptions(coverage="sweden"))


def drawn() -> bytes:
    """Return a square hectare as a FeatureCollection."""
    feature = {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(box(0, 0, 100, 100))}
    crs = {"type": "name", "properties": {"name": "EPSG:3006"}}
    return json.dumps({"type": "FeatureCollection", "crs": crs, "features": [feature]}).encode()


def shapefile(path: Path, geometries: list[shapely.Geometry], crs: int | None, **columns: Any) -> bytes:
    """Return a zipped Shapefile; without `crs` it has no .prj."""
    frame = geopandas.GeoDataFrame(
        columns or {"namn": [str(n) for n in range(len(geometries))]}, geometry=geometries, crs=crs
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it has no system
        frame.to_file(path / "plan.shp")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part in path.glob("plan.*"):
            archive.write(part, part.name)
    return packed.getvalue()


def send(client: TestClient, content: bytes, name: str = "plan.geojson", **fields: Any) -> httpx2.Response:
    return client.post("/checks", data={"way": "file", **fields}, files={"file": (name, content)})


def opened(client: TestClient, answer: httpx2.Response) -> str:
    assert answer.status_code == 303, answer.text
    page = client.get(answer.headers["location"])
    assert page.status_code == 200, page.text
    return page.text.replace("\xa0", " ")


def test_a_file_is_checked_and_the_result_has_an_address(client: TestClient) -> None:
    answer = send(client, drawn(), name="Björkby.geojson", stage="samråd")
    assert re.fullmatch(r"/checks/[0-9a-f]{32}", answer.headers["location"])
    page = opened(client, answer)
    assert "<h1" in page
    assert "Björkby" in page
    assert "Planen berör" in page
    assert "samråd" in page


@pytest.mark.parametrize("way", [{"way": "text", "text": PASTED}, {"way": "drawn", "drawn": drawn().decode()}])
def test_an_area_can_be_pasted_or_drawn(client: TestClient, way: dict[str, str]) -> None:
    page = opened(client, client.post("/checks", data=way))
    assert "data-finding" in page
    assert ("nord före öst, i EPSG:3006" in page) == (way["way"] == "text")


def test_layer_names_and_file_names_are_never_markup(client: TestClient) -> None:
    page = opened(client, send(client, drawn(), name=f"{WILD}.geojson", name_=WILD))
    assert "<img" not in page
    assert "&lt;img" in page


def test_of_several_features_one_is_chosen_or_all_are_united_and_nothing_is_sent_twice(
    client: TestClient, tmp_path: Path
) -> None:
    parts = [box(0, 0, 40, 100), box(60, 0, 100, 100)]
    answer = send(client, shapefile(tmp_path, parts, 3006), name="plan.zip")
    choice = opened(client, answer)
    assert answer.headers["location"].startswith("/uploads/")
    assert choice.count('name="feature"') == 2
    upload = answer.headers["location"].removeprefix("/uploads/")
    chosen = client.post("/checks", data={"upload": upload, "chosen": "1", "feature": "0"})
    united = client.post("/checks", data={"upload": upload, "chosen": "1"})
    assert "4 000 m²" in opened(client, chosen)
    assert "8 000 m²" in opened(client, united)


def test_a_missing_system_is_chosen_and_seen_before_the_check(client: TestClient, tmp_path: Path) -> None:
    answer = send(client, shapefile(tmp_path, [box(0, 0, 100, 100)], None), name="plan.zip")
    asked = opened(client, answer)
    assert "Koordinatsystem" in asked
    assert 'id="fault" class="notice notice--error" role="alert" tabindex="-1">' in asked
    preview = client.get(answer.headers["location"], params={"crs": "EPSG:3006"}).text.replace("\xa0", " ")
    assert "1,0 ha" in preview
    assert "SWEREF 99 TM" in preview
    wrong = client.get(answer.headers["location"], params={"crs": "EPSG:3011"}).text
    assert 'aria-invalid="true"' in wrong
    upload = urlsplit(answer.headers["location"]).path.rpartition("/")[2]
    done = client.post("/checks", data={"upload": upload, "chosen": "1", "crs": "EPSG:3006"})
    assert done.headers["location"].startswith("/checks/")


def test_of_several_tables_one_is_chosen(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    for number, layer in enumerate(("utkast", "plan")):
        frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[box(0, 0, 10 + 90 * number, 100)], crs=3006)
        frame.to_file(path, layer=layer)
    answer = send(client, path.read_bytes(), name="plan.gpkg")
    assert opened(client, answer).count('name="table"') == 2
    upload = answer.headers["location"].removeprefix("/uploads/")
    seen = client.get(f"/uploads/{upload}", params={"table": "plan"}).text.replace("\xa0", " ")
    assert "1,0 ha" in seen
    done = client.post("/checks", data={"upload": upload, "chosen": "1", "table": "plan"})
    assert "1,0 ha" in opened(client, done)


@pytest.mark.parametrize(
    ("fields", "field", "status"),
    [
        ({"way": "file"}, "file", 422),
        ({"way": "text", "text": "hej", "name": "Mitt namn"}, "text", 400),
        ({"way": "text", "text": PASTED, "crs": "EPSG:3011"}, "crs", 422),
        ({"way": "drawn", "drawn": ""}, "drawn", 400),
    ],
)
def test_what_is_wrong_is_told_by_the_field_and_nothing_is_lost(
    client: TestClient, fields: dict[str, str], field: str, status: int
) -> None:
    answer = client.post("/checks", data=fields)
    assert answer.status_code == status
    assert f'href="#{field}"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    for name in ("text", "name"):
        assert fields.get(name, "") in answer.text


def test_progress_counts_layers_and_ends_with_the_address(client: TestClient, catalogue: Catalogue) -> None:
    answer = client.post("/checks", data={"way": "text", "text": PASTED}, headers=LINES)
    steps = [json.loads(line) for line in answer.text.splitlines()]
    counts = [step["done"] for step in steps[:-1]]
    assert counts == sorted(counts)
    assert counts[-1] == len(catalogue.layers)
    assert {step["of"] for step in steps[:-1]} == {len(catalogue.layers)}
    assert len(catalogue.layers) - counts[0] == 2, "two layers are loaded and have to be read"
    assert client.get(steps[-1]["location"]).status_code == 200


def test_a_fault_ends_the_progress(client: TestClient) -> None:
    answer = client.post("/checks", data={"way": "text", "text": "hej"}, headers=LINES)
    [step] = [json.loads(line) for line in answer.text.splitlines()]
    assert step["problem"]["field"] == "text"
    assert step["problem"]["remedy"]


def test_a_stored_plan_is_opened_by_id_or_looked_for(client: TestClient) -> None:
    known = "0b0e7a1c-1111-4222-8333-444455556666"
    assert client.post("/checks", data={"way": "plan", "plan": known}).headers["location"] == f"/plans/{known}"
    found = client.post("/checks", data={"way": "plan", "plan": "Björk by"}).headers["location"]
    assert parse_qs(urlsplit(found).query) == {"q": ["Björk by"]}


def test_the_address_says_what_of_the_result_is_shown(client: TestClient) -> None:
    address = send(client, drawn()).headers["location"]
    everything = client.get(address).text
    assert everything.count("data-finding=") > 1
    by_objective = client.get(address, params={"tab": "findings", "group": "objective"}).text
    assert by_objective.count("grouphead") > 1
    assert len(re.findall(r'id="f1"', by_objective)) == 1
    filtered = client.get(address, params={"tab": "findings", "q": "img src"}).text
    assert 0 < filtered.count("data-finding=") <= everything.count("data-finding=")
    nothing = client.get(address, params={"tab": "findings", "q": "no such thing"}).text
    assert 'data-finding="f' not in nothing
    assert "Inget fynd stämmer" in nothing
    assert "<details open>" in client.get(address, params={"finding": "f1"}).text
    for tab in ("account", "not-checked", "sources"):
        page = client.get(address, params={"tab": tab}).text
        assert f'id="tab-{tab}"' in page
        assert 'data-finding="f' not in page
    assert client.get(address, params={"tab": "nonsense"}).status_code == 422


def test_findings_are_exported_all_or_those_selected(client: TestClient) -> None:
    address = send(client, drawn()).headers["location"]
    whole = json.loads(client.get(f"{address}/export", params={"f": "geojson"}).content)
    found = {f["properties"].get("finding") for f in whole["features"]} - {None}
    one = json.loads(client.get(f"{address}/export", params={"f": "geojson", "finding": "f1"}).content)
    assert {f["properties"].get("finding") for f in one["features"]} - {None} == {"f1"} < found
    table = client.get(f"{address}/export", params={"f": "csv", "finding": "f1"}).text
    assert {row.split(",")[6] for row in table.splitlines() if row.startswith("finding,")} == {"f1"}
    sheet = client.get(f"{address}/export", params={"f": "xlsx"})
    assert zipfile.is_zipfile(io.BytesIO(sheet.content))
    assert "attachment" in sheet.headers["content-disposition"]
    assert client.get(f"{address}/export", params={"f": "csv", "finding": "f99"}).status_code == 404


def test_selected_findings_are_printed(client: TestClient) -> None:
    address = send(client, drawn()).headers["location"]
    numbers = re.compile(r"class=\"fid\">(F\d+)<")
    whole, one = (client.get(f"{address}/print", params=asked).text for asked in ({}, {"finding": "f1"}))
    assert set(numbers.findall(one)) == {"F1"} < set(numbers.findall(whole))


def test_newer_data_are_told_and_the_area_is_checked_again(
    client: TestClient, engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    address = send(client, drawn()).headers["location"]
    assert "Nyare data finns" not in client.get(address).text
    newer = write_layer(tmp_path / "newer.gpkg", [box(60, 0, 300, 300)], NAMN=["Sjön"])
    load_layer(engine, catalogue, "ramsar", newer, LoadOptions(coverage="sweden"))
    assert "Nyare data finns" in client.get(address).text
    again = client.post(f"{address}/again")
    assert again.headers["location"] != address
    assert "Nyare data finns" not in opened(client, again)


def test_a_planner_keeps_a_check_as_a_plan(client: TestClient) -> None:
    client.post("/auth/demo", data={"role": "planner", "place": "0180"})
    sent = drawn()
    address = send(client, sent, stage="samråd").headers["location"]
    assert address in client.get("/").text, "one's own checks are listed"
    form = {"name": "Sjöstranden", "municipality": "0180", "designation": "0180-P1", "stage": "samråd"}
    answer = client.post(f"{address}/plan", data=form)
    page = opened(client, answer)
    [plan] = parse_qs(urlsplit(answer.headers["location"]).query)["plan"]
    kept = client.get(f"/api/v1/plans/{plan}", headers={"Accept": "application/json"}).json()
    assert (kept["name"], kept["designation"], kept["stage"]) == ("Sjöstranden", "0180-P1", "samråd")
    source = client.get(f"/api/v1/plans/{plan}/versions/1/source")
    assert source.content == sent
    assert f"/plans/{plan}" in page
    elsewhere = client.post(f"{address}/plan", data={**form, "municipality": "1480"})
    assert elsewhere.status_code == 403


def test_checks_that_are_gone_are_told_as_such(client: TestClient) -> None:
    for path in ("/checks/" + "0" * 32, "/uploads/" + "0" * 32):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "finns inte" in answer.text
