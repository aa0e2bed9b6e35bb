"""The ecosystem-service account of planning areas, from rasters to what the assessment carries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
import yaml
from factories import EVERYWHERE, box, line, plan, reader_over, staged, whole, write_cells

from geomiljo.analysis.account_results import AccountResult, IndicatorResult
from geomiljo.analysis.area import ProvisionGround
from geomiljo.analysis.assumptions import Assumptions
from geomiljo.analysis.document import from_json, to_json
from geomiljo.assessments import Assessor
from geomiljo.catalogue import Catalogue
from geomiljo.layers.readers import LayeredReader, MemoryReader
from geomiljo.layers.readers.base import LoadedLayer, RasterVersion
from geomiljo.layers.stage import classification_hash

EXAMPLE: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "analysis/worked_example.yaml").read_text("utf-8")
)["worked_example"]
PLAN = box(0, 0, 100, 100)
MARGIN_M = 2_100


def raster_reader(catalogue: Catalogue, **paths: tuple[Path, str | None]) -> MemoryReader:
    """Return a reader over rasters alone."""
    loaded = {
        layer: LoadedLayer(
            layer,
            "v",
            None,
            classification_hash(catalogue.layers[layer]),
            EVERYWHERE,
            raster=RasterVersion(path, cover_set),
        )
        for layer, (path, cover_set) in paths.items()
    }
    return MemoryReader(loaded, {}, {})


def account_of(catalogue: Catalogue, area: Any, reader: Any, assumptions: Assumptions | None = None) -> AccountResult:
    assessment = Assessor.of(catalogue).assess(area, reader, assumptions=assumptions or Assumptions())
    assert from_json(to_json(assessment)) == assessment
    return assessment.account


def indicator(result: AccountResult, name: str) -> IndicatorResult:
    return next(entry for entry in result.indicators if entry.id == name)


@pytest.fixture(scope="module")
def surroundings() -> Path:
    """The worked example's hectare, streets all around, and a forest of two hectares 200 m to the east."""
    side = (100 + 2 * MARGIN_M) // 10
    values = np.full((side, side), 53, dtype=np.uint8)
    first = MARGIN_M // 10
    values[first : first + 10, first : first + 10] = EXAMPLE["grid_before"]
    values[first - 15 : first + 25, first + 30 : first + 35] = 115
    return write_cells(values, box(-MARGIN_M, -MARGIN_M, 100 + MARGIN_M, 100 + MARGIN_M), nodata=0)


def parts() -> Any:
    uses = np.array(EXAMPLE["grid_use"])
    grounds = []
    for use in dict.fromkeys(uses.ravel().tolist()):
        corners = [(10 * c, 90 - 10 * r) for r, c in zip(*np.nonzero(uses == use), strict=True)]
        cells = [box(x, y, x + 10, y + 10) for x, y in corners]
        grounds.append((shapely.union_all(cells), (use,)))
    return plan(*grounds, outline=PLAN)


@pytest.fixture(scope="module")
def example(catalogue: Catalogue, surroundings: Path) -> AccountResult:
    return account_of(catalogue, parts(), raster_reader(catalogue, nmd=(surroundings, "nmd2018")))


@pytest.mark.parametrize(
    ("name", "before", "mid"),
    [
        (name, EXAMPLE["expected"]["before"][name], EXAMPLE["expected"]["after_mid"][name])
        for name in ("green_share_pct", "sealed_share_pct", "rain20_runoff_m3", "carbon_stock_t_c", "gyf_like")
    ],
)
def test_the_worked_example_through_the_whole_chain(
    example: AccountResult, name: str, before: float, mid: float
) -> None:
    found = indicator(example, name)
    assert (found.before, found.mid) == pytest.approx((before, mid), abs=1e-6)
    assert found.change == pytest.approx(mid - before, abs=1e-6)


