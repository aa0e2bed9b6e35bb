"""Judging: measurements and rules in, findings and layer results out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geomiljo.analysis.findings import Fired, findings_of, the_ground, words
from geomiljo.analysis.firing import Ground, above_threshold, fire
from geomiljo.analysis.judge_cells import cell_findings, is_hit, raster_result
from geomiljo.analysis.objectives import flag_objectives
from geomiljo.analysis.results import ClassResult, LayerResult, ObjectResult, RingResult
from geomiljo.analysis.statements import fill
from geomiljo.catalogue.layers import UNCLASSIFIED
from geomiljo.catalogue.rules import SEVERITIES, Absent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from geomiljo.analysis.answers import LayerAnswer
    from geomiljo.analysis.questions import Grounds, LayerQuestions
    from geomiljo.analysis.results import Finding, LayerStatus, ObjectiveResult
    from geomiljo.analysis.tables import Measurements
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.base import Text
    from geomiljo.catalogue.rules import Rule


def judge(
    catalogue: Catalogue,
    questions: Mapping[str, LayerQuestions],
    layer_set: frozenset[str],
    answers: Sequence[LayerAnswer],
    grounds: Grounds,
    measured: Measurements,
) -> tuple[tuple[ObjectiveResult, ...], tuple[Finding, ...], tuple[LayerResult, ...]]:
    """Judge what was measured.

    Parameters
    ----------
    answers : sequence of LayerAnswer
        One for every layer of the registers.
    grounds, measured
        The rows, and what was measured there.

    Returns
    -------
    tuple
        The sixteen objectives in order, the findings in order of severity, share and title, and the layers in the
        order of `answers`.
    """
    met = set(measured.objects.layer.tolist())
    found = [
        finding
        for answer in answers
        if answer.position is not None and (answer.position in met or questions[answer.layer].asks_absence)
        for finding in _findings(catalogue, questions[answer.layer], answer, grounds, measured)
    ]
    found += [
        finding
        for answer in answers
        if answer.cells is not None
        for finding in cell_findings(catalogue, questions[answer.layer], answer.cells, grounds)
    ]
    found.sort(key=_order)
    findings = tuple(replace(finding, id=f"f{number}") for number, finding in enumerate(found, start=1))
    layers = tuple(
        _layer_result(catalogue, questions[answer.layer], answer, measured, in_set=answer.layer in layer_set)
        for answer in answers
    )
    return flag_objectives(catalogue, layer_set, findings, layers), findings, layers


def _order(finding: Finding) -> tuple[int, float, str, str, bool]:
    share = finding.share if finding.share is not None else 0.0
    return SEVERITIES.index(finding.severity), -share, finding.title.sv, finding.rule, finding.conditional


def _findings(
    catalogue: Catalogue,
    questions: LayerQuestions,
    answer: LayerAnswer,
    grounds: Grounds,
    measured: Measurements,
) -> Iterator[Finding]:
    position = answer.position or 0
    at = {row: Ground.of(questions, measured, row, position) for row in range(len(grounds.geometries))}

    def fired_at(rule: Rule, row: int, is_conditional: bool) -> Fired | None:
        return _fired(at, rule, at[row], grounds, answer, is_conditional=is_conditional)

    return findings_of(catalogue, questions, grounds, fired_at)


def _fired(
    at: Mapping[int, Ground],
    rule: Rule,
    ground: Ground,
    grounds: Grounds,
    answer: LayerAnswer,
    *,
    is_conditional: bool,
) -> Fired | None:
    """Return what was measured where a rule fires; None: it does not."""
    if isinstance(rule.when, Absent):
        return _absent(rule, ground, grounds, answer, is_conditional=is_conditional)
    chosen = fire(ground, rule)
    if not chosen.size:
        return None
    mask = ground.questions.masks[rule.id]
    objects = ground.objects.where(chosen)
    kinds = set(objects.dimension.tolist())
    is_outside = bool((~objects.is_inside | objects.is_sliver).any())
    area = ground.solid(mask, 2) if 2 in kinds and not rule.is_near else 0.0
    length = ground.solid(mask, 1) if 1 in kinds and not rule.is_near else 0.0
    share = min(1.0, area / float(ground.measured.area_m2[0]))
    features = _object_results(ground, chosen)
    unclassified = sum(feature.class_id == UNCLASSIFIED for feature in features)
    classes = sorted({feature.class_id for feature in features}, key=ground.questions.layer.class_ids.index)
    distance = float(objects.distance_m.min()) if is_outside else None
    statement = fill(
        rule.statement,
        count=len(features),
        names=[feature.name for feature in features],
        classes=[_class_title(ground.questions, class_id) for class_id in classes],
        area_m2=area,
        share=share,
        length_m=length,
        distance_m=distance,
        unclassified=unclassified,
        zones_m=[f.zone_m for f in features if f.zone_m is not None and f.distance_m > rule.within_m],
    )
    return Fired(
        statement=statement,
        parts=_parts_concerned(at, rule, grounds, is_conditional=is_conditional),
        area_m2=area,
        share=share if 2 in kinds and not rule.is_near else None,
        length_m=length if 1 in kinds and not rule.is_near else None,
        count=len(features),
        distance_m=distance,
        unclassified=unclassified,
        features=features,
    )


def _absent(rule: Rule, ground: Ground, grounds: Grounds, answer: LayerAnswer, *, is_conditional: bool) -> Fired | None:
    """Fire where nothing is within the distance, and all of it has been looked at."""
    there = ground.about(rule) & (ground.zone_distance_m <= rule.within_m)
    if there.any() or not answer.is_wholly_covered:
        return None
    area_m2 = ground.measured.area_m2
    own = float(area_m2[ground.row])
    return Fired(
        statement=fill(rule.statement, distance_m=rule.within_m),
        parts=grounds.parts_about(rule, is_conditional=is_conditional),
        features=(the_ground(ground.questions.layer, own, min(1.0, own / float(area_m2[0]))),),
    )


def _parts_concerned(
    at: Mapping[int, Ground], rule: Rule, grounds: Grounds, *, is_conditional: bool
) -> tuple[str, ...]:
    """Return the parts that the finding is about and where its objects lie, inside or within the rule's distance."""
    concerned = []
    for row, part in grounds.rows_about(rule, is_conditional=is_conditional):
        lies_near = (at[row].zone_distance_m <= rule.within_m) & (rule.within_m > 0)
        if (at[row].about(rule) & (at[row].is_solid | lies_near)).any():
            concerned.append(part.id)
    return tuple(concerned)


