"""What is made from elevation models: terrain that can be computed by hand, what is not known, and lineage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from factories import box, plan, whole, write_cells
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sqlalchemy import Engine, text

from geomiljo.analysis.results import Assessment, LayerResult
from geomiljo.assessments import Assessor
from geomiljo.catalogue import Catalogue
from geomiljo.errors import LayerDataError, NotFound
from geomiljo.layers.elevation import slope_strips
from geomiljo.layers.overview import layer_details
from geomiljo.layers.raster_load import LoadedRaster, load_raster
from geomiljo.layers.rasters import opened
from geomiljo.layers.readers import open_reader
from geomiljo.layers.readers.base import RasterVersion
from geomiljo.layers.rebuild import make_derived, rebuild_dependants
from geomiljo.layers.terrain import NOTHING, flow_ha, slope_pct, standing_water
from geomiljo.layers.versions import active_versions

LAND = box(0, 0, 180, 180)
"""Nine by nine cells of 20 m."""


def bowl() -> NDArray[np.float32]:
    """Flat ground at 10 m with a bowl: eight cells a metre deep around one of two metres."""
    heights = np.full((9, 9), 10, dtype=np.float32)
    heights[3:6, 3:6] = 9
    heights[4, 4] = 8
    return heights


def assessed(engine: Engine, catalogue: Catalogue, area: Any) -> Assessment:
    with open_reader(engine) as reader:
        return Assessor.of(catalogue).assess(area, reader)


def layer_of(assessment: Assessment, name: str) -> LayerResult:
    return next(layer for layer in assessment.layers if layer.id == name)


def test_a_plane_slopes_alike_in_every_direction() -> None:
    south, east = np.mgrid[0:6, 0:6].astype(np.float32)
    assert slope_pct(3 * east, (10.0, 10.0))[1:-1, 1:-1] == pytest.approx(30.0)
    assert slope_pct(3 * east + 4 * south, (10.0, 10.0))[1:-1, 1:-1] == pytest.approx(50.0)
    assert slope_pct(3 * east, (10.0, 20.0))[1:-1, 1:-1] == pytest.approx(30.0)
    hole = (3 * east).astype(np.float32)
    hole[0, 0] = NOTHING
    assert slope_pct(hole, (10.0, 10.0))[0, 0] == NOTHING


def test_water_gathers_down_a_slope() -> None:
    heights = np.repeat(np.arange(50, 0, -10, dtype=np.float32)[:, None], 5, axis=1)  # falls to the south
    hectares = flow_ha(heights, (100.0, 100.0))
    assert hectares.tolist() == [[row] * 5 for row in (1, 2, 3, 4, 5)]
    heights[:, 2] -= 5  # a ditch: those beside it fall 15 m in 141 m into it, which is steeper than 10 m in 100 m
    hectares = flow_ha(heights, (100.0, 100.0))
    assert hectares[:, 2].tolist() == [1, 4, 7, 10, 15]
    assert hectares[:, 0].tolist() == [1, 2, 3, 4, 5]
    heights[4, 4] = NOTHING
    assert flow_ha(heights, (100.0, 100.0))[4, 4] == NOTHING


def test_a_full_low_point_passes_on_what_comes_to_it() -> None:
    heights = np.array([[9, 9, 9, 9, 9], [9, 5, 4, 8, 7], [9, 9, 9, 9, 9]], dtype=np.float32)
    # six cells to the first of the hollow, three more to the second; the four in the corners of the way out fall to it
    assert flow_ha(heights, (100.0, 100.0))[1].tolist()[1:] == [6, 9, 10, 15]


def test_water_stands_as_deep_as_the_rim_lets_it() -> None:
    depth, is_known = standing_water(bowl(), 0.2)
    assert depth[3:6, 3:6].tolist() == [[1, 1, 1], [1, 2, 1], [1, 1, 1]]
    assert depth.sum() == 10
    assert is_known.all()
    notched = bowl()
    notched[4, 6:] = 9.5  # a ditch to the eastern edge: half a metre less stands
    assert standing_water(notched, 0.2)[0].sum() == pytest.approx(8 * 0.5 + 1.5)


def test_a_low_point_that_reaches_the_edge_is_not_known() -> None:
    heights = bowl()
    heights[4, :4] = 8  # as low as the bottom, to the western edge: does it go on?
    heights[0, 0] = 1  # where all water would leave
    depth, is_known = standing_water(heights, 0.2)
    assert depth.max() == 0
    assert not is_known[4, :5].any()
    assert is_known[0].all()
    heights[0, 0] = NOTHING
    assert not standing_water(heights, 0.2)[1][0, 0]


@given(arrays(np.float32, (8, 9), elements=st.sampled_from([float(n) for n in range(6)] + [NOTHING])))
@settings(max_examples=60)
def test_depth_is_what_the_lowest_way_out_leaves(heights: NDArray[np.float32]) -> None:
    depth, is_known = standing_water(heights, 0.5)
    has_data = heights != NOTHING
    assert (depth[~has_data] == 0).all()
    assert not is_known[~has_data].any()
    assert depth == pytest.approx(lowest_way_out(heights, has_data) - np.where(has_data, heights, 0), abs=1e-5)


def lowest_way_out(heights: NDArray[np.float32], has_data: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the level of water by plain relaxation: no lower than the ground, no higher than the lowest neighbour."""
    padded = np.pad(np.where(has_data, heights, -np.inf), 1, constant_values=-np.inf)
    level = np.where(np.isinf(padded), -np.inf, np.inf)
    while True:
        around = np.min(
            [np.roll(level, (r, c), (0, 1)) for r in (-1, 0, 1) for c in (-1, 0, 1) if (r, c) != (0, 0)], axis=0
        )
        lower = np.where(np.isinf(padded), -np.inf, np.maximum(padded, np.minimum(level, around)))
        if (lower == level).all():
            return np.where(has_data, level[1:-1, 1:-1], 0)
        level = lower


