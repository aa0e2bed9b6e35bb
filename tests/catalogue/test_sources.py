"""The sources of the shipped registers: every layer says where it comes from, how sure that is, and since when."""

from __future__ import annotations

from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.sources import ManualSource, StacSource
from geomiljo.layers.sources.rasters import RasterSource

FROM_A_FILE = {"lan", "kommun"}
"""Which counties and municipalities there are is loaded once, from whatever file is at hand."""


def test_every_layer_says_where_it_comes_from(catalogue: Catalogue) -> None:
    silent = {layer.id for layer in catalogue.layers.values() if not layer.sources}
    assert silent == FROM_A_FILE


def test_what_is_verified_has_its_day_and_what_is_not_is_marked(catalogue: Catalogue) -> None:
    for layer in catalogue.layers.values():
        for source in layer.sources:
            assert (source.status, source.as_of is None) != ("verified", True), layer.id
            assert source.status in {"verified", "own_knowledge"}, layer.id


def test_sources_for_programs_bring_what_the_layer_holds(catalogue: Catalogue) -> None:
    usable = set()
    for layer in catalogue.layers.values():
        for source in layer.sources:
            if isinstance(source, ManualSource):
                continue
            usable.add(layer.id)
            fits = isinstance(source, RasterSource) if layer.is_raster_only else not isinstance(source, StacSource)
            assert fits, (layer.id, source.protocol)
    assert len(usable) >= 46
    assert {"hojdmodell", "markfuktighet", "naturreservat", "strandskydd_beslutat", "jordarter"} <= usable
