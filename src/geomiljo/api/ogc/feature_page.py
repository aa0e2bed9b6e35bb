"""A page of features as a document, written while the database finds them."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from geomiljo.api.ogc.answers import GEOJSON, HTML, JSON
from geomiljo.api.ogc.door import Asked
from geomiljo.api.ogc.query import PageQuery
from geomiljo.database.reading import Session
from geomiljo.publishing.geojson import FeatureWriter, Row
from geomiljo.publishing.items import MOST_COUNTED, count_statement, page_statement, place_values
from geomiljo.texts import mark as _
from geomiljo.texts import translate

WHOLE = 200
"""Pages up to this many features are read before the answer begins; longer ones while it is sent."""
MOST_BYTES = 40_000_000
"""A page ends where it is this long, and `next` goes on."""


@dataclass(frozen=True, slots=True)
class _End:
    """How a page ended."""

    count: int
    has_more: bool
    first: Row | None
    last: Row | None


class FeaturePage:
    """A page of features as it is written."""

    def __init__(self, asked: Asked, query: PageQuery) -> None:
        self._asked = asked
        self._query = query
        self._collection = query.selection.collection
        self._writer = FeatureWriter(query.selection, query.form)
        self._end = _End(0, False, None, None)
        self._has_features = False
        self._counted: int | None = None

    @property
    def has_features(self) -> bool:
        """Whether any feature has been found so far."""
        return self._has_features

    async def chunks(self) -> AsyncGenerator[bytes]:
        """Yield the document piece by piece, the first with the first features."""
        is_told = self._collection.layer is None
        async with self._asked.state.reading.session(is_told=is_told) as session:
            head = self._head()
            async with aclosing(self._features(session)) as pieces:
                async for piece in pieces:
                    yield head + piece
                    head = b""
            matched, kind = await self._matched(session)
        yield head + self._tail(matched, kind)

    def _head(self) -> bytes:
        system = self._query.form.system
        crs = {"type": "name", "properties": {"name": system.urn}}
        member = b'"crs":' + orjson.dumps(crs) + b"," if self._query.profile == "crs" else b""
        return b'{"type":"FeatureCollection",' + member + b'"features":['

    async def _blocks(self, session: Session) -> AsyncGenerator[list[Row]]:
        query = self._query
        statement = page_statement(query.selection, query.form, query.place)
        values = {
            **query.selection.values,
            **place_values(query.selection, query.place),
            "limit": query.limit + (not self._is_before),
            "offset": query.offset,
        }
        if query.limit <= WHOLE:
            rows = await self._counted_rows(session, values) if self._is_counted_at_once else None
            yield await session.rows(statement, values) if rows is None else rows
            return
        async with aclosing(session.stream(statement, values)) as blocks:
            async for block in blocks:
                yield block

    @property
    def _is_counted_at_once(self) -> bool:
        """Whether the page and the number of all features are read in one go, so that they are looked for once.

        Not in a box, which seldom holds more than a page, so that there is nothing to count.
        """
        query = self._query
        is_first = query.place is None and not query.selection.sort and "bbox" not in self._asked.parameters
        return query.is_filtered and is_first and self._collection.layer is not None

    async def _counted_rows(self, session: Session, values: dict[str, Any]) -> list[Row] | None:
        """Return the rows of the page; None where there are so many in all that others may be the first."""
        query = self._query
        rows = await session.rows(page_statement(query.selection, query.form, is_counted=True), values)
        if not rows:
            return rows
        self._counted = int(rows[0][-1])
        return [row[:-1] for row in rows] if self._counted <= MOST_COUNTED else None

    @property
    def _is_before(self) -> bool:
        return self._query.place is not None and self._query.place.is_before

    @property
    def _has_before(self) -> bool:
        """Whether it is cheap to give the page before, and there can be one."""
        is_first = self._is_before and self._end.count < self._query.limit
        return not self._query.selection.sort and not is_first

    async def _features(self, session: Session) -> AsyncGenerator[bytes]:
        count = size = 0
        first = last = None
        has_more = False
        async with aclosing(self._blocks(session)) as blocks:
            async for block in blocks:
                pieces = []
                for row in block:
                    if count == self._query.limit or size > MOST_BYTES:
                        has_more = True
                        break
                    pieces.append(self._writer.feature(row))
                    size += len(pieces[-1])
                    count += 1
                    first, last = first or row, row
                if pieces:
                    begin = "," if count > len(pieces) else ""
                    self._has_features = True
                    yield (begin + ",\n".join(pieces)).encode()
                if has_more:
                    break
        self._end = _End(count, has_more or self._is_before, first, last)

    async def _matched(self, session: Session) -> tuple[int | None, str]:
        """Return how many features there are in all, and how it is known."""
        query, end = self._query, self._end
        if not query.is_filtered and self._collection.count is not None:
            return self._collection.count, "exact"
        if query.place is not None:
            known = query.place.matched
            return known, "exact" if known is not None else "omitted"
        if not end.has_more and (end.count or not query.offset):
            return query.offset + end.count, "exact"
        if self._counted is None:
            [(self._counted,)] = await session.rows(count_statement(query.selection), query.selection.values)
        return (self._counted, "exact") if self._counted <= MOST_COUNTED else (None, "omitted")

    def _tail(self, matched: int | None, kind: str) -> bytes:
        told: dict[str, Any] = {"numberReturned": self._end.count}
        if matched is not None:
            told["numberMatched"] = matched
        told["numberMatchedIs"] = kind
        told["timeStamp"] = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        told["links"] = self._links(matched)
        return b"]," + orjson.dumps(told)[1:]

    def _links(self, matched: int | None) -> list[dict[str, str]]:
        asked, query, end = self._asked, self._query, self._end
        address = f"{asked.base}/collections/{quote(self._collection.id)}"
        here = f"{address}/items"

        def link(rel: str, title: str, media_type: str, **changed: str | None) -> dict[str, str]:
            parameters = {k: v for k, v in {**asked.parameters, **changed}.items() if v is not None}
            href = f"{here}?{urlencode(parameters)}" if parameters else here
            return {"href": href, "rel": rel, "type": media_type, "title": translate(title, asked.language)}

        page = {"limit": str(query.limit)}
        links = [
            link("self", _("This page"), GEOJSON, f="json"),
            link("alternate", _("This page as HTML"), HTML, f="html"),
        ]
        if end.has_more and end.last is not None:
            place = self._writer.place_of(end.last, order=query.order, matched=matched)
            links.append(link("next", _("Next page"), GEOJSON, **page, offset=None, cursor=place.text()))
        if query.offset:
            before = str(max(0, query.offset - query.limit))
            links.append(link("prev", _("Page before"), GEOJSON, **page, offset=before))
        elif query.place is not None and end.first is not None and self._has_before:
            place = self._writer.place_of(end.first, order=query.order, matched=matched, is_before=True)
            links.append(link("prev", _("Page before"), GEOJSON, **page, cursor=place.text()))
        collection = {"href": address, "rel": "collection", "type": JSON}
        return [*links, {**collection, "title": self._collection.title.get(asked.language)}]
