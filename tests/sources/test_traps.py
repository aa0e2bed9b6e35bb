"""What services are known to do wrong, and what happens between two harvests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import shapely
from factories import box, write_layer
from sources.servers import Handler, Question, Reply, serving
from sources.shapes import Thing, WfsHabits, arcgis, file, ogc, wfs
from sources.test_contract import OWN, harvested, registered, state
from sqlalchemy import Engine, text

from geomiljo.catalogue import Catalogue, open_catalogue
from geomiljo.catalogue.sources import ArcgisSource, FileSource, OgcFeaturesSource, Partition, WfsSource
from geomiljo.errors import CatalogueError, Conflict, InputError, NotFound, SourceUnavailable
from geomiljo.layers.fetch import load_from_source, refresh, source_of
from geomiljo.layers.probe import probe_layer
from geomiljo.layers.sources.folder import held
from geomiljo.settings import Settings

LAYER = "naturreservat"


def squares(count: int, **more: Any) -> list[Thing]:
    """Return squares of a hectare in a row."""
    return [
        Thing(
            f"r.{n}",
            {"NVRID": str(n), "NAMN": f"R {n}", "BESLMYND": "Länsstyrelsen", "AREA_HA": 1.0, **more},
            shapely.multipolygons([box(200 * n, 0, 200 * n + 100, 100)]),
        )
        for n in range(count)
    ]


def of_wfs(url: str, **more: Any) -> WfsSource:
    return WfsSource(url=f"{url}/wfs", **{"type_names": ("t:reservat",), "coverage": "sweden", **OWN, **more})


def refused(catalogue: Catalogue, settings: Settings, handler: Handler, reason: str, **more: Any) -> None:
    """The harvest fails and says why."""
    with (
        serving(handler) as server,
        pytest.raises(SourceUnavailable, match=reason),
        harvested(catalogue.layers[LAYER], of_wfs(server.url, **more), settings),
    ):
        pass


def test_parts_that_became_holes_are_refused(catalogue: Catalogue, impatient: Settings) -> None:
    """A reserve of two parts, 10 ha and 4 ha, comes as one of 6 ha: 10 less a hole of 4 that lies outside."""
    two = shapely.multipolygons([box(0, 0, 1_000, 100), box(0, 500, 400, 600)])
    things = [*squares(30), Thing("r.99", {"NVRID": "99", "AREA_HA": 14.0, "BESLMYND": "Länsstyrelsen"}, two)]
    refused(
        catalogue,
        impatient,
        wfs(things, WfsHabits(flattens=True)),
        r"6\.0 ha, its register says 14\.0 ha",
        format="geojson",
    )
    with (
        serving(wfs(things, WfsHabits(flattens=True))) as server,
        harvested(catalogue.layers[LAYER], of_wfs(server.url), impatient) as outcome,
    ):
        assert outcome.count == 31  # the same service as GML


def test_areas_that_disagree_throughout_are_refused(catalogue: Catalogue, impatient: Settings) -> None:
    doubled = wfs(squares(40, AREA_HA=2.0), WfsHabits())
    refused(catalogue, impatient, doubled, "differ from its own register for 40 of 40")


def test_a_capped_answer_is_refused(catalogue: Catalogue, impatient: Settings) -> None:
    refused(catalogue, impatient, wfs(squares(60), WfsHabits(cap=50)), "gave 50 objects where it says there are 60")


def test_pages_that_are_always_the_first_are_refused(catalogue: Catalogue, impatient: Settings) -> None:
    refused(
        catalogue,
        impatient,
        wfs(squares(60), WfsHabits(pages=False)),
        "60 objects, but gave 20 different",
        page_size=20,
    )


def test_more_at_one_place_than_the_cap_is_refused(catalogue: Catalogue, impatient: Settings) -> None:
    here = [Thing(f"r.{n}", {"NVRID": str(n)}, shapely.multipolygons([box(0, 0, 1, 1)])) for n in range(12)]
    handler = wfs(here, WfsHabits(cap=10, pages=False))
    refused(catalogue, impatient, handler, "more objects in one part", cap=10, partition=Partition(), format="geojson")


def test_objects_without_the_value_come_with_the_rest(catalogue: Catalogue, impatient: Settings) -> None:
    """LAN is empty on many records; nobody is lost by asking county by county."""
    things = [
        *squares(30, LAN="Uppsala län"),
        *[Thing(f"n.{t.id}", {**t.values, "LAN": None}, t.geometry) for t in squares(9)],
    ]
    by_county = {"cap": 35, "partition": Partition(attribute="LAN", values=("Uppsala län",), extent=False)}
    with (
        serving(wfs(things, WfsHabits(cap=35, pages=False))) as server,
        harvested(catalogue.layers[LAYER], of_wfs(server.url, format="geojson", **by_county), impatient) as outcome,
    ):
        assert outcome.count == 39


def test_a_source_that_does_not_count_gives_no_coverage(
    engine: Engine, catalogue: Catalogue, impatient: Settings
) -> None:
    for tells, coverage in ((False, None), (True, "sweden")):
        with serving(ogc(squares(25), tells_count=tells)) as server:
            source = OgcFeaturesSource(
                url=server.url, collections=("reservat",), page_size=10, coverage="sweden", **OWN
            )
            load_from_source(engine, registered(catalogue, source), LAYER, impatient)
        with engine.connect() as connection:
            row = connection.execute(
                text("SELECT feature_count, coverage_stated FROM layer_version WHERE state = 'active'")
            )
            assert row.one() == (25, coverage)


def test_an_unchanged_source_is_not_fetched(
    engine: Engine, catalogue: Catalogue, impatient: Settings, files: Path
) -> None:
    body = (files / "reservat.gpkg").read_bytes()
    with serving(file(body)) as server:
        registers = registered(catalogue, FileSource(url=f"{server.url}/r.gpkg", coverage="sweden", **OWN))
        first = load_from_source(engine, registers, LAYER, impatient)
        assert first.is_new
        before = state(engine)
        server.asked.clear()
        again = refresh(engine, registers, LAYER, impatient)
        assert (again.is_new, again.version, again.report.stored) == (False, first.version, 524)
        assert len(server.asked) == 1
        [old], [new] = before, state(engine)
        assert sum(a != b for a, b in zip(old, new, strict=True)) == 1  # checked_at
        server.handler = file(body, etag='"2"')
        assert not refresh(engine, registers, LAYER, impatient).is_new  # fetched, and the same content


@pytest.mark.parametrize(
    ("headers", "requests"), [({"Last-Modified": "Wed, 05 Aug 2026 10:00:00 GMT"}, 1), ({}, 3)], ids=["day", "nothing"]
)
def test_a_file_is_fetched_again_unless_its_server_tells_that_it_is_the_same(
    headers: dict[str, str], requests: int, engine: Engine, catalogue: Catalogue, impatient: Settings, tmp_path: Path
) -> None:
    """With an entity tag, see above; with the day of its last change; with neither: looked at, fetched, looked at."""
    path = write_layer(tmp_path / "r.gpkg", [box(0, 0, 9, 9)], NVRID=["1"], BESLMYND=["Länsstyrelsen"])
    with serving(lambda _question: Reply(path.read_bytes(), "application/octet-stream", headers=headers)) as server:
        registers = registered(catalogue, FileSource(url=f"{server.url}/r.gpkg", coverage="sweden", **OWN))
        load_from_source(engine, registers, LAYER, impatient)
        server.asked.clear()
        assert not refresh(engine, registers, LAYER, impatient).is_new
        assert len(server.asked) == requests


def test_a_download_that_broke_off_goes_on(catalogue: Catalogue, impatient: Settings, files: Path) -> None:
    with serving(file((files / "reservat.gpkg").read_bytes())) as server:
        server.fault, server.when = "killed", lambda question, number: number == 2
        source = FileSource(url=f"{server.url}/r.gpkg", **OWN)
        with harvested(catalogue.layers[LAYER], source, impatient) as outcome:
            assert outcome.count == 524
        ranges = [question.headers.get("range") for question in server.asked]
        assert sum(asked is not None for asked in ranges) == 1


def _of_arcgis(url: str) -> ArcgisSource:
    return ArcgisSource(url=f"{url}/x/MapServer", layers=(0,), **OWN)


def test_a_harvest_that_broke_off_goes_on(catalogue: Catalogue, impatient: Settings) -> None:
    layer = catalogue.layers[LAYER]
    with serving(arcgis(squares(50), most=10)) as server:
        source = _of_arcgis(server.url)
        server.fault, server.when = "error", lambda question, _n: question.query.get("resultoffset") == "40"
        with pytest.raises(SourceUnavailable), harvested(layer, source, impatient):
            pass
        server.fault = None
        server.asked.clear()
        with harvested(layer, source, impatient) as outcome:
            assert outcome.count == 50
        offsets = [question.query["resultoffset"] for question in server.asked if "resultoffset" in question.query]
        assert offsets == ["0", "40"]  # the first to see that it is still the same


@pytest.mark.parametrize("what", ["count", "first page", "edited"])
def test_two_states_of_a_source_are_not_mixed(what: str, catalogue: Catalogue, impatient: Settings) -> None:
    layer = catalogue.layers[LAYER]
    later: Sequence[Thing] = squares(51 if what == "count" else 50, NAMN="Ny" if what == "first page" else "R")
    with serving(arcgis(squares(50, NAMN="R"), most=10, edited=1_000)) as server:
        source = _of_arcgis(server.url)
        server.fault, server.when = "error", lambda question, _n: question.query.get("resultoffset") == "40"
        with pytest.raises(SourceUnavailable), harvested(layer, source, impatient):
            pass
        server.fault, server.handler = None, arcgis(later, most=10, edited=2_000 if what == "edited" else 1_000)
        server.asked.clear()
        with harvested(layer, source, impatient) as outcome:
            assert outcome.count == len(later)
        offsets = {question.query["resultoffset"] for question in server.asked if "resultoffset" in question.query}
        assert {"0", "10", "20", "30", "40"} <= offsets


def test_a_source_that_changes_meanwhile_is_refused(catalogue: Catalogue, impatient: Settings) -> None:
    before, after = arcgis(squares(20), most=10), arcgis(squares(21), most=10)

    def changing(question: Question) -> Reply:
        answer = (after if seen else before)(question)
        if question.query.get("resultoffset") == "10":
            seen.append(True)
        return answer

    seen: list[bool] = []
    with (
        serving(changing) as server,
        pytest.raises(SourceUnavailable, match="changed while it was read"),
        harvested(catalogue.layers[LAYER], _of_arcgis(server.url), impatient),
    ):
        pass


def test_one_harvest_of_a_layer_at_a_time(catalogue: Catalogue, impatient: Settings) -> None:
    source = _of_arcgis("http://127.0.0.1:9")
    with held(impatient.state_dir, LAYER, source), pytest.raises(Conflict), held(impatient.state_dir, LAYER, source):
        pass


def test_offline_a_probe_says_so(catalogue: Catalogue, impatient: Settings) -> None:
    [row] = probe_layer(
        catalogue.layers[LAYER].model_copy(update={"sources": (_of_arcgis("http://127.0.0.1:9"),)}), impatient
    )
    assert isinstance(row.error, SourceUnavailable)
    assert "ConnectError" in str(row.error)


def test_a_probe_tells_what_comes(catalogue: Catalogue, impatient: Settings) -> None:
    with serving(ogc(squares(25))) as server:
        source = OgcFeaturesSource(url=server.url, collections=("reservat",), **OWN)
        [row] = probe_layer(catalogue.layers[LAYER].model_copy(update={"sources": (source,)}), impatient)
    assert (row.count, row.crs, row.is_swapped, row.error) == (25, "EPSG:3006", True, None)
    assert "NVRID" in row.columns


def test_credentials_go_where_they_belong(catalogue: Catalogue, impatient: Settings) -> None:
    """A token is fetched once, and anew when the service no longer takes it."""
    tokens: list[str] = []
    inner = arcgis(squares(30), most=10)

    def guarded(question: Question) -> Reply:
        if question.path == "/token":
            assert question.headers["authorization"].startswith("Basic ")
            assert question.body == b"grant_type=client_credentials"
            tokens.append(f"t{len(tokens)}")
            return Reply(b'{"access_token": "%s", "expires_in": 3600}' % tokens[-1].encode())
        is_good = question.headers.get("authorization") == f"Bearer {tokens[-1] if tokens else ''}"
        if (question.query.get("resultoffset") == "20" and len(tokens) == 1) or not is_good:
            return Reply(b"", status=401)
        return inner(question)

    with serving(guarded) as server:
        oauth = {"kind": "oauth2", "token_url": f"{server.url}/token", "client_id": "a", "client_secret": "b"}
        settings = Settings.model_validate({**impatient.model_dump(), "source_credentials": {"ngp": oauth}})
        source = _of_arcgis(server.url).model_copy(update={"credentials": "ngp"})
        with harvested(catalogue.layers[LAYER], source, settings) as outcome:
            assert outcome.count == 30
        assert tokens == ["t0", "t1"]
        with pytest.raises(InputError, match="credentials ngp"), harvested(catalogue.layers[LAYER], source, impatient):
            pass


def test_layers_without_a_source_for_programs_say_so(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound, match="no source of varldsarv"):
        source_of(catalogue.layers["varldsarv"])
    assert source_of(catalogue.layers["brunnar"]).protocol == "ogc_features"


@pytest.mark.parametrize("shipped", [True, False])
def test_sources_are_checked(shipped: bool, tmp_path: Path) -> None:
    """Faults of a source name file, line and key."""
    faulty = {
        "protocol: wfs, type_names: [a.b], version: 1.1.0": "type names with a dot need version 2.0.0",
        "protocol: wfs, type_names: [a], cap: 500": "cap and partition go together",
        "protocol: wfs, type_names: [a], coverage: 'county:99'": "there is no county 99",
        "protocol: wfs, type_names: []": "at least 1 item",
        "protocol: stac, bbox: [15, 59, 14, 60]": "west, south, east, north",
        "protocol: stac, datetime: 2024": "datetime",
    }
    (tmp_path / "organisation.yaml").write_text("name: Test\n", encoding="utf-8")
    for keys, fault in faulty.items():
        status = "{status: verified, as_of: 2026-01-01" if shipped else "{status: own_knowledge"
        text_of = LOCAL_LAYER + f"      - {status}, url: 'https://a.example/wfs', {keys}}}\n"
        (tmp_path / "layers.yaml").write_text(text_of, encoding="utf-8")
        with pytest.raises(CatalogueError, match=fault) as caught:
            open_catalogue(tmp_path)
        assert "layers.yaml:" in str(caught.value)


LOCAL_LAYER = """layers:
  - id: local.x
    title: {sv: X, en: X}
    theme: nature
    authority: X
    kinds: [polygon]
    context_only: true
    update: {text: '-'}
    licence: {name: CC0, redistribution: true}
    basis: own_knowledge
    sources:
"""
