"""The national delivery format: outline, provisions, parts."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from factories import box
from plans.conftest import Read
from shapely.geometry.base import BaseGeometry

from geomiljo.errors import InputError, UnreadableFile, UnsupportedGeometry, WrongCrs
from geomiljo.plans.area_document import area_document, area_of_document

PLAN_ID = "6b2b7c2e-0000-4000-8000-000000000001"


def ground(shape: BaseGeometry, system: str = "EPSG:3006", kind: str = "yta") -> list[dict[str, Any]]:
    position = shapely.geometry.mapping(shape)
    return [{"geometri": {"typ": kind, "koordinatsystemPlan": system, "position": position}, "geometrimetadata": {}}]


def feature(**properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": None, "properties": {k.replace("__", ":"): v for k, v in properties.items()}}


def plan(shape: BaseGeometry, **more: Any) -> dict[str, Any]:
    stated = {"namn": "Kvarnen", "objektidentitet": PLAN_ID, "plangeometri": ground(shape), **more}
    return feature(feature__typ="detaljplan", **stated)


def use(wording: str, shape: BaseGeometry, **more: Any) -> dict[str, Any]:
    stated = {"bestammelseformulering": wording, "bestammelsegeometri": ground(shape), "detaljplan": PLAN_ID, **more}
    return feature(feature__typ="användningsbestämmelse", **stated)


def delivery(*features: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "feature:mediatyp": "application/vnd.lm.detaljplan.v4+json",
        "features": list(features),
    }


def test_parts_of_a_plan(read: Read) -> None:
    area = read(
        delivery(
            plan(box(0, 0, 100, 100)),
            use("Bostäder", box(0, 0, 50, 100)),
            use("Centrum", box(0, 0, 50, 100)),
            use("Skola", box(40, 0, 80, 100)),
            use("Luftslott [antal:heltal]", box(80, 0, 100, 50)),
            feature(
                feature__typ="egenskapsbestämmelse",
                bestammelseformulering="Bostäder",
                bestammelsegeometri=ground(box(80, 50, 100, 100)),
            ),
        )
    )
    assert area.name == "Kvarnen"
    assert area.source_crs == "EPSG:3006"
    assert {(part.uses, round(part.geometry.area)) for part in area.parts} == {
        (("B", "C"), 4_000),
        (("B", "C", "S"), 1_000),
        (("S",), 3_000),
        (None, 1_000),
    }
    assert next(part.wordings for part in area.parts if part.uses is None) == ("Luftslott [antal:heltal]",)
    unknown = area.unknown_ground
    assert unknown is not None
    assert unknown.area == pytest.approx(2_000)


def test_known_by_its_plan_geometry_alone(read: Read) -> None:
    document = {**delivery(plan(box(0, 0, 10, 10)))}
    del document["feature:mediatyp"]
    assert read(document).geometry.area == pytest.approx(100)


def test_a_plan_in_pieces(read: Read) -> None:
    pieces = ground(box(0, 0, 10, 10)) + ground(box(20, 0, 30, 10))
    assert read(delivery(plan(box(0, 0, 1, 1), plangeometri=pieces))).geometry.area == pytest.approx(200)


def test_local_zone(read: Read) -> None:
    local = shapely.box(150_000, 6_580_000, 150_100, 6_580_100)
    area = read(delivery(plan(local, plangeometri=ground(local, "EPSG:3011"))))
    assert area.source_crs == "EPSG:3011"
    assert area.geometry.area == pytest.approx(10_000, rel=0.01)


def test_what_is_refused(read: Read) -> None:
    shape = box(0, 0, 10, 10)
    with pytest.raises(UnreadableFile, match="without a detaljplan"):
        read(delivery(use("Bostäder", shape)))
    with pytest.raises(UnsupportedGeometry, match="no geometry of type yta"):
        read(delivery(plan(shape, plangeometri=ground(shapely.Point(600_000, 6_500_000), kind="punkt"))))
    with pytest.raises(WrongCrs, match="several coordinate systems: EPSG:3006, EPSG:3011"):
        read(delivery(plan(shape), use("Skola", shape, bestammelsegeometri=ground(shape, "EPSG:3011"))))
    with pytest.raises(WrongCrs, match="says EPSG:3006, but EPSG:3012"):
        read(delivery(plan(shape)), crs="3012")
    broken = [
        {
            "geometri": {
                "typ": "yta",
                "koordinatsystemPlan": "EPSG:3006",
                "position": {"type": "Polygon", "coordinates": [[1]]},
            }
        }
    ]
    with pytest.raises(InputError, match="/features/0/properties/plangeometri/0/geometri/position/coordinates/0"):
        read(delivery(plan(shape, plangeometri=broken)))


def limit(wording: str, shape: BaseGeometry) -> dict[str, Any]:
    stated = {"bestammelseformulering": wording, "bestammelsegeometri": ground(shape), "detaljplan": PLAN_ID}
    return feature(feature__typ="Egenskapsbestämmelse", **stated)


def test_provisions_that_the_registers_know_have_their_ground(read: Read) -> None:
    area = read(
        delivery(
            plan(box(0, 0, 100, 100)),
            use("Bostäder", box(0, 0, 100, 100)),
            limit("Marken får inte förses med byggnad.", box(0, 0, 20, 100)),
            limit("Marken får inte förses med byggnad", box(10, 0, 30, 100)),
            limit("Korsprickad mark", box(90, 0, 140, 100)),
            limit("Fasader ska vara av trä", box(0, 0, 100, 100)),
        )
    )
    assert [(p.kind, round(p.geometry.area)) for p in area.provisions] == [("prickmark", 3_000), ("korsmark", 1_000)]
    assert [part.uses for part in area.parts] == [("B",)]
    plain = read(delivery(plan(box(0, 0, 100, 100)), use("Bostäder", box(0, 0, 100, 100))))
    assert plain.question != area.question
    assert "provisions" not in plain.question
    assert area_of_document(area_document(area)) == area