def test_services_and_objectives_of_the_worked_example(example: AccountResult) -> None:
    assert len(example.services) == 22
    food = next(service for service in example.services if service.id == "food")
    assert food.before == pytest.approx(2.85, abs=1e-6)
    assert food.direction == "loss"
    assert {change.number for change in example.objectives if change.losses} >= {8, 13, 15}
    assert all("biodiversity" not in change.losses for change in example.objectives)  # evidence too weak to speak


def test_distances_and_3_30_300_of_the_worked_example(example: AccountResult) -> None:
    expected = EXAMPLE["distance_and_3_30_300"]
    for found, side in ((example.green_distance_before, "before"), (example.green_distance_after, "after")):
        assert found is not None
        assert (found.median_m, found.farthest_m) == (
            expected[side]["distance_median_m"],
            expected[side]["distance_max_m"],
        )
        assert found.walk_median_m == pytest.approx(expected[side]["walk_est_median_m"])
        assert not found.at_most
    rule = example.three_thirty
    assert rule is not None
    assert (rule.trees_in_view, rule.canopy_of_plan, rule.canopy_of_neighbourhood) == (True, False, None)
    assert rule.green_within_300_m == 0.0


def test_what_the_planner_states_changes_the_account_and_its_id(catalogue: Catalogue, surroundings: Path) -> None:
    reader = raster_reader(catalogue, nmd=(surroundings, "nmd2018"))
    stated = Assumptions.model_validate({"uses": {"B": {"footprintShare": 0.4, "by": "a planner"}}})
    found = account_of(catalogue, parts(), reader, stated)
    expected = EXAMPLE["expected"]["after_mid_e_area_40_on_B"]["carbon_stock_t_c"]
    assert indicator(found, "carbon_stock_t_c").mid == pytest.approx(expected, abs=1e-6)
    assert [a.overridden for a in found.assumptions if a.uses == ("B",)] == [True]
    assessor = Assessor.of(catalogue)
    ids = {assessor.expected_id(parts(), reader, assumptions=s) for s in (Assumptions(), stated)}
    assert len(ids) == 2
    same = Assumptions.model_validate({"uses": {"B": {"footprintShare": 0.4, "by": "somebody else"}}})
    assert assessor.expected_id(parts(), reader, assumptions=same) in ids


def test_ground_that_is_left_as_it_is_changes_nothing(catalogue: Catalogue, surroundings: Path) -> None:
    area = parts()
    stated = Assumptions(keep_existing=tuple(part.id for part in area.parts))
    found = account_of(catalogue, area, raster_reader(catalogue, nmd=(surroundings, "nmd2018")), stated)
    assert all(entry.change == pytest.approx(0, abs=1e-9) for entry in found.indicators)
    assert not any(entry.clear for entry in found.indicators)
    assert {service.direction for service in found.services} == {"unclear"}


def test_unknown_uses_leave_the_after_side_open(catalogue: Catalogue, surroundings: Path) -> None:
    found = account_of(catalogue, whole(PLAN), raster_reader(catalogue, nmd=(surroundings, "nmd2018")))
    assert found.reasons == ("unknown_use",)
    assert found.unknown_use_ha == pytest.approx(1.0)
    assert indicator(found, "green_share_pct").before == pytest.approx(95)
    assert indicator(found, "green_share_pct").mid is None
    assert found.services[0].direction is None


def test_a_gap_between_parts_is_left_as_it_is(catalogue: Catalogue, surroundings: Path) -> None:
    area = plan((box(0, 0, 100, 99.5), ("B",)), outline=PLAN)
    found = account_of(catalogue, area, raster_reader(catalogue, nmd=(surroundings, "nmd2018")))
    assert found.reasons == ()
    assert found.unknown_use_ha == pytest.approx(0.005)
    assert indicator(found, "green_share_pct").mid is not None


