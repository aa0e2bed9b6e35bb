"""The decision table of `docs/method.md`, a test for each row: statuses, findings, objective flags."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import shapely
from factories import EVERYWHERE, box, line, plan, point, reader_over, staged, whole
from shapely.geometry.base import BaseGeometry

from geomiljo.analysis.area import PlanArea
from geomiljo.analysis.judge_cells import rows_read
from geomiljo.analysis.questions import Grounds
from geomiljo.analysis.results import Assessment, Finding, LayerResult
from geomiljo.assessments import Assessor
from geomiljo.catalogue import Catalogue

PLAN = box(0, 0, 100, 100)


@pytest.fixture(scope="module")
def assessor(catalogue: Catalogue) -> Assessor:
    return Assessor.of(catalogue)


class World:
    """Layers around a plan, assessed."""

    def __init__(self, assessor: Assessor) -> None:
        self.assessor = assessor

    def assess(
        self,
        area: PlanArea | BaseGeometry,
        coverage: Any = EVERYWHERE,
        hidden: frozenset[str] = frozenset(),
        **layers: Any,
    ) -> Assessment:
        made = {
            name: staged(self.assessor.catalogue, name, content[0], **content[1])
            if isinstance(content, tuple)
            else staged(self.assessor.catalogue, name, content)
            for name, content in layers.items()
        }
        return self.assessor.assess(
            area if isinstance(area, PlanArea) else whole(area), reader_over(made, coverage), hidden=hidden
        )

    def layer(self, name: str, area: PlanArea | BaseGeometry, content: Any, coverage: Any = EVERYWHERE) -> LayerResult:
        return layer_of(self.assess(area, coverage, **{name: content}), name)


@pytest.fixture
def world(assessor: Assessor) -> World:
    return World(assessor)


def layer_of(assessment: Assessment, name: str) -> LayerResult:
    return next(layer for layer in assessment.layers if layer.id == name)


def fired(assessment: Assessment) -> list[str]:
    return [finding.rule for finding in assessment.findings]


def finding(assessment: Assessment, rule: str) -> Finding:
    return next(f for f in assessment.findings if f.rule == rule)


# --- positions that are uncertain, object by object ---

ERROR = "lagesosakerhet_i_meter"


@pytest.mark.parametrize(
    ("x", "error_m", "zone_m"),
    [
        (250, 100, 100.0),  # 150 m away, the zone ends 50 m from the plan: as far as the rule looks
        (250.1, 100, None),
        (250, None, None),  # nothing is told, and the register has no error for all
        (250, -1, None),
        (2_150, 9_999, 2_000.0),  # 2 050 m away: no error counts for more than 2 000 m
        (2_150.1, 9_999, None),
        (140, 30, 30.0),
    ],
)
def test_an_object_is_near_by_the_error_of_its_own_position(
    world: World, x: float, error_m: float | None, zone_m: float | None
) -> None:
    other = point(90_000, 0)
    found = world.assess(PLAN, fornlamning=([point(x, 50), other], {ERROR: [error_m, 0]}))
    assert fired(found) == (["fornlamning.near"] if zone_m else [])
    if zone_m:
        assert [thing.zone_m for thing in layer_of(found, "fornlamning").near] == [zone_m]
        near = finding(found, "fornlamning.near")
        [thing] = near.features
        assert (thing.distance_m, near.distance_m) == (x - 100, x - 100)  # as drawn
        assert ("härledd zon" in near.statement.sv, "derived zone" in near.statement.en) == (x - 100 > 50,) * 2


def test_a_polygon_and_an_object_inside_have_no_zone(world: World) -> None:
    found = world.layer("fornlamning", PLAN, ([point(50, 50), box(250, 0, 260, 10)], {ERROR: [100, 100]}))
    assert [thing.zone_m for thing in (*found.hits, *found.near)] == [None, None]


def test_search_zone_and_coverage_reach_as_far_as_the_largest_error(world: World) -> None:
    mapped = box(-310, -310, 410, 410)  # rules look 300 m around
    certain = world.layer("fornlamning", PLAN, ([point(5_000, 0)], {ERROR: [0]}), mapped)
    assert (certain.search_m, certain.status, certain.answered) == (300.0, "no_hit", True)
    uncertain = world.layer("fornlamning", PLAN, ([point(5_000, 0)], {ERROR: [80]}), mapped)
    assert (uncertain.search_m, uncertain.position_error_m) == (380.0, 80.0)
    assert (uncertain.status, uncertain.answered) == ("partly_covered", False)


# --- layer status ---


@pytest.mark.parametrize(
    ("objects", "coverage", "status"),
    [
        ([box(50, 0, 150, 100)], EVERYWHERE, "hit"),
        ([box(50, 0, 150, 100)], None, "hit"),
        ([], None, "not_covered"),
        ([], box(500, 500, 600, 600), "not_covered"),
        ([], box(-500, -500, 50, 500), "partly_covered"),
        ([], box(-20, -20, 120, 120), "partly_covered"),
        ([box(100.3, 0, 150, 100)], EVERYWHERE, "adjacent"),
        ([box(100, 0, 150, 100)], EVERYWHERE, "adjacent"),
        ([box(180, 0, 250, 100)], EVERYWHERE, "near"),
        ([box(90, 90, 90.9, 100.9)], EVERYWHERE, "near"),
        ([], EVERYWHERE, "no_hit"),
        ([box(250, 0, 300, 100)], EVERYWHERE, "no_hit"),
    ],
)
def test_status_of_a_layer(world: World, objects: list[BaseGeometry], coverage: Any, status: str) -> None:
    """Rows of the status table, the layer naturreservat: near within 100 m, threshold 10 m²."""
    assert world.layer("naturreservat", PLAN, objects, {"naturreservat": coverage}).status == status


def test_a_layer_that_is_not_there_is_not_checked(world: World) -> None:
    missing = layer_of(world.assess(PLAN), "naturreservat")
    assert (missing.status, missing.reason, missing.answered) == ("not_checked", "not_loaded", False)


def test_a_picture_is_not_checked_with_its_own_reason(world: World) -> None:
    assert layer_of(world.assess(PLAN), "historisk_karta").reason == "not_supported"
    assert layer_of(world.assess(PLAN), "nmd").reason == "not_loaded"


def test_a_layer_that_one_may_not_see_is_told_as_restricted(world: World) -> None:
    assessment = world.assess(PLAN, naturreservat=[PLAN], hidden=frozenset({"naturreservat"}))
    hidden = layer_of(assessment, "naturreservat")
    assert (hidden.status, hidden.reason, hidden.version) == ("not_checked", "restricted", None)
    assert assessment.findings == ()


def test_a_layer_outside_its_extent_has_answered_without_being_loaded(world: World) -> None:
    mountains = layer_of(world.assess(PLAN), "ri_mb4_fjall")
    assert (mountains.status, mountains.reason, mountains.answered) == ("no_hit", "outside_extent", True)


def test_unknown_coverage_can_say_yes_but_not_no(world: World) -> None:
    yes = world.layer("naturreservat", PLAN, [box(50, 0, 150, 100)], None)
    no = world.layer("naturreservat", PLAN, [], None)
    assert (yes.status, yes.answered, yes.covered_share) == ("hit", False, None)
    assert (no.status, no.reason, no.answered) == ("not_covered", "coverage_unknown", False)


def test_a_search_zone_that_is_not_covered_keeps_the_layer_from_answering(world: World) -> None:
    layer = world.layer("naturreservat", PLAN, [], box(-20, -20, 120, 120))
    assert layer.covered_share == 1
    assert layer.ring_covered_share == pytest.approx(140 * 140 / (100 * 100 + 4 * 100 * 100 + 3.14159 * 1e4), rel=0.01)
    assert not layer.answered


def test_every_layer_of_the_registers_appears(world: World, catalogue: Catalogue) -> None:
    expected = list(catalogue.layers)
    assert [layer.id for layer in world.assess(PLAN).layers] == expected


# --- thresholds move objects between statuses, never out ---


def test_an_overlap_under_the_minimum_is_listed_below_threshold_and_near(world: World) -> None:
    assessment = world.assess(PLAN, naturreservat=[box(97, 0, 200, 3)])
    layer = layer_of(assessment, "naturreservat")
    assert (layer.status, len(layer.below_threshold), layer.feature_count) == ("near", 1, 1)
    assert layer.below_threshold[0].area_m2 == pytest.approx(9)
    assert fired(assessment) == ["naturreservat.near"]


def test_a_sliver_is_listed_with_its_area(world: World) -> None:
    layer = world.layer("naturreservat", PLAN, [box(99.2, 0, 200, 100)])
    assert layer.hits == ()
    assert layer.below_threshold[0].sliver
    assert layer.below_threshold[0].area_m2 == pytest.approx(80)
    assert layer.area_m2 == pytest.approx(80)


def test_the_minimum_is_tried_on_the_union_of_the_rule(world: World) -> None:
    pieces = [box(10 * i, 0, 10 * i + 2, 2) for i in range(3)]
    layer = world.layer("naturreservat", PLAN, pieces)
    assert (layer.status, len(layer.hits)) == ("hit", 3)


def test_an_object_without_an_inside_rule_for_its_class_is_a_hit(world: World) -> None:
    context = world.layer("kustoversvamning", box(0, 0, 100, 100), ([box(0, 0, 5, 5)], {"niva": [2.5]}))
    assert (context.status, context.classes[0].class_id) == ("hit", "over_2_m")


def test_kinds_of_geometry_have_their_own_minima(world: World) -> None:
    stream = world.assess(PLAN, hydrografi=[line((0, 50), (100, 50))])
    lake = world.assess(PLAN, hydrografi=[box(0, 0, 50, 50)])
    pond = world.assess(PLAN, hydrografi=[box(0, 0, 9, 9)])
    assert fired(stream) == ["hydrografi.stream"]
    assert fired(lake) == ["hydrografi.overlap"]
    assert len(layer_of(pond, "hydrografi").below_threshold) == 1


# --- findings ---


def test_a_finding_carries_its_numbers(world: World) -> None:
    reserves = ([box(60, 0, 200, 50)], {"NVRID": ["7"], "NAMN": ["Storskogen"], "BESLUTSMYNDIGHET": ["Länsstyrelsen"]})
    assessment = world.assess(PLAN, naturreservat=reserves)
    found = finding(assessment, "naturreservat.overlap")
    assert (found.area_m2, found.share, found.count) == (2000, 0.2, 1)
    assert found.features[0].id == "7"
    assert found.features[0].share_feature == pytest.approx(2000 / 7000)
    assert "Storskogen" in found.statement.sv
    assert "2\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}m²" in found.statement.sv
    assert "20,0\N{NO-BREAK SPACE}%" in found.statement.sv
    assert "20.0\N{NO-BREAK SPACE}%" in found.statement.en


def test_classes_fire_their_own_rules(world: World) -> None:
    reserves = ([box(0, 0, 50, 50), box(50, 50, 100, 100)], {"BESLMYND": ["Kommun", "Länsstyrelse"]})
    assessment = world.assess(PLAN, naturreservat=reserves)
    assert sorted(fired(assessment)) == ["naturreservat.overlap", "naturreservat.overlap_municipal"]


def test_near_is_outside_and_within_the_distance(world: World) -> None:
    at_limit = world.assess(PLAN, naturreservat=[box(200, 0, 250, 100)])
    beyond = world.assess(PLAN, naturreservat=[box(200.01, 0, 250, 100)])
    assert fired(at_limit) == ["naturreservat.near"]
    assert finding(at_limit, "naturreservat.near").distance_m == 100
    assert fired(beyond) == []


def test_one_object_inside_does_not_hide_another_nearby(world: World) -> None:
    assessment = world.assess(PLAN, naturreservat=[box(0, 0, 50, 50), box(150, 0, 180, 50)])
    assert sorted(fired(assessment)) == ["naturreservat.near", "naturreservat.overlap"]
    assert [o.id for o in finding(assessment, "naturreservat.near").features] == ["2"]


@pytest.mark.parametrize(("count", "fires"), [(2, False), (3, True)])
def test_a_count_within_a_distance(world: World, count: int, fires: bool) -> None:
    remains = [point(150 + 20 * i, 50) for i in range(count)]
    assessment = world.assess(PLAN, fornlamning=remains)
    assert ("fornlamning.many" in fired(assessment)) is fires
    assert len(layer_of(assessment, "fornlamning").near) == count


@pytest.mark.parametrize(("width", "fires"), [(9, False), (10, True)])
def test_a_share_of_the_planning_area(world: World, width: float, fires: bool) -> None:
    assessment = world.assess(PLAN, sumpskog=[box(0, 0, width, 100)])
    assert ("sumpskog.share" in fired(assessment)) is fires


def test_findings_come_in_order_of_severity_share_and_title(world: World) -> None:
    assessment = world.assess(
        PLAN,
        nationalpark=[box(0, 0, 10, 10)],
        naturreservat=[box(0, 0, 60, 100)],
        biotopskydd_sks=[box(0, 0, 30, 100)],
        sumpskog=[box(0, 0, 100, 100)],
    )
    assert [f.rule for f in assessment.findings[:3]] == [
        "nationalpark.overlap",
        "naturreservat.overlap",
        "biotopskydd_sks.overlap",
    ]
    assert [f.id for f in assessment.findings] == [f"f{n}" for n in range(1, len(assessment.findings) + 1)]


def test_an_object_without_class_fires_the_strictest_rule_and_says_so(world: World) -> None:
    flood = ([box(0, 0, 50, 50)], {"return_period": ["?"]})
    found = finding(world.assess(PLAN, oversvamning_vattendrag=flood), "oversvamning_vattendrag.q100")
    assert (found.unclassified, found.features[0].class_id) == (1, "unclassified")
    assert "saknar känd klass" in found.statement.sv


# --- land uses ---

HOUSING, NATURE = box(0, 0, 50, 100), box(50, 0, 100, 100)
FARMLAND = ([box(0, 0, 100, 100)], {"agoslag": ["Åker"]})


def test_a_rule_with_uses_is_measured_on_the_parts_that_match(world: World) -> None:
    found = finding(
        world.assess(plan((HOUSING, ("B",)), (NATURE, ("NATUR",))), jordbruksblock=FARMLAND), "jordbruksblock.overlap"
    )
    assert (found.area_m2, found.share, found.parts, found.conditional) == (5000, 0.5, ("p1",), False)


def test_a_rule_with_uses_stays_silent_where_no_part_matches(world: World) -> None:
    assessment = world.assess(plan((PLAN, ("NATUR",))), jordbruksblock=FARMLAND)
    assert fired(assessment) == []
    assert layer_of(assessment, "jordbruksblock").status == "hit"


def test_unknown_uses_fire_conditionally_and_never_alone_touch_an_objective(world: World) -> None:
    assessment = world.assess(whole(PLAN), jordbruksblock=FARMLAND)
    found = finding(assessment, "jordbruksblock.overlap")
    assert found.conditional
    assert found.condition is not None
    assert found.statement.sv.startswith("Gäller om planen medger bostäder (B)")
    rest = "användning inte är känd. Jordbruksblock omfattar"
    assert rest in found.statement.sv
    thirteen = assessment.objectives[12]
    assert thirteen.flag == "unknown"
    assert "conditional_only" in thirteen.reasons


def test_known_and_unknown_ground_fire_apart(world: World) -> None:
    assessment = world.assess(plan((HOUSING, ("B",)), outline=PLAN), jordbruksblock=FARMLAND)
    both = [f for f in assessment.findings if f.rule == "jordbruksblock.overlap"]
    assert [(f.conditional, f.area_m2) for f in both] == [(False, 5000), (True, 5000)]


def test_near_is_measured_from_the_part_with_the_use(world: World) -> None:
    road = [line((70, -10), (70, 110))]
    assessment = world.assess(plan((HOUSING, ("B",)), (NATURE, ("T",))), farligt_gods=road)
    found = finding(assessment, "farligt_gods.near_30")
    assert (found.distance_m, found.parts) == (20, ("p1",))
    assert "farligt_gods.inside" in fired(assessment)


# --- objectives ---


def test_an_objective_is_touched_with_its_worst_severity(world: World) -> None:
    assessment = world.assess(PLAN, naturreservat=[PLAN], sumpskog=[PLAN])
    twelve = assessment.objectives[11]
    assert (twelve.flag, twelve.severity, twelve.reasons) == ("touched", "permit", ())
    assert twelve.layers_bearing > twelve.layers_answered > 0


def test_a_background_rule_flags_nothing(world: World) -> None:
    assessment = world.assess(PLAN, delavrinningsomrade=([PLAN], {"ms_cd": ["SE1"]}))
    assert finding(assessment, "delavrinningsomrade.recipient").background
    assert {o.flag for o in assessment.objectives} == {"unknown"}


def test_not_touched_needs_an_answer_from_every_bearing_layer(world: World) -> None:
    """Objective 2, clean air, is borne by the layer luftkvalitet alone."""
    clean = ([point(500, 500)], {"no2_ar": [10.0], "pm10_dygn": [10.0]})
    answered = world.assess(PLAN, luftkvalitet=clean).objectives[1]
    silent = world.assess(PLAN).objectives[1]
    partly = world.assess(PLAN, {"luftkvalitet": box(-10, -10, 110, 110)}, luftkvalitet=clean).objectives[1]
    assert (answered.flag, answered.reasons) == ("not_touched", ())
    assert (silent.flag, silent.reasons, silent.unanswered_layers) == (
        "unknown",
        ("layer_unanswered",),
        ("luftkvalitet",),
    )
    assert partly.flag == "unknown"


def test_objectives_that_no_map_can_clear_are_never_untouched(world: World, catalogue: Catalogue) -> None:
    everything: dict[str, Any] = {
        layer.id: [box(9000, 9000, 9001, 9001)]
        for layer in catalogue.layers.values()
        if "polygon" in layer.kinds and not layer.administrative
    }
    assessment = world.assess(PLAN, **everything)
    for number in (3, 5):
        objective = assessment.objectives[number - 1]
        assert objective.flag == "unknown"
        assert "no_spatial_evidence" in objective.reasons
    assert "no_layer_bearing" in assessment.objectives[4].reasons


def test_coming_closer_never_loses_an_objective(world: World) -> None:
    """A Natura 2000 site for birds, approached step by step until the plan lies inside it."""
    site = ([box(1000, -1000, 3000, 1000)], {"OMRADESTYP": ["SPA"]})
    touched: set[int] = set()
    for east in range(400, 1700, 100):
        assessment = world.assess(box(east, 0, east + 100, 100), natura2000=site)
        now = {o.number for o in assessment.objectives if o.flag == "touched"}
        assert touched <= now
        touched = now
    assert {8, 10, 11, 16} <= touched


# --- the assessment as a whole ---


def test_the_municipality_is_the_one_with_most_of_the_area(world: World, catalogue: Catalogue) -> None:
    layers = {
        "kommun": staged(
            catalogue,
            "kommun",
            [box(-100, -100, 30, 200), box(30, -100, 300, 200)],
            kommunkod=["0180", "0184"],
            kommun=["A", "B"],
        )
    }
    assessment = world.assessor.assess(whole(PLAN), reader_over(layers))
    assert (assessment.area.municipality, assessment.area.municipality_name) == ("0184", "Solna")


def test_a_municipality_that_the_registers_do_not_know_is_called_what_its_layer_says(
    world: World, catalogue: Catalogue
) -> None:
    towns = staged(catalogue, "kommun", [box(-100, -100, 300, 200)], kommunkod=["0099"], kommun=["Älvdala"])
    area = world.assessor.assess(whole(PLAN), reader_over({"kommun": towns})).area
    assert (area.municipality, area.municipality_name) == ("0099", "Älvdala")


@pytest.mark.parametrize(
    ("east", "words"),
    [
        (100, "ligger vid eller innanför plangränsen, 0\xa0m från planområdet"),
        (130, "ligger 30\xa0m från planområdet"),
    ],
)
def test_a_statement_says_how_far_away_an_object_lies(world: World, east: float, words: str) -> None:
    assessment = world.assess(PLAN, naturreservat=[box(east, 0, east + 100, 100)])
    assert words in finding(assessment, "naturreservat.near").statement.sv


def test_without_municipalities_the_code_is_unknown(world: World) -> None:
    assert world.assess(PLAN).area.municipality is None


def test_areas_of_layers_are_shares_of_at_most_one(world: World) -> None:
    layer = world.layer("naturreservat", PLAN, [box(-50, -50, 150, 150), PLAN, shapely.Point(PLAN.centroid).buffer(40)])
    assert layer.share == 1
    assert layer.area_m2 == 10_000


def test_what_is_measured_on_a_part_says_so(world: World) -> None:
    """Contaminated ground counts where the plan allows sensitive uses."""
    site = ([point(25, 50)], {"riskklass": ["2"]})
    halves = plan((box(0, 0, 50, 100), ("B",)), (box(50, 0, 100, 100), ("J",)))
    part = finding(world.assess(halves, fororenat_omrade=site), "fororenat_omrade.sensitive")
    assert part.statement.sv.endswith("Mätt på den mark där planen medger bostäder (B).")
    alone = finding(
        world.assess(plan((box(0, 0, 100, 100), ("B",))), fororenat_omrade=site), "fororenat_omrade.sensitive"
    )
    assert "Mätt på" not in alone.statement.sv


def test_cells_are_read_at_the_plan_at_the_ground_of_rules_and_where_classes_lie(assessor: Assessor) -> None:
    area = plan((box(0, 0, 50, 100), ("B",)), (box(50, 0, 100, 100), ("PARK",)))
    land, crowns = (assessor.questions[layer] for layer in ("nmd", "tradkrona"))
    grounds = Grounds.of(area, list(assessor.questions.values()), [land, crowns])
    building = {row for uses, row in grounds.by_uses.items() if any(rule.when.uses == uses for rule in land.rules)}
    assert rows_read(land, grounds) == {0, *building, *grounds.parts}
    assert not rows_read(crowns, grounds) & set(grounds.parts)


def test_the_reader_of_rasters_is_loaded_where_there_are_rasters() -> None:
    asked = "import sys, geomiljo.assessments; print({'rasterio', 'scipy', 'exactextract'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
