"""What became of a raster that was loaded, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geomiljo.reports.console import new_console
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import format_count, format_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geomiljo.texts import Language


def print_raster_report(
    layer: str, version: str, content: Mapping[str, Any], language: Language, *, is_new: bool
) -> None:
    """Print what a loaded raster holds."""
    template = (
        _("{layer}: {rows} × {columns} cells loaded as version {version}; {share} of them have data.")
        if is_new
        else _("{layer}: nothing has changed; version {version} with {rows} × {columns} cells stays.")
    )
    told = translate(
        template,
        language,
        layer=layer,
        version=version,
        rows=format_count(content["rows"], language),
        columns=format_count(content["columns"], language),
        share=format_share(content["validCells"] / (content["rows"] * content["columns"]), language),
    )
    console = new_console()
    console.print(told)
    if not content["wasCog"] and is_new:
        console.print("  " + translate(_("Written as a cloud-optimised GeoTIFF with overviews."), language))
