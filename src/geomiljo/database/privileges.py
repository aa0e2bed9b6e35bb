"""What the service's role may do to which table: granted after every migration.

The role is the server's, not the database's, so no migration makes it; a restored database gets its grants here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from geomiljo.database.acting import SERVICE_ROLE
from geomiljo.errors import DatabaseError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

READ = "SELECT"
APPEND = "SELECT, INSERT"
CHANGE = "SELECT, INSERT, UPDATE"
ALL = "SELECT, INSERT, UPDATE, DELETE"

PRIVILEGES: Mapping[str, str] = {
    "alembic_version": READ,
    "layer_version": READ,
    "layer_off": READ,
    "layer_swap": READ,
    "swap_ground": READ,
    "feature": READ,
    "piece": READ,
    "plan": ALL,
    "plan_version": ALL,
    "plan_part": ALL,
    "plan_event": ALL,
    "assessment": APPEND,
    "finding": APPEND,
    "finding_class": APPEND,
    "conflict_piece": APPEND,
    "latest_assessment": CHANGE,
    "register_version": APPEND,
    "review_statement": APPEND,
    "statement_draft": ALL,
    "saved_view": ALL,
    "object_report": APPEND,
    "object_report_event": APPEND,
    "api_key": CHANGE,
    "session": ALL,
    "sign_in": ALL,
    "job": ALL,
    "job_line": ALL,
    "job_file": ALL,
    "request_key": ALL,
    "upload": CHANGE,
    "kept_check": APPEND,
    "check_piece": APPEND,
}
"""Each table's privileges; a table that is not named here is closed to the service."""

_MAKE_ROLE = """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'geomiljo_service') THEN
            BEGIN
                CREATE ROLE geomiljo_service NOLOGIN;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END;
        END IF;
        BEGIN
            GRANT geomiljo_service TO CURRENT_USER;
        EXCEPTION WHEN insufficient_privilege THEN NULL; -- an administrator has granted it, or connecting will tell
        END;
    END $$
"""


def grant_to_service(connection: Connection) -> None:
    """Make the service's role where it is missing, and grant it what it needs of the tables that are there.

    Raises
    ------
    DatabaseError
        The role is missing and may not be made by this user; tells the statement for an administrator.
    """
    try:
        with connection.begin_nested():
            connection.execute(text(_MAKE_ROLE))
    except ProgrammingError as error:
        user = connection.scalar(text("SELECT current_user"))
        raise DatabaseError(
            _("The role {role}, as which the service connects, is missing, and {user} may not make it."),
            remedy=_(
                "Let an administrator of the server run: CREATE ROLE {role} NOLOGIN; GRANT {role} TO {user};"
                " Then run `geomiljo db upgrade` again."
            ),
            role=SERVICE_ROLE,
            user=user,
        ) from error
    there = set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")))
    for table, privileges in PRIVILEGES.items():
        if table in there:
            connection.execute(text(f"REVOKE ALL ON {table} FROM {SERVICE_ROLE}"))
            connection.execute(text(f"GRANT {privileges} ON {table} TO {SERVICE_ROLE}"))
    if connection.scalar(text("SELECT to_regnamespace('work') IS NOT NULL")):
        for what in (
            "USAGE ON SCHEMA work",
            f"{ALL} ON ALL TABLES IN SCHEMA work",
            "USAGE ON ALL SEQUENCES IN SCHEMA work",
        ):
            connection.execute(text(f"GRANT {what} TO {SERVICE_ROLE}"))
