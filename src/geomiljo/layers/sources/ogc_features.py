"""OGC API Features: page after page along the `next` links."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urljoin, urlsplit

from geomiljo.layers.sources.base import Inventory, Step, Taken
from geomiljo.layers.sources.json_pages import Collection
from geomiljo.layers.sources.plain import plain
from geomiljo.remote import Asked, no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from pathlib import Path

    from geomiljo.catalogue.sources import OgcFeaturesSource
    from geomiljo.remote import Remote

_CRS = "http://www.opengis.net/def/crs/EPSG/0/{code}"
_JSON = {"Accept": "application/geo+json, application/json;q=0.9"}


class OgcFeatures:
    """Collections of an OGC API Features service."""

    ends_by_itself = False

    def __init__(self, source: OgcFeaturesSource, remote: Remote, scratch: Path) -> None:
        self.address = source.url
        self.crs: int | None = source.crs
        self._source = source
        self._remote = remote
        self._scratch = scratch
        self._parameters: dict[str, dict[str, str]] = {}

    def inventory(self) -> Inventory:
        """Return what the first page of each collection says of the whole."""
        counts, states = [], []
        for name in self._source.collections:
            asked = Asked(self._items(name), {**self._asked(name), "limit": "1"}, _JSON)
            collection = Collection.of(self._remote.fetch(asked, self._scratch))
            counts.append(collection.matched)
            states.append(collection.answer.headers.get("last-modified"))
        known = [count for count in counts if count is not None]
        return Inventory(
            sum(known) if len(known) == len(counts) else None,
            ", ".join(str(state) for state in states) if all(states) else None,
        )

    def first_steps(self) -> list[Step]:
        """Return the first page of each collection."""
        return [Step(name) for name in self._source.collections]

    def take(self, step: Step, path: Path) -> Taken:
        """Fetch a page; the next one is told by it."""
        if step.link is None:
            asked = Asked(
                self._items(step.name), {**self._asked(step.name), "limit": str(self._source.page_size)}, _JSON
            )
        else:
            asked = Asked(step.link, {}, _JSON)
        collection = Collection.of(self._remote.fetch(asked, path))
        following = self._following(step, collection.next) if collection.next and collection.count else None
        return Taken(collection.pages(), [following] if following else [])

    def _following(self, step: Step, link: str) -> Step:
        """Return the step of the next page, at our own address: services behind proxies name themselves wrongly."""
        here = self._items(step.name)
        there = urlsplit(urljoin(here, link))
        same_host = there.netloc == urlsplit(here).netloc
        base = there._replace(query="", fragment="").geturl() if same_host else here
        address = Asked(base, dict(parse_qsl(there.query, keep_blank_values=True))).address()
        if address == step.link:
            raise no_answer(_("{address} names a page as its own successor."), self.address)
        return Step(step.name, link=address)

    def _items(self, name: str) -> str:
        return f"{self._source.url.rstrip('/')}/collections/{name}/items"

    def _asked(self, name: str) -> dict[str, str]:
        """Return the parameters of every page: filter values, and the coordinate system where the service offers it."""
        if name not in self._parameters:
            described = self._remote.fetch(
                Asked(f"{self._source.url.rstrip('/')}/collections/{name}", {"f": "json"}, _JSON), self._scratch
            ).json()
            wanted = _CRS.format(code=self._source.crs)
            values = {key: plain(value) for key, value in self._source.where.items()}
            offered = described.get("crs", []) if isinstance(described, dict) else []
            self._parameters[name] = {"f": "json", **values, **({"crs": wanted} if wanted in offered else {})}
        return self._parameters[name]
