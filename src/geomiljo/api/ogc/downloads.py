"""Features as files: all that are asked for at once, in memory that does not grow with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Mapping
from functools import partial
from typing import BinaryIO

from fastapi import Response
from sqlalchemy import Engine
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.responses import StreamingResponse

from geomiljo.api.ogc.door import Asked
from geomiljo.api.ogc.query import PageQuery
from geomiljo.errors import InvalidQuery
from geomiljo.publishing.downloads import (
    FILES,
    STREAMS,
    Download,
    FileFormat,
    StreamFormat,
    download_of,
    file_name,
    written_file,
)
from geomiljo.texts import mark as _

KINDS: Mapping[str, StreamFormat | FileFormat] = {**STREAMS, **FILES}
FORMS = {name: form.media_type for name, form in KINDS.items()}
_CHUNK = 1 << 18
_OF_PAGES = ("offset", "cursor", "sortby", "skipGeometry", "zoom-level")


async def download_answer(asked: Asked, query: PageQuery, name: str, headers: dict[str, str]) -> Response:
    """Return all features that are asked for; `limit` counts where it is given.

    Raises
    ------
    InvalidQuery
        A parameter is about pages or their drawing.
    """
    _require_whole(asked)
    limit = query.limit if "limit" in asked.parameters else None
    download = download_of(query.selection, query.form, limit)
    pieces = _pieces(asked.state.engine, download, name)
    first = await run_in_threadpool(next, pieces)
    form = KINDS[name]
    disposition = f'attachment; filename="{file_name(download.collection, form.extension)}"'
    headers = {**headers, "Content-Disposition": disposition}
    return StreamingResponse(_sent(first, pieces), headers=headers, media_type=form.media_type)


def _require_whole(asked: Asked) -> None:
    for name in _OF_PAGES:
        if name in asked.parameters:
            raise InvalidQuery(
                _("{name} does not go with a download, which is whole."),
                remedy=_("Leave it out, or ask for f=json."),
                location=name,
                name=name,
            )


def _pieces(engine: Engine, download: Download, name: str) -> Generator[bytes, None, None]:
    """Yield the file; the transaction is the caller's who asks for the first piece."""
    with engine.connect() as connection:
        if name in STREAMS:
            yield from STREAMS[name].pieces(connection, download)
            return
        file = written_file(connection, download, FILES[name])
    yield from _read(file)


def _read(file: BinaryIO) -> Generator[bytes, None, None]:
    with file:
        yield from iter(partial(file.read, _CHUNK), b"")


async def _sent(first: bytes, pieces: Generator[bytes, None, None]) -> AsyncIterator[bytes]:
    try:
        yield first
        async for piece in iterate_in_threadpool(pieces):
            yield piece
    finally:
        pieces.close()  # the client may have gone: the connection goes back at once
