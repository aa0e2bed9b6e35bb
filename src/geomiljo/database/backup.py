"""Backups: the whole database in one file, with a manifest of what is in it, and back again.

The file is a zip archive with `database.dump` (pg_dump's custom format) and `manifest.json`; dump and manifest see the
same moment. Roles and their grants are the server's and stay out: they are granted anew.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from geomiljo import __version__
from geomiljo.database.schema import known_revisions, migrate
from geomiljo.errors import Conflict, DatabaseError, SchemaError, UnreadableFile
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_DUMP, _MANIFEST = "database.dump", "manifest.json"
_SCHEMAS = ("public", "work")
_DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class RasterFile:
    """A raster that a layer version needs and that lies beside the database.

    Attributes
    ----------
    layer, version, path : str
    bytes : int or None
        Size; None: it was not there.
    sha256 : str or None
    """

    layer: str
    version: str
    path: str
    bytes: int | None
    sha256: str | None

    @classmethod
    def found(cls, layer: str, version: str, path: str) -> RasterFile:
        """Return the file as it lies there now."""
        file = Path(path)
        is_there = file.is_file()
        size = file.stat().st_size if is_there else None
        return cls(layer, version, path, size, _sha256(file) if is_there else None)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes
    ----------
    software, schema, postgres, postgis : str
        Versions of the program, the tables, the server and its extension.
    created_at : str
        ISO 8601, UTC.
    sha256 : str
        Of the dump.
    layers : dict
        Checksum of each layer's active version.
    rows : dict
        Number of rows of each table.
    rasters : tuple of RasterFile
        What is not in the backup and has to be copied beside it.
    """

    software: str
    schema: str
    postgres: str
    postgis: str
    created_at: str
    sha256: str
    layers: dict[str, str]
    rows: dict[str, int]
    rasters: tuple[RasterFile, ...] = ()

    @classmethod
    def of(cls, document: dict[str, Any]) -> Manifest:
        """Return the manifest of a document; those of older programs name no rasters."""
        rasters = tuple(RasterFile(**each) for each in document.get("rasters", ()))
        return cls(**{**document, "rasters": rasters})

    def missing_rasters(self) -> tuple[RasterFile, ...]:
        """Return the rasters that do not lie where the database looks for them, or are not the same."""
        return tuple(each for each in self.rasters if RasterFile.found(each.layer, each.version, each.path) != each)


def back_up(engine: Engine, path: Path) -> Manifest:
    """Write a backup; an existing file is replaced once the new one is whole.

    Raises
    ------
    DatabaseError
        pg_dump is missing or failed.
    """
    with tempfile.TemporaryDirectory(dir=path.resolve().parent, prefix=".geomiljo-backup-") as folder:
        dump = Path(folder) / _DUMP
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
            options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={dump}"]
            _run(engine, "pg_dump", *options)
            manifest = _manifest(connection, dump)
        whole = Path(folder) / "whole"
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=2, sort_keys=True))
            archive.write(dump, _DUMP)
        whole.chmod(0o600)
        whole.replace(path)
    return manifest


def restore(engine: Engine, path: Path) -> Manifest:
    """Bring a backup back into an empty database, and its tables to this program's version.

    Raises
    ------
    UnreadableFile
        The file is missing, damaged or no backup.
    SchemaError
        The backup's tables are newer than this program.
    Conflict
        The database is not empty.
    DatabaseError
        pg_restore is missing or failed; the database is as empty as it was.
    """
    with tempfile.TemporaryDirectory(prefix="geomiljo-restore-") as folder:
        dump = Path(folder) / _DUMP
        manifest = _unpack(path, dump)
        if manifest.schema not in known_revisions():
            raise SchemaError(
                _("The backup has schema {current}, which this version of geomiljo does not know."),
                remedy=_("Restore it with the program that made it, {software}, or a newer one."),
                current=manifest.schema,
                software=manifest.software,
            )
        _require_empty(engine)
        _run(
            engine, "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(dump)
        )
    with engine.connect() as connection:
        rows = _rows(connection)
    if rows != manifest.rows:
        differing = sorted(name for name in {*rows, *manifest.rows} if rows.get(name) != manifest.rows.get(name))
        raise DatabaseError(
            _("The restored tables do not hold what the manifest says: {tables}."),
            remedy=_("Do not use this database; restore another backup into an empty one."),
            tables=", ".join(differing),
        )
    migrate(engine)
    return manifest


