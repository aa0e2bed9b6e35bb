"""STAC catalogues as sources of rasters: all tiles become one raster, or the active version stays and says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from factories import box, write_cells
from pydantic import SecretStr
from sources.servers import FAULTS, Handler, Reply, serving
from sources.stac_shapes import Scene, service, static
from sqlalchemy import Engine, text

from geomiljo.access import LOCAL
from geomiljo.analysis.zonal import Zonal
from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.sources import StacSource
from geomiljo.errors import InputError, LimitExceeded, NotFound, SourceUnavailable
from geomiljo.layers.changes import change_report
from geomiljo.layers.fetch import load_from_source
from geomiljo.layers.probe import probe_layer
from geomiljo.layers.raster_fetch import load_raster_from_source
from geomiljo.layers.raster_load import LoadedRaster, RasterOptions, load_raster
from geomiljo.layers.rasters import opened
from geomiljo.layers.readers.base import RasterVersion
from geomiljo.layers.rebuild import renew
from geomiljo.layers.settle import accept_version, reject_version
from geomiljo.settings import BasicCredentials, Settings

LAYER = "tradkrona"
NOTHING = RasterOptions()
WEST, EAST, SOUTH = box(0, 100, 100, 200), box(100, 100, 200, 200), box(0, 0, 100, 100)
SEAM = box(70, 50, 130, 150)
"""Reaches over all three tiles, and over ground between them that none has."""


def tiff(area: Any, values: Any, path: Path, *, crs: int = 3006) -> bytes:
    cells = np.broadcast_to(np.asarray(values, dtype=np.uint8), (10, 10))
    return write_cells(cells, area, nodata=255, crs=crs, path=path / "tile.tif").read_bytes()


@pytest.fixture
def scenes(tmp_path: Path) -> list[Scene]:
    """Three tiles of ten by ten cells of 10 m; to the south-east there is none."""
    steps = np.arange(10, dtype=np.uint8)
    return [
        Scene("vast", WEST, tiff(WEST, steps, tmp_path)).checked(),
        Scene("ost", EAST, tiff(EAST, 50, tmp_path), day="2025-06-01"),
        Scene("syd", SOUTH, tiff(SOUTH, steps[:, None] + 20, tmp_path)).checked(),
        Scene("annat", WEST, b"-", collection="annan"),
    ]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        state_dir=tmp_path / "state",
        source_timeout_s=0.5,
        source_attempts=1,
        source_backoff_s=0.01,
        source_pause_s=0.0,
    )


def registers(catalogue: Catalogue, url: str, **more: Any) -> Catalogue:
    source = StacSource(url=f"{url}/stac", **{"collection": "hojd", "status": "own_knowledge", **more})
    layer = catalogue.layers[LAYER].model_copy(update={"sources": (source,)})
    return replace(catalogue, layers={**catalogue.layers, LAYER: layer})


def active(engine: Engine) -> Any:
    query = "SELECT * FROM layer_version WHERE layer = :l AND state = 'active'"
    with engine.connect() as connection:
        return connection.execute(text(query), {"l": LAYER}).one_or_none()


def measured(engine: Engine, area: Any) -> Zonal:
    with opened(RasterVersion(Path(active(engine).raster["path"]))) as raster:
        return raster.zonal(area)


SERVICES: dict[str, Callable[[list[Scene]], Handler]] = {
    "search": service,
    "search by POST": lambda scenes: service(scenes, posts=True),
    "search without a count": lambda scenes: service(scenes, tells_count=False, page=1),
    "static files": lambda scenes: static(scenes[:3]),
}


@pytest.mark.parametrize("made", SERVICES.values(), ids=SERVICES)
def test_tiles_of_a_catalogue_are_measured_as_the_one_raster_that_they_are(
    made: Callable[[list[Scene]], Handler],
    scenes: list[Scene],
    engine: Engine,
    catalogue: Catalogue,
    settings: Settings,
    tmp_path: Path,
) -> None:
    with serving(made(scenes)) as server:
        known = registers(catalogue, server.url)
        loaded = load_raster_from_source(engine, known, LAYER, settings, NOTHING)
        found = measured(engine, SEAM)
        assert (str(active(engine).source_date), active(engine).options["harvest"]["count"]) == ("2025-06-01", 3)
        again = renew(engine, known, LAYER, settings)
        assert (again.is_new, again.version) == (False, loaded.version)
        files = [question for question in server.asked if question.path.startswith("/files")]
        assert len([q for q in files if q.path == "/files/vast.tif"]) == 1  # its checksum tells that it is the same
    # by hand: five rows of three columns with 7, 8 and 9 to the north-west, 15 cells of 50, and 20 to 24 by rows below
    assert found.counts == {**dict.fromkeys((7, 8, 9), 5.0), 50: 15.0, **dict.fromkeys(range(20, 25), 3.0)}
    assert (found.missing_cells, found.valid_share) == (15.0, 0.75)  # no tile there: not mapped, which is not none
    whole = np.full((20, 20), 255, dtype=np.uint8)
    whole[:10, :10], whole[:10, 10:] = np.arange(10), 50
    whole[10:, :10] = np.arange(10)[:, None] + 20
    path = write_cells(whole, box(0, 0, 200, 200), nodata=255, path=tmp_path / "whole.tif")
    one = load_raster(engine, catalogue, LAYER, path, tmp_path / "kept")
    assert one.version == loaded.version  # cell by cell the same raster
    assert measured(engine, SEAM) == found


CONTENT_FAULTS: dict[str, tuple[Callable[[Scene, Path], Scene], str]] = {
    "no file": (lambda scene, _p: replace(scene, has_data=False), r"item ost has the files thumbnail"),
    "another system": (
        lambda scene, p: replace(scene, body=tiff(box(600, 600, 700, 700), 5, p, crs=3007)),
        r"ost\.tif.*EPSG:3007 does not go with EPSG:3006",
    ),
    "larger cells": (
        lambda scene, p: replace(
            scene, body=write_cells(np.ones((5, 5), np.uint8), EAST, nodata=255, path=p / "x.tif").read_bytes()
        ),
        r"ost\.tif.*20 × 20 does not go with 10 × 10",
    ),
    "beside the grid": (
        lambda scene, p: replace(scene, body=tiff(box(103, 100, 203, 200), 5, p)),
        r"ost\.tif.*600103, 6500200 does not go with 600000, 6500100",
    ),
    "another type": (
        lambda scene, p: replace(
            scene, body=write_cells(np.ones((10, 10), np.int16), EAST, nodata=255, path=p / "x.tif").read_bytes()
        ),
        r"ost\.tif.*int16 does not go with uint8",
    ),
    "another no-data": (
        lambda scene, p: replace(
            scene, body=write_cells(np.ones((10, 10), np.uint8), EAST, nodata=0, path=p / "x.tif").read_bytes()
        ),
        r"ost\.tif.*no data: 0.* does not go with no data: 255",
    ),
    "cut off": (lambda scene, _p: replace(scene, body=scene.body[:-60]), r"ost\.tif cannot be read as a raster"),
    "no raster": (lambda scene, _p: replace(scene, body=b"no raster"), r"ost\.tif cannot be read as a raster"),
    "another size": (lambda scene, _p: replace(scene, asset={"file:size": 7}), r"ost\.tif.*file:size"),
    "another checksum": (
        lambda scene, _p: replace(scene, asset={"file:checksum": "1220" + "00" * 32}),
        r"ost\.tif.*file:checksum",
    ),
    "no time": (lambda scene, _p: replace(scene, more={"datetime": None}), r"no STAC catalogue, or has a damaged item"),
    "listed twice": (lambda scene, _p: replace(scene, id="syd"), r"holds 3 objects, but gave 2 different"),
    "by another protocol": (
        lambda scene, _p: replace(scene, asset={"href": "s3://bucket/ost.tif"}),
        r"s3://bucket/ost\.tif, which is no web address",
    ),
}


@pytest.fixture
def loaded(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> LoadedRaster:
    """Some version that is in use."""
    path = write_cells(np.ones((2, 2), np.uint8), WEST, nodata=255, path=tmp_path / "before.tif")
    return load_raster(engine, catalogue, LAYER, path, tmp_path / "kept")


def test_a_fault_of_content_leaves_the_active_version_and_names_the_file(
    scenes: list[Scene],
    engine: Engine,
    catalogue: Catalogue,
    settings: Settings,
    loaded: LoadedRaster,
    tmp_path: Path,
) -> None:
    before = active(engine)
    for name, (spoilt, told) in CONTENT_FAULTS.items():
        with serving(service([scenes[0], spoilt(scenes[1], tmp_path), scenes[2]])) as server:
            with pytest.raises((SourceUnavailable, InputError), match=told) as caught:
                load_raster_from_source(engine, registers(catalogue, server.url), LAYER, settings, NOTHING)
            assert caught.value.remedy, name
        assert active(engine) == before, name


@pytest.mark.parametrize("where", ["/search", "/files/syd.tif"])
def test_a_fault_of_the_network_leaves_the_active_version_and_says_why(
    where: str,
    scenes: list[Scene],
    engine: Engine,
    catalogue: Catalogue,
    settings: Settings,
    loaded: LoadedRaster,
) -> None:
    before = active(engine)
    for fault in FAULTS:
        with serving(service(scenes)) as server:
            server.fault, server.when = fault, lambda question, _number: question.path == where
            with pytest.raises(SourceUnavailable) as caught:
                load_raster_from_source(engine, registers(catalogue, server.url), LAYER, settings, NOTHING)
            assert str(caught.value).startswith("http://127.0.0.1"), fault
            assert caught.value.remedy
        assert active(engine) == before, fault


def test_a_harvest_that_broke_off_goes_on_where_it_did(
    scenes: list[Scene], engine: Engine, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    path, ground = "/files/stor.tif", box(200, 0, 10_200, 10_000)
    noise = np.random.default_rng(1).integers(0, 250, (1_000, 1_000), dtype=np.uint8)
    body = write_cells(noise, ground, nodata=255, path=tmp_path / "large.tif").read_bytes()
    with serving(service([*scenes, Scene("stor", ground, body, day="2025-07-01").checked()])) as server:
        known = registers(catalogue, server.url)
        server.fault, server.when = "killed", lambda question, _number: question.path == path
        with pytest.raises(SourceUnavailable, match=r"stor\.tif"):
            load_raster_from_source(engine, known, LAYER, settings, NOTHING)
        server.fault = None
        so_far = len(server.asked)
        load_raster_from_source(engine, known, LAYER, settings, NOTHING)
        later = [question for question in server.asked[so_far:] if question.path.startswith("/files")]
    assert [question.path for question in later if "range" in question.headers] == [path]
    assert [question.path for question in later].count("/files/vast.tif") == 0  # it was there
    assert not any((settings.state_dir / "harvest").rglob("*.tif*"))


def test_a_tile_that_changed_under_its_address_makes_a_new_version(
    scenes: list[Scene], engine: Engine, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    now = {"scenes": scenes}
    with serving(lambda question: service(now["scenes"])(question)) as server:
        known = registers(catalogue, server.url)
        first = load_raster_from_source(engine, known, LAYER, settings, NOTHING)
        east = replace(scenes[1], body=tiff(EAST, 51, tmp_path), etag='"2"')
        now["scenes"] = [scenes[0], east, scenes[2]]
        second = renew(engine, known, LAYER, settings)
        assert (second.is_new, second.version != first.version) == (True, True)
        now["scenes"] = [
            scenes[0],
            replace(east, etag=None),
            scenes[2],
        ]  # nothing tells: fetched, and found to be the same
        third = renew(engine, known, LAYER, settings)
        assert (third.is_new, third.version) == (False, second.version)


def test_a_catalogue_that_has_lost_tiles_makes_a_version_that_waits(
    scenes: list[Scene], engine: Engine, catalogue: Catalogue, settings: Settings
) -> None:
    now = {"scenes": scenes}
    with serving(lambda question: service(now["scenes"])(question)) as server:
        known = registers(catalogue, server.url)
        whole = load_raster_from_source(engine, known, LAYER, settings, NOTHING)
        now["scenes"] = scenes[:2]
        part = renew(engine, known, LAYER, settings)
        assert (part.is_new, part.state, [doubt.what for doubt in part.doubts]) == (True, "suspicious", ["area"])
        assert active(engine).version == whole.version
        with engine.connect() as connection, pytest.raises(NotFound, match="a raster: there are no objects"):
            change_report(connection, LAYER)
        assert measured(engine, SEAM).missing_cells == 15.0
        reject_version(engine, known, LOCAL, LAYER, part.version)
        assert renew(engine, known, LAYER, settings).state == "rejected"
        accept_version(engine, known, LOCAL, LAYER, part.version)
        assert (active(engine).version, measured(engine, SEAM).missing_cells) == (part.version, 30.0)


def test_the_newest_edition_of_a_place_counts_and_lies_on_top(
    scenes: list[Scene], engine: Engine, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    old = Scene("vast-2019", WEST, b"never fetched", day="2019-01-01")
    values = np.full((10, 10), 77, dtype=np.uint8)
    values[:, 5:] = 255
    shifted = Scene("mitt", box(50, 100, 150, 200), tiff(box(50, 100, 150, 200), values, tmp_path), day="2026-01-01")
    with serving(service([*scenes[:2], shifted, old])) as server:
        load_raster_from_source(engine, registers(catalogue, server.url), LAYER, settings, NOTHING)
        assert "/files/vast-2019.tif" not in {question.path for question in server.asked}
    # the half of `mitt` with data lies on `vast`; where it has none, `ost` shows
    assert measured(engine, box(0, 100, 200, 200)).counts == {
        **dict.fromkeys(range(5), 10.0),
        77: 50.0,
        50: 100.0,
    }
    assert (
        active(engine).options["harvest"] | {"count": 3, "overlapping": 50, "differing": 50}
        == active(engine).options["harvest"]
    )


def test_only_what_is_meant_is_fetched(
    scenes: list[Scene], engine: Engine, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    """By box, by time, and by the coverage that is stated at load; the catalogue here knows of no box and no time."""
    cases: list[tuple[dict[str, Any], RasterOptions, set[str]]] = [
        ({"datetime": "2025-01-01/.."}, NOTHING, {"ost"}),
        ({"datetime": "2024-05-01"}, NOTHING, {"vast", "syd"}),
        ({"bbox": tuple(Scene("-", box(20, 20, 60, 60), b"").item()["bbox"])}, NOTHING, {"syd"}),
        ({}, RasterOptions(coverage=str(tmp_path / "east.gpkg")), {"ost"}),
    ]
    from factories import write_layer

    write_layer(tmp_path / "east.gpkg", [box(110, 110, 190, 190)])
    for keys, options, wanted in cases:
        with serving(service(scenes)) as server:
            load_raster_from_source(engine, registers(catalogue, server.url, **keys), LAYER, settings, options)
            assert {q.path for q in server.asked if q.path.startswith("/files")} == {f"/files/{i}.tif" for i in wanted}
    with serving(service(scenes)) as server, pytest.raises(SourceUnavailable, match="no item of what is meant"):
        load_raster_from_source(
            engine, registers(catalogue, server.url, datetime="../1999-01-01"), LAYER, settings, NOTHING
        )


def test_credentials_go_to_the_hosts_that_are_named_and_to_no_other(
    scenes: list[Scene], engine: Engine, catalogue: Catalogue, settings: Settings
) -> None:
    key = BasicCredentials(kind="basic", user="u", password=SecretStr("p"))
    with_key = settings.model_copy(update={"source_credentials": {"k": key}})
    with serving(service(scenes)) as files:
        elsewhere = [replace(s, asset={**s.asset, "href": f"{files.url}{s.path()}"}) for s in scenes[:3]]
        host = files.url.removeprefix("http://")
        with serving(service(elsewhere)) as server:
            with pytest.raises(SourceUnavailable, match="another host"):
                load_raster_from_source(
                    engine, registers(catalogue, server.url, credentials="k"), LAYER, with_key, NOTHING
                )
            assert files.asked == []
            known = registers(catalogue, server.url, credentials="k", hosts=(host,))
            load_raster_from_source(engine, known, LAYER, with_key, NOTHING)
            assert all(question.headers["authorization"].startswith("Basic ") for question in files.asked)


def test_a_probe_tells_items_and_their_files(scenes: list[Scene], catalogue: Catalogue, settings: Settings) -> None:
    with serving(service(scenes)) as server:
        layer = registers(catalogue, server.url).layer(LAYER)
        [row] = probe_layer(layer, settings)
        assert (row.count, row.columns, row.error) == (3, ("data", "thumbnail"), None)
        server.fault, server.when = "error", lambda question, _number: question.path == "/files/ost.tif"
        [row] = probe_layer(layer, settings)
        assert isinstance(row.error, SourceUnavailable)
        server.fault, server.handler = None, lambda _question: Reply(b"{}")
        [row] = probe_layer(layer, settings)
        assert isinstance(row.error, SourceUnavailable)


def test_tiles_that_are_too_large_together_are_not_fetched(
    scenes: list[Scene], engine: Engine, catalogue: Catalogue, settings: Settings
) -> None:
    large = replace(scenes[0], asset={"file:size": settings.source_max_bytes})
    with serving(service([large, *scenes[2:]])) as server:
        with pytest.raises(LimitExceeded, match="bytes together"):
            load_raster_from_source(engine, registers(catalogue, server.url), LAYER, settings, NOTHING)
        assert "/files/syd.tif" not in {question.path for question in server.asked}


def test_a_catalogue_of_rasters_brings_no_objects(catalogue: Catalogue, engine: Engine, settings: Settings) -> None:
    source = StacSource(url="http://127.0.0.1/stac", status="own_knowledge")
    layer = catalogue.layers["naturreservat"].model_copy(update={"sources": (source,)})
    known = replace(catalogue, layers={**catalogue.layers, "naturreservat": layer})
    with pytest.raises(InputError, match="brings rasters"):
        load_from_source(engine, known, "naturreservat", settings)
