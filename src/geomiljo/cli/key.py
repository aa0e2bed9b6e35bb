"""`geomiljo key`: API keys of programs."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer

from geomiljo.cli.context import database, note, read_settings
from geomiljo.cli.words import language, say
from geomiljo.texts import mark as _

app = typer.Typer(no_args_is_help=True, help=say(_("API keys of programs that use the service.")))

KeyRole = Literal["planner", "reviewer", "admin"]
_Json = Annotated[bool, typer.Option("--json", help=say(_("Print JSON instead of a table")))]


@app.command("create", help=say(_("Make a key. It is printed once, and cannot be shown again.")))
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help=say(_("The program that will use it")))],
    role: Annotated[KeyRole, typer.Option("--role", help=say(_("planner, reviewer or admin")))],
    municipality: Annotated[
        str | None, typer.Option("--municipality", metavar="NNNN", help=say(_("A planner's municipality, by its code")))
    ] = None,
    county: Annotated[
        str | None, typer.Option("--county", metavar="NN", help=say(_("A reviewer's county, by its code")))
    ] = None,
    is_writing: Annotated[
        bool, typer.Option("--write", help=say(_("The key may change things, not only read")))
    ] = False,
    days: Annotated[int, typer.Option("--days", help=say(_("How long the key holds")))] = 365,
    as_json: _Json = False,
) -> None:
    """Make a key and print it."""
    from geomiljo.access import LOCAL
    from geomiljo.accounts.keys import KeyRequest, create_key

    wanted = KeyRequest(
        name=name,
        role=role,
        municipality=municipality,
        county=county,
        scope="write" if is_writing else "read",
        days=days,
    )
    with database(read_settings()) as engine, engine.begin() as connection:
        key, made = create_key(connection, LOCAL, wanted)
    if as_json:
        typer.echo(json.dumps({"key": key, **made.as_json()}, ensure_ascii=False, indent=2))
        return
    typer.echo(key)
    note(
        say(
            _("Keep it safe: it is shown this once. It holds until {date}."),
            date=made.expires_at.astimezone().date().isoformat(),
        )
    )


@app.command("list", help=say(_("All keys: whose, what for, until when, when last used.")))
def list_all(as_json: _Json = False) -> None:
    """List the keys; the keys themselves are kept nowhere."""
    from geomiljo.accounts.keys import list_keys

    with database(read_settings()) as engine, engine.connect() as connection:
        keys = list_keys(connection)
    if as_json:
        typer.echo(json.dumps([key.as_json() for key in keys], ensure_ascii=False, indent=2))
        return
    from geomiljo.reports.terminal import print_keys

    print_keys([key.as_json() for key in keys], language())


@app.command("revoke", help=say(_("Let a key open nothing from now on.")))
def revoke(prefix: Annotated[str, typer.Argument(metavar="PREFIX", help=say(_("The key's eight digits")))]) -> None:
    """Revoke a key."""
    from geomiljo.accounts.keys import revoke_key

    with database(read_settings()) as engine, engine.begin() as connection:
        revoked = revoke_key(connection, prefix)
    note(say(_("The key {prefix} ({name}) is revoked."), prefix=revoked.prefix, name=revoked.name))
