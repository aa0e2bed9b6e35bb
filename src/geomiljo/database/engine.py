"""Connecting to PostGIS: the address in the settings, or the private cluster."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from geomiljo.database.acting import SERVICE_ROLE, tell_database
from geomiljo.database.slow import log_slow_statements
from geomiljo.errors import DatabaseError, InputError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from geomiljo.settings import Settings


def open_engine(settings: Settings, *, as_service: bool = False) -> Engine:
    """Return an engine for the settings' database; without one the private cluster is started.

    Plans are made anew for every statement: a generic plan is three times slower for large planning areas.

    Parameters
    ----------
    as_service : bool
        Connect as the role that owns nothing, and tell the database in every transaction who acts; see
        `geomiljo.database.acting`. Otherwise as the owner, whom row-level security does not bind.

    Raises
    ------
    DatabaseError
        When there is no answer at the address, or PostGIS is missing there.
    ClusterError
        When the private cluster cannot run.
    """
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
    else:
        from geomiljo.database.cluster import Cluster

        url = Cluster(settings.state_dir).ensure_running()
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            url = "postgresql+psycopg://" + url.removeprefix(prefix)
    engine = create_engine(
        url,
        pool_pre_ping=True,
        connect_args={"application_name": "geomiljo", "options": session_options(settings, as_service=as_service)},
    )
    log_slow_statements(engine, settings.slow_query_ms)
    if as_service:
        tell_database(engine)
    _require_postgis(engine)
    return engine


def session_options(settings: Settings, *, as_service: bool) -> str:
    """Return the options that every connection begins with."""
    timeout_ms = int(settings.statement_timeout_s * 1_000)
    options = f"-c plan_cache_mode=force_custom_plan -c jit=off -c statement_timeout={timeout_ms}"
    return f"{options} -c role={SERVICE_ROLE}" if as_service else options


def _require_postgis(engine: Engine) -> None:
    try:
        with engine.connect() as connection:
            found = connection.scalar(text("SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'"))
    except OperationalError as error:
        if f'"{SERVICE_ROLE}"' in str(error.orig):
            raise DatabaseError(
                _("The role {role}, as which the service connects, is missing or not open to the database's user."),
                remedy=_("Run `geomiljo db upgrade`, or let an administrator run: GRANT {role} TO the user."),
                role=SERVICE_ROLE,
            ) from error
        raise DatabaseError(
            _("The database does not answer: {reason}"),
            remedy=_("Check GEOMILJO_DATABASE_URL, or unset it to use a private PostGIS."),
            reason=str(error.orig).strip().splitlines()[0],
        ) from error
    if not found:
        raise DatabaseError(
            _("PostgreSQL answers, but PostGIS is not installed there."),
            remedy=_("Install PostGIS for that server, on Debian `apt-get install postgresql-postgis`."),
        )


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn the driver's errors into a :class:`DatabaseError`; what the driver says stays out of the text."""
    try:
        yield
    except DBAPIError as error:
        raise refused(error.orig or error) from error
    except psycopg.Error as error:  # from COPY, which goes to the driver without SQLAlchemy
        raise refused(error) from error


def refused(error: BaseException) -> DatabaseError | InputError:
    """Return what users are told of a driver's error."""
    if isinstance(error, psycopg.errors.UntranslatableCharacter) or type(error) is psycopg.DataError:
        return InputError(
            _("A text holds a character that cannot be stored, such as NUL."),
            remedy=_("Remove what is not text, and send it again."),
        )
    if isinstance(error, psycopg.errors.DiskFull):
        return DatabaseError(
            _("The disk of the database is full."),
            remedy=_("Make room there, then do it again; nothing has been changed."),
        )
    return DatabaseError(
        _("The database refused the work ({kind})."),
        remedy=_("`geomiljo db status` tells whether it runs and is up to date; its log has the details."),
        kind=type(error).__name__,
    )


@cache
def query(name: str) -> str:
    """Return the text of `queries/<name>.sql`."""
    return files("geomiljo.database").joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")
