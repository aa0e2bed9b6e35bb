"""ArcGIS REST: pages by offset where the service can, else by ranges of object ids."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geomiljo.layers.sources.base import Inventory, Step, Taken
from geomiljo.layers.sources.read import read_pages
from geomiljo.remote import Asked, no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from geomiljo.catalogue.sources import ArcgisSource
    from geomiljo.layers.sources.base import Page
    from geomiljo.remote import Remote

_DEFAULT_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class _About:
    """What a layer says of itself."""

    page: int
    id_field: str
    can_page: bool
    edited_ms: int | None


class Arcgis:
    """Layers of an ArcGIS REST service."""

    ends_by_itself = False

    def __init__(self, source: ArcgisSource, remote: Remote, scratch: Path) -> None:
        self.address = source.url
        self.crs: int | None = source.crs
        self._source = source
        self._remote = remote
        self._scratch = scratch
        self._known: dict[str, _About] = {}

    def inventory(self) -> Inventory:
        """Return the count of the layers, and when they were last edited where all of them say so."""
        self._known.clear()
        count = sum(self._count(str(number)) for number in self._source.layers)
        edits = [self._about(str(number)).edited_ms for number in self._source.layers]
        known = [edit for edit in edits if edit is not None]
        if len(known) < len(edits):
            return Inventory(count)
        date = dt.datetime.fromtimestamp(max(known) / 1_000, dt.UTC).date()
        return Inventory(count, ",".join(map(str, known)), date)

    def first_steps(self) -> list[Step]:
        """Return the question how each layer is to be paged."""
        return [Step(str(number), is_page=False) for number in self._source.layers]

    def take(self, step: Step, path: Path) -> Taken:
        """Divide a layer into pages, or fetch one."""
        about = self._about(step.name)
        if not step.is_page:
            return Taken(steps=self._by_offset(step.name, about) if about.can_page else self._by_ids(step.name, about))
        asked = {
            "outFields": "*",
            "returnGeometry": "true",
            "outSR": str(self._source.crs),
            "where": self._source.where,
        }
        if step.stop is None:
            asked |= {
                "resultOffset": str(step.start),
                "resultRecordCount": str(about.page),
                "orderByFields": about.id_field,
            }
        else:
            asked["where"] = (
                f"({self._source.where}) AND {about.id_field} >= {step.start} AND {about.id_field} < {step.stop}"
            )
        answer, document = self._query(step.name, asked, path)
        ids = [str(feature["attributes"].get(about.id_field)) for feature in document.get("features", [])]
        pages: Iterator[Page] | tuple[()] = read_pages(answer, self.address, "ESRIJSON", ids=ids) if ids else ()
        return Taken(pages)

    def _by_offset(self, name: str, about: _About) -> list[Step]:
        count = self._count(name)
        return [
            Step(name, start=start, expected=min(about.page, count - start)) for start in range(0, count, about.page)
        ]

    def _by_ids(self, name: str, about: _About) -> list[Step]:
        _path, document = self._query(name, {"where": self._source.where, "returnIdsOnly": "true"}, self._scratch)
        ids = sorted(document.get("objectIds") or [])
        parts = [ids[start : start + about.page] for start in range(0, len(ids), about.page)]
        return [Step(name, start=part[0], stop=part[-1] + 1, expected=len(part)) for part in parts]

    def _count(self, name: str) -> int:
        _path, document = self._query(name, {"where": self._source.where, "returnCountOnly": "true"}, self._scratch)
        if not isinstance(document.get("count"), int):
            raise no_answer(_("{address} does not say how many objects there are."), self.address)
        return int(document["count"])

    def _about(self, name: str) -> _About:
        if name not in self._known:
            self._known[name] = self._ask_about(name)
        return self._known[name]

    def _ask_about(self, name: str) -> _About:
        _path, document = self._get(f"{self._source.url}/{name}", {}, self._scratch)
        fields = [f["name"] for f in document.get("fields", []) if f.get("type") == "esriFieldTypeOID"]
        most = int(document.get("maxRecordCount") or _DEFAULT_PAGE)
        edited = (document.get("editingInfo") or {}).get("lastEditDate")
        abilities = document.get("advancedQueryCapabilities") or {}
        return _About(
            min(most, self._source.page_size or most),
            str(document.get("objectIdField") or (fields or ["OBJECTID"])[0]),
            bool(abilities.get("supportsPagination")),
            edited if isinstance(edited, int) else None,
        )

    def _query(self, name: str, parameters: dict[str, str], path: Path) -> tuple[Path, dict[str, Any]]:
        return self._get(f"{self._source.url}/{name}/query", parameters, path)

    def _get(self, url: str, parameters: dict[str, str], path: Path) -> tuple[Path, dict[str, Any]]:
        """Return a JSON answer; errors come with status 200."""
        answer = self._remote.fetch(Asked(url, {"f": "json", **parameters}), path)
        document = answer.json()
        if not isinstance(document, dict) or "error" in document:
            error = document.get("error") if isinstance(document, dict) else None
            raise no_answer(
                _("{address} answered with an error: {reason}."),
                url,
                reason=error.get("message") if isinstance(error, dict) else error,
            )
        return answer.path, document
