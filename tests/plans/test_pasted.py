"""Pasted text: what is understood of it, in which order, and what is refused."""

from __future__ import annotations

import json

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geomiljo.errors import InputError, InvalidGeometry, MissingCrs, UnreadableFile, WrongCrs
from geomiljo.plans.pasted import Pasted, pasted_area

TRIANGLE = [(670208.0, 6580914.0), (671208.0, 6580914.0), (671208.0, 6581914.0)]
NORTH_FIRST = "Read as north before east, in {crs}."
EAST_FIRST = "Read as east before north, in {crs}."


def outline(pasted: Pasted) -> shapely.Geometry:
    return shapely.from_geojson(pasted.source.content)


def lines(form: str, corners: list[tuple[float, float]] = TRIANGLE) -> str:
    return "\n".join(form.format(n=f"{north:.0f}", e=f"{east:.0f}") for east, north in corners)


@pytest.mark.parametrize(
    ("form", "understood"),
    [
        ("{n}; {e}", NORTH_FIRST),
        ("{e} {n}", EAST_FIRST),
        ("{n},{e}", NORTH_FIRST),
        ("{n}\t{e}", NORTH_FIRST),
        ("N {n} E {e}", NORTH_FIRST),
        ("e={e}, n={n}", EAST_FIRST),
        ("  {n}.0   {e}.0  ", NORTH_FIRST),
        ("{n},0; {e},0", NORTH_FIRST),
    ],
)
def test_corners_are_read_in_the_order_that_the_numbers_tell(form: str, understood: str) -> None:
    pasted = pasted_area(lines(form))
    assert outline(pasted).equals(shapely.Polygon(TRIANGLE))
    assert (pasted.understood, pasted.crs) == (understood, "EPSG:3006")


@pytest.mark.parametrize("form", ["{} {}", "{}; {}", "N {} E {}"])
def test_thousands_may_be_set_apart(form: str) -> None:
    text = "\n".join(form.format(*pair) for pair in (
        ("6 580 914", "670 208"), ("6 580 914", "671 208"), ("6\u00a0581\u00a0914", "671\u00a0208")
    ))  # fmt: skip
    assert outline(pasted_area(text)).equals(shapely.Polygon(TRIANGLE))


@given(st.lists(st.tuples(st.floats(55.1, 69.0), st.floats(10.5, 24.1)), min_size=3, max_size=8, unique=True))
def test_latitude_and_longitude_are_told_apart(corners: list[tuple[float, float]]) -> None:
    either = [pasted_area("\n".join(f"{a!r} {b!r}" for a, b in pairs)) for pairs in (
        corners, [(longitude, latitude) for latitude, longitude in corners]
    )]  # fmt: skip
    assert either[0].source.content == either[1].source.content
    assert [p.understood for p in either] == [NORTH_FIRST, EAST_FIRST]
    assert json.loads(either[0].source.content)["crs"]["properties"]["name"] == "EPSG:4326"
    x, y = shapely.get_coordinates(outline(either[0]))[0]
    assert (y, x) == corners[0]


def test_empty_lines_stand_between_areas() -> None:
    second = [(x + 5_000, y) for x, y in TRIANGLE]
    found = outline(pasted_area(f"{lines('{n};{e}')}\n\n{lines('{n};{e}', second)}"))
    assert found.equals(shapely.MultiPolygon([shapely.Polygon(TRIANGLE), shapely.Polygon(second)]))


def test_a_local_zone_is_asked_for_and_never_guessed() -> None:
    text = lines("{n}; {e}", [(150_208, 6_580_914), (151_208, 6_580_914), (151_208, 6_581_914)])
    with pytest.raises(MissingCrs):
        pasted_area(text)
    assert pasted_area(text, "EPSG:3011").crs == "EPSG:3011"


@pytest.mark.parametrize("text", ["SRID=3006;{}", "{}"])
def test_wkt_is_read(text: str) -> None:
    polygon = shapely.Polygon(TRIANGLE)
    assert outline(pasted_area(text.format(polygon.wkt))).equals(polygon)
    north_first = pasted_area(shapely.transform(polygon, lambda xy: xy[:, ::-1]).wkt)
    assert outline(north_first).equals(polygon)
    assert north_first.understood == NORTH_FIRST


def test_geojson_goes_through_as_it_is() -> None:
    document = json.loads(shapely.to_geojson(shapely.box(18, 59, 18.1, 59.1)))
    assert json.loads(pasted_area(json.dumps(document)).source.content) == document
    stated = json.loads(pasted_area(json.dumps(document), "3006").source.content)
    assert stated["crs"]["properties"]["name"] == "EPSG:3006"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", UnreadableFile),
        ("hello", UnreadableFile),
        ("{not json", UnreadableFile),
        ("POLYGON((1 2, 3", UnreadableFile),
        ("6580914; 670208\n6580914; 671208", InvalidGeometry),
        ("1 2\n3 4\n5 6", WrongCrs),
        ("6580914; 670208\n671208; 6580914\n6581914; 671208", WrongCrs),
        ("E 6580914 N 670208\nE 6580914 N 671208\nE 6581914 N 671208", WrongCrs),
        ("6580914; 670208\n59.3; 18.1\n6581914; 671208", WrongCrs),
    ],
)
def test_what_can_be_doubted_is_refused(text: str, kind: type[InputError]) -> None:
    with pytest.raises(kind) as refused:
        pasted_area(text)
    assert refused.value.remedy


def test_numbers_that_the_stated_system_does_not_have_are_refused() -> None:
    with pytest.raises(WrongCrs):
        pasted_area(lines("{n}; {e}"), "EPSG:3011")
