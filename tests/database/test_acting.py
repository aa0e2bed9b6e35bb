"""The database's own guard: whatever a statement forgets to ask for, rows are handed out by who acts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from databases import engine_at, fresh_database, psycopg_url, running_cluster
from factories import box, plan
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from geomiljo.access import ANONYMOUS, LOCAL, Caller
from geomiljo.assessments import Assessor
from geomiljo.assessments.store import assess_plan
from geomiljo.catalogue import Catalogue
from geomiljo.database.acting import NOBODY, SERVICE_ROLE, Acting, acting_as
from geomiljo.database.engine import open_engine
from geomiljo.database.metadata import METADATA
from geomiljo.database.privileges import PRIVILEGES
from geomiljo.database.schema import migrate
from geomiljo.errors import DatabaseError
from geomiljo.plans.store import PlanMetadata, PlanSource, create_plan
from geomiljo.settings import Settings

OPEN: frozenset[str] = frozenset()
HIDDEN = frozenset({"seveso"})
PLANNER = Caller("key:planner", "planner", "planner", municipality="0180")
REVIEWER = Caller("key:reviewer", "reviewer", "reviewer", county="01")
PLANS = (("0180", "påbörjad"), ("0180", "samråd"), ("1480", "program"), ("1480", "antagen"))
OF_PLANS = ("plan", "plan_version", "plan_event")
OF_ASSESSMENTS = ("assessment", "latest_assessment")


@pytest.fixture
def service(engine: Engine, catalogue: Catalogue, database_url: str) -> Iterator[Engine]:
    """Four plans, each assessed with all layers and without a restricted one; the service's engine over them."""
    assessor = Assessor.of(catalogue)
    for number, (municipality, stage) in enumerate(PLANS):
        metadata = PlanMetadata.model_validate({"municipality": municipality, "name": "Plan", "stage": stage})
        area = plan((box(0, 0, 100 + number, 100), ("B",)))
        with engine.begin() as connection:
            kept = create_plan(connection, LOCAL, metadata, area, PlanSource("plan.geojson", b"{}"))
        for hidden in (OPEN, HIDDEN):
            assess_plan(engine, assessor, kept.version_id, caller=LOCAL, hidden=hidden)
    service = open_engine(Settings(database_url=SecretStr(database_url)), as_service=True)
    yield service
    service.dispose()


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608 - names of this test


@pytest.mark.parametrize(
    ("acting", "plans", "assessments"),
    [
        (NOBODY, 2, 0),
        (Acting(ANONYMOUS, HIDDEN), 2, 2),
        (Acting(PLANNER, HIDDEN), 3, 3),
        (Acting(REVIEWER, OPEN), 2, 4),
        (Acting(LOCAL, OPEN), 4, 8),
        (Acting(LOCAL, HIDDEN), 4, 4),
        (Acting(Caller("key:x", "x", "planner"), HIDDEN), 2, 2),
        (Acting(Caller("key:x", "x", "reviewer"), OPEN), 2, 4),
    ],
)
def test_rows_are_handed_out_by_who_acts(service: Engine, acting: Acting, plans: int, assessments: int) -> None:
    with acting_as(acting):
        assert {table: count(service, table) for table in OF_PLANS} == dict.fromkeys(OF_PLANS, plans)
        assert {table: count(service, table) for table in OF_ASSESSMENTS} == dict.fromkeys(OF_ASSESSMENTS, assessments)


def test_a_connection_forgets_who_acted_before(service: Engine) -> None:
    with acting_as(Acting(LOCAL, OPEN)):
        assert count(service, "plan") == 4
    assert service.pool.checkedin() == 1  # type: ignore[attr-defined]
    assert (count(service, "plan"), count(service, "assessment")) == (2, 0)


