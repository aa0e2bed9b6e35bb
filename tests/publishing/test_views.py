"""Views for map servers: what everybody may see, read by a role that can do nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from api.access_world import AREA, DRAFT, RESTRICTED, World, build_world
from databases import engine_at, fresh_database
from factories import box, write_layer
from sqlalchemy import Connection, select, table, text

from geomiljo.catalogue import Catalogue
from geomiljo.database.schema import migrate
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.publishing.views import READER, make_views
from geomiljo.settings import Settings

VIEWS = ["plans", "findings", "conflict_pieces", "check_layer", "ramsar"]
ASKING = text("SELECT has_table_privilege(:role, :table, :right)")


@pytest.fixture(scope="module")
def world(
    cluster_url: str, migrated_template: str, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with fresh_database(cluster_url, migrated_template) as url, engine_at(url) as engine:
        world = build_world(engine, catalogue, tmp_path_factory.mktemp("layers"))
        with engine.begin() as connection:
            assert make_views(connection, catalogue, Settings()) == VIEWS
        yield world


def rows(connection: Connection, view: str) -> list[str]:
    """Return the rows of a view as text."""
    return list(connection.scalars(select(text("v::text")).select_from(table(view, schema="published").alias("v"))))


def test_only_what_everybody_may_see_is_in_the_views(world: World) -> None:
    published = {str(world.shared[kind].id) for kind in ("own_published", "foreign_published")}
    with world.engine.connect() as connection:
        for setting in ("role = 'admin'", "hidden = '{}'", "caller = 'local'"):
            connection.execute(text(f"SET LOCAL geomiljo.{setting}"))
        assert set(connection.scalars(text("SELECT feature_id FROM published.plans"))) == published
        for view in VIEWS:
            found = rows(connection, view)
            assert found, view
            assert not [row for row in found if DRAFT in row or RESTRICTED in row or "seveso" in row]
        assert set(connection.scalars(text("SELECT plan FROM published.findings"))) == published


def test_the_check_layer_has_what_hajk_asks_for(world: World) -> None:
    with world.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM published.check_layer LIMIT 1")).mappings().one()
    title = world.assessor.catalogue.layers["ramsar"].title.sv
    assert (row["id"], row["caption"], row["layer"], row["plan"]) == ("ramsar", title, "ramsar", "Öppen plan")


def test_the_reader_reads_the_views_and_nothing_else(world: World) -> None:
    listed = text(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname IN ('public', 'work') AND tablename <> 'spatial_ref_sys'"
    )
    with world.engine.connect() as connection:

        def may(right: str, place: str) -> bool:
            return bool(connection.scalar(ASKING, {"role": READER, "table": place, "right": right}))

        for view in VIEWS:
            assert may("SELECT", f"published.{view}")
            assert not may("INSERT, UPDATE, DELETE", f"published.{view}")
        closed = connection.scalars(listed).all()
        assert len(closed) > 20
        assert not [place for place in closed if may("SELECT, INSERT, UPDATE, DELETE", place)]


def test_a_new_version_of_a_layer_is_seen_at_once(world: World, catalogue: Catalogue, tmp_path: Path) -> None:
    more = write_layer(tmp_path / "r.gpkg", [AREA, box(200, 200, 300, 300)], NAMN=["Sjön", "Ny"])
    load_layer(world.engine, catalogue, "ramsar", more, LoadOptions(coverage="sweden", accept=True))
    with world.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM published.ramsar")) == 2


def test_views_stand_in_no_migrations_way(cluster_url: str, catalogue: Catalogue) -> None:
    with fresh_database(cluster_url) as url, engine_at(url) as engine:
        migrate(engine)
        for _time in range(2):
            with engine.begin() as connection:
                make_views(connection, catalogue, Settings())
        migrate(engine, "0005")
        migrate(engine)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT to_regnamespace('published')")) is None
