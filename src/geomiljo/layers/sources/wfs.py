"""Web Feature Service 1.1 and 2.0: pages, or parts of the map where a service caps its answers."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

from geomiljo.errors import SourceUnavailable
from geomiljo.layers.sources.base import Inventory, Step, Taken
from geomiljo.layers.sources.json_pages import Collection
from geomiljo.layers.sources.read import read_pages
from geomiljo.layers.sources.reading import frame
from geomiljo.layers.sources.wfs_filter import Filter
from geomiljo.remote import Asked, no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from pathlib import Path

    from geomiljo.catalogue.sources import Partition, WfsSource
    from geomiljo.remote import Answer, Remote

_COUNT = re.compile(rb"""\b(?:numberMatched|numberOfFeatures)\s*=\s*["'](\d+)["']""")
_FAULT = re.compile(rb"<(?:\w+:)?(?:ExceptionText|ServiceException)\b[^>]*>(.*?)</", re.DOTALL)
_IS_FAULT = re.compile(rb"<(?:\w+:)?(?:ExceptionReport|ServiceExceptionReport)\b")
_HEAD = 4_096
_SMALLEST_M = 1.0


class Wfs:
    """Feature types of a WFS."""

    ends_by_itself = False

    def __init__(self, source: WfsSource, remote: Remote, scratch: Path) -> None:
        self.address = source.url
        self.crs: int | None = source.crs
        self._source = source
        self._remote = remote
        self._scratch = scratch
        self._filter = Filter(source.version)
        self._north_first: dict[str, bool] = {}

    def inventory(self) -> Inventory:
        """Return how many objects the feature types have.

        Some services cap their counts as well: a count that equals the cap says nothing.
        """
        counts = [self._count(Step(name)) for name in self._source.type_names]
        return Inventory(None if self._source.cap in counts else sum(counts))

    def first_steps(self) -> list[Step]:
        """Return the question how each feature type is to be divided."""
        return [Step(name, is_page=False) for name in self._source.type_names]

    def take(self, step: Step, path: Path) -> Taken:
        """Divide a part of a feature type, or fetch a page."""
        if step.is_page:
            return self._page(step, path) if step.stop is None else self._beyond(step, path)
        count = self._count(step)
        if self._source.partition is None:
            size = self._source.page_size
            pages = [Step(step.name, start=at, expected=min(size, count - at)) for at in range(0, count, size)]
            return Taken(steps=[*pages, Step(step.name, start=count, stop=count + 1)])
        if count < (self._source.cap or 0):
            page = Step(step.name, step.value, step.rest, step.bbox, expected=count)
            return Taken(steps=[page] if count else [])
        return Taken(steps=self._divided(step, self._source.partition))

    def _divided(self, step: Step, partition: Partition) -> list[Step]:
        if partition.attribute is not None and step.value is None and not step.rest:
            values = [Step(step.name, str(value), is_page=False) for value in partition.values]
            return [*values, Step(step.name, rest=True, is_page=False)]
        xmin, ymin, xmax, ymax = step.bbox or frame(f"EPSG:{self._source.crs}")
        x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
        if not partition.extent or x - xmin < _SMALLEST_M:
            raise no_answer(
                _("{address} has more objects in one part than it gives at once ({cap})."),
                self.address,
                cap=self._source.cap,
            )
        quarters = [(xmin, ymin, x, y), (x, ymin, xmax, y), (xmin, y, x, ymax), (x, y, xmax, ymax)]
        return [Step(step.name, step.value, step.rest, quarter, is_page=False) for quarter in quarters]

    def _page(self, step: Step, path: Path) -> Taken:
        old = self._source.version == "1.1.0"
        parameters = {"srsName": f"urn:ogc:def:crs:EPSG::{self._source.crs}"}
        if step.start is not None:
            parameters |= {"startIndex": str(step.start)}
        parameters |= {"maxFeatures" if old else "count": str(step.expected)}
        if self._source.sort_by:
            parameters["sortBy"] = self._source.sort_by
        named = self._source.output_format or ("application/json" if self._source.format == "geojson" else None)
        if named:
            parameters["outputFormat"] = named
        answer = self._ask(step, parameters, path)
        if self._source.format == "geojson":
            return Taken(Collection.of(answer).pages())
        return Taken(read_pages(answer.path, self.address, "GML"))

    def _beyond(self, step: Step, path: Path) -> Taken:
        """Ask for one object more than there are said to be; what comes is not counted as expected, and ends it."""
        try:
            return self._page(replace(step, expected=1), path)
        except SourceUnavailable:
            return Taken()  # some services refuse to go beyond the end

    def _count(self, step: Step) -> int:
        """Return how many objects a part has; asked without a format, which some services choke on."""
        answer = self._ask(step, {"resultType": "hits"}, self._scratch)
        found = _COUNT.search(answer.body()[:_HEAD])
        if found is None:
            raise no_answer(_("{address} does not say how many objects there are."), self.address)
        return int(found.group(1))

    def _ask(self, step: Step, parameters: dict[str, str], path: Path) -> Answer:
        old = self._source.version == "1.1.0"
        asked = {
            "service": "WFS",
            "version": self._source.version,
            "request": "GetFeature",
            "typeName" if old else "typeNames": step.name,
            **parameters,
            **self._restricted(step),
        }
        answer = self._remote.fetch(Asked(self._source.url, asked), path)
        with answer.path.open("rb") as file:
            head = file.read(_HEAD)
        if _IS_FAULT.search(head):
            told = _FAULT.search(answer.body())
            reason = unescape(told.group(1).decode("utf-8", "replace").strip()) if told else "ExceptionReport"
            raise no_answer(_("{address} answered with an error: {reason}."), self.address, reason=reason)
        return answer

    def _restricted(self, step: Step) -> dict[str, str]:
        """Return the parameters that say which objects are meant."""
        crs = f"urn:ogc:def:crs:EPSG::{self._source.crs}"
        conditions = self._filter.where(self._source.where)
        partition = self._source.partition
        if partition is not None and partition.attribute is not None:
            if step.value is not None:
                conditions += self._filter.where({partition.attribute: step.value})
            if step.rest:
                conditions.append(self._filter.none_of(partition.attribute, partition.values))
        if step.bbox is None:
            return {"filter": self._filter.whole(conditions)} if conditions else {}
        corners = self._ordered(step)
        if conditions:
            return {"filter": self._filter.whole([*conditions, self._filter.inside(corners, crs)])}
        return {"bbox": ",".join(map(repr, corners)) + f",{crs}"}

    def _ordered(self, step: Step) -> tuple[float, float, float, float]:
        """Return the corners of a box in the order that the service understands: it is asked, not believed."""
        box = step.bbox or frame(f"EPSG:{self._source.crs}")
        if step.name not in self._north_first:
            self._north_first[step.name] = True
            whole = Step(step.name, bbox=frame(f"EPSG:{self._source.crs}"))
            count = self._count(Step(step.name))
            if self._count(whole) != count:
                self._north_first[step.name] = False
                if self._count(whole) != count:
                    raise no_answer(
                        _("{address} does not find its objects by a box, in neither order of the axes."), self.address
                    )
        xmin, ymin, xmax, ymax = box
        return (ymin, xmin, ymax, xmax) if self._north_first[step.name] else box
