"""Backup and restore: a full round trip, and what is refused."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from databases import engine_at, fresh_database
from factories import box, plan, write_layer
from sqlalchemy import Engine, inspect, text

from geomiljo.access import LOCAL
from geomiljo.assessments import Assessor
from geomiljo.assessments.store import assess_plan
from geomiljo.catalogue import Catalogue
from geomiljo.database.backup import back_up, restore
from geomiljo.database.schema import require_schema
from geomiljo.errors import Conflict, SchemaError, UnreadableFile
from geomiljo.jobs.kinds import RefreshLayers
from geomiljo.jobs.store import enqueue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.plans.store import PlanMetadata, PlanSource, create_plan


@pytest.fixture
def empty(cluster_url: str) -> Iterator[Engine]:
    with fresh_database(cluster_url) as url, engine_at(url) as engine:
        yield engine


@pytest.fixture
def used(engine: Engine, catalogue: Catalogue, tmp_path: Path) -> Engine:
    """A database with two versions of a layer, a plan, an assessment and a job that waits."""
    for size in (300, 301):
        path = write_layer(
            tmp_path / f"r{size}.gpkg", [box(50, 0, size, 300), box(900, 0, 950, 50)], NAMN=["Sjön", "Å"]
        )
        load_layer(engine, catalogue, "ramsar", path, LoadOptions(coverage="sweden"))
    area = plan((box(0, 0, 60, 100), ("B",)), (box(60, 0, 100, 100), None))
    with engine.begin() as connection:
        source = PlanSource("plan.geojson", b"as it was delivered")
        kept = create_plan(connection, LOCAL, PlanMetadata(municipality="0115", name="Björkby"), area, source)
    assess_plan(engine, Assessor.of(catalogue), kept.version_id, caller=LOCAL)
    with engine.begin() as connection:
        enqueue(connection, LOCAL, RefreshLayers(layers=("ramsar",)))
    return engine


def content(engine: Engine) -> dict[str, set[str]]:
    """Return every row of every table as text."""
    with engine.connect() as connection:
        tables = connection.execute(
            text("""SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'work')
                    AND tablename <> 'spatial_ref_sys'""")
        ).all()
        return {
            f"{schema}.{table}": set(connection.scalars(text(f'SELECT t::text FROM "{schema}"."{table}" t')))  # noqa: S608
            for schema, table in tables
        }


def described(engine: Engine) -> dict[str, list[Any]]:
    """Return what makes a table more than its rows."""
    queries = {
        "policies": "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2",
        "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname IN ('public', 'work') ORDER BY 1",
        "triggers": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
        "grants": """SELECT table_schema, table_name, privilege_type FROM information_schema.role_table_grants
                     WHERE grantee = 'geomiljo_service' ORDER BY 1, 2, 3""",
        "partitions": "SELECT inhrelid::regclass::text FROM pg_inherits ORDER BY 1",
    }
    with engine.connect() as connection:
        return {
            name: [tuple(_bare(value) for value in row) for row in connection.execute(text(query))]
            for name, query in queries.items()
        }


def _bare(value: Any) -> Any:
    """Leave out casts and brackets: PostgreSQL writes some that it did not read."""
    return re.sub(r"::[a-z ]+(\[\])?|[()\s]", "", value) if isinstance(value, str) else value


def test_everything_comes_back(used: Engine, empty: Engine, tmp_path: Path) -> None:
    path = tmp_path / "all.geomiljo"
    manifest = back_up(used, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
    assert restore(empty, path) == manifest
    require_schema(empty)
    assert content(empty) == content(used)
    assert described(empty) == described(used)
    assert manifest.rows["public.assessment"] == 1
    with used.connect() as connection:
        checksum = connection.scalar(text("SELECT checksum FROM layer_version WHERE state = 'active'"))
    assert manifest.layers == {"ramsar": checksum}


def test_a_restored_database_goes_on(used: Engine, empty: Engine, catalogue: Catalogue, tmp_path: Path) -> None:
    """New rows get new numbers, the kept assessment answers again, and the waiting job is there."""
    back_up(used, tmp_path / "b")
    restore(empty, tmp_path / "b")
    with empty.begin() as connection:
        version = connection.scalar(text("SELECT id FROM plan_version"))
        before = connection.scalar(text("SELECT key FROM assessment"))
        enqueue(connection, LOCAL, RefreshLayers(layers=("leder",)))
        assert connection.scalar(text("SELECT count(*) FROM work.procrastinate_jobs WHERE status = 'todo'")) == 2
    assert assess_plan(empty, Assessor.of(catalogue), int(version or 0), caller=LOCAL).key == before
    path = write_layer(tmp_path / "n.gpkg", [shapely.box(600_000, 6_500_000, 600_100, 6_500_100)], NAMN=["Ny"])
    assert load_layer(empty, catalogue, "ramsar", path, LoadOptions(coverage="sweden")).is_new


def changed(path: Path, **values: Any) -> Path:
    """Return a copy of a backup with another manifest."""
    copy = path.with_name("changed")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        new.writestr("manifest.json", json.dumps({**manifest, **values}))
        new.writestr("database.dump", old.read("database.dump"))
    return copy


def test_a_newer_schema_is_refused(engine: Engine, empty: Engine, tmp_path: Path) -> None:
    back_up(engine, tmp_path / "b")
    newer = changed(tmp_path / "b", schema="9999", software="geomiljo 99.0")
    with pytest.raises(SchemaError, match=r"9999.*geomiljo 99\.0"):
        restore(empty, newer)
    assert set(inspect(empty).get_table_names()) <= {"spatial_ref_sys"}


def test_a_database_in_use_is_not_overwritten(used: Engine, tmp_path: Path) -> None:
    back_up(used, tmp_path / "b")
    before = content(used)
    with pytest.raises(Conflict, match="not empty"):
        restore(used, tmp_path / "b")
    assert content(used) == before


@pytest.mark.parametrize("damage", ["missing", "no zip", "cut", "hash", "no manifest"])
def test_a_damaged_file_is_refused(engine: Engine, empty: Engine, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "b"
    if damage != "missing":
        back_up(engine, path)
    if damage == "no zip":
        path.write_bytes(b"PGDMP")
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-200])
    elif damage == "hash":
        path = changed(path, sha256=hashlib.sha256(b"").hexdigest())
    elif damage == "no manifest":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("database.dump", b"")
    with pytest.raises(UnreadableFile):
        restore(empty, path)


def test_rows_that_are_missing_are_told(used: Engine, empty: Engine, tmp_path: Path) -> None:
    manifest = back_up(used, tmp_path / "b")
    wrong = changed(tmp_path / "b", rows={**manifest.rows, "public.plan": 7})
    with pytest.raises(Exception, match=r"public\.plan"):
        restore(empty, wrong)
