"""Rasters: statistics of areas by hand and against independent arithmetic, and loads that leave things whole."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import rasterio.shutil
import shapely
from factories import box, whole, write_cells
from hypothesis import given
from hypothesis import strategies as st
from rio_cogeo.cogeo import cog_validate
from sqlalchemy import Engine

from geomiljo.analysis.cover import CoverTable
from geomiljo.analysis.raster_results import RasterResult
from geomiljo.analysis.results import LayerResult
from geomiljo.analysis.zonal import Window, Zonal, cells_inside, zonal
from geomiljo.assessments import Assessor
from geomiljo.catalogue import Catalogue
from geomiljo.crs import parse_crs, transform_one
from geomiljo.errors import InputError, LayerDataError, UnreadableFile, WrongCrs
from geomiljo.layers import rasters
from geomiljo.layers.land_cover import ground_cover
from geomiljo.layers.raster_file import RasterStatements, write_raster
from geomiljo.layers.raster_load import RasterOptions, load_raster
from geomiljo.layers.rasters import opened
from geomiljo.layers.readers.base import RasterVersion
from geomiljo.layers.readers.postgis import open_reader
from geomiljo.layers.versions import activate, active_versions

PLAN = box(0, 0, 100, 100)
LAND = np.array([[114, 114, 3, 3], [114, 114, 3, 3], [61, 61, 0, 0], [61, 61, 0, 0]], dtype=np.uint8)
NMD = RasterOptions(class_table="nmd2018")


def read(path: Path, area: Any) -> Zonal:
    with opened(RasterVersion(path)) as raster:
        return raster.zonal(area)


def test_parts_of_cells_count_as_parts() -> None:
    found = read(write_cells(LAND, PLAN, nodata=0), box(12.5, 50, 62.5, 100))
    assert found.counts == pytest.approx({114: 3.0, 3: 1.0})
    assert (found.valid_cells, found.valid_share, found.cell_m2) == pytest.approx((4.0, 1.0, 625.0))
    assert found.share_of([3]) == pytest.approx(0.25)


def test_cells_without_data_and_ground_outside_the_raster_are_told_apart_from_none() -> None:
    path = write_cells(LAND, PLAN, nodata=0)
    half_outside = read(path, box(-100, 0, 100, 100))
    assert half_outside.valid_share == pytest.approx(12 / 32)
    nowhere = read(path, box(5_000, 0, 5_100, 100))
    assert (nowhere.valid_share, nowhere.mean, nowhere.counts) == (0.0, None, {})
    no_data = read(path, box(60, 10, 90, 40))
    assert (no_data.valid_cells, no_data.missing_cells) == pytest.approx((0.0, 1.44))


def test_an_area_smaller_than_a_cell_is_answered() -> None:
    found = read(write_cells(LAND, PLAN, nodata=0), box(30, 80, 32, 82))
    assert found.counts == pytest.approx({114: 4 / 625})
    assert found.valid_share == 1.0


@given(
    corners=st.lists(st.tuples(st.floats(-20, 120), st.floats(-20, 120)), min_size=3, max_size=6),
    seed=st.integers(0, 50),
)
def test_weights_are_the_parts_that_geometry_finds(corners: list[tuple[float, float]], seed: int) -> None:
    area = shapely.MultiPoint(np.array(corners) + [600_000, 6_500_000]).convex_hull
    if area.geom_type != "Polygon" or area.area < 1:
        return
    values = np.random.default_rng(seed).integers(1, 5, (5, 5)).astype(np.uint8)
    found = read(write_cells(values, PLAN, nodata=1), area)
    cells = [box(20 * c, 100 - 20 * r - 20, 20 * c + 20, 100 - 20 * r) for r in range(5) for c in range(5)]
    parts = shapely.area(shapely.intersection(cells, area)) / 400
    for value in (2, 3, 4):
        expected = float(parts[values.ravel() == value].sum())
        assert found.counts.get(value, 0.0) == pytest.approx(expected, abs=1e-4)
    assert found.valid_share == pytest.approx(parts[values.ravel() > 1].sum() * 400 / area.area, abs=1e-4)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32"])
def test_values_are_counted_to_the_ends_of_their_type(dtype: str) -> None:
    ends = np.iinfo(dtype)
    values = np.array([[ends.min, ends.max], [ends.max, 7]], dtype=dtype)
    window = Window(values, np.ones((2, 2), dtype=bool), (0, 0, 20, 20))
    found = zonal([cells_inside(window, shapely.box(0, 0, 15, 20))], 300.0)
    assert found.counts == {ends.min: 1.0, 7: 0.5, ends.max: 1.5}


def test_large_areas_are_counted_by_whole_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(1, 10_001, dtype=np.uint16).reshape(100, 100)
    path = write_cells(values, PLAN)
    area = shapely.Point(600_050, 6_500_050).buffer(40)
    exact = read(path, area)
    monkeypatch.setattr(rasters, "WHOLE_CELLS_FROM", 10)
    monkeypatch.setattr(rasters, "_CELLS_AT_A_TIME", 700)
    by_centre = read(path, area)
    assert (exact.is_exact, by_centre.is_exact) == (True, False)
    assert by_centre.valid_cells == pytest.approx(exact.valid_cells, rel=0.005)
    assert by_centre.mean == pytest.approx(exact.mean, rel=0.005)
    centres = shapely.points(600_000.5 + np.arange(100)[None, :], 6_500_099.5 - np.arange(100)[:, None])
    assert by_centre.total == float(values[shapely.contains_properly(area, centres)].sum())


def test_a_raster_is_read_in_its_own_coordinate_system(tmp_path: Path) -> None:
    local = transform_one(PLAN, parse_crs(3006), parse_crs(3011))
    values = np.full((40, 40), 7, dtype=np.int16)
    path = write_cells(values, local.buffer(20), crs=3011, path=tmp_path / "local.tif")
    found = read(path, PLAN)
    assert (found.mean, found.valid_share) == (7.0, 1.0)
    assert found.valid_cells * found.cell_m2 == pytest.approx(10_000)


def test_scale_and_offset_of_the_file_are_applied(tmp_path: Path) -> None:
    path = write_cells(np.array([[100, 200]], dtype=np.int16), PLAN, path=tmp_path / "scaled.tif")
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (0.1,), (5.0,)
    assert read(path, PLAN).mean == pytest.approx(20.0)


# --- loads ---


def layer_of(engine: Engine, catalogue: Catalogue, layer: str) -> LayerResult:
    with open_reader(engine) as reader:
        assessment = Assessor.of(catalogue).assess(whole(PLAN), reader)
    return next(result for result in assessment.layers if result.id == layer)


def shown(result: LayerResult) -> RasterResult:
    assert result.raster is not None
    return result.raster


def test_a_loaded_raster_is_measured_and_its_classes_named(
    engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    loaded = load_raster(engine, catalogue, "nmd", write_cells(LAND, PLAN, nodata=0), tmp_path / "kept", NMD)
    assert loaded.is_new
    [kept] = (tmp_path / "kept/nmd").iterdir()
    assert cog_validate(kept, quiet=True, strict=True)[0]
    found = layer_of(engine, catalogue, "nmd")
    assert (found.status, found.version, found.answered, found.covered_share) == ("hit", loaded.version, False, 0.75)
    named = [(c.code, c.title and c.title.sv, c.area_m2) for c in shown(found).classes]
    assert named == [
        (3, "Åkermark", 2_500.0),
        (61, "Sjö och vattendrag", 2_500.0),
        (114, "Lövblandad barrskog utanför våtmark", 2_500.0),
    ]


def test_the_same_raster_makes_no_version_and_an_older_one_comes_back(
    engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    first = load_raster(engine, catalogue, "nmd", write_cells(LAND, PLAN, nodata=0), tmp_path, NMD)
    again = load_raster(engine, catalogue, "nmd", write_cells(LAND, PLAN, nodata=0), tmp_path, NMD)
    assert (again.version, again.is_new) == (first.version, False)
    forest = write_cells(np.full((4, 4), 114, dtype=np.uint8), PLAN, nodata=0)
    second = load_raster(engine, catalogue, "nmd", forest, tmp_path, NMD, accept=True)
    assert shown(layer_of(engine, catalogue, "nmd")).classes[0].code == 114
    activate(engine, catalogue, "nmd", first.version)
    assert layer_of(engine, catalogue, "nmd").version == first.version != second.version


def test_crowns_are_made_from_heights(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    heights = write_cells(np.array([[0.0, 2.9], [3.0, 18.5]], dtype=np.float32), PLAN)
    stated = RasterOptions(RasterStatements(at_least=3.0))
    load_raster(engine, catalogue, "tradkrona", heights, tmp_path, stated)
    assert shown(layer_of(engine, catalogue, "tradkrona")).mean == pytest.approx(50.0)


def test_a_raster_that_is_fit_already_is_kept_byte_for_byte(
    engine: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    cog = tmp_path / "cog.tif"
    rasterio.shutil.copy(write_cells(np.full((4, 4), 3, dtype=np.uint8), PLAN, nodata=0), cog, driver="COG")
    load_raster(engine, catalogue, "nmd", cog, tmp_path / "kept", NMD)
    [kept] = (tmp_path / "kept/nmd").iterdir()
    assert kept.read_bytes() == cog.read_bytes()


def test_tiles_under_one_virtual_raster_are_one_layer(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    west, east = box(0, 0, 50, 100), box(50, 0, 100, 100)
    for name, area, code in (("west", west, 114), ("east", east, 3)):
        write_cells(np.full((4, 2), code, dtype=np.uint8), area, nodata=0, path=tmp_path / f"{name}.tif")
    sources = "".join(
        f'<SimpleSource><SourceFilename relativeToVRT="1">{name}.tif</SourceFilename><SourceBand>1</SourceBand>'
        f'<SrcRect xOff="0" yOff="0" xSize="2" ySize="4"/><DstRect xOff="{x}" yOff="0" xSize="2" ySize="4"/>'
        "</SimpleSource>"
        for name, x in (("west", 0), ("east", 2))
    )
    (tmp_path / "all.vrt").write_text(
        '<VRTDataset rasterXSize="4" rasterYSize="4"><SRS>EPSG:3006</SRS>'
        "<GeoTransform>600000, 25, 0, 6500100, 0, -25</GeoTransform>"
        f'<VRTRasterBand dataType="Byte" band="1"><NoDataValue>0</NoDataValue>{sources}</VRTRasterBand></VRTDataset>'
    )
    load_raster(engine, catalogue, "nmd", tmp_path / "all.vrt", tmp_path / "kept", NMD)
    classes = shown(layer_of(engine, catalogue, "nmd")).classes
    assert {c.code: c.share for c in classes} == pytest.approx({3: 0.5, 114: 0.5})


def test_a_file_that_went_missing_fails_its_layer_alone(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    load_raster(engine, catalogue, "nmd", write_cells(LAND, PLAN, nodata=0), tmp_path / "kept", NMD)
    shutil.rmtree(tmp_path / "kept")
    found = layer_of(engine, catalogue, "nmd")
    assert (found.status, found.reason, found.covered_share, found.raster) == ("failed", "source_error", None, None)
    assert layer_of(engine, catalogue, "kommun").status == "not_checked"


def two_bands(path: Path) -> Path:
    with rasterio.open(path, "w", driver="GTiff", width=1, height=1, count=2, dtype="uint8", crs="EPSG:3006") as made:
        made.transform = rasterio.Affine(100, 0, 600_000, 0, -100, 6_500_100)
        made.write(np.ones((2, 1, 1), dtype=np.uint8))
    return path


def bare(path: Path, **profile: Any) -> Path:
    with rasterio.open(path, "w", driver="GTiff", width=2, height=2, count=1, dtype="uint8", **profile) as made:
        made.write(np.full((2, 2), 3, dtype=np.uint8), 1)
    return path


TURNED = rasterio.Affine(10, 5, 600_000, 5, -10, 6_500_100)
FAR_AWAY = rasterio.Affine(10, 0, 0, 0, -10, 100)
UPRIGHT = rasterio.Affine(10, 0, 600_000, 0, -10, 6_500_100)


@pytest.mark.parametrize(
    ("make", "error", "told"),
    [
        (two_bands, LayerDataError, "2 bands"),
        (lambda path: bare(path, crs="EPSG:3006", transform=TURNED), LayerDataError, "not north up"),
        (lambda path: bare(path, transform=UPRIGHT), WrongCrs, "no coordinate system"),
        (lambda path: bare(path, crs="EPSG:3006", transform=UPRIGHT, nodata=3), LayerDataError, "no cell with data"),
        (lambda path: bare(path, crs="EPSG:3006", transform=FAR_AWAY), InputError, "Swe"),
        (lambda _path: write_cells(np.full((2, 2), 77, dtype=np.uint8), PLAN), LayerDataError, "77"),
        (lambda _path: write_cells(np.full((2, 2), 70_077, dtype=np.int32), PLAN), LayerDataError, "70077"),
        (lambda _path: write_cells(np.full((2, 2), 3, dtype=np.float32), PLAN), LayerDataError, "whole numbers"),
        (lambda path: path.write_bytes(b"no raster") and path, UnreadableFile, "cannot be read as a raster"),
    ],
)
def test_bad_rasters_are_refused_and_change_nothing(
    engine: Engine, catalogue: Catalogue, tmp_path: Path, make: Any, error: type[Exception], told: str
) -> None:
    good = load_raster(engine, catalogue, "nmd", write_cells(LAND, PLAN, nodata=0), tmp_path / "kept", NMD)
    with pytest.raises(error, match=told):
        load_raster(engine, catalogue, "nmd", make(tmp_path / "bad.tif"), tmp_path / "kept", NMD)
    with engine.connect() as connection:
        assert active_versions(connection)["nmd"].version == good.version
    assert [path.name for path in (tmp_path / "kept/nmd").iterdir()] == [f"{good.version}.tif"]


@pytest.mark.parametrize(
    ("layer", "options", "told"),
    [
        ("nmd", RasterOptions(), "several class tables"),
        ("nmd", RasterOptions(class_table="umep"), "several class tables"),
        ("naturreservat", RasterOptions(), "holds objects"),
        ("historisk_karta", RasterOptions(), "picture"),
    ],
)
def test_what_is_stated_must_fit_the_layer(
    engine: Engine, catalogue: Catalogue, tmp_path: Path, layer: str, options: RasterOptions, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        load_raster(engine, catalogue, layer, write_cells(LAND, PLAN, nodata=0), tmp_path, options)


# --- real data ---


def test_goteborg_counts_as_measured_before(test_data: Path) -> None:
    folder = test_data / "landcover_elevation/goteborg_torgg"
    found = read(folder / "torgg_lc.tif", extent_of(folder / "torgg_lc.tif"))
    assert found.counts == pytest.approx({1: 60914, 2: 34701, 3: 493, 4: 11870, 5: 5164, 6: 2886, 7: 28022})
    assert found.missing_cells == pytest.approx(13126)


def test_goteborg_crowns_as_measured_before(catalogue: Catalogue, test_data: Path, tmp_path: Path) -> None:
    """The facts of the account's tables: crowns of 3 m and more, over which land, and how much of it."""
    folder = test_data / "landcover_elevation/goteborg_torgg"
    heights = read(folder / "torgg_cdsm.tif", extent_of(folder / "torgg_cdsm.tif"))
    assert heights.valid_cells == pytest.approx(634 * 833, rel=1e-4)
    crowns = tmp_path / "crowns.tif"
    write_raster(folder / "torgg_cdsm.tif", crowns, RasterStatements(at_least=3.0), shapely.box(0, 5e6, 2e6, 8e6))
    whole_extent = extent_of(crowns)
    share = read(crowns, whole_extent)
    assert share.counts[100] == pytest.approx(40_915, rel=1e-4)
    assert share.mean == pytest.approx(7.7, abs=0.1)
    table = CoverTable.of(catalogue, "umep")
    with opened(RasterVersion(folder / "torgg_lc.tif")) as cover, opened(RasterVersion(crowns)) as above:
        found = ground_cover(table, cover, above, whole_extent)
    of_class = {code: found.crowns_ha[column] / found.areas_ha[column] for code, column in table.codes.items()}
    assert of_class == pytest.approx({1: 0.038, 2: 0.004, 3: 0.759, 4: 0.632, 5: 0.117, 6: 0.007, 7: 0.004}, abs=0.002)
    is_land = ~table.has("water")
    assert 100 * found.crowns_ha[is_land].sum() / found.areas_ha[is_land].sum() == pytest.approx(9.4, abs=0.05)
    assert 100 * found.crowns_ha[table.codes[1]] / found.crowns_ha.sum() == pytest.approx(21, abs=0.5)


def extent_of(path: Path) -> shapely.Polygon:
    with rasterio.open(path) as dataset:
        return shapely.box(*dataset.bounds)
