"""`geomiljo db`: the database."""

from __future__ import annotations

import typer

from geomiljo.cli.context import note, read_settings
from geomiljo.cli.words import say
from geomiljo.texts import mark as _

app = typer.Typer(no_args_is_help=True, help=say(_("The database.")))


def _migrate() -> None:
    from geomiljo.database.engine import open_engine
    from geomiljo.database.schema import migrate, schema_state

    engine = open_engine(read_settings())
    migrate(engine)
    note(say(_("The database has schema {revision}."), revision=schema_state(engine).current))
    engine.dispose()


@app.command("init", help=say(_("Make the tables in an empty database.")))
def init() -> None:
    """Make the tables; the private cluster is started when no address is set."""
    _migrate()


@app.command("upgrade", help=say(_("Bring the tables to this program's version.")))
def upgrade() -> None:
    """Run the migrations that are missing."""
    _migrate()


@app.command("status", help=say(_("Whether the database runs and fits this program.")))
def status() -> None:
    """Tell where the database is, whether it runs, and its schema version."""
    from geomiljo.database.engine import open_engine
    from geomiljo.database.schema import schema_state

    settings = read_settings()
    if settings.database_url is None:
        from geomiljo.database.cluster import Cluster

        found = Cluster(settings.state_dir).status()
        typer.echo(say(_("Private cluster: {state}, data in {folder}"), state=found.state, folder=found.data_dir))
        if found.state != "running":
            return
    engine = open_engine(settings)
    schema = schema_state(engine)
    engine.dispose()
    fit = say(_("up to date")) if schema.is_current else say(_("run `geomiljo db upgrade`"))
    typer.echo(
        say(
            _("Schema {current}, expected {expected}: {fit}"),
            current=schema.current or "-",
            expected=schema.expected,
            fit=fit,
        )
    )


@app.command("stop", help=say(_("Stop the private cluster.")))
def stop() -> None:
    """Stop the private cluster; a database of one's own is left alone."""
    from geomiljo.database.cluster import Cluster

    settings = read_settings()
    if settings.database_url is not None:
        note(say(_("GEOMILJO_DATABASE_URL is set: that database is not ours to stop.")))
        return
    Cluster(settings.state_dir).stop()
    note(say(_("The private cluster is stopped.")))
