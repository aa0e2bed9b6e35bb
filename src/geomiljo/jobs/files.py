"""Files that go into jobs or come out of them: kept in the database, in blocks, so that any worker can read them."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from sqlalchemy import delete, insert, select

from geomiljo.database.work_tables import JobFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

BLOCK_BYTES = 1 << 20


def write_file(connection: Connection, job_id: str, name: str, source: IO[bytes]) -> int:
    """Keep a file of a job, which exists already; return its size in bytes. Memory: one block."""
    size = number = 0
    while block := source.read(BLOCK_BYTES):
        connection.execute(insert(JobFile).values(job_id=job_id, name=name, number=number, content=block))
        size, number = size + len(block), number + 1
    return size


def blocks(connection: Connection, job_id: str, name: str) -> Iterator[bytes]:
    """Yield a file's blocks, one at a time."""
    number = 0
    while True:
        query = select(JobFile.content).where(JobFile.job_id == job_id, JobFile.name == name, JobFile.number == number)
        block = connection.scalar(query)
        if block is None:
            return
        yield block
        number += 1


def read_file(connection: Connection, job_id: str, name: str, target: Path) -> None:
    """Write a file of a job to `target`."""
    with target.open("wb") as file:
        for block in blocks(connection, job_id, name):
            file.write(block)


def drop_file(connection: Connection, job_id: str, name: str) -> None:
    """Delete a file of a job."""
    connection.execute(delete(JobFile).where(JobFile.job_id == job_id, JobFile.name == name))