def _manifest(connection: Connection, dump: Path) -> Manifest:
    def one(statement: str) -> str:
        return str(connection.scalar(text(statement)))

    layers = connection.execute(text("SELECT layer, checksum FROM layer_version WHERE state = 'active'"))
    return Manifest(
        software=f"geomiljo {__version__}",
        schema=one("SELECT version_num FROM alembic_version"),
        postgres=one("SHOW server_version"),
        postgis=one("SELECT extversion FROM pg_extension WHERE extname = 'postgis'"),
        created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        sha256=_sha256(dump),
        layers={row.layer: row.checksum for row in layers},
        rows=_rows(connection),
        rasters=_rasters(connection),
    )


def _rasters(connection: Connection) -> tuple[RasterFile, ...]:
    versions = connection.execute(
        text("SELECT layer, version, raster ->> 'path' AS path FROM layer_version WHERE raster IS NOT NULL ORDER BY id")
    )
    return tuple(RasterFile.found(row.layer, row.version, row.path) for row in versions)


def _rows(connection: Connection) -> dict[str, int]:
    """Return the number of rows of each table that holds any of its own; what an extension brings is left out."""
    names = connection.execute(
        text("""SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind = 'r' AND n.nspname = ANY(:schemas) AND NOT EXISTS
                (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1, 2"""),
        {"schemas": list(_SCHEMAS)},
    ).all()
    quote = connection.dialect.identifier_preparer.quote
    return {
        f"{schema}.{name}": int(
            connection.scalar(text(f"SELECT count(*) FROM {quote(schema)}.{quote(name)}")) or 0  # noqa: S608 - quoted
        )
        for schema, name in names
    }


def _unpack(path: Path, dump: Path) -> Manifest:
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = Manifest.of(json.loads(archive.read(_MANIFEST)))
            with archive.open(_DUMP) as source, dump.open("wb") as target:
                shutil.copyfileobj(source, target)
    except FileNotFoundError as error:
        raise UnreadableFile(_("There is no file {file}."), file=path) from error
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, OSError) as error:
        raise _no_backup(path) from error
    if _sha256(dump) != manifest.sha256:
        raise _no_backup(path)
    return manifest


def _no_backup(path: Path) -> UnreadableFile:
    return UnreadableFile(
        _("{file} is no backup of geomiljo, or it is damaged."),
        remedy=_("Take another one; `geomiljo db backup` makes them."),
        file=path,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_empty(engine: Engine) -> None:
    with engine.connect() as connection:
        rows = _rows(connection)
    if rows:
        raise Conflict(
            _("The database is not empty: it has {count} tables."),
            remedy=_("Restore into an empty one: set GEOMILJO_DATABASE_URL, or another GEOMILJO_STATE_DIR."),
            count=len(rows),
        )


def _run(engine: Engine, name: str, *arguments: str) -> None:
    """Run a PostgreSQL program on the engine's database; the password goes by the environment."""
    address = engine.url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = {**os.environ, **({"PGPASSWORD": str(engine.url.password)} if engine.url.password else {})}
    command = [_program(name), f"--dbname={address}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise DatabaseError(
            _("{program} failed: {reason}"),
            remedy=_("Nothing has been changed. See that the program is not older than the server."),
            program=name,
            reason=next(iter(done.stderr.strip().splitlines()), str(done.returncode)),
        )


def _program(name: str) -> str:
    """Return the newest program of that name."""

    def major(path: Path) -> int:
        return int(re.sub(r"\D", "", path.parent.parent.name) or 0)

    installed = sorted(_DEBIAN.glob(f"*/bin/{name}"), key=major, reverse=True)
    found = str(installed[0]) if installed else shutil.which(name)
    if found is None:
        raise DatabaseError(
            _("{program} is not installed."),
            remedy=_("On Debian: `sudo apt-get install postgresql-client`."),
            program=name,
        )
    return found
