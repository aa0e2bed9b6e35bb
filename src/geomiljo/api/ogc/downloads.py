"""Features as files: all that are asked for at once, in memory that does not grow with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Mapping
from functools import partial
from typing import BinaryIO

from fastapi import Response
from sqlalchemy import Engine
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.responses import StreamingResponse

from geomiljo.api.ogc.answers import is_held, kept_headers, not_modified, wanted_form
from geomiljo.api.ogc.door import Asked
from geomiljo.api.ogc.query import page_query
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


def wanted_file(asked: Asked, page_forms: Mapping[str, str]) -> str | None:
    """Return the name of the form where a file is wanted, None where a page is.

    Raises
    ------
    InvalidQuery
        There is no such form.
    """
    name = wanted_form(asked, {**page_forms, **FORMS})
    if name == "json" and asked.parameters.get("profile") == "jsonfg":
        return "jsonfg"
    return name if name in FORMS else None


async def download(asked: Asked, name: str) -> Response:
    """Give all features that are asked for; `limit` counts where it is given."""
    _require_whole(asked)
    collection = await asked.collection()
    query = page_query(asked, collection, None)
    headers = {**kept_headers(asked, collection, name), "Content-Crs": f"<{query.form.system.uri}>"}
    if is_held(asked, headers):
        return not_modified(headers)
    limit = query.limit if "limit" in asked.parameters else None
    wanted = download_of(query.selection, query.form, limit)
    pieces = _pieces(asked.state.engine, wanted, name)
    first = await run_in_threadpool(next, pieces)
    form = KINDS[name]
    disposition = f'attachment; filename="{file_name(collection, form.extension)}"'
    headers["Content-Disposition"] = disposition
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
