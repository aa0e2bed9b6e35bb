"""A table of another PostGIS, read in one snapshot."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
from psycopg import sql

from geomiljo.batches import BATCH_BYTES, row_batches
from geomiljo.layers.sources.base import Inventory, Page, Step, Taken
from geomiljo.layers.sources.read import plain_columns
from geomiljo.remote import basic_credentials, no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from geomiljo.catalogue.sources import PostgisSource
    from geomiljo.settings import Settings

_ROWS = 5_000
_FETCHED_ROWS = 250


class PostgisTable:
    """A table with a geometry column."""

    ends_by_itself = False

    def __init__(self, source: PostgisSource, connection: psycopg.Connection[Any]) -> None:
        self.address = source.url
        self.crs: int | None = None
        self._source = source
        self._connection = connection
        self._table = sql.Identifier(*source.table.split("."))

    @classmethod
    @contextmanager
    def connected(cls, source: PostgisSource, settings: Settings) -> Iterator[PostgisTable]:
        """Connect, and see one state of the database until the end.

        Raises
        ------
        SourceUnavailable
            The database cannot be reached or read.
        """
        told: dict[str, Any] = {"connect_timeout": max(2, int(settings.source_timeout_s))}
        if source.credentials is not None:
            user, password = basic_credentials(settings, source.credentials)
            told |= {"user": user, "password": password}
        try:
            with psycopg.connect(source.url, **told) as connection:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
                yield cls(source, connection)
        except psycopg.Error as error:
            raise no_answer(
                _("{address} cannot be read: {reason}."),
                source.url,
                reason=str(error).splitlines()[0] if str(error) else "-",
            ) from error

    def inventory(self) -> Inventory:
        """Return the number of rows."""
        return Inventory(int(self._one(sql.SQL("SELECT count(*) FROM {table}").format(table=self._table))))

    def first_steps(self) -> list[Step]:
        """Return the table."""
        return [Step(self._source.table)]

    def take(self, step: Step, path: Path) -> Taken:
        """Read all rows, page by page."""
        return Taken(self._pages())

    def _pages(self) -> Iterator[Page]:
        geometry = sql.Identifier(self._source.geometry)
        srid = self._one(
            sql.SQL("SELECT ST_SRID({geometry}) FROM {table} WHERE {geometry} IS NOT NULL LIMIT 1").format(
                geometry=geometry, table=self._table
            )
        )
        select = sql.SQL("SELECT *, ST_AsBinary({geometry}) AS __wkb FROM {table}").format(
            geometry=geometry, table=self._table
        )
        with self._connection.cursor(name="geomiljo_harvest") as cursor:
            cursor.itersize = _FETCHED_ROWS
            cursor.execute(select)
            names = [column.name for column in cursor.description or ()]
            for rows in row_batches(cursor, _ROWS, BATCH_BYTES):
                yield self._page(names, rows, f"EPSG:{srid}" if srid else None)

    def _page(self, names: Sequence[str], rows: Sequence[Sequence[Any]], crs: str | None) -> Page:
        values = dict(zip(names, zip(*rows, strict=True), strict=True))
        wkb = pa.array([None if v is None else bytes(v) for v in values.pop("__wkb")], pa.large_binary())
        values.pop(self._source.geometry)
        ids = [str(value) for value in values[self._source.id]] if self._source.id else None
        columns = {name: _array(column) for name, column in values.items()}
        table = pa.table(columns) if columns else pa.table({"_": pa.nulls(len(wkb))})
        return Page(plain_columns(table), wkb, crs, ids)

    def _one(self, statement: sql.Composed) -> Any:
        row = self._connection.execute(statement).fetchone()
        return row[0] if row else None


def _array(values: Sequence[Any]) -> pa.Array:
    """Return a column; what Arrow has no type for becomes text."""
    plain = [float(v) if isinstance(v, Decimal) else v for v in values]
    try:
        return pa.array(plain)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if v is None else str(v) for v in plain], pa.string())
