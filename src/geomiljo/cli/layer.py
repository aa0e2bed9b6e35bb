"""`geomiljo layer`: layers and their versions."""

from __future__ import annotations

from typing import Annotated

import typer

from geomiljo.cli import layer_load, layer_refresh, layer_versions, new_layer
from geomiljo.cli.context import database, note, read_registers, read_settings
from geomiljo.cli.layer_told import print_json
from geomiljo.cli.layer_versions import tell_rebuilt
from geomiljo.cli.words import language, say
from geomiljo.texts import mark as _

app = typer.Typer(no_args_is_help=True, help=say(_("Layers and their versions.")))

app.command("new", help=new_layer.HELP)(new_layer.new)
for _command, _help in (
    *layer_load.COMMANDS.items(),
    *layer_versions.COMMANDS.items(),
    *layer_refresh.COMMANDS.items(),
):
    app.command(_command.__name__, help=_help)(_command)

_Id = Annotated[
    str, typer.Argument(metavar="ID", help=say(_("Layer of the registers; your own are called local.<name>")))
]
_Number = Annotated[
    int | None,
    typer.Option(
        "--source", metavar="N", min=1, help=say(_("Which of the layer's registered sources; else the first"))
    ),
]
_Json = Annotated[bool, typer.Option("--json", help=say(_("Print JSON instead of a table")))]


@app.command("list", help=say(_("All layers: version, date, age against cadence, count, coverage.")))
def list_layers(
    loaded_only: Annotated[bool, typer.Option("--loaded", help=say(_("Only layers that are loaded")))] = False,
    as_json: _Json = False,
) -> None:
    """List the layers of the registers with what is loaded."""
    from geomiljo.layers.overview import layer_overview

    settings = read_settings()
    registers = read_registers(settings)
    with database(settings) as engine, engine.connect() as connection:
        rows = layer_overview(connection, registers)
    chosen = [row for row in rows if row.version is not None or not loaded_only]
    if as_json:
        print_json([row.as_json() for row in chosen])
        return
    from geomiljo.reports.layers_terminal import print_layers

    print_layers(chosen, language())


@app.command("show", help=say(_("What is known about a layer, and how its last load went.")))
def show(layer_id: _Id) -> None:
    """Print a layer's register entry and its active version as JSON."""
    from geomiljo.layers.overview import layer_details

    settings = read_settings()
    registers = read_registers(settings)
    with database(settings) as engine, engine.connect() as connection:
        print_json(layer_details(connection, registers, layer_id))


@app.command("versions", help=say(_("The kept versions of a layer.")))
def versions(layer_id: _Id, as_json: _Json = False) -> None:
    """List the kept versions of a layer, newest first."""
    from geomiljo.layers.overview import version_rows

    settings = read_settings()
    read_registers(settings).layer(layer_id)
    with database(settings) as engine, engine.connect() as connection:
        rows = version_rows(connection, layer_id)
    if as_json:
        print_json(rows)
        return
    from geomiljo.reports.layers_terminal import print_versions

    print_versions(rows, language())


@app.command("activate", help=say(_("Make a kept version the active one.")))
def activate(layer_id: _Id, version: Annotated[str, typer.Argument(metavar="VERSION")]) -> None:
    """Activate a kept version of a layer."""
    from geomiljo.layers import versions as store

    settings = read_settings()
    registers = read_registers(settings)
    with database(settings) as engine:
        active = store.activate(engine, registers, layer_id, version)
        tell_rebuilt(engine, registers, layer_id)
    note(say(_("{layer}: version {version} is active."), layer=layer_id, version=active.version))


@app.command("probe", help=say(_("Ask the sources of a layer what they hold, and load nothing.")))
def probe(layer_id: _Id, source: _Number = None, as_json: _Json = False) -> None:
    """Test a layer's sources; end with code 1 when one of them fails."""
    from geomiljo.layers.probe import probe_layer

    settings = read_settings()
    probes = probe_layer(read_registers(settings).layer(layer_id), settings, source)
    if as_json:
        print_json([found.document(language()) for found in probes])
    else:
        from geomiljo.reports.layer_terminal import print_probes

        print_probes(probes, language())
    if any(found.error is not None for found in probes):
        raise typer.Exit(1)


@app.command("off", help=say(_("Leave a layer out of assessments, with the reason that users are shown.")))
def off(layer_id: _Id, why: Annotated[str, typer.Option("--why", help=say(_("The reason")))]) -> None:
    """Switch a layer off."""
    from geomiljo.layers.versions import switch_off

    settings = read_settings()
    registers = read_registers(settings)
    with database(settings) as engine:
        switch_off(engine, registers, layer_id, why)
    note(say(_("{layer} is switched off: {why}"), layer=layer_id, why=why))


@app.command("on", help=say(_("Take a layer back into assessments.")))
def on(layer_id: _Id) -> None:
    """Switch a layer on again."""
    from geomiljo.layers.versions import switch_on

    settings = read_settings()
    read_registers(settings).layer(layer_id)
    with database(settings) as engine:
        switch_on(engine, layer_id)
    note(say(_("{layer} is in use."), layer=layer_id))