def _class_title(questions: LayerQuestions, class_id: str) -> Text:
    layer = questions.layer
    return next((c.title for c in layer.classes if c.id == class_id), layer.title)


def _object_results(ground: Ground, chosen: NDArray[np.intp]) -> tuple[ObjectResult, ...]:
    """Return objects for people: largest part first, then nearest, then by name and id."""
    if not chosen.size:
        return ()
    names = {bit: class_id for class_id, bit in ground.questions.class_bits.items()}
    whole = float(ground.measured.area_m2[0])
    pieces, objects = ground.measured.pieces, ground.objects
    zones_m = np.where(objects.is_inside, 0.0, ground.error_m)
    results = []
    for index in chosen.tolist():
        head = int(objects.head[index])
        size = float(pieces.object_size[head])
        area, length = float(objects.area_m2[index]), float(objects.length_m[index])
        own = area if objects.dimension[index] == 2 else length
        results.append(
            ObjectResult(
                id=pieces.object_id[head],
                name=pieces.object_name[head],
                class_id=names[int(objects.classes[index])],
                area_m2=area,
                length_m=length,
                share_plan=min(1.0, area / whole),
                share_feature=min(1.0, own / size) if size > 0 else None,
                distance_m=float(objects.distance_m[index]),
                sliver=bool(objects.is_sliver[index]),
                zone_m=float(zones_m[index]) or None,
            )
        )
    results.sort(key=lambda r: (-r.area_m2, -r.length_m, r.distance_m, r.name or "", r.id))
    return tuple(results)