REFUSED = {
    "another municipality's plan is made": (
        PLANNER,
        "INSERT INTO plan (id, municipality, county, designation, name, type, stage, state, revision, created_by)"
        " VALUES (gen_random_uuid(), '1480', '14', '', 'x', 'program', 'program', 'active', 1, 'x')",
    ),
    "a plan is moved to another municipality": (PLANNER, "UPDATE plan SET municipality = '1480', county = '14'"),
    "a kept assessment is changed": (LOCAL, "UPDATE assessment SET severity = NULL"),
    "a kept assessment is deleted": (LOCAL, "DELETE FROM assessment"),
    "a layer is deleted": (LOCAL, "DELETE FROM layer_version"),
    "the guard is lifted": (LOCAL, "ALTER TABLE plan DISABLE ROW LEVEL SECURITY"),
    "a table is dropped": (LOCAL, "DROP TABLE plan CASCADE"),
    "the schema's version is changed": (LOCAL, "UPDATE alembic_version SET version_num = 'x'"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_service_may_not(service: Engine, what: str) -> None:
    caller, statement = REFUSED[what]
    refusals = r"permission denied|row-level|must be owner"
    with acting_as(Acting(caller, OPEN)), pytest.raises(DBAPIError, match=refusals), service.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("caller", [ANONYMOUS, REVIEWER])
def test_who_may_not_write_a_plan_changes_none(service: Engine, engine: Engine, caller: Caller) -> None:
    with acting_as(Acting(caller, HIDDEN)), service.begin() as connection:
        assert connection.execute(text("UPDATE plan SET name = 'x'")).rowcount == 0
        assert connection.execute(text("DELETE FROM plan")).rowcount == 0
    assert count(engine, "plan") == 4


def test_reading_transactions_write_nothing(service: Engine) -> None:
    reading = Acting(LOCAL, OPEN, is_read_only=True)
    with acting_as(reading), pytest.raises(DBAPIError, match="read-only"), service.begin() as connection:
        connection.execute(text("UPDATE plan SET name = 'x'"))


def test_every_table_states_what_the_service_may(engine: Engine) -> None:
    assert set(PRIVILEGES) == {*METADATA.tables, "alembic_version"}


def test_the_role_owns_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        query = "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = 'geomiljo_service'"
        assert connection.scalar(text(query)) == 0
        query = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = :role"
        powers = connection.execute(text(query), {"role": SERVICE_ROLE}).one()
    assert not any(powers)


# A server where geomiljo's user is no administrator

Administer = Callable[[str], None]


@pytest.fixture
def modest() -> Iterator[tuple[str, Administer]]:
    """A database whose owner may make no roles, on a server without the service's role."""
    with running_cluster() as cluster, fresh_database(cluster) as url:
        admin = create_engine(psycopg_url(url), poolclass=NullPool, isolation_level="AUTOCOMMIT")

        def administer(statement: str) -> None:
            with admin.connect() as connection:
                connection.execute(text(statement))

        for statement in (
            "CREATE ROLE owner LOGIN",
            "CREATE ROLE stranger LOGIN",
            "CREATE EXTENSION IF NOT EXISTS postgis",
            f"ALTER DATABASE {make_url(url).database} OWNER TO owner",
            "GRANT CREATE ON SCHEMA public TO owner",
        ):
            administer(statement)
        yield make_url(url).set(username="owner").render_as_string(hide_password=False), administer


def test_where_roles_may_not_be_made_an_administrator_is_told_how(modest: tuple[str, Administer]) -> None:
    url, administer = modest
    with engine_at(url) as engine:
        with pytest.raises(DatabaseError, match="CREATE ROLE geomiljo_service NOLOGIN") as refused:
            migrate(engine)
        remedy = str(refused.value)
        for statement in remedy.partition("run: ")[2].partition(" Then")[0].split(";"):
            if statement.strip():
                administer(statement)
        migrate(engine)
    settings = Settings(database_url=SecretStr(url))
    service = open_engine(settings, as_service=True)
    with service.connect() as connection:
        assert connection.scalar(text("SELECT current_user")) == "geomiljo_service"
    service.dispose()
    stranger = make_url(url).set(username="stranger").render_as_string(hide_password=False)
    with pytest.raises(DatabaseError, match="GRANT geomiljo_service TO"):
        open_engine(Settings(database_url=SecretStr(stranger)), as_service=True)
