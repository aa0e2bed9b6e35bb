"""Connections that only read: how the database is told to treat them."""

from __future__ import annotations

import asyncio

from pydantic import SecretStr
from sqlalchemy import Engine, text

from geomiljo.database.reading import Reading, compiled
from geomiljo.settings import Settings


def test_no_parallel_worker_is_started_for_a_page(engine: Engine, database_url: str) -> None:
    async def told() -> str:
        settings = Settings(database_url=SecretStr(database_url))
        async with Reading(engine, settings) as reading, reading.session(is_told=False) as session:
            ((value,),) = await session.rows(compiled(text("SHOW max_parallel_workers_per_gather")))
            return str(value)

    assert asyncio.run(told()) == "0"
