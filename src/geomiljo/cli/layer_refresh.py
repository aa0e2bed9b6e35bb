"""`geomiljo layer refresh` and `derive`: layers brought up to date."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from geomiljo.cli.context import database, note, read_registers, read_settings, tell_error
from geomiljo.cli.layer_told import print_json, tell_loaded
from geomiljo.cli.layer_versions import tell_rebuilt
from geomiljo.cli.words import language, say
from geomiljo.errors import GeomiljoError, InputError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Engine

    from geomiljo.catalogue import Catalogue
    from geomiljo.layers.due import DueLayer
    from geomiljo.settings import Settings

_Id = Annotated[
    str, typer.Argument(metavar="ID", help=say(_("Layer of the registers; your own are called local.<name>")))
]
_Json = Annotated[bool, typer.Option("--json", help=say(_("Print JSON instead of a table")))]


def derive(
    layer_id: _Id,
    accept: Annotated[
        bool,
        typer.Option("--accept", help=say(_("I have looked at it: use it however it differs from the active version"))),
    ] = False,
    as_json: _Json = False,
) -> None:
    """Make a derived layer and tell how; once loaded it is made again when its inputs change."""
    from geomiljo.layers.rebuild import make_derived

    settings = read_settings()
    registers = read_registers(settings)
    with database(settings) as engine:
        made = make_derived(engine, registers, layer_id, accept=accept)
        tell_rebuilt(engine, registers, layer_id)
    tell_loaded(made, coverage="", as_json=as_json)
    recipe = registers.layer(layer_id).recipe
    if recipe is not None:
        note(recipe.lineage.get(language()))


def refresh(
    layer_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID…]")] = None,
    due: Annotated[
        bool, typer.Option("--due", help=say(_("All layers whose source was last asked longer ago than its cadence")))
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=say(_("Only tell which are due")))] = False,
    as_json: _Json = False,
) -> None:
    """Load layers again with what was stated at their last load; one that fails does not stop the others."""
    from geomiljo.layers.due import due_layers

    if bool(layer_ids) == due:
        raise InputError(_("Which layers are to be loaded again?"), remedy=_("Name them, or write --due."))
    settings = read_settings()
    registers = read_registers(settings)
    with database(settings) as engine:
        asked = list(layer_ids or ())
        if due:
            with engine.connect() as connection:
                found = due_layers(connection, registers, dt.datetime.now(dt.UTC))
            _tell_due(found, as_json=as_json and dry_run)
            asked = [each.layer for each in found if each.can_be_fetched]
        if not dry_run:
            _refresh(engine, registers, asked, settings, as_json=as_json)


def _tell_due(found: Sequence[DueLayer], *, as_json: bool) -> None:
    if as_json:
        print_json([each.document() for each in found])
        return
    if not found:
        note(say(_("No layer is due.")))
    for each in found:
        days = {"layer": each.layer, "days": int(each.overdue_days), "cadence": each.cadence_days}
        note(say(_("{layer}: {days} days beyond its {cadence}."), **days))
        if not each.can_be_fetched:
            note("  " + say(_("Its file is gone: load another with geomiljo layer load {layer} FILE."), **days))


def _refresh(
    engine: Engine, registers: Catalogue, layer_ids: Sequence[str], settings: Settings, *, as_json: bool
) -> None:
    from geomiljo.layers.rebuild import renew

    failed: GeomiljoError | None = None
    for layer_id in layer_ids:
        try:
            tell_loaded(renew(engine, registers, layer_id, settings), coverage="", as_json=as_json)
        except GeomiljoError as error:
            tell_error(error)
            failed = error
    if failed is not None:
        raise typer.Exit(failed.exit_code)


COMMANDS: Mapping[Callable[..., None], str] = {
    refresh: say(_("Load layers again from the sources or files they came from.")),
    derive: say(_("Make a layer from others, by the recipe in the registers.")),
}
"""The commands, and what their help says."""
