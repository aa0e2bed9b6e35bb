"""STAC catalogues: all items that a service's search finds, or that static files link to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pystac

from geomiljo.errors import GeomiljoError
from geomiljo.layers.sources.stac_items import Tile, interval, is_meant, newest
from geomiljo.remote import Asked, Remote, at_home, no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from geomiljo.catalogue.sources import StacSource

_MOST_PAGES = 10_000
_FAULTS = (pystac.STACError, KeyError, TypeError, ValueError, AttributeError)
"""What comes of documents that are no STAC."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a catalogue lists.

    Attributes
    ----------
    count : int
        Items of the collection, box and time that are meant; as many as the service says.
    tiles : tuple of Tile
        The newest of each footprint, the oldest first.
    assets : tuple of str
        Keys of the files of the items.
    """

    count: int
    tiles: tuple[Tile, ...]
    assets: tuple[str, ...]


class StacCatalogue:
    """A catalogue that is open.

    Parameters
    ----------
    scratch : Path
        Where the bodies of answers go.
    """

    def __init__(self, source: StacSource, remote: Remote, scratch: Path) -> None:
        self._source = source
        self._remote = remote
        self._scratch = scratch

    def listing(self) -> Listing:
        """Return what the catalogue lists now.

        Raises
        ------
        SourceUnavailable
            It does not answer as it should, lists other than it says, or an item lacks its file.
        """
        try:
            items = [item for item in self._items() if is_meant(item, self._source)]
            tiles = newest(Tile.of(item, self._source) for item in items)
        except GeomiljoError:
            raise
        except _FAULTS as error:
            raise no_answer(
                _("{address} is no STAC catalogue, or has a damaged item: {reason}."), self._source.url, reason=error
            ) from error
        if not tiles:
            raise no_answer(_("{address} lists no item of what is meant."), self._source.url)
        for tile in tiles:
            self._require_allowed(tile.href)
        return Listing(len(items), tiles, tuple(sorted({key for item in items for key in item.assets})))

    def _items(self) -> Iterator[pystac.Item]:
        """Yield the items, each once."""
        url = self._source.url
        landing = self._json(Asked(url))
        searches = [link for link in landing["links"] if link["rel"] == "search"]
        if not searches:
            yield from self._linked(url, landing, self._source.collection is None, set())
            return
        by_get = next((link for link in searches if link.get("method", "GET") == "GET"), None)
        yield from self._paged(self._question(urljoin(url, (by_get or searches[0])["href"]), is_post=by_get is None))

    def _linked(self, url: str, document: dict[str, Any], is_inside: bool, seen: set[str]) -> Iterator[pystac.Item]:
        """Yield the items that a catalogue and those below it link to; `is_inside`: below what is wanted."""
        seen.add(url)
        is_wanted = is_inside or document["id"] == self._source.collection
        links = [(link["rel"], urljoin(url, link["href"])) for link in document["links"]]
        pages = next((href for rel, href in links if rel == "items"), None)
        if is_wanted and pages is not None:
            yield from self._paged(self._question(pages, is_post=False))
            return
        for rel, href in links:
            if href in seen:
                continue
            if rel == "item" and is_wanted:
                seen.add(href)
                yield pystac.Item.from_dict(self._json(Asked(href)), href=href)
            elif rel == "child":
                yield from self._linked(href, self._json(Asked(href)), is_wanted, seen)

    def _question(self, href: str, *, is_post: bool) -> Asked:
        """Return the question for the first page."""
        source = self._source
        asked: dict[str, Any] = {"limit": source.page_size}
        if source.collection is not None:
            asked["collections"] = [source.collection]
        if source.bbox is not None:
            asked["bbox"] = source.bbox
        if source.datetime is not None:
            asked["datetime"] = "/".join(
                f"{end:%Y-%m-%dT%H:%M:%SZ}" if end else ".." for end in interval(source.datetime)
            )
        if is_post:
            return Asked(href, json=asked)
        joined = {key: ",".join(map(str, value)) for key, value in asked.items() if isinstance(value, list | tuple)}
        return Asked(href, {key: joined.get(key, str(value)) for key, value in asked.items()})

    def _paged(self, asked: Asked) -> Iterator[pystac.Item]:
        """Yield the items of all pages, as many as the service says, each once."""
        ids: list[tuple[str | None, str]] = []
        matched: int | None = None
        for _page in range(_MOST_PAGES):
            page = self._json(asked)
            matched = page.get("numberMatched", page.get("context", {}).get("matched", matched))
            for document in page["features"]:
                item = pystac.Item.from_dict(document, href=_own_address(document, asked.url))
                ids.append((item.collection_id, item.id))
                yield item
            link = next((link for link in page.get("links", []) if link["rel"] == "next"), None)
            if link is None:
                break
            asked = _following(link, asked)
        else:
            raise no_answer(_("{address} lists without an end."), self._source.url)
        expected = len(ids) if matched is None else matched
        if len(set(ids)) != expected or len(ids) != expected:
            raise no_answer(
                _("{address} says that it holds {expected} objects, but gave {count} different ones."),
                self._source.url,
                expected=expected,
                count=len(set(ids)),
            )

    def _json(self, asked: Asked) -> dict[str, Any]:
        self._require_allowed(asked.url)
        document: dict[str, Any] = self._remote.fetch(asked, self._scratch).json()
        return document

    def _require_allowed(self, url: str) -> None:
        """Refuse an address to which credentials would go that they are not for."""
        source = self._source
        if urlsplit(url).scheme not in {"http", "https"}:
            raise no_answer(_("{address} leads to {link}, which is no web address."), source.url, link=url)
        if source.credentials and urlsplit(url).netloc not in source.hosts:
            at_home(url, source.url)


def _following(link: dict[str, Any], asked: Asked) -> Asked:
    """Return the question that a link to the next page means."""
    href = urljoin(asked.url, link["href"])
    headers = {**asked.headers, **link.get("headers", {})}
    if link.get("method", "GET") == "GET":
        return Asked(href, headers=headers)
    before = asked.json if link.get("merge") and asked.json else {}
    return Asked(href, headers=headers, json={**before, **link.get("body", {})})


def _own_address(document: dict[str, Any], page: str) -> str:
    """Return what addresses in an item are relative to."""
    own: str | None = next((link["href"] for link in document.get("links", []) if link["rel"] == "self"), None)
    return urljoin(page, own or "")
