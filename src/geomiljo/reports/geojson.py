"""Findings as GeoJSON (RFC 7946): the plan, its parts, and one feature for each finding and affected object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import shapely
from pydantic.alias_generators import to_camel

from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, transform
from geomiljo.geometry import geometry_array

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

    from geomiljo.analysis.account_results import IndicatorResult, PartNumberResult
    from geomiljo.analysis.results import Assessment
    from geomiljo.analysis.shapes import FindingShape, Shapes

_DEGREE_GRID = 1e-7
"""One centimetre in degrees."""
_METRE_GRID = 1e-3


def findings_geojson(
    assessment: Assessment, shapes: Shapes, crs: CRS = WIRE_CRS, disputed: frozenset[str] = frozenset()
) -> bytes:
    """Return the findings of an assessment as a FeatureCollection.

    Parameters
    ----------
    crs : CRS
        CRS84 by default, as RFC 7946 wants; another system is named in a ``crs`` member.
    disputed : frozenset of str
        Ids of findings that somebody disputes; their features say so.

    Notes
    -----
    Coordinates are rounded to a centimetre without making a geometry invalid; a part that vanishes by it has no
    geometry (null) but keeps its measured area.
    """
    entries = [
        *_plan_features(assessment, shapes),
        *(_finding_feature(assessment, shape, disputed) for shape in shapes.findings),
    ]
    geometries = encoded([geometry for geometry, _, _ in entries], crs)
    features = [
        {"type": "Feature", "id": key, "geometry": orjson.Fragment(geometry), "properties": properties}
        for (_, key, properties), geometry in zip(entries, geometries, strict=True)
    ]
    collection: dict[str, Any] = {"type": "FeatureCollection", "name": "findings", "features": features}
    if crs != WIRE_CRS:
        collection["crs"] = legacy_crs(crs)
    return orjson.dumps(collection)


def legacy_crs(crs: CRS) -> dict[str, Any]:
    """Return the ``crs`` member of GeoJSON before RFC 7946, for systems other than CRS84."""
    authority, code = crs.to_authority(min_confidence=90)
    return {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{authority}::{code}"}}


def encoded(geometries: list[BaseGeometry], crs: CRS) -> list[bytes]:
    """Return geometries as GeoJSON text: transformed, rounded, outer rings counter-clockwise, ``null`` where empty."""
    moved = transform(geometry_array(geometries), ANALYSIS_CRS, crs)
    rounded = shapely.set_precision(moved, _DEGREE_GRID if crs.is_geographic else _METRE_GRID)
    oriented: NDArray[np.object_] = shapely.orient_polygons(rounded)
    return [
        b"null" if empty else text.encode()
        for text, empty in zip(shapely.to_geojson(oriented), shapely.is_empty(oriented), strict=True)
    ]


def _plan_features(assessment: Assessment, shapes: Shapes) -> Iterator[tuple[BaseGeometry, str, dict[str, Any]]]:
    area, account = assessment.area, assessment.account
    told = {"kind": "plan", "assessment": assessment.id, "name": area.name, "areaM2": area.area_m2}
    yield shapes.plan.geometry, "plan", told | _account_numbers(account.indicators)
    numbers = {part: each.numbers for each in account.parts if len(each.parts) == 1 for part in each.parts}
    for part, measured in zip(shapes.plan.parts, area.parts, strict=True):
        told = {"kind": "part", "part": part.id, "uses": part.uses, "areaM2": measured.area_m2}
        yield part.geometry, f"part-{part.id}", told | _account_numbers(numbers.get(part.id, ()))


def _account_numbers(numbers: Sequence[IndicatorResult | PartNumberResult]) -> dict[str, float | None]:
    """Return the account as columns, which is how map programs draw it; null: not known, or too few cells."""
    return {
        f"{to_camel(each.id)}{side}": value
        for each in numbers
        for side, value in (("Before", each.before), ("After", each.mid), ("Low", each.low), ("High", each.high))
    }


def _finding_feature(
    assessment: Assessment, shape: FindingShape, disputed: frozenset[str]
) -> tuple[BaseGeometry, str, dict[str, Any]]:
    finding, affected = shape.finding, shape.affected
    return (
        shape.geometry,
        f"{finding.id}-{affected.id}",
        {
            "kind": "finding",
            "assessment": assessment.id,
            "finding": finding.id,
            "rule": finding.rule,
            "layer": finding.layer,
            "relation": finding.relation,
            "severity": finding.severity,
            "ground": finding.ground,
            "objectives": finding.objectives,
            "background": finding.background,
            "conditional": finding.conditional,
            "titleSv": finding.title.sv,
            "titleEn": finding.title.en,
            "objectId": affected.id,
            "objectName": affected.name,
            "class": affected.class_id,
            "areaM2": affected.area_m2,
            "lengthM": affected.length_m,
            "share": affected.share_plan,
            "shareFeature": affected.share_feature,
            "distanceM": affected.distance_m,
            "zoneM": affected.zone_m,
            "isClip": shape.is_clip,
            "disputed": finding.id in disputed,
        },
    )
