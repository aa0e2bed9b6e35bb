"""The database's schema version: made, upgraded and compared with what this program expects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from geomiljo.database.privileges import grant_to_service
from geomiljo.errors import SchemaError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

VIEWS = "published"
"""Schema of the views that map servers read; see `geomiljo.publishing.views`."""
_MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Schema version of the database and of the program; None: an empty database."""

    current: str | None
    expected: str

    @property
    def is_current(self) -> bool:
        """Whether the two agree."""
        return self.current == self.expected


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def schema_state(engine: Engine) -> SchemaState:
    """Return which schema version the database has and which this program expects."""
    with engine.connect() as connection:
        script = ScriptDirectory.from_config(_config(connection))
        current = MigrationContext.configure(connection).get_current_revision()
    expected = script.get_current_head()
    return SchemaState(current, expected or "")


def known_revisions() -> frozenset[str]:
    """Return the schema versions that this program knows."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return frozenset(revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions())


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the schema up (or down) to `revision`; the extension PostGIS is made on the way.

    A lock in the database lets one process migrate while others wait. The service's role gets its grants afterwards.
    Views of map servers stand in a migration's way and go; `geomiljo db views` makes them anew.

    Raises
    ------
    SchemaError
        The database has a newer schema than this program knows.
    DatabaseError
        The service's role is missing and may not be made.
    """
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('geomiljo.schema'))"))
        current = MigrationContext.configure(connection).get_current_revision()
        script = ScriptDirectory.from_config(_config(connection))
        known = {r.revision for r in script.walk_revisions()}
        if current is not None and current not in known:
            raise SchemaError(
                _("The database has schema {current}, which this version of geomiljo does not know."),
                remedy=_("Use the newer program that made it."),
                current=current,
            )
        if current not in (None, revision if revision != "head" else script.get_current_head()):
            connection.execute(text(f"DROP SCHEMA IF EXISTS {VIEWS} CASCADE"))
        if revision == "head" or (revision in known and _is_after(script, revision, current)):
            command.upgrade(_config(connection), revision)
        else:
            command.downgrade(_config(connection), revision)
        grant_to_service(connection)


def _is_after(script: ScriptDirectory, revision: str, current: str | None) -> bool:
    order = [r.revision for r in script.walk_revisions()][::-1]
    return current is None or order.index(revision) >= order.index(current)


def require_schema(engine: Engine) -> None:
    """Raise unless the schema is the one that this program expects.

    Raises
    ------
    SchemaError
        With the command that mends it.
    """
    state = schema_state(engine)
    if not state.is_current:
        raise SchemaError(
            _("The database has schema {current}; this program expects {expected}."),
            remedy=_("Run `geomiljo db upgrade`."),
            current=state.current or "-",
            expected=state.expected,
        )
