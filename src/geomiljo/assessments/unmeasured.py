"""How each layer stands before anything is measured: loaded or not, covered or not, switched off or hidden."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import shapely

from geomiljo.analysis.answers import LayerAnswer, covered_share, search_zone
from geomiljo.analysis.values import Words
from geomiljo.layers.coverage import extent_geometry
from geomiljo.texts import mark as _
from geomiljo.units import Count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.area import PlanArea
    from geomiljo.analysis.questions import LayerQuestions
    from geomiljo.assessments.assess import Assessor
    from geomiljo.layers.readers import LoadedLayer


def unmeasured(
    assessor: Assessor,
    plan: PlanArea,
    loaded: Mapping[str, LoadedLayer],
    switched_off: Mapping[str, str],
    hidden: frozenset[str],
) -> list[LayerAnswer]:
    """Return how each layer stands before anything is measured; measured ones are numbered."""
    zones = _Zones(plan.geometry)
    off = {**switched_off, **{layer: entry.reason.sv for layer, entry in assessor.catalogue.switched_off.items()}}
    answers: list[LayerAnswer] = []
    position = 0
    for layer_id, question in assessor.questions.items():
        answer = _stands(
            assessor, question, loaded.get(layer_id), off.get(layer_id), zones, is_hidden=layer_id in hidden
        )
        if answer.failure is None and layer_id in loaded and loaded[layer_id].raster is None:
            answer = replace(answer, position=position)
            position += 1
        answers.append(answer)
    return answers


def _stands(
    assessor: Assessor,
    question: LayerQuestions,
    loaded: LoadedLayer | None,
    off: str | None,
    zones: _Zones,
    *,
    is_hidden: bool,
) -> LayerAnswer:
    layer = question.layer
    unchecked = LayerAnswer(layer.id, failure="not_checked")
    if is_hidden:
        return replace(unchecked, reason="restricted")
    if off is not None:
        declared = assessor.catalogue.switched_off.get(layer.id)
        words = Words(declared.reason.sv, declared.reason.en) if declared else Words(off, off)
        return replace(unchecked, reason="switched_off", message=words)
    further_m = max(0.0, loaded.largest_error_m - layer.position_error_m) if loaded else 0.0
    zone = zones.around(question.search.reach_m + further_m)
    is_outside = layer.extent is not None and not shapely.intersects(
        extent_geometry(assessor.catalogue, layer.extent), zone
    )
    if loaded is None:
        if is_outside:
            return LayerAnswer(layer.id, is_outside_extent=True, reason="outside_extent")
        is_image = layer.raster is not None and not layer.raster.is_measured
        return replace(unchecked, reason="not_supported" if is_image else "not_loaded")
    if loaded.classification != assessor.classifications[layer.id]:
        return replace(unchecked, version=loaded.version, reason="register_changed")
    return replace(_measurable(loaded, zones, zone, is_outside=is_outside), further_m=further_m)


class _Zones:
    """The planning area with its search zones, each made once."""

    def __init__(self, area: BaseGeometry) -> None:
        self.area = area
        self._zones: dict[float, BaseGeometry] = {}
        self._shares: dict[tuple[int, float], float] = {}

    def around(self, reach_m: float) -> BaseGeometry:
        if reach_m not in self._zones:
            self._zones[reach_m] = search_zone(self.area, reach_m)
        return self._zones[reach_m]

    def share(self, coverage: BaseGeometry, zone: BaseGeometry) -> float:
        """Return the covered share; layers that were loaded with the same coverage share the answer."""
        key = (id(coverage), id(zone))
        if key not in self._shares:
            self._shares[key] = covered_share(coverage, zone)
        return self._shares[key]


def _measurable(loaded: LoadedLayer, zones: _Zones, zone: BaseGeometry, *, is_outside: bool) -> LayerAnswer:
    message = None
    if loaded.unknown_count:
        message = Words.of(
            _("{count} objects of the source could not be loaded; nothing is known of them."),
            count=Count(loaded.unknown_count),
        )
    answer = LayerAnswer(
        loaded.layer,
        version=loaded.version,
        source_date=loaded.source_date,
        message=message,
        is_incomplete=bool(loaded.unknown_count),
        is_outside_extent=is_outside,
        reason="outside_extent" if is_outside else "objects_rejected" if loaded.unknown_count else None,
    )
    if loaded.coverage is None:
        return replace(answer, reason=answer.reason or "coverage_unknown")
    return replace(
        answer,
        covered_share=zones.share(loaded.coverage, zones.area),
        ring_covered_share=zones.share(loaded.coverage, zone),
    )
