"""The worked example of the account, to 1e-6, and what must hold of any account."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from geomiljo.analysis.account import Account, Ground, UseArea, account, indicators
from geomiljo.analysis.built import Cover, Provisions, as_it_is
from geomiljo.analysis.cover import CoverTable
from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.ecosystem import SCENARIOS
from geomiljo.errors import NotFound

EXAMPLE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("worked_example.yaml").read_text("utf-8"))[
    "worked_example"
]
CELL_HA = 0.01


@pytest.fixture(scope="module")
def table(catalogue: Catalogue) -> CoverTable:
    return CoverTable.of(catalogue, "nmd2018")


def use_areas(
    catalogue: Catalogue, table: CoverTable, provisions: dict[str, Provisions] | None = None
) -> list[UseArea]:
    """The ground of the worked example, use by use; crowns by the default share of each class."""
    codes, uses = np.array(EXAMPLE["grid_before"]), np.array(EXAMPLE["grid_use"])
    result = []
    for use in dict.fromkeys(uses.ravel().tolist()):
        values, counts = np.unique(codes[uses == use], return_counts=True)
        areas = table.areas(dict(zip(values.tolist(), counts.tolist(), strict=True)), CELL_HA)
        rows = (catalogue.land_use_scenarios[use],)
        given_provisions = (provisions or {}).get(use, Provisions())
        result.append(UseArea(areas, areas * table.canopy_default, rows, given_provisions))
    return result


def numbers(ground: Ground, cover: Cover) -> dict[str, Any]:
    supply = ground.supply.tolist()
    return {
        "A_land_ha": ground.land_ha,
        "green_share_pct": ground.green_share_pct,
        "sealed_share_pct": ground.sealed_share_pct,
        "canopy_share_pct": ground.canopy_share_pct,
        "canopy_year0_pct": 100 * cover.kept_crowns_ha / ground.land_ha,
        "runoff_coefficient_weighted": ground.runoff_coefficient,
        "rain20_runoff_m3": ground.runoff_m3.mid,
        "carbon_stock_t_c": ground.carbon_t_c.mid,
        "carbon_low_t_c": ground.carbon_t_c.low,
        "carbon_high_t_c": ground.carbon_t_c.high,
        "arable_ha": ground.arable_ha,
        "wetland_ha": ground.wetland_ha,
        "gyf_like": ground.green_area_ratio,
        "supply_index": {
            "supporting": supply[:5],
            "regulating": supply[5:13],
            "provisioning": supply[13:17],
            "cultural": supply[17:],
        },
    }


def assert_equals(ground: Ground | None, cover: Cover, expected: dict[str, Any]) -> None:
    assert ground is not None
    found = numbers(ground, cover)
    for name, value in expected.items():
        if name == "supply_index":
            for group, row in value.items():
                assert found[name][group] == pytest.approx(row, abs=1e-6), group
        else:
            assert found[name] == pytest.approx(value, abs=1e-6), name


@pytest.fixture(scope="module")
def example(catalogue: Catalogue, table: CoverTable) -> Account:
    return account(table, use_areas(catalogue, table))


def test_before(example: Account) -> None:
    assert_equals(example.before, example.cover_before, EXAMPLE["expected"]["before"])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_after(example: Account, scenario: Any) -> None:
    assert_equals(example.after[scenario], example.cover_after[scenario], EXAMPLE["expected"][f"after_{scenario}"])


def test_a_largest_footprint_changes_what_is_built(catalogue: Catalogue, table: CoverTable) -> None:
    footprint = {"B": Provisions(footprint_0_1=0.40)}
    result = account(table, use_areas(catalogue, table, footprint))
    assert_equals(result.after["mid"], result.cover_after["mid"], EXAMPLE["expected"]["after_mid_e_area_40_on_B"])


def test_changes_of_supply(example: Account) -> None:
    assert example.before is not None
    changes = example.after["mid"].supply - example.before.supply
    expected = EXAMPLE["expected"]["change_mid"]["supply_index"]
    assert changes.tolist() == pytest.approx([value for row in expected.values() for value in row], abs=1e-6)


def test_ground_and_top_after_in_hectares(example: Account, table: CoverTable) -> None:
    cover = example.cover_after["mid"]
    by_hand = EXAMPLE["by_hand_after_mid"]
    for found, expected in ((cover.ground, by_hand["ground_total_ha"]), (cover.top, by_hand["top_total_ha"])):
        wanted = np.zeros(table.size)
        for code, hectares in expected.items():
            wanted[table.column(code)] = hectares
        np.testing.assert_allclose(found, wanted, atol=1e-9)
    assert cover.kept_crowns_ha == pytest.approx(by_hand["canopy_ha"]["kept"], abs=1e-9)
    assert cover.new_crowns_ha == pytest.approx(by_hand["canopy_ha"]["new"], abs=1e-9)


def test_a_town_block_by_another_class_table(catalogue: Catalogue) -> None:
    umep = CoverTable.of(catalogue, "umep")
    block = EXAMPLE["umep_before_check"]
    areas = umep.areas(block["cells"], 0.0016)
    crowns = np.zeros(umep.size)
    crowns[umep.column(4)] = 0.20
    cover = as_it_is(areas, crowns)
    assert_equals(indicators(umep, cover), cover, block["expected"])


def test_unknown_use_leaves_the_after_side_out(catalogue: Catalogue, table: CoverTable) -> None:
    known, *others = use_areas(catalogue, table)
    result = account(table, [replace(known, uses=()), *others])
    assert result.unknown_use_ha == pytest.approx(0.60)
    assert not result.after


def test_later_class_tables_are_translated(catalogue: Catalogue) -> None:
    later = CoverTable.of(catalogue, "nmd2023")
    assert later.areas({4232: 1, 215: 2, 3: 3, 0: 9}, CELL_HA)[later.column(42)] == CELL_HA
    assert later.unknown_values([3, 0, 999]) == (999,)
    with pytest.raises(NotFound, match="corine"):
        CoverTable.of(catalogue, "corine")


def test_protected_crowns_stand_in_every_scenario(catalogue: Catalogue, table: CoverTable) -> None:
    areas = use_areas(catalogue, table, {"B": Provisions(crowns_protected_0_1=1.0)})
    crowns = float(areas[0].crowns_ha.sum())
    result = account(table, areas)
    assert all(cover.kept_crowns_ha >= crowns for cover in result.cover_after.values())


def test_what_may_not_be_built_on_leaves_the_building_less_room(catalogue: Catalogue, table: CoverTable) -> None:
    field = table.areas({42: 100}, CELL_HA)
    rows = (catalogue.land_use_scenarios["B"],)  # a quarter building, a fifth hard, typically built

    def built(**limits: Any) -> tuple[float, float]:
        ground = account(table, [UseArea(field, field * 0, rows, Provisions(**limits))]).cover_after["mid"].ground
        assert ground.sum() == pytest.approx(1.0)
        return float(ground[table.column("building")]), float(ground[table.column("hard")])

    assert built(unbuildable_0_1=0.5) == pytest.approx((0.25, 0.20))  # there is room on the other half: 0.45
    assert built(unbuildable_0_1=0.8) == pytest.approx((0.18, 0.20 * 0.82 / 0.75))  # 0.9 of the fifth that is left
    assert built(unbuildable_0_1=1.0) == pytest.approx((0.0, 0.20 / 0.75))
    assert built(ancillary_0_1=1.0) == pytest.approx((0.10, 0.20 * 0.90 / 0.75))
    assert built(unbuildable_0_1=0.8, ancillary_0_1=0.2)[0] == pytest.approx(0.02)
    assert built(unbuildable_0_1=0.9, footprint_0_1=0.4)[0] == pytest.approx(0.09)


def test_existing_water_stays_water(catalogue: Catalogue, table: CoverTable) -> None:
    before = table.areas({61: 50, 42: 50}, CELL_HA)
    harbour = UseArea(before, before * 0, (catalogue.land_use_scenarios["V"],))
    result = account(table, [harbour])
    assert [result.cover_after[s].ground[table.column(61)] for s in SCENARIOS] == pytest.approx([0.5, 0.45, 0.3])


COVERS = st.dictionaries(
    st.sampled_from([2, 3, 41, 42, 51, 52, 53, 61, 111, 114, 116, 125]), st.integers(1, 400), min_size=1
)
SHARES = st.floats(0, 1)


@given(
    counts=COVERS,
    uses=st.lists(st.sampled_from(["B", "C", "L", "P", "S", "V", "W", "GATA", "PARK", "NATUR", "B.villa"]), min_size=1),
    footprint=st.none() | st.floats(0, 0.9),
    permeable=st.none() | SHARES,
    slab=SHARES,
    roof=SHARES,
    protected=SHARES,
    unbuildable=SHARES,
)
def test_no_ground_is_lost_or_won(
    catalogue: Catalogue,
    table: CoverTable,
    counts: dict[int, int],
    uses: list[str],
    footprint: float | None,
    permeable: float | None,
    slab: float,
    roof: float,
    protected: float,
    unbuildable: float,
) -> None:
    areas = table.areas(counts, CELL_HA)
    provisions = Provisions(
        footprint,
        permeable,
        None,
        slab,
        roof,
        no_new_crowns_0_1=slab,
        unbuildable_0_1=unbuildable,
        ancillary_0_1=(1 - unbuildable) / 2,
        crowns_protected_0_1=protected,
    )
    rows = tuple(catalogue.land_use_scenarios[use] for use in uses)
    result = account(table, [UseArea(areas, areas * table.canopy_default, rows, provisions)])
    for cover in result.cover_after.values():
        assert cover.ground.sum() == pytest.approx(areas.sum())
        assert cover.top.sum() == pytest.approx(areas.sum())
        assert min(cover.ground.min(), cover.top.min(), cover.unplaced_crowns_ha) >= -1e-12
    for ground in result.after.values():
        assert 0 <= ground.green_share_pct <= 100 + 1e-9
        assert 0 <= ground.sealed_share_pct <= 100 + 1e-9
        assert (ground.supply >= -1e-12).all()
        assert (ground.supply <= 5 + 1e-12).all()
        assert ground.carbon_t_c.low <= ground.carbon_t_c.mid <= ground.carbon_t_c.high
