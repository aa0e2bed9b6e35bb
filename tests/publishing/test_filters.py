"""Filters over a real table, against what they mean worked out in Python."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import shapely
import sqlalchemy as sa
from databases import engine_at, fresh_database
from factories import EAST, NORTH
from publishing.cql2_author import Author, as_text
from publishing.cql2_meaning import meaning
from publishing.cql2_world import FIELDS, ROWS, TABLE, fill
from pyproj import CRS

from geomiljo.crs import ANALYSIS_CRS, WIRE_CRS, northing_first, parse_crs, transform_one, transformer
from geomiljo.errors import InvalidFilter
from geomiljo.publishing.filters import Fields, filter_condition
from geomiljo.publishing.filters.reading import read_filter
from geomiljo.texts import explain

_BATCH = 250


@pytest.fixture(scope="module")
def connection(cluster_url: str, migrated_template: str) -> Iterator[sa.Connection]:
    """A database with the table of filters."""
    with fresh_database(cluster_url, migrated_template) as url, engine_at(url) as engine, engine.begin() as connection:
        fill(connection)
        yield connection


@pytest.mark.parametrize("seed", range(4))
def test_random_filters_mean_in_the_database_what_they_mean_in_python(connection: sa.Connection, seed: int) -> None:
    author = Author(seed)
    unlike: set[str] = set()
    for _ in range(10):
        trees = [author.filter() for _ in range(_BATCH)]
        texts = [as_text(tree) for tree in trees]
        assert [read_filter(text, "cql2-text") for text in texts] == [
            read_filter(json.dumps(tree), "cql2-json") for tree in trees
        ]
        conditions = [filter_condition(text, "cql2-text", ANALYSIS_CRS, FIELDS) for text in texts]
        columns = [condition.label(f"c{index}") for index, condition in enumerate(conditions)]
        found = connection.execute(sa.select(*columns).select_from(TABLE).order_by(TABLE.c.id)).all()
        for row, answers in zip(ROWS, found, strict=True):
            for tree, text, answer in zip(trees, texts, answers, strict=True):
                wanted = meaning(tree, row)
                assert answer is wanted, f"row {row.id}: {answer} is not {wanted}: {text}"
                unlike.add(str(wanted))
    assert unlike == {"True", "False", "None"}


def ids(connection: sa.Connection, text: str, language: str = "cql2-text", crs: CRS = ANALYSIS_CRS) -> set[int]:
    """Return the rows that a filter takes."""
    condition = filter_condition(text, language, crs, FIELDS)
    return set(connection.scalars(sa.select(TABLE.c.id).where(condition)))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("area = 2.25", {4, 8}),
        ("area <> 2.25", {1, 2, 3, 6, 7, 9}),
        ("area < 0", {2, 9}),
        ("area <= 0", {2, 3, 9}),
        ("0 < area", {1, 4, 6, 7, 8}),
        ("area >= 4", {6, 7}),
        ("parts = 3", {3}),
        ("area + parts = 0", {2}),
        ("area - 1 = 0.5", {1}),
        ("-area = 2", {2}),
        ("area * 2 > 4", {4, 6, 7, 8}),
        ("area / parts = -1", {2}),
        ("area ^ 2 = 4", {2}),
        ("(area + 1) ^ 3 = -1", {2}),
        ("area ^ 0 = 1", {1, 2, 3, 4, 6, 7, 8, 9}),
        ("area / 0 = 1 OR area / 0 <> 1", set()),
        ("parts % 2 = 1", {1, 3, 5, 7}),
        ("parts div 2 = 1", {2, 3}),
        ("area * 1e300 * 1e300 > 1", {1, 4, 6, 7, 8}),
        ("area BETWEEN 0 AND 2.25", {1, 3, 4, 8}),
        ("area NOT BETWEEN 0 AND 2.25", {2, 6, 7, 9}),
        ("parts IN (1, 2, 99)", {1, 2}),
        ("parts NOT IN (1, 2, 3, 5)", {6, 7, 8, 9}),
        ("namn LIKE 'Å%'", {1}),
        ("namn LIKE '100\\%'", {4}),
        ("namn LIKE '%\\\\%'", {7}),
        ("namn LIKE '_kerö'", {1, 2}),
        ("namn NOT LIKE '%e%'", {4, 6, 7, 8, 9}),
        ("namn = 'O''Brien'", {3}),
        ("namn = ''", {6}),
        ("namn < 'A'", {4, 6, 9}),
        ("namn BETWEEN 'A' AND 'Z'", {3}),
        ("\"Annat namn\" = 'Idé'", {7}),
        ("namn IS NULL", {5, 10}),
        ("namn IS NOT NULL AND area IS NULL", set()),
        ("CASEI(namn) = CASEI('ÅKERÖ')", {1, 2}),
        ("CASEI(namn) LIKE CASEI('Å%')", {1, 2}),
        ("CASEI(namn) IN (CASEI('åkerÖ'), CASEI('o''BRIEN'))", {1, 2, 3}),
        ("ACCENTI(namn) = ACCENTI('Akero')", {1}),
        ("ACCENTI(\"Annat namn\") = ACCENTI('eoa')", {8}),
        ("CASEI(ACCENTI(namn)) LIKE CASEI(ACCENTI('%KERO'))", {1, 2}),
        ("inside", {1, 4, 6, 9}),
        ("inside = false", {2, 5, 7}),
        ("NOT inside", {2, 5, 7}),
        ("NOT (inside OR area > 0)", {2}),
        ("inside AND area > 0", {1, 4, 6}),
        ("(area > 0) = inside", {1, 2, 4, 6}),
        ("true", set(range(1, 11))),
        ("decided = DATE('2020-01-02')", {2, 8}),
        ("decided > DATE('2020-01-03')", {5, 7}),
        ("seen = TIMESTAMP('2020-01-02T13:00:00+01:00')", {2}),
        ("seen = TIMESTAMP('2020-01-02T12:00:00')", {2}),
        ("T_INTERSECTS(seen, INTERVAL('2020-01-02T12:00:00', '2020-01-02T12:00:00'))", {2}),
        ("T_AFTER(decided, DATE('2020-01-03'))", {5, 7}),
        ("T_BEFORE(decided, DATE('2020-01-01'))", {6}),
        ("T_EQUALS(decided, DATE('2020-01-01'))", {1, 9}),
        ("T_DISJOINT(decided, INTERVAL('2020-01-01', '2020-12-31'))", {6, 7}),
        ("T_INTERSECTS(decided, INTERVAL('2020-01-02', '2020-01-03'))", {2, 3, 8}),
        ("T_INTERSECTS(seen, DATE('2020-01-03'))", {3, 4}),
        ("T_INTERSECTS(decided, TIMESTAMP('2020-01-03T15:00:00Z'))", {3}),
        ("T_AFTER(seen, DATE('2020-01-03'))", {6, 7}),
        ("T_DURING(decided, INTERVAL('2020-01-01', '2020-01-03'))", {2, 8}),
        ("T_DURING(seen, INTERVAL('2020-01-06T00:00:00Z', '..'))", {6, 7}),
        ("T_BEFORE(seen, INTERVAL('2020-01-02T00:00:00Z', '..'))", {1, 9}),
        ("T_CONTAINS(INTERVAL('..', '2020-01-02'), INTERVAL(decided, decided))", {1, 6, 9}),
        ("T_MEETS(INTERVAL('2019-01-01', decided), INTERVAL('2020-01-03', '2021-01-01'))", {3}),
        ("T_METBY(INTERVAL(decided, '2022-01-01'), INTERVAL('2019-01-01', '2020-01-03'))", {3}),
        ("T_OVERLAPS(INTERVAL('2019-01-01', decided), INTERVAL('2020-01-02', '2020-01-31'))", {3, 5}),
        ("T_OVERLAPPEDBY(INTERVAL(decided, '2020-12-31'), INTERVAL('2020-01-02', '2020-01-05'))", {3}),
        ("T_STARTS(INTERVAL('2020-01-01', decided), INTERVAL('2020-01-01', '2020-01-03'))", {1, 2, 6, 8, 9}),
        ("T_STARTEDBY(INTERVAL('2020-01-01', decided), INTERVAL('2020-01-01', '2020-01-03'))", {5, 7}),
        ("T_FINISHES(INTERVAL(decided, '2020-01-31'), INTERVAL('2020-01-02', '2020-01-31'))", {3, 5, 7}),
        ("T_FINISHEDBY(INTERVAL(decided, '2020-01-31'), INTERVAL('2020-01-02', '2020-01-31'))", {1, 6, 9}),
        ("A_CONTAINS(tags, ('a', 'b'))", {1, 9}),
        ("A_CONTAINEDBY(tags, ('a', 'b'))", {1, 2, 3, 7, 9}),
        ("A_OVERLAPS(tags, ('c', 'å'))", {4, 6, 8}),
        ("A_EQUALS(tags, ('a'))", {2, 7}),
        ("A_CONTAINS(numbers, (2))", {1, 4, 9}),
        ("A_CONTAINS(numbers, (parts, 1))", {1}),
        (f"S_INTERSECTS(geometry, BBOX({NORTH}, {EAST}, {NORTH + 1}, {EAST + 1}))", {1, 8, 9}),
        (f"S_DISJOINT(geometry, BBOX({NORTH}, {EAST}, {NORTH + 1}, {EAST + 1}))", {2, 3, 4, 6, 7}),
        (f"S_CONTAINS(geometry, POINT({NORTH + 3} {EAST + 3}))", {1, 4, 6, 9}),
        (f"S_WITHIN(geometry, BBOX({NORTH}, {EAST}, {NORTH + 10}, {EAST + 10}))", {1, 4, 6, 9}),
        (f"S_TOUCHES(geometry, POINT({NORTH} {EAST}))", {1, 9}),
        (f"S_EQUALS(geometry, POINT({NORTH + 3} {EAST + 3}))", {6}),
        (f"S_OVERLAPS(geometry, BBOX({NORTH - 1}, {EAST - 1}, {NORTH + 6}, {EAST + 6}))", {1, 2, 9}),
        (f"S_CROSSES(geometry, LINESTRING({NORTH - 1} {EAST + 1}, {NORTH + 1} {EAST + 1}))", {1, 9}),
        (
            f"S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT({NORTH + 3} {EAST + 3}), "
            f"LINESTRING({NORTH + 1} {EAST + 19}, {NORTH + 2} {EAST + 19})))",
            {1, 3, 4, 6, 9},
        ),
        (f"S_EQUALS(geometry, GEOMETRYCOLLECTION(POINT({NORTH} {EAST})))", {8}),
    ],
)
def test_every_operator_by_hand(connection: sa.Connection, text: str, wanted: set[int]) -> None:
    assert ids(connection, text) == wanted


@pytest.mark.parametrize("language", ["cql2-text", "cql-text"])
def test_older_name_of_the_text_language(connection: sa.Connection, language: str) -> None:
    assert ids(connection, "parts = 3", language) == {3}


@pytest.mark.parametrize("code", [3006, 3011, 4326, 4258, 3857, "OGC:CRS84"])
def test_literals_are_moved_by_the_axis_order_of_their_system(connection: sa.Connection, code: int | str) -> None:
    crs = parse_crs(code)
    drawn = transform_one(shapely.box(EAST - 1, NORTH - 1, EAST + 1, NORTH + 1), ANALYSIS_CRS, crs)
    assert northing_first(crs) == (code not in {3857, "OGC:CRS84"})
    if northing_first(crs):
        drawn = shapely.transform(drawn, lambda xy: xy[:, ::-1])
    assert ids(connection, f"S_INTERSECTS(geometry, {shapely.to_wkt(drawn, -1)})", crs=crs) == {1, 8, 9}
    bounds = ", ".join(map(repr, drawn.bounds))
    assert ids(connection, f"S_INTERSECTS(geometry, BBOX({bounds}))", crs=crs) == {1, 8, 9}


def test_long_edges_stay_where_they_are_drawn(connection: sa.Connection) -> None:
    """A parallel of 4° bends by more than a kilometre in SWEREF 99 TM; points on either side of it tell."""
    west, east, latitude = 13.0, 17.0, 60.0
    box = f"BBOX({west}, 59.0, {east}, {latitude})"
    for offset_m, wanted in ((-2.0, True), (2.0, False)):
        x, y = transformer(WIRE_CRS, ANALYSIS_CRS).transform(15.0, latitude)
        column = sa.func.ST_SetSRID(sa.func.ST_MakePoint(x, y + offset_m), 3006)
        condition = filter_condition(f"S_INTERSECTS(here, {box})", "cql2-text", WIRE_CRS, Fields({}, column, "here"))
        assert connection.scalar(sa.select(condition)) is wanted


@pytest.mark.parametrize(
    "box",
    [
        "-180,-90,180,90",
        "-1,-1,1,1",
        "170,-10,-170,10",
        "0,-90,1,-89",
        "-180,89,180,90",
        "-170,10,170,89",
        "18,59,18,59",
    ],
)
def test_boxes_far_away_are_answered(connection: sa.Connection, box: str) -> None:
    numbers = [float(number) for number in box.split(",")]
    around = numbers[0] < 10 and numbers[2] > 24 and numbers[3] > 70
    placed = {row.id for row in ROWS if row.geom is not None}
    wanted = placed if around and numbers[1] < 50 else set()
    for function, taken in (("S_INTERSECTS", wanted), ("S_WITHIN", wanted), ("S_DISJOINT", placed - wanted)):
        assert ids(connection, f"{function}(geometry, BBOX({box}))", crs=WIRE_CRS) == taken


@pytest.mark.parametrize(
    ("text", "location", "told"),
    [
        ("area = ", "filter:8", "character 8"),
        ("area =\n= 1", "filter:8", "character 8"),
        ("(area = 1", "filter:10", "character 10"),
        ("namn = 'x", "filter:8", "character 8"),
        ("aera = 1", "filter:1", "no property aera"),
        ("area = 1 AND nmn = 'x'", "filter:14", "no property nmn"),
        ("area = 'x'", "filter:9", "a number cannot be compared with a text"),
        ("namn = 1", "filter:8", "a text cannot be compared with a number"),
        ("decided = '2020-01-01'", "filter:12", "a date cannot be compared with a text"),
        ("decided > TIMESTAMP('2020-01-01T00:00:00Z')", "filter:11", "a date cannot be compared"),
        ("decided = DATE('2020-02-30')", "filter:11", "2020-02-30 is not a date"),
        ("seen = TIMESTAMP('2020-13-01T00:00:00Z')", "filter:8", "is not a time"),
        ("area", "filter:1", "true or false is needed"),
        ("area = 1 AND namn", "filter:14", "true or false is needed"),
        ("namn = NULL", "filter:1", "IS NULL"),
        ("area IN ('x')", "filter:11", "cannot be compared"),
        ("area LIKE 'x'", "filter:1", "where a text is needed"),
        ("namn LIKE 'x\\'", "filter:12", "The pattern ends"),
        ("namn LIKE namn", "filter:1", "in apostrophes"),
        ("sin(area) = 0", "filter:1", "no operator or function sin"),
        ("area ^ 0.5 = 4", "filter:6", "^ takes a property"),
        ("area ^ 9 ^ 9 = 4", "filter:6", "^ takes a property"),
        ("(area * parts) ^ 2 = 4", "filter:16", "^ takes a property"),
        ("area = 1e999", "filter:1", "too large"),
        ("inside > false", "filter:1", "is needed"),
        ("S_INTERSECTS(namn, POINT(1 1))", "filter:14", "a geometry is needed"),
        ("S_INTERSECTS(geometry)", "filter:1", "S_INTERSECTS takes 2 operands, not 1"),
        ("S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))", "filter:24", "the outline crosses itself"),
        ("S_INTERSECTS(geometry, BBOX(2, 2, 1, 1))", "filter:24", "ends before it starts"),
        (
            "S_CONTAINS(geometry, GEOMETRYCOLLECTION(POINT(1 1), LINESTRING(1 1, 2 2)))",
            "filter:22",
            "GEOMETRYCOLLECTION",
        ),
        ("T_DURING(decided, INTERVAL('2021-01-01', '2020-01-01'))", "filter:19", "ends before it starts"),
        ("T_AFTER(namn, DATE('2020-01-01'))", "filter:9", "a date is needed"),
        ("A_CONTAINS(namn, ('a'))", "filter:1", "a list"),
        ("A_CONTAINS(tags, (1))", "filter:19", "a text is needed"),
        ("(" * 20 + "area = 1" + ")" * 20, "filter:15", "too many brackets"),
        ("(" * 5000, "filter:15", "too many brackets"),
        ("NOT " * 1200 + "inside", "filter:4001", "more than 1000 operators"),
        ("-" * 40 + "area = 1", "filter:1", "deeper than 30"),
        ("area = 1 OR " * 6000 + "inside", "filter:65537", "longer than 65536"),
        ("namn = '\x00'", "filter:9", "NUL"),
        ("", "filter:1", "character 1"),
    ],
)
def test_a_bad_filter_says_where_and_how_else(text: str, location: str, told: str) -> None:
    with pytest.raises(InvalidFilter, match=re.escape(told)) as caught:
        filter_condition(text, "cql2-text", ANALYSIS_CRS, FIELDS)
    assert (caught.value.location, caught.value.status) == (location, 400)
    assert caught.value.params["example"] == "area > 1.5"
    assert '"Annat namn", inside' in str(caught.value)
    assert explain(caught.value, "sv")[1].startswith("Ett filter här")


@pytest.mark.parametrize(
    ("tree", "pointer"),
    [
        ('{"op": "=", "args": [{"property": "aera"}, 1]}', "filter#/args/0"),
        ('{"op": "and", "args": [true, {"op": "=", "args": [{"property": "area"}, "x"]}]}', "filter#/args/1/args/1"),
        ('{"op": "and", "args": [true, {"op": "=", "args": [{"wrong": 1}, 1]}]}', "filter#/args/1/args/0"),
        ('{"op": "=", "args": [{"property": "area"}, 1]', "filter:46"),
        ('{"op": "and", "args": []}', "filter#"),
        ('{"op": "in", "args": [{"property": "area"}, []]}', "filter#/args/1"),
        ('{"op": "between", "args": [{"property": "area"}, [1, 2]]}', "filter#"),
        ('{"op": "like", "args": [{"property": "namn"}, "x", "y"]}', "filter#"),
        ('{"op": "t_after", "args": [{"property": "seen"}, {"interval": ["2020-01-01"]}]}', "filter#/args/1"),
        (
            '{"op": "s_within", "args": [{"property": "geometry"}, {"type": "Polygon", "coordinates": []}]}',
            "filter#/args/1",
        ),
        (
            '{"op": "s_within", "args": [{"property": "geometry"}, {"type": "Polygon", "coordinates": [[[1, 1]]]}]}',
            "filter#/args/1",
        ),
        (
            '{"op": "s_equals", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [1, 1], "crs":1}]}',
            "filter#/args/1",
        ),
        ('{"op": "not", "args": [' * 40 + "true" + "]}" * 40, "filter#" + "/args/0" * 30),
        ('{"op": "not", "args": [' * 2000 + "true" + "]}" * 2000, "filter#"),
    ],
)
def test_a_bad_json_filter_is_pointed_at(tree: str, pointer: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        filter_condition(tree, "cql2-json", ANALYSIS_CRS, FIELDS)
    assert caught.value.location == pointer


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InvalidFilter, match="no filter language sql"):
        filter_condition("area = 1", "sql", ANALYSIS_CRS, FIELDS)


_HOSTILE = [
    "'",
    "''",
    "' OR '1'='1",
    "x' OR 1=1 --",
    "x\\' OR 1=1 --",
    "\\",
    "\\\\'; DROP TABLE filter_world; --",
    "'; DELETE FROM filter_world; --",
    "/* */ OR 1=1",
    "-- ",
    '"',
    '" OR "1"="1',
    "$$; DROP TABLE filter_world; $$",
    "%(param_1)s",
    "%s",
    "%",
    ":param",
    "{0}",
    "ʼ OR 1=1",
    "＇ OR 1=1",
    "\u202e' OR 1=1",
    "\u0301\\",
    "\\\u0301",
    "𝕏' OR 1=1",
    "é" * 200,
    "\x01\x7f",
    "\n\r\t",
    "\ufffe",
    '{"op":"=","args":[1,1]}',
    '{"op": {"op": "="}, "args": []}',
    "1; SELECT pg_sleep(10)",
    "pg_sleep(10) = 1",
    "(SELECT 1)",
    "namn; --",
    "E'\\x27'",
    "U&'\\0027'",
]


@pytest.mark.parametrize("hostile", _HOSTILE)
def test_hostile_texts_stay_texts(connection: sa.Connection, hostile: str) -> None:
    """As a value they equal only themselves; anywhere else they are a filter or a clear refusal, never more."""
    quoted = hostile.replace("'", "''")
    named = hostile.replace('"', '""')
    tree = {"op": "=", "args": [{"property": "namn"}, hostile]}
    assert ids(connection, f"namn = '{quoted}'") == ids(connection, json.dumps(tree), "cql2-json") == set()
    assert ids(connection, f"'{quoted}' = '{quoted}'") == set(range(1, 11))
    shapes = [
        hostile,
        f"namn = {hostile}",
        f"namn = '{hostile}'",
        f"namn LIKE '{quoted}'",
        f"ACCENTI(namn) LIKE ACCENTI('{quoted}')",
        f"CASEI(ACCENTI(namn)) = CASEI(ACCENTI('{quoted}'))",
        f'"{named}" = 1',
        f"decided = DATE('{quoted}')",
        f"T_AFTER(seen, INTERVAL('{quoted}', '..'))",
        f"A_CONTAINS(tags, ('{quoted}'))",
        f"S_INTERSECTS(geometry, {hostile})",
        f"{hostile}(area) = 1",
    ]
    trees = [
        {"op": hostile, "args": [{"property": "namn"}, 1]},
        {"op": "=", "args": [{"property": hostile}, 1]},
        {"op": "like", "args": [{"property": "namn"}, hostile]},
        {"op": "=", "args": [{"property": "namn"}, {"op": "casei", "args": [hostile]}]},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": hostile, "coordinates": [1, 1]}]},
        {"op": "=", "args": [{"property": "namn"}, {"op": "=", "args": [hostile, {"property": "namn"}]}]},
    ]
    for text, language in [*((s, "cql2-text") for s in shapes), *((json.dumps(t), "cql2-json") for t in trees)]:
        try:
            taken = ids(connection, text, language)
        except InvalidFilter:
            continue
        assert taken <= set(range(1, 11))
    assert connection.scalar(sa.select(sa.func.count()).select_from(TABLE)) == len(ROWS)
