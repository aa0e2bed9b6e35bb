"""Testing the sources of a layer: do they answer, with how many objects, where."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geomiljo.catalogue.sources import FolderSource, ManualSource, StacSource
from geomiljo.errors import GeomiljoError, InputError
from geomiljo.layers.sources.opening import opened
from geomiljo.layers.sources.rasters import RasterSource, opened_rasters
from geomiljo.layers.sources.store import shared_reading, write_page
from geomiljo.texts import explain
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from geomiljo.catalogue.layers import Layer
    from geomiljo.catalogue.sources import HarvestableSource, Source
    from geomiljo.layers.sources.base import Source as OpenSource
    from geomiljo.layers.sources.base import Step
    from geomiljo.settings import Settings
    from geomiljo.texts import Language


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of one source.

    Attributes
    ----------
    number : int
        Position in the register, from 1.
    protocol, address, status : str
        As registered.
    count : int or None
        Objects that it says it holds, rasters, or items of a catalogue.
    columns : tuple of str
        Of the first objects; of rasters the names of files, of a catalogue those of its items.
    crs : str or None
        How their coordinates are to be read.
    is_swapped : bool
        They come north before east.
    is_asked : bool
        False: nothing there that a program could ask.
    error : GeomiljoError or None
        Why it cannot be harvested.
    """

    number: int
    protocol: str
    address: str
    status: str
    count: int | None = None
    columns: tuple[str, ...] = ()
    crs: str | None = None
    is_swapped: bool = False
    is_asked: bool = True
    error: GeomiljoError | None = None

    def document(self, language: Language) -> dict[str, Any]:
        """Return the probe as programs read it."""
        return {
            "number": self.number,
            "protocol": self.protocol,
            "address": self.address,
            "status": self.status,
            "count": self.count,
            "columns": list(self.columns),
            "crs": self.crs,
            "isSwapped": self.is_swapped,
            "isAsked": self.is_asked,
            "error": " ".join(explain(self.error, language)) if self.error is not None else None,
        }


def probe_layer(layer: Layer, settings: Settings, number: int | None = None) -> list[Probe]:
    """Test all sources of a layer, or one of them.

    Raises
    ------
    InputError
        There is no source of that number.
    """
    chosen = [(n, source) for n, source in enumerate(layer.sources, start=1) if number in {None, n}]
    if not chosen and number is not None:
        raise InputError(
            _("Layer {layer} has {count} registered sources."),
            remedy=_("geomiljo layer show {layer} lists them."),
            layer=layer.id,
            count=len(layer.sources),
        )
    return [_probe(layer, position, source, settings) for position, source in chosen]


def _probe(layer: Layer, number: int, source: Source, settings: Settings) -> Probe:
    match source:
        case ManualSource():
            return Probe(number, source.protocol, source.place, source.status, is_asked=False)
        case FolderSource():
            found = Probe(number, source.protocol, source.path, source.status)
        case _:
            found = Probe(number, source.protocol, source.url, source.status)
    try:
        if isinstance(source, StacSource) or (layer.is_raster_only and isinstance(source, RasterSource)):
            with opened_rasters(source, settings) as rasters:
                count, names = rasters.sample()
            return replace(found, count=count, columns=names)
        return _asked(found, source, settings)
    except GeomiljoError as error:
        return replace(found, error=error)


def _asked(found: Probe, source: HarvestableSource, settings: Settings) -> Probe:
    with opened(source, settings) as open_source, tempfile.TemporaryDirectory(prefix="geomiljo-") as name:
        found = replace(found, count=open_source.inventory().count)
        folder = Path(name)
        step = _first_page(open_source, folder)
        if step is None:
            return found
        page = next(islice(open_source.take(step, folder / "body").pages, 1), None)
        if page is None:
            return found
        note = write_page(page, folder, "page", open_source, step.name)
        reading = shared_reading([note], open_source.address)
        columns = tuple(page.columns.column_names)
    if reading is None:
        return replace(found, columns=columns)
    return replace(found, columns=columns, crs=reading.crs, is_swapped=reading.swapped)


def _first_page(source: OpenSource, folder: Path) -> Step | None:
    """Return the first step that brings objects."""
    waiting = source.first_steps()[::-1]
    while waiting:
        step = waiting.pop()
        if step.is_page:
            return step
        waiting += source.take(step, folder / "body").steps[::-1]
    return None
