"""`geomiljo db`: the database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geomiljo.cli.context import note, read_settings
from geomiljo.cli.words import say
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from geomiljo.database.backup import Manifest

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


@app.command("views", help=say(_("Make the views that a map server reads: what everybody may see.")))
def views() -> None:
    """Make the views, and the role that reads them, in an existing database."""
    from geomiljo.cli.context import database, read_registers
    from geomiljo.database.schema import VIEWS
    from geomiljo.publishing.views import READER, make_views

    settings = read_settings()
    with database(settings) as engine, engine.begin() as connection:
        made = make_views(connection, read_registers(settings), settings)
    for name in made:
        typer.echo(f"{VIEWS}.{name}")
    note(say(_("{count} views, read by the role {role}."), count=len(made), role=READER))


@app.command("backup", help=say(_("Write the whole database to a file, with a manifest of what is in it.")))
def backup(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Back the database up while it is in use."""
    from geomiljo.cli.context import database
    from geomiljo.database.backup import back_up

    with database(read_settings()) as engine:
        manifest = back_up(engine, file)
    _tell_manifest(_("Written to {file}: schema {schema}, {rows} rows in {tables} tables."), file, manifest)
    if manifest.rasters:
        size = sum(each.bytes or 0 for each in manifest.rasters)
        note(
            say(
                _("{count} raster files of {size} MB are not in it: copy them beside it. The manifest lists them."),
                count=len(manifest.rasters),
                size=round(size / 1_000_000),
            )
        )


@app.command("restore", help=say(_("Bring a backup back into an empty database.")))
def restore(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Restore a backup; its tables are brought to this program's version."""
    from geomiljo.database import backup as backups
    from geomiljo.database.engine import open_engine

    engine = open_engine(read_settings())
    try:
        manifest = backups.restore(engine, file)
    finally:
        engine.dispose()
    _tell_manifest(_("Restored from {file}: schema {schema}, {rows} rows in {tables} tables."), file, manifest)
    for raster in manifest.missing_rasters():
        note(
            say(
                _("Layer {layer} needs its raster, which is not there or another one: copy it to {path}."),
                layer=raster.layer,
                path=raster.path,
            )
        )


def _tell_manifest(template: str, file: Path, manifest: Manifest) -> None:
    rows, tables = sum(manifest.rows.values()), len(manifest.rows)
    note(say(template, file=file, schema=manifest.schema, rows=rows, tables=tables))


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
