"""`geomiljo layer accept`, `reject` and `changes`: versions that wait for a person, and what differs between two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from geomiljo.cli.context import database, note, read_registers, read_settings
from geomiljo.cli.words import language, say
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine

    from geomiljo.catalogue import Catalogue

_Id = Annotated[
    str, typer.Argument(metavar="ID", help=say(_("Layer of the registers; your own are called local.<name>")))
]


def accept(layer_id: _Id, version: Annotated[str, typer.Argument(metavar="VERSION")]) -> None:
    """Accept a suspicious version of a layer."""
    from geomiljo.access import LOCAL
    from geomiljo.layers.settle import accept_version

    settings = read_settings()
    registers = read_registers(settings)
    with database(settings) as engine:
        accepted = accept_version(engine, registers, LOCAL, layer_id, version)
        tell_rebuilt(engine, registers, layer_id)
    note(say(_("{layer}: version {version} is active."), layer=layer_id, version=accepted.version))


def reject(layer_id: _Id, version: Annotated[str, typer.Argument(metavar="VERSION")]) -> None:
    """Reject a suspicious version of a layer."""
    from geomiljo.access import LOCAL
    from geomiljo.layers.settle import reject_version

    settings = read_settings()
    registers = read_registers(settings)
    with database(settings) as engine:
        rejected = reject_version(engine, registers, LOCAL, layer_id, version)
    note(say(_("{layer}: version {version} is rejected."), layer=layer_id, version=rejected.version))


def changes(
    layer_id: _Id,
    was: Annotated[
        str | None,
        typer.Argument(
            metavar="FROM",
            help=say(_("Version; without it, the active one where another waits, else the one replaced last")),
        ),
    ] = None,
    now: Annotated[
        str | None,
        typer.Argument(
            metavar="TO", help=say(_("Version; without it, the one that waits for a person, else the active one"))
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=say(_("Print JSON instead of a table")))] = False,
) -> None:
    """Tell what differs between two kept versions of a layer."""
    import orjson

    from geomiljo.layers.changes import change_report

    settings = read_settings()
    read_registers(settings).layer(layer_id)
    with database(settings) as engine, engine.connect() as connection:
        report = change_report(connection, layer_id, was, now).document()
    if as_json:
        typer.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2).decode())
        return
    from geomiljo.reports.layers_terminal import print_changes

    print_changes(report, language())


def tell_rebuilt(engine: Engine, registers: Catalogue, layer_id: str) -> None:
    """Make again what is made from a layer, and tell it."""
    from geomiljo.layers.rebuild import rebuild_dependants

    for made in rebuild_dependants(engine, registers, layer_id):
        template = _("{layer}, made from {source}: version {version}.")
        note(say(template, layer=made.layer, source=layer_id, version=made.version))


COMMANDS: Mapping[Callable[..., None], str] = {
    accept: say(_("Use a version that waits for a person.")),
    reject: say(_("Never use a version that waits for a person.")),
    changes: say(_("What differs between two versions: new, gone and changed objects.")),
}
"""The commands, and what their help says."""