@given(
    heights=arrays(np.float32, (7, 5), elements=st.sampled_from([float(n) for n in range(9)] + [NOTHING])),
    rows_together=st.integers(1, 8),
)
@settings(max_examples=40)
def test_slope_by_strips_is_the_slope(heights: NDArray[np.float32], rows_together: int) -> None:
    path = write_cells(heights, box(0, 0, 50, 70), nodata=NOTHING)
    with opened(RasterVersion(path)) as source:
        strips = dict(slope_strips(source, cells=5 * rows_together))
    assert list(strips) == list(range(0, 7, rows_together))
    np.testing.assert_array_equal(np.concatenate(list(strips.values())), slope_pct(heights, (10.0, 10.0)))


# --- as layers ---


@pytest.fixture
def model(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> LoadedRaster:
    return load_raster(engine, catalogue, "hojdmodell", write_cells(bowl(), LAND), tmp_path / "kept")


def test_low_points_have_depth_volume_and_a_rule(engine: Engine, catalogue: Catalogue, model: LoadedRaster) -> None:
    make_derived(engine, catalogue, "lagpunkt")
    query = (
        "SELECT f.attributes, ST_Area(f.geom) AS area FROM feature f JOIN layer_version v ON v.id = f.version_id"
        " WHERE v.layer = 'lagpunkt'"
    )
    with engine.connect() as connection:
        [row] = connection.execute(text(query)).all()
        lineage = layer_details(connection, catalogue, "lagpunkt")["lineage"]
    assert row.attributes == {"id": row.attributes["id"], "djup_m": 2.0, "volym_m3": 4_000.0}
    assert row.area == pytest.approx(9 * 400)
    assert (lineage["madeFrom"], lineage["isCurrent"]) == ({"hojdmodell": model.version}, True)
    assert "höjdmodellen" in lineage["recipe"]["sv"]
    found = assessed(engine, catalogue, plan((box(0, 0, 100, 180), ("B",))))
    [finding] = [each for each in found.findings if each.layer == "lagpunkt"]
    assert finding.area_m2 == pytest.approx(2 * 3 * 400)
    assert finding.objectives == (15, 8)
    assert layer_of(assessed(engine, catalogue, whole(box(20, 20, 50, 50))), "lagpunkt").status == "no_hit"
    assert layer_of(assessed(engine, catalogue, whole(box(170, 0, 250, 40))), "lagpunkt").status == "partly_covered"


def test_ground_without_low_points_answers_no(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    south = np.mgrid[0:9, 0:9][0].astype(np.float32)
    load_raster(engine, catalogue, "hojdmodell", write_cells(-south, LAND), tmp_path)
    make_derived(engine, catalogue, "lagpunkt")
    assert layer_of(assessed(engine, catalogue, whole(box(60, 60, 120, 120))), "lagpunkt").status == "no_hit"


def test_slope_and_flow_are_rasters_that_follow_the_model(
    engine: Engine, catalogue: Catalogue, model: LoadedRaster, tmp_path: Path
) -> None:
    first = make_derived(engine, catalogue, "lutning")
    make_derived(engine, catalogue, "rinnvagar")
    shown = layer_of(assessed(engine, catalogue, whole(box(0, 140, 180, 180))), "lutning").raster
    assert shown is not None
    assert (shown.maximum, shown.unit) == (0.0, "%")
    steep = np.tile(np.arange(9, dtype=np.float32) * 2, (9, 1))  # two metres in twenty
    load_raster(engine, catalogue, "hojdmodell", write_cells(steep, LAND), tmp_path / "kept")
    made = {each.layer: each for each in rebuild_dependants(engine, catalogue, "hojdmodell")}
    assert set(made) == {"lutning", "rinnvagar"}
    assert made["lutning"].version != first.version
    shown = layer_of(assessed(engine, catalogue, whole(box(40, 40, 120, 120))), "lutning").raster
    assert shown is not None
    assert shown.mean == pytest.approx(10.0)
    with engine.connect() as connection:
        kept = active_versions(connection)["rinnvagar"]
    assert kept.options["derived_from"].keys() == {"hojdmodell"}
    assert kept.raster is not None
    with rasterio.open(kept.raster["path"]) as dataset:
        assert dataset.read(1).max() == pytest.approx(9 * 0.04)


def test_models_that_cannot_be_used_are_told(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="hojdmodell"):
        make_derived(engine, catalogue, "lutning")
    degrees = write_cells(bowl(), box(0, 0, 1, 1), crs=3006, path=tmp_path / "d.tif")
    with rasterio.open(degrees, "r+") as dataset:
        dataset.crs, dataset.transform = "EPSG:4619", rasterio.Affine(0.001, 0, 15, 0, -0.001, 60)
    load_raster(engine, catalogue, "hojdmodell", degrees, tmp_path / "kept")
    for layer in ("lutning", "lagpunkt"):
        with pytest.raises(LayerDataError, match="degrees"):
            make_derived(engine, catalogue, layer)


def test_slope_knows_no_limit_of_size_and_flow_tells_of_its_own(
    engine: Engine, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geomiljo.layers.elevation._MOST_CELLS", 80)
    load_raster(engine, catalogue, "hojdmodell", write_cells(bowl(), LAND), tmp_path)
    assert make_derived(engine, catalogue, "lutning").is_new
    for layer in ("rinnvagar", "lagpunkt"):
        with pytest.raises(LayerDataError, match="flow of water takes at most"):
            make_derived(engine, catalogue, layer)
