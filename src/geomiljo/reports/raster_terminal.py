"""What became of a raster that was loaded, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geomiljo.reports.console import new_console
from geomiljo.reports.load_terminal import waiting_lines
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import format_count, format_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geomiljo.texts import Language


_OUTCOMES = {
    "new": _("{layer}: {rows} × {columns} cells loaded as version {version}; {share} of them have data."),
    "same": _("{layer}: nothing has changed; version {version} with {rows} × {columns} cells stays."),
    "suspicious": _(
        "{layer}: version {version} with {rows} × {columns} cells, {share} of them with data, is suspicious and waits"
        " for a person."
    ),
    "rejected": _("{layer}: version {version} has been rejected before, and stays so."),
}


def print_raster_report(told: Mapping[str, Any], content: Mapping[str, Any], language: Language) -> None:
    """Print what became of a load, as `LoadedRaster.document` tells it, and what the raster holds."""
    state, is_new = told["state"], told["isNew"]
    console = new_console()
    outcome = translate(
        _OUTCOMES[state if state != "active" else "new" if is_new else "same"],
        language,
        layer=told["layer"],
        version=told["version"],
        rows=format_count(content["rows"], language),
        columns=format_count(content["columns"], language),
        share=format_share(content["validCells"] / (content["rows"] * content["columns"]), language),
    )
    console.print(outcome)
    for line in waiting_lines(told, language):
        console.print("  " + line)
    if not content["wasCog"] and is_new:
        console.print("  " + translate(_("Written as a cloud-optimised GeoTIFF with overviews."), language))
