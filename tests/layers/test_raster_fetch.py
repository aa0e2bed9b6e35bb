"""Raster layers by address and from folders: fetched when they have changed, and again as was stated."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from factories import box, write_cells
from sources.servers import Question, Reply, serving
from sources.shapes import atom, file
from sqlalchemy import Engine, text

from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.sources import AtomSource, FileSource, FolderSource, HarvestableSource, WfsSource
from geomiljo.database.backup import back_up, restore
from geomiljo.errors import InputError, LayerDataError, SourceUnavailable, UnreadableFile
from geomiljo.layers.probe import probe_layer
from geomiljo.layers.raster_fetch import load_raster_from_source, refresh_raster
from geomiljo.layers.raster_file import RasterStatements
from geomiljo.layers.raster_load import RasterOptions, load_raster
from geomiljo.layers.rasters import opened
from geomiljo.layers.readers.base import stored_raster
from geomiljo.layers.rebuild import renew
from geomiljo.layers.versions import active_versions
from geomiljo.settings import Settings

PLAN = box(0, 0, 100, 100)
LAYER = "tradkrona"


def raster(path: Path, share: int) -> Path:
    return write_cells(np.full((10, 10), share, dtype=np.uint8), PLAN, nodata=255, path=path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path / "state", source_pause_s=0.0, source_attempts=1)


def with_source(catalogue: Catalogue, source: HarvestableSource) -> Catalogue:
    layer = catalogue.layers[LAYER].model_copy(update={"sources": (source,)})
    return replace(catalogue, layers={**catalogue.layers, LAYER: layer})


def active(engine: Engine) -> tuple[str, float]:
    query = "SELECT version, (report ->> 'maximum')::float FROM layer_version WHERE layer = :l AND state = 'active'"
    with engine.connect() as connection:
        version, highest = connection.execute(text(query), {"l": LAYER}).one()
    return version, highest


def zipped(path: Path) -> bytes:
    packed = path.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, f"leverans/{path.name}")
        archive.writestr("leverans/readme.txt", "-")
    return packed.read_bytes()


@pytest.mark.parametrize("packed", [Path.read_bytes, zipped])
def test_a_raster_by_address_is_fetched_when_it_has_changed(
    packed: Callable[[Path], bytes], engine: Engine, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    body = {"now": file(packed(raster(tmp_path / "a.tif", 40)))}
    with serving(lambda question: body["now"](question)) as server:
        registers = with_source(catalogue, FileSource(url=f"{server.url}/krona", status="own_knowledge"))
        options = RasterOptions(RasterStatements(at_least=30))
        first = load_raster_from_source(engine, registers, LAYER, settings, options)
        assert (first.is_new, active(engine)) == (True, (first.version, 100.0))  # made a share, as stated
        asked = len(server.asked)
        same = renew(engine, registers, LAYER, settings)
        assert (same.is_new, same.version, len(server.asked) - asked) == (False, first.version, 1)
        body["now"] = file(packed(raster(tmp_path / "b.tif", 20)), etag='"2"')
        other = renew(engine, registers, LAYER, settings)
        assert (other.is_new, active(engine)) == (True, (other.version, 0.0))


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(b"<html></html>", "text/html"), "web page"),
        (Reply(b"", status=404), "404"),
        (Reply(b"II*\x00 and no more", "image/tiff"), "cannot be read as a raster"),
    ],
)
def test_what_fails_leaves_the_active_version(
    reply: Reply, told: str, engine: Engine, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    body = {"now": file(raster(tmp_path / "a.tif", 40).read_bytes())}
    with serving(lambda question: body["now"](question)) as server:
        registers = with_source(catalogue, FileSource(url=f"{server.url}/krona", status="own_knowledge"))
        load_raster_from_source(engine, registers, LAYER, settings, RasterOptions())
        before = active(engine)
        body["now"] = lambda _question: reply
        with pytest.raises((SourceUnavailable, UnreadableFile), match=told):
            refresh_raster(engine, registers, LAYER, settings)
    assert active(engine) == before


def test_rasters_in_a_folder_are_one_layer(
    engine: Engine, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    raster(folder / "krona.tif", 40)
    source = FolderSource(path=str(folder), pattern="*.tif", status="own_knowledge")
    registers = with_source(catalogue, source)
    first = refresh_raster(engine, registers, LAYER, settings)  # not loaded yet
    assert refresh_raster(engine, registers, LAYER, settings).is_new is False
    raster(folder / "krona2.tif", 60)  # the same ground: by name it lies on top
    second = refresh_raster(engine, registers, LAYER, settings)
    assert (second.version != first.version, active(engine)) == (True, (second.version, 60.0))
    write_cells(np.ones((10, 10), np.uint8), box(100, 0, 200, 100), nodata=0, path=folder / "krona3.tif")
    with pytest.raises(LayerDataError, match=r"krona3\.tif and krona\.tif cannot be joined"):
        refresh_raster(engine, registers, LAYER, settings)
    assert active(engine) == (second.version, 60.0)


def test_rasters_in_an_archive_are_one_layer(
    engine: Engine, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "tiles.zip", "w") as archive:
        for column, share in enumerate((10, 20, 30)):
            ground = box(100 * column, 0, 100 * column + 100, 100)
            path = write_cells(np.full((10, 10), share, np.uint8), ground, nodata=255, path=tmp_path / f"{share}.tif")
            archive.write(path, f"{share}/ruta.tif")
        archive.writestr("alla.vrt", "<VRTDataset/>")
    with serving(file((tmp_path / "tiles.zip").read_bytes())) as server:
        registers = with_source(catalogue, FileSource(url=f"{server.url}/krona", status="own_knowledge"))
        refresh_raster(engine, registers, LAYER, settings)
        assert refresh_raster(engine, registers, LAYER, settings).is_new is False
    with engine.connect() as connection:
        kept = stored_raster(active_versions(connection)[LAYER].raster)
    assert kept is not None
    with opened(kept) as cells:
        assert cells.zonal(box(50, 0, 250, 100)).mean == pytest.approx((50 * 10 + 100 * 20 + 50 * 30) / 200)


def test_rasters_of_a_feed_are_one_layer(
    engine: Engine, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    links = "".join(f'<link rel="section" href="data/{name}.tif"/>' for name in "ab")
    tiles = {
        f"/data/{name}.tif": write_cells(np.full((10, 10), share, np.uint8), ground, path=tmp_path / f"{name}.tif")
        for name, share, ground in (("a", 10, PLAN), ("b", 30, box(100, 0, 200, 100)))
    }
    feed = atom(b"", files=links)

    def answer(question: Question) -> Reply:
        path = tiles.get(question.path.removeprefix("/feeds"))
        return file(path.read_bytes())(question) if path else feed(question)

    with serving(answer) as server:
        source = AtomSource(url=f"{server.url}/feed.xml", status="own_knowledge")
        registers = with_source(catalogue, source)
        [probe] = probe_layer(registers.layer(LAYER), settings)
        assert (probe.count, probe.columns, probe.error) == (2, ("a.tif", "b.tif"), None)
        first = refresh_raster(engine, registers, LAYER, settings)
        assert refresh_raster(engine, registers, LAYER, settings).is_new is False
    assert (active(engine), first.report["validCells"]) == ((first.version, 30.0), 200)


def test_a_probe_of_a_raster_asks_and_fetches_nothing(catalogue: Catalogue, settings: Settings, tmp_path: Path) -> None:
    raster(tmp_path / "krona.tif", 40)
    with serving(file((tmp_path / "krona.tif").read_bytes())) as server:
        address = FileSource(url=f"{server.url}/krona", status="own_knowledge")
        folder = FolderSource(path=str(tmp_path), pattern="*.tif", status="own_knowledge")
        layer = catalogue.layers[LAYER].model_copy(update={"sources": (address, folder)})
        by_address, by_folder = probe_layer(layer, settings)
        assert (by_address.count, by_address.error) == (None, None)
        assert (by_folder.count, by_folder.columns, by_folder.error) == (1, ("krona.tif",), None)
        server.handler = lambda _question: Reply(b"<html></html>", "text/html")
        assert isinstance(probe_layer(layer, settings, 1)[0].error, SourceUnavailable)


def test_a_raster_that_came_from_a_file_is_read_again_as_was_stated(
    engine: Engine, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    path = raster(tmp_path / "krona.tif", 40)
    load_raster(engine, catalogue, LAYER, path, tmp_path / "kept", RasterOptions(RasterStatements(at_least=50)))
    raster(path, 60)
    again = refresh_raster(engine, catalogue, LAYER, settings)
    assert (again.is_new, active(engine)) == (True, (again.version, 100.0))
    path.unlink()
    with pytest.raises(UnreadableFile):
        refresh_raster(engine, catalogue, LAYER, settings)
    assert active(engine) == (again.version, 100.0)


def test_a_service_of_objects_brings_no_raster(engine: Engine, catalogue: Catalogue, settings: Settings) -> None:
    source = WfsSource(url="http://127.0.0.1/wfs", type_names=("a",), status="own_knowledge")
    with pytest.raises(InputError, match="wfs"):
        refresh_raster(engine, with_source(catalogue, source), LAYER, settings)


def test_a_backup_names_the_rasters_and_restoring_tells_which_are_missing(
    engine: Engine, catalogue: Catalogue, empty: Engine, tmp_path: Path
) -> None:
    for name, share in (("a", 40), ("b", 60)):
        load_raster(engine, catalogue, LAYER, raster(tmp_path / f"{name}.tif", share), tmp_path / "kept")
    made = back_up(engine, tmp_path / "backup")
    assert [(each.layer, Path(each.path).is_file()) for each in made.rasters] == [(LAYER, True)] * 2
    assert all(each.bytes == Path(each.path).stat().st_size for each in made.rasters)
    Path(made.rasters[0].path).write_bytes(b"another")
    Path(made.rasters[1].path).unlink()
    assert restore(empty, tmp_path / "backup").missing_rasters() == made.rasters
    assert made.rasters[0].sha256 != made.rasters[1].sha256