def test_too_few_cells_give_hectares_but_no_shares(catalogue: Catalogue, surroundings: Path) -> None:
    found = account_of(
        catalogue, plan((box(0, 0, 60, 60), ("B",))), raster_reader(catalogue, nmd=(surroundings, "nmd2018"))
    )
    assert (indicator(found, "green_share_pct").before, indicator(found, "green_share_pct").hidden) == (
        None,
        "too_few_cells",
    )
    assert indicator(found, "arable_ha").before == pytest.approx(0.12)
    assert found.services[0].before is None
    assert found.composition


def test_land_cover_that_covers_too_little_gives_no_number(catalogue: Catalogue) -> None:
    values = np.full((10, 10), 114, dtype=np.uint8)
    values[:, :3] = 0
    reader = raster_reader(catalogue, nmd=(write_cells(values, PLAN, nodata=0), "nmd2018"))
    found = account_of(catalogue, whole(PLAN), reader)
    assert found.reasons == ("land_cover_not_covered",)
    assert found.valid_share == pytest.approx(0.7)
    assert found.indicators == ()


def test_without_land_cover_the_reason_is_told(catalogue: Catalogue) -> None:
    assert account_of(catalogue, whole(PLAN), reader_over({})).reasons == ("no_land_cover",)


def test_the_finest_land_cover_is_used_and_crowns_come_from_their_raster(catalogue: Catalogue) -> None:
    town = write_cells(np.full((25, 25), 1, dtype=np.uint8), PLAN, nodata=255)
    crowns = np.zeros((50, 50), dtype=np.uint8)
    crowns[:25, :25] = 100
    coarse = write_cells(np.full((10, 10), 114, dtype=np.uint8), PLAN, nodata=0)
    reader = raster_reader(
        catalogue,
        nmd=(coarse, "nmd2018"),
        marktacke_tatort=(town, "umep"),
        tradkrona=(write_cells(crowns, PLAN, nodata=255), None),
    )
    found = account_of(catalogue, plan((PLAN, ("GATA",))), reader)
    assert (found.cover_layer, found.class_table, found.crowns) == ("marktacke_tatort", "umep", "raster")
    assert indicator(found, "canopy_share_pct").before == pytest.approx(25, abs=0.01)
    assert indicator(found, "arable_ha").hidden == "not_in_class_table"


def test_central_goteborg_square_by_square(catalogue: Catalogue, test_data: Path, tmp_path: Path) -> None:
    folder = test_data / "landcover_elevation/goteborg_torgg"
    reader = raster_reader(catalogue, marktacke_tatort=(folder / "torgg_lc.tif", "umep"))
    squares = geopandas.read_file(folder / "gbgcity_grid_300m.shp").to_crs(3006).geometry
    assessor = Assessor.of(catalogue)
    accounts = [assessor.assess(whole(square), reader).account for square in squares]
    assert len(accounts) == 20
    assert {result.cover_layer for result in accounts} == {"marktacke_tatort"}
    for square, result in zip(squares, accounts, strict=True):
        assert sum(entry.area_ha for entry in result.composition) == pytest.approx(square.area / 10_000, rel=1e-6)
    sealed = [entry.before for result in accounts for entry in result.indicators if entry.id == "sealed_share_pct"]
    assert all(value is not None and 0 <= value <= 100 for value in sealed)


def test_each_part_has_its_numbers(catalogue: Catalogue, surroundings: Path) -> None:
    area = plan((box(0, 0, 100, 50), ("B",)), (box(0, 50, 100, 100), ("PARK",)))
    reader = raster_reader(catalogue, nmd=(surroundings, "nmd2018"))
    found = account_of(catalogue, area, reader)
    assert [part.parts for part in found.parts] == [("p1",), ("p2",)]
    arable = [number for part in found.parts for number in part.numbers if number.id == "arable_ha"]
    assert sum(number.before or 0.0 for number in arable) == pytest.approx(indicator(found, "arable_ha").before)
    assert sum(number.mid or 0.0 for number in arable) == pytest.approx(indicator(found, "arable_ha").mid)
    cells = {number.id: number.before for number in found.parts[0].numbers}
    assert cells["green_share_pct"] is None  # fifty cells are too few for a share


