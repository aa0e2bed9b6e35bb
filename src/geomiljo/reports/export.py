"""An assessment as a file in one of the forms that programs read, whole or with selected findings alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from geomiljo.analysis.results import only_findings
from geomiljo.errors import NotFound
from geomiljo.reports.geojson import findings_geojson
from geomiljo.reports.tables import CSV_TYPE, assessment_csv, assessment_xlsx
from geomiljo.reports.workbook import XLSX_TYPE
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Collection

    from geomiljo.analysis.results import Assessment
    from geomiljo.analysis.shapes import Shapes
    from geomiljo.texts import Language

ExportForm = Literal["geojson", "xlsx", "csv"]


def exported(
    assessment: Assessment,
    shapes: Shapes | None,
    form: ExportForm,
    chosen: Collection[str],
    language: Language,
    disputed: frozenset[str] = frozenset(),
) -> tuple[bytes, str]:
    """Return the file and its media type.

    Parameters
    ----------
    shapes : Shapes or None
        Those of the assessment; only GeoJSON needs them.
    chosen : collection of str
        Ids of findings; none: all. What is said of layers and objectives is always whole.
    disputed : frozenset of str
        Ids of findings that somebody disputes.

    Raises
    ------
    NotFound
        An id that no finding has.
    """
    assessment = selected(assessment, chosen)
    if form == "csv":
        return assessment_csv(assessment), CSV_TYPE
    if form == "xlsx":
        return assessment_xlsx(assessment, language), XLSX_TYPE
    assert shapes is not None  # noqa: S101 - read by whoever asks for GeoJSON
    content = findings_geojson(assessment, selected_shapes(shapes, chosen), disputed=disputed)
    return content, "application/geo+json"


def selected(assessment: Assessment, chosen: Collection[str]) -> Assessment:
    """Return an assessment with the chosen findings alone; as it is where none is chosen.

    Raises
    ------
    NotFound
        An id that no finding has.
    """
    known = {finding.id for finding in assessment.findings}
    unknown = [wanted for wanted in chosen if wanted not in known]
    if unknown:
        raise NotFound(
            _("There is no finding {finding} in this assessment."),
            remedy=_("Findings are called f1, f2 … as in the list."),
            finding=unknown[0],
        )
    return only_findings(assessment, chosen) if chosen else assessment


def selected_shapes(shapes: Shapes, chosen: Collection[str]) -> Shapes:
    """Return the shapes of the chosen findings alone; all of them where none is chosen."""
    if not chosen:
        return shapes
    return replace(shapes, findings=tuple(shape for shape in shapes.findings if shape.finding.id in chosen))
