"""The list of layers and the page of each: state, age, coverage, versions, reports."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import get_args

import pytest
from factories import box, line, write_layer
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.sources import Source
from geomiljo.layers.coverage_map import coverage_map
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.layers.overview import layer_overview
from geomiljo.layers.versions import active_versions, switch_off
from geomiljo.pages.layer import PROTOCOL, source_line
from geomiljo.settings import Settings

ROW = re.compile(r'<th scope="row"><a href="/layers/([a-z0-9_.]+)"')


def listed(client: TestClient, **asked: str) -> list[str]:
    answer = client.get("/layers", params=asked)
    assert answer.status_code == 200, answer.text
    return ROW.findall(answer.text)


@pytest.fixture
def wetlands(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> Engine:
    """Two wetlands, the first of which has moved since, mapped in the west; and three counties beside each other."""
    west = write_layer(tmp_path / "west.gpkg", [box(0, 0, 150, 100)])
    options = LoadOptions(coverage=str(west), source_date=dt.date(2020, 1, 1), accept=True)
    for number, shape in enumerate([box(0, 0, 10, 10), box(5, 0, 10, 10)]):
        file = write_layer(tmp_path / f"{number}.gpkg", [shape, box(50, 0, 60, 10)], NAMN=["Kärret", "Mossen"])
        load_layer(engine, catalogue, "ramsar", file, options)
    counties = [box(0, 0, 100, 100), box(100, 0, 200, 100), box(200, 0, 300, 100)]
    file = write_layer(tmp_path / "lan.gpkg", counties, lanskod=["01", "03", "04"], lan=["Väst", "Mitt", "Öst"])
    load_layer(engine, catalogue, "lan", file, LoadOptions(coverage="sweden"))
    return engine


def test_every_layer_of_the_registers_is_listed_and_has_a_page(client: TestClient, catalogue: Catalogue) -> None:
    assert sorted(listed(client)) == sorted(catalogue.layers)
    for layer in list(catalogue.layers.values())[::8]:
        page = client.get(f"/layers/{layer.id}")
        assert page.status_code == 200
        assert layer.licence.name in page.text


def test_layers_are_filtered(client: TestClient, wetlands: Engine, catalogue: Catalogue) -> None:
    switch_off(wetlands, catalogue, "leder", "Inte i bruk <b>här</b>")
    assert sorted(listed(client, state="loaded")) == ["lan", "ramsar"]
    assert listed(client, state="outdated") == ["ramsar"]
    assert listed(client, state="off") == ["leder"]
    assert listed(client, state="restricted") == ["seveso"]
    assert "ramsar" in listed(client, q="RAMSAR", theme="", state="", objective="")
    assert "ramsar" not in listed(client, theme="water")
    assert {rule.layer for rule in catalogue.rules.values() if 3 in rule.objectives} == set(
        listed(client, objective="3")
    )
    assert "Inget lager motsvarar det" in client.get("/layers", params={"q": "finns inte"}).text
    assert "Inte i bruk &lt;b&gt;här&lt;/b&gt;" in client.get("/layers/leder").text


def test_unknown_layers_and_filters_are_told(client: TestClient) -> None:
    assert client.get("/layers/finns_inte").status_code == 404
    assert client.get("/layers", params={"theme": "weather"}).status_code == 422
    assert client.get("/layers/ramsar", params={"from": "abc", "to": "def"}).status_code == 404


@pytest.mark.parametrize(
    ("age", "word"), [(0, "current"), (400, "current"), (401, "ageing"), (799, "ageing"), (800, "outdated")]
)
def test_age_is_counted_in_cadences(engine: Engine, catalogue: Catalogue, tmp_path: Path, age: int, word: str) -> None:
    """The layer of counties has a cadence of 400 days."""
    day = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=age)
    file = write_layer(tmp_path / "lan.gpkg", [box(0, 0, 1, 1)], lanskod=["01"], lan=["Väst"])
    load_layer(engine, catalogue, "lan", file, LoadOptions(source_date=day))
    with engine.connect() as connection:
        [row] = [row for row in layer_overview(connection, catalogue) if row.id == "lan"]
    assert row.cadence_days == 400
    assert row.freshness == word


def test_coverage_is_told_county_by_county(client: TestClient, wetlands: Engine) -> None:
    with wetlands.connect() as connection:
        active = active_versions(connection)
        found = coverage_map(connection, active["ramsar"].id, active["lan"].id)
    told = {area.name: (area.extent, area.share) for area in found.areas}
    assert told == {"Väst": ("whole", 1), "Mitt": ("part", pytest.approx(0.5)), "Öst": ("none", 0)}
    assert found.box[2:] == (300, 100)
    page = client.get("/layers/ramsar").text
    assert [page.count(f'class="cv-{look}" d=') for look in ("full", "part", "none")] == [1, 1, 1]
    assert "50,0\u00a0%" in page


def covered(client: TestClient, **asked: str) -> dict[str, str]:
    """Return how much of the county the list says that each loaded layer maps."""
    rows = client.get("/layers", params=asked).text.split("<tr>")
    told = (re.search(r'/layers/([a-z0-9_.]+)".*covcell">.*?num">([^<]+)<', row, flags=re.DOTALL) for row in rows)
    return {found.group(1): found.group(2) for found in told if found}


def test_the_list_tells_how_much_of_a_county_is_mapped(
    client: TestClient, wetlands: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    """The west is mapped: all of the first county, half of the second, nothing of the third."""
    load_layer(wetlands, catalogue, "tuva", write_layer(tmp_path / "t.gpkg", [box(0, 0, 1, 1)]), LoadOptions())
    stated = LoadOptions(coverage="county:03")
    load_layer(wetlands, catalogue, "leder", write_layer(tmp_path / "l.gpkg", [line((0, 0), (9, 0))]), stated)
    shares = {county: covered(client, county=county) for county in ("01", "03", "04")}
    assert {county: told["ramsar"] for county, told in shares.items()} == {
        "01": "100\u00a0%",
        "03": "50,0\u00a0%",
        "04": "0\u00a0%",
    }
    assert [told["leder"] for told in shares.values()] == ["0\u00a0%", "100\u00a0%", "0\u00a0%"]
    assert {told["lan"] for told in shares.values()} == {"100\u00a0%"}
    assert all("tuva" not in told for told in shares.values())  # what it maps is not known
    assert covered(client, county="25") == {"lan": "100\u00a0%", "leder": "0\u00a0%"}  # not among those loaded
    assert covered(client) == {}
    client.post("/auth/demo", data={"role": "reviewer", "place": "03"})
    assert covered(client)["ramsar"] == "50,0\u00a0%"  # one's own county
    assert covered(client, county="") == {}
    assert "&amp;county=03" in client.get("/layers").text
    assert client.get("/layers", params={"county": "Skåne"}).status_code == 422


def test_layers_that_leave_out_some_of_a_county_are_listed(
    client: TestClient, wetlands: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    """The west is mapped; of the grasslands it is not known what is."""
    load_layer(wetlands, catalogue, "tuva", write_layer(tmp_path / "t.gpkg", [box(0, 0, 1, 1)]), LoadOptions())
    found = {county: set(listed(client, coverage="incomplete", county=county)) for county in ("01", "03", "04")}
    assert found == {"01": {"tuva"}, "03": {"ramsar", "tuva"}, "04": {"ramsar", "tuva"}}
    assert set(listed(client, coverage="incomplete", county="03", q="ramsar")) == {"ramsar"}
    assert "Inget lager motsvarar det" in client.get("/layers?coverage=incomplete&county=01&q=ramsar").text
    page = client.get("/layers", params={"coverage": "incomplete", "county": "03"}).text
    assert re.search(r'name="coverage" value="incomplete"[^>]* checked', page)
    assert "&amp;county=03&amp;coverage=incomplete" in page  # the strip above keeps the choice
    assert set(listed(client, coverage="", county="03")) == set(catalogue.layers)
    anywhere = client.get("/layers", params={"coverage": "incomplete", "county": ""}).text
    assert "Välj ett län" in anywhere
    assert set(ROW.findall(anywhere)) == set(catalogue.layers)


def test_without_counties_the_list_says_so(client: TestClient) -> None:
    page = client.get("/layers", params={"county": "01", "coverage": "incomplete"}).text
    assert "Lagret med län är inte inläst" in page
    assert ROW.findall(page)


def test_unknown_coverage_is_never_called_none(
    client: TestClient, wetlands: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    load_layer(wetlands, catalogue, "tuva", write_layer(tmp_path / "t.gpkg", [box(0, 0, 1, 1)]), LoadOptions())
    page = client.get("/layers/tuva").text
    assert page.count('class="cv-none" d=') == 3
    assert "ej täckt" not in page


def test_without_counties_the_page_says_so(client: TestClient, wetlands: Engine) -> None:
    page = client.get("/layers/ramsar", params={"places": "kommun"}).text
    assert "Lagret med kommuner är inte inläst" in page
    assert 'class="cv-' not in page


def test_changes_between_versions_are_listed(client: TestClient, wetlands: Engine) -> None:
    page = client.get("/layers/ramsar").text
    assert re.search(r"<b>0</b> nytt, <b>0</b> borta, <b>1</b> ändrat", page), page
    [was, now] = re.search(r"\?from=([0-9a-f]+)&amp;to=([0-9a-f]+)#changes", page).groups()  # type: ignore[union-attr]
    assert "Kärret" in client.get("/layers/ramsar", params={"from": was, "to": now, "page": "99"}).text


def test_restricted_layers_are_shown_with_the_reason(
    client: TestClient, engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    load_layer(engine, catalogue, "seveso", write_layer(tmp_path / "s.gpkg", [box(0, 0, 1, 1)], namn=["Hemlig"]))
    page = client.get("/layers/seveso").text
    assert "Registret kallar lagret skyddat" in page
    assert "Administratör" in page
    client.post("/auth/demo", data={"role": "admin"})
    assert "Antal" not in page
    assert client.get("/layers/seveso").text.count("<code>") > page.count("<code>")


def test_planners_report_objects(client: TestClient, wetlands: Engine) -> None:
    told = {"object": "1", "reason": "Kärret är <i>dikat</i>"}
    assert client.post("/layers/ramsar/reports", data=told).status_code == 401
    client.post("/auth/demo", data={"role": "planner", "place": "0180"})
    answer = client.post("/layers/ramsar/reports", data=told)
    assert (answer.status_code, answer.headers["location"]) == (303, "/layers/ramsar#reports")
    page = client.get("/layers/ramsar").text
    assert "Kärret är &lt;i&gt;dikat&lt;/i&gt;" in page
    assert "öppen" in page
    missing = client.post("/layers/ramsar/reports", data={**told, "object": "99"})
    assert missing.status_code == 404
    assert "99" in missing.text


def test_what_the_registers_switch_off_is_told(client: TestClient, settings: Settings) -> None:
    from geomiljo.api import create_app
    from tools.demo import REGISTERS

    with TestClient(
        create_app(settings.model_copy(update={"registers_dir": REGISTERS})), base_url="http://127.0.0.1"
    ) as demo:
        assert {"switched_off", "not_loaded"} >= {layer["state"] for layer in demo.get("/api/v1/layers").json()} - {
            "restricted"
        }


def test_every_protocol_of_sources_has_words(catalogue: Catalogue) -> None:
    kinds = get_args(get_args(Source)[0])
    assert {kind.model_fields["protocol"].default for kind in kinds} == set(PROTOCOL)
    assert all(source_line(source)[1] for layer in catalogue.layers.values() for source in layer.sources)
