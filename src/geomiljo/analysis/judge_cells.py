"""Judging rasters: what the cells of each ground say, against the thresholds of the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomiljo.analysis.cover import CoverTable
from geomiljo.analysis.findings import Fired, findings_of, rows_of, the_ground, words
from geomiljo.analysis.raster_results import CellClassResult, RasterResult
from geomiljo.analysis.statements import fill
from geomiljo.catalogue.rules import Value
from geomiljo.units import format_share, format_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geomiljo.analysis.questions import Grounds, LayerQuestions
    from geomiljo.analysis.results import Finding
    from geomiljo.analysis.zonal import Zonal
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.base import Text
    from geomiljo.catalogue.layers import Layer
    from geomiljo.catalogue.rules import Rule, ValueThreshold


@dataclass(frozen=True, slots=True)
class RasterCells:
    """What the cells of a raster say, ground by ground.

    Attributes
    ----------
    rows : mapping of int to Zonal
        By the rows of :class:`~geomiljo.analysis.questions.Grounds` that :func:`rows_read` names.
    cover_set : str or None
        Class table of land cover that the values are of.
    """

    rows: Mapping[int, Zonal]
    cover_set: str | None = None


def rows_read(questions: LayerQuestions, grounds: Grounds) -> frozenset[int]:
    """Return the rows at which the cells of a layer are asked: the plan, those of its rules, and where classes lie."""
    rows = {0}
    for rule in questions.rules:
        rows.update(row for row, _is_conditional in rows_of(rule, grounds))
        if isinstance(rule.when, Value) and rule.when.value.classes is not None:
            rows.update(grounds.parts)
    return frozenset(rows)


def cell_findings(
    catalogue: Catalogue, questions: LayerQuestions, cells: RasterCells, grounds: Grounds
) -> Iterator[Finding]:
    """Yield the findings of a raster layer's rules."""
    titles = class_titles(catalogue, questions.layer, cells.cover_set)

    def fired_at(rule: Rule, row: int, is_conditional: bool) -> Fired | None:
        return _fired(questions.layer, rule, cells, row, grounds, titles, is_conditional=is_conditional)

    yield from findings_of(catalogue, questions, grounds, fired_at)


def is_hit(questions: LayerQuestions, cells: RasterCells) -> bool:
    """Return whether some rule's threshold is reached over the whole planning area, whatever its uses."""
    return any(
        isinstance(rule.when, Value) and _reached(rule.when.value, measured_value(rule.when.value, cells.rows, 0))
        for rule in questions.rules
    )


def measured_value(asked: ValueThreshold, rows: Mapping[int, Zonal], row: int) -> float | None:
    """Return the statistic that a rule asks of a ground; None: no cell there has data.

    A share is that of the classes on the ground, of the whole planning area.
    """
    zonal = rows[row]
    if not zonal.valid_cells:
        return None
    if asked.statistic == "share":
        whole = rows[0].valid_cells
        return min(1.0, zonal.share_of(asked.classes or ()) * zonal.valid_cells / whole) if whole else None
    statistics = {"mean": zonal.mean, "max": zonal.maximum, "sum": zonal.total}
    return statistics[asked.statistic]


def _reached(asked: ValueThreshold, value: float | None) -> bool:
    if value is None:
        return False
    is_enough = asked.at_least is None or value >= asked.at_least
    return is_enough and (asked.at_most is None or value <= asked.at_most)


def _fired(
    layer: Layer,
    rule: Rule,
    cells: RasterCells,
    row: int,
    grounds: Grounds,
    titles: Mapping[int, Text],
    *,
    is_conditional: bool,
) -> Fired | None:
    if not isinstance(rule.when, Value):
        return None
    asked = rule.when.value
    value = measured_value(asked, cells.rows, row)
    if value is None or not _reached(asked, value):
        return None
    is_share = asked.statistic == "share"
    zonal = cells.rows[row]
    own = float(grounds.geometries[row].area)
    shown = {
        language: format_share(value, language) if is_share else format_value(value, asked.unit, language)
        for language in ("sv", "en")
    }
    return Fired(
        statement=fill(rule.statement, value=shown, classes=_largest_first(zonal, asked.classes or (), titles)),
        parts=_parts(rule, cells, grounds, is_conditional=is_conditional),
        area_m2=zonal.share_of(asked.classes or ()) * zonal.valid_cells * zonal.cell_m2 if is_share else 0.0,
        share=value if is_share else None,
        value=value,
        unit=asked.unit,
        features=(the_ground(layer, own, min(1.0, own / float(grounds.geometries[0].area))),),
    )


def _largest_first(zonal: Zonal, codes: Sequence[int], titles: Mapping[int, Text]) -> list[Text]:
    """Return the names of the classes that are there, the largest first."""
    there = sorted((code for code in codes if zonal.counts.get(code)), key=lambda code: -zonal.counts[code])
    return list(dict.fromkeys(titles[code] for code in there if code in titles))


def _parts(rule: Rule, cells: RasterCells, grounds: Grounds, *, is_conditional: bool) -> tuple[str, ...]:
    """Return the parts that the finding is about, of a share those where its classes lie."""
    asked = rule.when.value if isinstance(rule.when, Value) else None
    codes = asked.classes if asked is not None else None
    about = grounds.rows_about(rule, is_conditional=is_conditional)
    return tuple(part.id for row, part in about if codes is None or cells.rows[row].share_of(codes) > 0)


def raster_result(catalogue: Catalogue, layer: Layer, cells: RasterCells) -> RasterResult:
    """Return what the cells say about the whole planning area."""
    zonal = cells.rows[0]
    unit = layer.raster.unit if layer.raster is not None else ""
    titles = class_titles(catalogue, layer, cells.cover_set)
    is_coded = unit == "class"
    counted = sorted(zonal.counts.items(), key=lambda item: (-item[1], item[0])) if is_coded else []
    return RasterResult(
        unit=unit,
        class_table=cells.cover_set,
        valid_cells=zonal.valid_cells,
        valid_share=zonal.valid_share,
        cell_m2=zonal.cell_m2,
        minimum=None if is_coded else zonal.minimum,
        maximum=None if is_coded else zonal.maximum,
        mean=None if is_coded else zonal.mean,
        classes=tuple(
            CellClassResult(
                code,
                words(titles[code]) if code in titles else None,
                count * zonal.cell_m2,
                min(1.0, count / zonal.valid_cells),
            )
            for code, count in counted
        ),
        exact=zonal.is_exact,
    )


def class_titles(catalogue: Catalogue, layer: Layer, cover_set: str | None) -> Mapping[int, Text]:
    """Return what the codes of a raster mean."""
    if cover_set is not None:
        table = CoverTable.of(catalogue, cover_set)
        return {code: table.classes[column].name for code, column in table.codes.items()}
    return layer.raster.class_table if layer.raster is not None else {}
