"""Features over HTTP: a page of them, or one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Protocol
from urllib.parse import quote

import orjson
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp

from geomiljo.api.ogc import downloads
from geomiljo.api.ogc.answers import (
    GEOJSON,
    HTML,
    JSON,
    asks_whether_held,
    is_held,
    kept_headers,
    not_modified,
    page_answer,
    wanted_form,
)
from geomiljo.api.ogc.door import Asked
from geomiljo.api.ogc.feature_page import WHOLE, FeaturePage
from geomiljo.api.ogc.links import own_links
from geomiljo.api.ogc.pages import feature_page, features_page
from geomiljo.api.ogc.query import OF_ITEM, form_of, page_query, place_of
from geomiljo.errors import InvalidQuery, NotFound
from geomiljo.publishing.collections import Collection
from geomiljo.publishing.geojson import FeatureWriter
from geomiljo.publishing.items import Selection, id_values, item_statement, no_such_feature
from geomiljo.publishing.places import Place
from geomiljo.texts import mark as _

FORMS = {"json": GEOJSON, "html": HTML}


class _Answer(Protocol):
    async def __call__(self, asked: Asked, collection: Collection, *, is_guarded: bool) -> ASGIApp:
        """Return the answer from a collection; see :class:`Selection` for `is_guarded`."""


async def items(asked: Asked) -> ASGIApp:
    """Give a page of features."""
    file_form = downloads.wanted_file(asked, FORMS)
    if file_form is not None:
        return await downloads.download(asked, file_form)
    place = place_of(asked)
    if place is None:
        return await _of_active(asked, _page_answer)
    return await _page_answer(asked, await asked.collection(place.version or None), is_guarded=False, place=place)


async def item(asked: Asked) -> ASGIApp:
    """Give one feature."""
    asked.require_known(*OF_ITEM)
    return await _of_active(asked, _item_answer)


async def _of_active(asked: Asked, answer: _Answer) -> ASGIApp:
    """Return an answer from the active version of the collection.

    That a layer's version is still active is asked together with its features; only where nothing is found, or the
    client asks whether what it has still holds, it is asked alone.
    """
    if not asks_whether_held(asked):
        likely = await asked.collection(is_sure=False)
        if likely.layer is None:
            return await answer(asked, likely, is_guarded=False)
        try:
            return await answer(asked, likely, is_guarded=True)
        except (NotFound, InvalidQuery, _NothingFound):
            if await asked.is_active(likely):
                return await answer(asked, likely, is_guarded=False)
    return await answer(asked, await asked.collection(), is_guarded=False)


class _NothingFound(Exception):
    """No feature was found in a version that may not be active."""


async def _page_answer(
    asked: Asked, collection: Collection, *, is_guarded: bool, place: Place | None = None
) -> ASGIApp:
    form = wanted_form(asked, FORMS)
    query = page_query(asked, collection, place, is_guarded=is_guarded)
    headers = {**kept_headers(asked, collection, form), "Content-Crs": f"<{query.form.system.uri}>"}
    if is_held(asked, headers):
        return not_modified(headers)
    page = FeaturePage(asked, query)
    chunks = page.chunks()
    first = await anext(chunks)
    if is_guarded and not page.has_features:
        await chunks.aclose()
        raise _NothingFound
    if form == "json" and query.limit > WHOLE:
        return StreamingResponse(_begun(first, chunks), headers=headers, media_type=GEOJSON)
    text = b"".join([first, *[chunk async for chunk in chunks]])
    if form == "html":
        return page_answer(features_page(asked, collection, orjson.loads(text)), headers)
    return Response(text, headers=headers, media_type=GEOJSON)


async def _item_answer(asked: Asked, collection: Collection, *, is_guarded: bool) -> ASGIApp:
    form = form_of(asked, collection)
    kind = wanted_form(asked, FORMS)
    headers = {**kept_headers(asked, collection, kind), "Content-Crs": f"<{form.system.uri}>"}
    if is_held(asked, headers):
        return not_modified(headers)
    feature_id = asked.request.path_params["feature_id"]
    if "\0" in feature_id:
        raise no_such_feature(collection, feature_id)
    statement = item_statement(collection, form, is_guarded=is_guarded)
    values = {**id_values(collection, feature_id), "limit": 1, "offset": 0}
    async with asked.state.reading.session(is_told=collection.layer is None) as session:
        rows = await session.rows(statement, values)
    if not rows:
        raise no_such_feature(collection, feature_id)
    writer = FeatureWriter(Selection(collection), form)
    links = orjson.dumps(_item_links(asked, collection, feature_id)).decode()
    text = writer.feature(rows[0], f',"links":{links}')
    if kind == "html":
        return page_answer(feature_page(asked, collection, orjson.loads(text)), headers)
    return Response(text, headers=headers, media_type=GEOJSON)


async def _begun(first: bytes, others: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    """Yield what was read before the answer began, so that what is at fault is told, and then the rest."""
    async with aclosing(others):
        yield first
        async for chunk in others:
            yield chunk


def _item_links(asked: Asked, collection: Collection, feature_id: str) -> list[dict[str, str]]:
    address = f"{asked.base}/collections/{quote(collection.id)}"
    here = f"{address}/items/{quote(feature_id, safe='')}"
    own = own_links(here, GEOJSON, _("This feature"), _("This feature as HTML"), asked.language)
    whole = {"href": address, "rel": "collection", "type": JSON, "title": collection.title.get(asked.language)}
    return [*own, whole]
