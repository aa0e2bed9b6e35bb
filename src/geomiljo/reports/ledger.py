"""A ledger as JSON, CSV and GeoJSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from geomiljo.crs import WIRE_CRS
from geomiljo.reports.delimited import csv_table
from geomiljo.reports.geojson import encoded, legacy_crs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproj import CRS

    from geomiljo.analysis.ledger import LedgerRow
    from geomiljo.analysis.ledger_series import LedgerMonth

_M2_PER_HA = 10_000.0
LEDGER_COLUMNS = (
    "group",
    "rule",
    "layer",
    "class",
    "objective",
    "conditional",
    "plans",
    "plansUnknown",
    "areaHa",
    "lengthM",
    "classAreaHa",
    "shareOfClass",
)


def ledger_row(row: LedgerRow) -> dict[str, Any]:
    """Return a row as JSON has it."""
    return {
        "group": row.group,
        "rule": row.rule,
        "layer": row.layer,
        "class": row.class_id,
        "objective": row.objective,
        "conditional": row.conditional,
        "plans": row.plans,
        "plansUnknown": row.plans_unknown,
        "areaHa": row.area_m2 / _M2_PER_HA,
        "lengthM": row.length_m,
        "classAreaHa": None if row.class_area_m2 is None else row.class_area_m2 / _M2_PER_HA,
        "shareOfClass": row.share_of_class,
    }


def ledger_csv(rows: Sequence[LedgerRow]) -> bytes:
    """Return the rows as CSV."""
    documents = map(ledger_row, rows)
    return csv_table(LEDGER_COLUMNS, ([document[name] for name in LEDGER_COLUMNS] for document in documents))


def ledger_geojson(rows: Sequence[LedgerRow], crs: CRS = WIRE_CRS) -> bytes:
    """Return the rows as a FeatureCollection; the geometry of each is its ground, null where there is none."""
    shapes = encoded([row.geometry for row in rows], crs)
    features = [
        {"type": "Feature", "id": number, "geometry": orjson.Fragment(shape), "properties": ledger_row(row)}
        for number, (row, shape) in enumerate(zip(rows, shapes, strict=True), start=1)
    ]
    collection: dict[str, Any] = {"type": "FeatureCollection", "name": "ledger", "features": features}
    if crs != WIRE_CRS:
        collection["crs"] = legacy_crs(crs)
    return orjson.dumps(collection)


def months_document(months: Sequence[LedgerMonth]) -> list[dict[str, Any]]:
    """Return the months of a ledger as JSON has them."""
    return [
        {
            "month": month.month.isoformat(),
            "plans": month.plans,
            "areaHa": month.area_m2 / _M2_PER_HA,
            "objectives": {str(number): area_m2 / _M2_PER_HA for number, area_m2 in month.objectives.items()},
        }
        for month in months
    ]
