"""Assessing a planning area: ask every layer, measure, judge, freeze."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geomiljo import __version__
from geomiljo.analysis.account_results import no_account
from geomiljo.analysis.assumptions import NO_ASSUMPTIONS
from geomiljo.analysis.judge import judge
from geomiljo.analysis.judge_cells import RasterCells, rows_read
from geomiljo.analysis.measure import measure
from geomiljo.analysis.questions import Grounds, LayerQuestions, questions_of
from geomiljo.analysis.results import SCHEMA_VERSION, AreaResult, Assessment, LayerSetResult, PartResult, RepairResult
from geomiljo.analysis.shapes import cut_shapes, wanted_objects
from geomiljo.analysis.values import Words
from geomiljo.assessments.identity import METHOD_VERSION, assessment_id, set_version
from geomiljo.assessments.unmeasured import unmeasured
from geomiljo.errors import SourceUnavailable
from geomiljo.geometry import geometry_array
from geomiljo.layers.stage import classification_hash
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geomiljo.analysis.account_results import AccountResult
    from geomiljo.analysis.answers import LayerAnswer
    from geomiljo.analysis.area import PlanArea
    from geomiljo.analysis.assumptions import Assumptions
    from geomiljo.analysis.pieces import Pieces
    from geomiljo.analysis.results import LayerResult
    from geomiljo.analysis.shapes import Shapes
    from geomiljo.analysis.tables import Measurements
    from geomiljo.catalogue import Catalogue
    from geomiljo.layers.readers import LoadedLayer, Reader
    from geomiljo.layers.readers.base import RasterVersion

MUNICIPALITY_LAYER = "kommun"
Told = Callable[[int, int, str | None], None]
"""Is told how many of how many layers are done, and which layer is next."""


@dataclass(frozen=True)
class Assessor:
    """What stays the same from one assessment to the next.

    Attributes
    ----------
    catalogue : Catalogue
    questions : mapping of str to LayerQuestions
        What the rules ask of each layer.
    classifications : mapping of str to str
        How the registers sort each layer's objects, as a hash.
    """

    catalogue: Catalogue
    questions: Mapping[str, LayerQuestions]
    classifications: Mapping[str, str]

    @classmethod
    def of(cls, catalogue: Catalogue) -> Assessor:
        """Work out what stays the same once."""
        classifications = {layer.id: classification_hash(layer) for layer in catalogue.layers.values()}
        return cls(catalogue, questions_of(catalogue), classifications)

    def assess(
        self,
        plan: PlanArea,
        reader: Reader,
        layer_set: str | None = None,
        hidden: frozenset[str] = frozenset(),
        assumptions: Assumptions = NO_ASSUMPTIONS,
        told: Told = lambda _done, _of, _layer: None,
    ) -> Assessment:
        """Return the assessment of a planning area.

        Parameters
        ----------
        layer_set : str, optional
            Id of a layer set; the default one otherwise.
        hidden : frozenset of str
            Layers that the caller may not see; they are told as not checked, with the reason ``restricted``.
        assumptions : Assumptions
            What the planner states of the ground, for the ecosystem-service account.
        told : callable
            Called with how many of how many layers are done, and which raster layer is read next, where one is: layers
            of objects are read together. What it raises ends the assessment.

        Raises
        ------
        NotFound
            There is no such layer set.
        """
        set_id = layer_set or self.catalogue.default_layer_set()
        in_set = self.catalogue.layers_in_set(set_id)
        started = time.perf_counter()
        loaded = reader.layers()
        answers = unmeasured(self, plan, loaded, reader.off(), hidden)
        asked = [self.questions[a.layer] for a in answers if a.position is not None]
        searches = [self.questions[a.layer].search_around(a.further_m) for a in answers if a.position is not None]
        rasters = {layer: raster for layer, version in loaded.items() if (raster := version.raster) is not None}
        read = [a.layer for a in answers if a.failure is None and a.layer in rasters]
        told(len(answers) - len(asked) - len(read), len(answers), None)
        found = reader.pieces(geometry_array([plan.geometry]), searches)
        grounds = Grounds.of(plan, asked, [self.questions[layer] for layer in read])
        measured = measure(grounds.geometries, found.pieces, searches, grounds.active)
        spent_ms = (time.perf_counter() - started) * 1_000
        answers = _with_times(_with_failures(answers, found.failures), found.pieces, spent_ms)
        for done, layer in enumerate(read, start=len(answers) - len(read)):
            told(done, len(answers), layer)
            answers = [
                _with_cells(a, rasters[layer], self.questions[layer], grounds) if a.layer == layer else a
                for a in answers
            ]
        told(len(answers), len(answers), None)
        objectives, findings, layers = judge(self.catalogue, self.questions, in_set, answers, grounds, measured)
        municipality = _municipality(measured, next(a.position for a in answers if a.layer == MUNICIPALITY_LAYER))
        return Assessment(
            id=assessment_id(plan, answers, set_id, sorted(in_set), self.catalogue.version, assumptions),
            schema=SCHEMA_VERSION,
            created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            software=f"geomiljo {__version__}",
            method_version=METHOD_VERSION,
            catalogue_version=self.catalogue.version,
            area=self._area(plan, municipality),
            layer_set=self._layer_set(set_id, in_set),
            objectives=objectives,
            findings=findings,
            layers=layers,
            account=self._account(reader, loaded, plan, layers, assumptions),
        )

    def _account(
        self,
        reader: Reader,
        loaded: Mapping[str, LoadedLayer],
        plan: PlanArea,
        layers: tuple[LayerResult, ...],
        assumptions: Assumptions,
    ) -> AccountResult:
        if not any(layer.raster is not None and layer.raster.class_table for layer in layers):
            return no_account("no_land_cover")
        from geomiljo.assessments.account import account_of  # what it stands on takes long to load

        return account_of(self.catalogue, reader, loaded, plan, layers, assumptions)

    def expected_id(
        self,
        plan: PlanArea,
        reader: Reader,
        layer_set: str | None = None,
        hidden: frozenset[str] = frozenset(),
        assumptions: Assumptions = NO_ASSUMPTIONS,
    ) -> str:
        """Return the id that :meth:`assess` would give if no layer failed, without measuring."""
        set_id = layer_set or self.catalogue.default_layer_set()
        in_set = self.catalogue.layers_in_set(set_id)
        answers = unmeasured(self, plan, reader.layers(), reader.off(), hidden)
        return assessment_id(plan, answers, set_id, sorted(in_set), self.catalogue.version, assumptions)

    def _area(self, plan: PlanArea, municipality: tuple[str, str | None] | None) -> AreaResult:
        code, name = municipality or (None, None)
        known = self.catalogue.municipalities.get(code or "")
        return AreaResult(
            name=plan.name,
            municipality=code,
            municipality_name=known.name if known else name,
            crs="EPSG:3006",
            source_crs=plan.source_crs,
            area_m2=float(plan.geometry.area),
            geometry_hash=plan.geometry_hash,
            repairs=tuple(
                RepairResult(
                    note.kind,
                    Words.of(note.detail, **note.params),
                    note.location,
                    note.area_before_m2,
                    note.area_after_m2,
                )
                for note in plan.repairs
            ),
            parts=tuple(PartResult(p.id, p.uses, p.wordings, float(p.geometry.area)) for p in plan.parts),
        )

    def _layer_set(self, set_id: str, in_set: frozenset[str]) -> LayerSetResult:
        title = self.catalogue.layer_sets[set_id].title
        return LayerSetResult(set_id, set_version(in_set), Words(title.sv, title.en))


def _with_failures(answers: list[LayerAnswer], failures: Mapping[str, Exception]) -> list[LayerAnswer]:
    return [_failed(answer) if answer.layer in failures else answer for answer in answers]


def _failed(answer: LayerAnswer) -> LayerAnswer:
    return replace(
        answer,
        failure="failed",
        reason="source_error",
        position=None,
        covered_share=None,
        ring_covered_share=None,
        is_outside_extent=False,
        message=Words.of(_("The layer could not be read.")),
    )


def _with_cells(answer: LayerAnswer, raster: RasterVersion, questions: LayerQuestions, grounds: Grounds) -> LayerAnswer:
    """Read a raster layer where it is asked about; what it covers is told by its cells, within what was stated."""
    from geomiljo.layers.rasters import opened  # what it stands on takes long to load

    started = time.perf_counter()
    try:
        with opened(raster) as cells:
            rows = {row: cells.zonal(grounds.geometries[row]) for row in rows_read(questions, grounds)}
    except SourceUnavailable:
        return _failed(answer)
    covered = min(answer.covered_share or 0.0, rows[0].valid_share)
    return replace(
        answer,
        cells=RasterCells(rows, raster.cover_set),
        covered_share=covered,
        ring_covered_share=covered,
        ms=round((time.perf_counter() - started) * 1_000, 3),
    )


def _with_times(answers: list[LayerAnswer], pieces: Pieces, spent_ms: float) -> list[LayerAnswer]:
    """Give each layer its share of the time: all layers are read and measured together, so by their pieces."""
    counts = Counter(pieces.layer.tolist())
    measured = sum(answer.position is not None for answer in answers)
    total = len(pieces) + measured
    return [
        answer
        if answer.position is None
        else replace(answer, ms=round(spent_ms * (counts[answer.position] + 1) / total, 3))
        for answer in answers
    ]


def _municipality(measured: Measurements, position: int | None) -> tuple[str, str | None] | None:
    """Return code and name, as the layer has them, of the municipality that holds most of the planning area."""
    if position is None:
        return None
    objects = measured.objects.at(0, position)
    if not objects.is_inside.any():
        return None
    most = objects.head[int(np.argmax(objects.area_m2))]
    code = str(measured.pieces.object_id[most])
    return code.partition("~")[0].zfill(4), measured.pieces.object_name[most]


def shapes_of(assessment: Assessment, plan: PlanArea, reader: Reader) -> Shapes:
    """Return the shapes that go with an assessment, from the reader that it was made with."""
    objects = {layer: reader.objects(layer, ids) for layer, ids in wanted_objects(assessment).items()}
    return cut_shapes(assessment, plan, objects)
