"""Migrations: up, down, up; the tables as SQLAlchemy sees them; refusals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from databases import engine_at, fresh_database
from sqlalchemy import Engine, inspect, text

from geomiljo.database.metadata import METADATA
from geomiljo.database.schema import migrate, require_schema, schema_state
from geomiljo.errors import SchemaError


@pytest.fixture
def empty(cluster_url: str) -> Iterator[Engine]:
    with fresh_database(cluster_url) as url, engine_at(url) as engine:
        yield engine


def described(engine: Engine) -> dict[str, object]:
    """Tell everything that a migration could forget: columns, indexes, constraints."""
    with engine.connect() as connection:
        columns = connection.execute(
            text("""SELECT table_name, column_name, data_type, is_nullable, column_default
                    FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '%_columns'
                    AND table_name <> 'spatial_ref_sys' ORDER BY 1, 2""")
        ).all()
        indexes = connection.execute(text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"))
        return {"columns": columns, "indexes": indexes.all()}


def test_up_down_up_gives_the_same_tables(empty: Engine) -> None:
    assert schema_state(empty).current is None
    migrate(empty)
    first = described(empty)
    assert schema_state(empty).is_current
    migrate(empty, "base")
    assert set(inspect(empty).get_table_names()) <= {"alembic_version", "spatial_ref_sys"}
    migrate(empty)
    assert described(empty) == first


def test_the_migrated_tables_are_those_of_the_models(engine: Engine) -> None:
    def is_ours(_object: object, name: str | None, kind: str, *_: object) -> bool:
        return not (kind == "table" and name in {"spatial_ref_sys", "alembic_version"})

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours, "compare_type": False})
        assert compare_metadata(context, METADATA) == []


def test_a_second_migration_changes_nothing(engine: Engine) -> None:
    before = described(engine)
    migrate(engine)
    assert described(engine) == before


def test_an_empty_database_is_refused_with_the_command_that_mends_it(empty: Engine) -> None:
    with pytest.raises(SchemaError, match="geomiljo db upgrade"):
        require_schema(empty)


def test_a_newer_schema_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match="9999"):
        migrate(engine)
    with pytest.raises(SchemaError, match="9999"):
        require_schema(engine)