def test_the_way_to_green_along_loaded_paths(catalogue: Catalogue, surroundings: Path) -> None:
    """The forest begins 200 m east of the plan; the only path goes round by the north."""
    rasters = raster_reader(catalogue, nmd=(surroundings, "nmd2018"))
    path = line((50, 50), (50, 550), (320, 550), (320, 100))
    area = plan((box(40, 40, 60, 60), ("B",)), (box(60, 40, 100, 60), ("GATA",)))

    def median(lines: list[Any], coverage: Any = EVERYWHERE) -> tuple[float | None, float | None]:
        reader = LayeredReader(rasters, reader_over({"gangvagar": staged(catalogue, "gangvagar", lines)}, coverage))
        told = account_of(catalogue, area, reader).green_distance_before
        assert told is not None
        return told.network_median_m, told.network_unknown_share

    found, unknown = median([path])
    assert found == pytest.approx(500 + 270 + 550 - 250 + 100, abs=200)
    assert found is not None
    assert found > 750  # the forest's north edge is at y = 250: three sides of the way, not the straight 250 m
    assert unknown == 0.0
    assert median([line((50, 50), (50, 550))]) == (None, 1.0)
    assert median([line((50, 50), (50, 550))], None) == (None, 1.0)
    told = account_of(catalogue, area, rasters).green_distance_before
    assert told is not None
    assert told.network_unknown_share is None


def test_provisions_with_a_place_change_what_is_built(catalogue: Catalogue, surroundings: Path) -> None:
    reader = raster_reader(catalogue, nmd=(surroundings, "nmd2018"))
    free = plan((PLAN, ("B",)))

    def sealed(*limits: tuple[str, Any], name: str = "sealed_share_pct") -> float:
        grounds = tuple(ProvisionGround(kind, ground) for kind, ground in limits)
        found = indicator(account_of(catalogue, replace(free, provisions=grounds), reader), name).high
        assert found is not None
        return found

    assert sealed() == sealed(("prickmark", box(0, 0, 50, 100)))  # 45 % building fits on the half that is left
    assert sealed(("prickmark", box(0, 0, 80, 100))) < sealed()
    assert sealed(("prickmark", PLAN)) < sealed(("korsmark", PLAN)) < sealed()
    assert sealed(("f_green_roof", PLAN), name="rain20_runoff_m3") < sealed(name="rain20_runoff_m3")
    assert sealed(("m_protect", PLAN)) == sealed()
    ids = {Assessor.of(catalogue).expected_id(area, reader) for area in (free, replace(free, provisions=()))}
    assert len(ids) == 1


def test_crowns_that_the_plan_protects_stand(catalogue: Catalogue) -> None:
    crowns = np.zeros((50, 50), dtype=np.uint8)
    crowns[:25] = 100  # the northern half
    reader = raster_reader(
        catalogue,
        nmd=(write_cells(np.full((10, 10), 114, dtype=np.uint8), PLAN, nodata=0), "nmd2018"),
        tradkrona=(write_cells(crowns, PLAN, nodata=255), None),
    )
    street = plan((PLAN, ("GATA",)))

    def kept(*limits: tuple[str, Any]) -> float:
        grounds = tuple(ProvisionGround(kind, ground) for kind, ground in limits)
        found = indicator(account_of(catalogue, replace(street, provisions=grounds), reader), "canopy_share_pct").high
        assert found is not None
        return found

    assert kept(("n_tree", box(0, 50, 100, 100))) >= 50
    assert kept(("n_tree", box(0, 50, 50, 100))) == pytest.approx(kept() * 0.75 + 25, abs=1)
    assert kept(("n_tree", box(0, 0, 100, 50))) == pytest.approx(kept(), abs=0.01)  # no crowns there
