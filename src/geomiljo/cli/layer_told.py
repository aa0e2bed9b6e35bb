"""What commands about layers print of a load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from geomiljo.cli.context import note
from geomiljo.cli.words import language, say
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from geomiljo.layers.load import Loaded
    from geomiljo.layers.raster_load import LoadedRaster


def tell_loaded(loaded: Loaded | LoadedRaster, coverage: str | None, *, as_json: bool) -> None:
    """Print what became of a load, and that no coverage was stated."""
    from geomiljo.layers.load import Loaded

    report = loaded.report.as_json() if isinstance(loaded, Loaded) else loaded.report
    if as_json:
        print_json({**loaded.document(), "report": report})
        return
    if not isinstance(loaded, Loaded):
        from geomiljo.reports.raster_terminal import print_raster_report

        print_raster_report(loaded.document(), report, language())
        return
    from geomiljo.reports.load_terminal import print_load_report

    print_load_report(loaded.document(), report, language())
    if coverage is None and loaded.is_new:
        note(
            say(_("No coverage was stated: where this layer has no object it cannot say no. State it with --coverage."))
        )


def print_json(document: Any) -> None:
    """Print a document as JSON."""
    import orjson

    typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
