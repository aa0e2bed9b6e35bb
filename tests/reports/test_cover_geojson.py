"""The account for map programs: numbers as columns of plan and parts, land cover as areas."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from cases.test_account import raster_reader
from factories import box, plan, write_cells

from geomiljo.account_words import account_remarks
from geomiljo.analysis.account_results import GreenDistanceResult
from geomiljo.assessments import Assessor, shapes_of
from geomiljo.assessments.cover_map import cover_map
from geomiljo.catalogue import Catalogue
from geomiljo.crs import parse_crs
from geomiljo.layers.readers.base import RasterVersion
from geomiljo.reports.cover_geojson import cover_geojson
from geomiljo.reports.geojson import findings_geojson

PLAN = box(0, 0, 200, 200)
SWEREF = parse_crs(3006)


def land() -> Path:
    """Twenty by twenty cells of 10 m: farmland, its eastern half forest."""
    cells = np.full((20, 20), 3, dtype=np.uint8)
    cells[:, 10:] = 114
    return write_cells(cells, PLAN, nodata=0)


def features(document: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(document)["features"]
    return found


def test_plan_and_parts_carry_the_account_as_columns(catalogue: Catalogue) -> None:
    area = plan((box(0, 0, 100, 200), ("B",)), (box(100, 0, 200, 200), ("NATUR",)))
    reader = raster_reader(catalogue, nmd=(land(), "nmd2018"))
    assessment = Assessor.of(catalogue).assess(area, reader)
    told = {
        f["id"]: f["properties"] for f in features(findings_geojson(assessment, shapes_of(assessment, area, reader)))
    }
    assert told["plan"]["arableHaBefore"] == pytest.approx(2.0)
    assert (told["part-p1"]["arableHaBefore"], told["part-p1"]["arableHaAfter"]) == (pytest.approx(2.0), 0.0)
    assert told["part-p2"]["arableHaBefore"] == 0.0
    assert told["part-p2"]["greenSharePctBefore"] == pytest.approx(100.0)
    assert told["part-p1"]["greenSharePctLow"] > told["part-p1"]["greenSharePctHigh"]
    assert told["part-p1"].keys() - {"part", "uses"} == told["plan"].keys() - {"assessment", "name"}


def test_land_cover_is_cut_to_the_plan_with_name_colour_and_hectares(catalogue: Catalogue) -> None:
    area = box(50, 0, 120, 100).buffer(0)
    drawn = cover_map(catalogue, RasterVersion(land(), "nmd2018"), area)
    document = cover_geojson([(shape.cover, shape.geometry) for shape in drawn], SWEREF)
    field, forest = features(document)
    assert (field["properties"]["titleSv"], field["properties"]["colour"]) == ("Åkermark", "#ffffbe")
    assert (field["properties"]["areaHa"], forest["properties"]["areaHa"]) == pytest.approx((0.5, 0.2))
    assert shapely.geometry.shape(field["geometry"]).equals(box(50, 0, 100, 100))
    assert shapely.geometry.shape(forest["geometry"]).equals(box(100, 0, 120, 100))


def test_what_stands_beside_the_tables(catalogue: Catalogue) -> None:
    area = plan((box(0, 0, 100, 200), ("B",)), (box(100, 0, 200, 200), ("NATUR",)))
    reader = raster_reader(catalogue, nmd=(land(), "nmd2018"))
    account = Assessor.of(catalogue).assess(area, reader).account
    told = account_remarks(account, "en")
    assert told[0] == "Land cover before: Arable land 50.0\xa0%, Mixed forest not on wetland 50.0\xa0%."
    assert "Crowns are estimated from the classes of land cover." in told
    assert any(remark.startswith("Nearest green area of a hectare: at most ") for remark in told)  # the raster ends
    assert any("three trees in view met" in remark and "within 300 m not known" in remark for remark in told)
    half = replace(account, valid_share=0.9, unplaced_crowns_ha=0.25)
    assert {"Only 90.0\xa0% of the plan has data on land cover."} <= set(account_remarks(half, "en"))
    assert account_remarks(half, "sv")[-1] == "Nya kronor på 0,25 ha får inte plats någonstans."
    unfound = GreenDistanceResult(None, None, None, at_most=True)
    lost = replace(account, green_distance_before=unfound, green_distance_after=None)
    assert any("not known, the land cover ends" in remark for remark in account_remarks(lost, "en"))
