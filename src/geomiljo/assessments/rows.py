"""An assessment as rows: its summary, its findings, and the ground of each finding class by class."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import shapely

from geomiljo.analysis.states import finding_digest
from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.database.tables import SRID
from geomiljo.geometry import geometry_array

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.results import Assessment
    from geomiljo.analysis.shapes import Shapes

Values = dict[str, Any]


def assessment_values(assessment: Assessment) -> Values:
    """Return what the table of assessments holds of the assessment itself."""
    worst = [o.severity for o in assessment.objectives if o.severity is not None]
    return {
        "id": assessment.id,
        "layer_set": assessment.layer_set.id,
        "created_at": dt.datetime.fromisoformat(assessment.created_at),
        "software": assessment.software,
        "method_version": assessment.method_version,
        "catalogue_version": assessment.catalogue_version,
        "layer_versions": {layer.id: layer.version for layer in assessment.layers},
        "has_failed": any(layer.status == "failed" for layer in assessment.layers),
        "severity": min(worst, key=SEVERITIES.index, default=None),
        "touched": [o.number for o in assessment.objectives if o.flag == "touched"],
        "unknown": [o.number for o in assessment.objectives if o.flag == "unknown"],
        "finding_count": len(assessment.findings),
        "unanswered_count": len(assessment.unanswered_in_set),
    }


def finding_values(assessment: Assessment, shapes: Shapes) -> tuple[list[Values], list[Values]]:
    """Return the rows of the findings, and those of their classes.

    Areas are those of the union of the objects' parts inside; slivers and objects outside have no ground.
    """
    ground: defaultdict[tuple[str, str], list[BaseGeometry]] = defaultdict(list)
    for shape in shapes.findings:
        if shape.is_clip and not shape.geometry.is_empty:
            ground[shape.finding.id, shape.affected.class_id].append(shape.geometry)
    merged = {key: shapely.union_all(geometry_array(parts)) for key, parts in ground.items()}
    findings = []
    classes = []
    for finding in assessment.findings:
        own = {class_id: geometry for (number, class_id), geometry in merged.items() if number == finding.id}
        findings.append(
            {
                "id": finding.id,
                "rule": finding.rule,
                "layer": finding.layer,
                "severity": finding.severity,
                "ground": finding.ground,
                "objectives": list(finding.objectives),
                "background": finding.background,
                "conditional": finding.conditional,
                "digest": finding_digest(finding),
                "area_m2": finding.area_m2,
                "geom": _stored(shapely.union_all(geometry_array(list(own.values())))) if own else None,
            }
        )
        for class_id in sorted({affected.class_id for affected in finding.features}):
            geometry = own.get(class_id)
            classes.append(
                {
                    "finding": finding.id,
                    "class": class_id,
                    "area_m2": 0.0 if geometry is None else float(geometry.area),
                    "geom": None if geometry is None else _stored(geometry),
                }
            )
    return findings, classes


def piece_values(shapes: Shapes) -> list[Values]:
    """Return the rows of the objects' parts inside."""
    numbers: Counter[str] = Counter()
    rows = []
    for shape in shapes.findings:
        if not shape.is_clip or shape.geometry.is_empty:
            continue
        numbers[shape.finding.id] += 1
        rows.append(
            {
                "finding": shape.finding.id,
                "number": numbers[shape.finding.id],
                "class": shape.affected.class_id,
                "object_id": shape.affected.id,
                "object_name": shape.affected.name,
                "area_m2": float(shape.geometry.area),
                "length_m": shape.affected.length_m,
                "geom": _stored(shape.geometry),
            }
        )
    return rows


def _stored(geometry: BaseGeometry) -> str:
    return str(shapely.to_wkb(shapely.set_srid(geometry, SRID), hex=True, include_srid=True))