def _layer_result(
    catalogue: Catalogue, questions: LayerQuestions, answer: LayerAnswer, measured: Measurements, *, in_set: bool
) -> LayerResult:
    layer = questions.layer
    base = LayerResult(
        id=layer.id,
        title=words(layer.title),
        theme=layer.theme,
        owner=layer.owner,
        version=answer.version,
        source_date=answer.source_date,
        status=answer.failure or "no_hit",
        reason=answer.reason,
        message=answer.message,
        in_layer_set=in_set,
        answered=answer.has_answered,
        covered_share=answer.covered_share,
        ring_covered_share=answer.ring_covered_share,
        search_m=questions.search.reach_m + answer.further_m,
        area_m2=0.0,
        share=0.0,
        classes=(),
        hits=(),
        below_threshold=(),
        adjacent=(),
        near=(),
        feature_count=0,
        raster=None,
        ms=answer.ms,
        position_error_m=layer.position_error_m + answer.further_m,
    )
    if answer.cells is not None:
        status = _status(answer, hit=is_hit(questions, answer.cells), adjacent=(), near=(), below_threshold=())
        return replace(base, status=status, raster=raster_result(catalogue, questions.layer, answer.cells))
    if answer.position is None:
        return base
    ground = Ground.of(questions, measured, 0, answer.position)
    objects = ground.objects
    if not len(objects):
        return replace(base, status=_status(answer, hit=(), adjacent=(), near=(), below_threshold=()))
    above = above_threshold(ground)
    is_adjacent = ~objects.is_inside & (objects.distance_m <= layer.tolerance_m)
    reach_m = _class_reach(ground)
    is_near = ~objects.is_inside & ~is_adjacent & (ground.zone_distance_m <= reach_m)
    overlaps_near = bool((objects.is_inside & ~above & (reach_m > 0)).any())
    hits, below, adjacent, near = (
        _object_results(ground, np.flatnonzero(mask))
        for mask in (above, objects.is_inside & ~above, is_adjacent, is_near)
    )
    area = measured.area(0, answer.position, -1)
    return replace(
        base,
        status=_status(answer, hit=hits, adjacent=adjacent, near=near or overlaps_near, below_threshold=below),
        area_m2=area,
        share=min(1.0, area / float(measured.area_m2[0])),
        classes=tuple(_class_results(ground)),
        feature_count=int(objects.is_inside.sum()),
        hits=hits,
        below_threshold=below,
        adjacent=adjacent,
        near=near,
    )


def _class_reach(ground: Ground) -> NDArray[np.float64]:
    """Return how far outside the area the near rules about each object's class look, in metres; 0 without one."""
    reach = {bit: ground.questions.reach_of_class(bit) for bit in ground.questions.class_bits.values()}
    return np.array([reach[int(bit)] for bit in ground.objects.classes], dtype=np.float64)


def _status(answer: LayerAnswer, **there: Sequence[ObjectResult] | bool) -> LayerStatus:
    """Return the first status of the decision table that applies to a layer that was measured.

    An overlap that does not count is near as well where a near rule is about its class: its distance is 0.
    """
    applies: dict[LayerStatus, bool] = {
        "hit": bool(there["hit"]),
        "not_covered": not answer.is_outside_extent and not answer.covered_share,
        "partly_covered": not answer.is_outside_extent and not answer.is_wholly_covered,
        "adjacent": bool(there["adjacent"]),
        "near": bool(there["near"]),
        "below_threshold": bool(there["below_threshold"]),
    }
    return next((status for status, holds in applies.items() if holds), "no_hit")


def _class_results(ground: Ground) -> Iterator[ClassResult]:
    measured, row, position = ground.measured, ground.row, ground.position
    whole = float(measured.area_m2[0])
    for class_id, bit in ground.questions.class_bits.items():
        mine = (ground.objects.classes & bit) != 0
        if not mine.any():
            continue
        radii = [r.within_m for r in ground.questions.rules if r.is_near and ground.questions.masks[r.id] & bit]
        rings = tuple(
            RingResult(radius, measured.ring_area(row, position, bit, radius)) for radius in sorted(set(radii))
        )
        area = measured.area(row, position, bit)
        yield ClassResult(
            class_id=class_id,
            title=words(_class_title(ground.questions, class_id)),
            area_m2=area,
            share=min(1.0, area / whole),
            length_m=measured.length(row, position, bit),
            count=int((mine & ground.objects.is_inside).sum()),
            distance_m=float(ground.objects.distance_m[mine].min()),
            rings=rings,
        )
