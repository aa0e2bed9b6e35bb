"""The commands, gathered."""

from __future__ import annotations

from typing import Annotated

import typer

from geomiljo import __version__
from geomiljo.cli import catalogue, check, compare, db, key, layer, plan, serve, worker
from geomiljo.cli.words import say
from geomiljo.texts import mark as _

app = typer.Typer(
    name="geomiljo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=say(_("Checks planning areas against layers and the environmental quality objectives.")),
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"geomiljo {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help=say(_("Show the version and end."))),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


app.command("check", help=check.HELP)(check.check)
app.add_typer(layer.app, name="layer")
plan.app.command("compare", help=compare.HELP)(compare.compare)
app.add_typer(plan.app, name="plan")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(db.app, name="db")
app.add_typer(key.app, name="key")
app.command("serve", help=serve.HELP)(serve.serve)
app.command("worker", help=worker.HELP)(worker.worker)
