"""Reading many rows quickly: the service's second way to the database, without threads and without an ORM.

Statements are written with SQLAlchemy, compiled once for each shape, and run on asynchronous connections.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg_pool import AsyncConnectionPool
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from geomiljo.database.acting import telling
from geomiljo.database.engine import session_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

    import psycopg
    from sqlalchemy import BindParameter, ClauseElement, Engine
    from sqlalchemy.types import TypeEngine

    from geomiljo.settings import Settings

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
MOST_CONNECTIONS = 8
_FIRST_ROWS, _MORE_ROWS = 200, 1_000


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement as the driver takes it, with the values that it was written with."""

    sql: str
    values: Mapping[str, Any]


def slot(name: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
    """Return a place for a value that is given when the statement runs."""
    return bindparam(name, type_=kind, required=False)


def compiled(statement: ClauseElement) -> Compiled:
    """Return a statement as the driver takes it."""
    made = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    values = dict(made.params)
    for name, bind in getattr(made, "binds", {}).items():
        process = bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
        if process is not None and values.get(name) is not None:
            values[name] = process(values[name])
    return Compiled(str(made), values)


class Reading:
    """Connections that only read, for one event loop.

    Parameters
    ----------
    engine : Engine
        Whose database it is.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        # To start a parallel worker takes longer (13 ms) than a page or a tile.
        alone = f"{session_options(settings, as_service=True)} -c max_parallel_workers_per_gather=0"
        options = {"options": alone, "application_name": "geomiljo reading"}
        self._pool = AsyncConnectionPool(
            address, min_size=1, max_size=MOST_CONNECTIONS, open=False, kwargs={**options, "autocommit": True}
        )

    async def __aenter__(self) -> Reading:
        """Open the connections."""
        await self._pool.open()
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close them."""
        await self._pool.close()

    @asynccontextmanager
    async def session(self, *, is_told: bool) -> AsyncIterator[Session]:
        """Lend a connection.

        Parameters
        ----------
        is_told : bool
            All statements are one read-only transaction of the caller's, as row-level security asks. Otherwise each
            stands alone and the database answers as to anybody: for tables that it does not guard.
        """
        async with self._pool.connection() as connection:
            if not is_told:
                yield Session(connection)
                return
            async with connection.transaction():
                await connection.execute(*telling())
                yield Session(connection)


class Session:
    """A connection that is lent."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection

    async def rows(
        self, statement: Compiled, values: Mapping[str, Any] | None = None, *, binary: bool = False
    ) -> list[tuple[Any, ...]]:
        """Return all rows; `values` replace those that the statement was written with.

        Parameters
        ----------
        binary : bool
            Values come as they are, not as text: for bytes.
        """
        given = {**statement.values, **(values or {})}
        cursor = await self._connection.execute(statement.sql, given, binary=binary)
        return await cursor.fetchall()

    async def stream(
        self, statement: Compiled, values: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[list[tuple[Any, ...]]]:
        """Yield rows in blocks as the database finds them; what is not asked for is never read.

        Who stops before the end closes it, so that the transaction ends before the connection goes back.
        """
        async with self._connection.transaction(), self._connection.cursor("page") as cursor:
            await cursor.execute(statement.sql, {**statement.values, **(values or {})})
            size = _FIRST_ROWS
            while block := await cursor.fetchmany(size):
                yield block
                size = _MORE_ROWS
