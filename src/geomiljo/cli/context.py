"""What most commands need: settings, registers, a database that is up to date, and a way to tell things."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from geomiljo.cli.words import language, say
from geomiljo.errors import GeomiljoError, InputError
from geomiljo.texts import explain
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from geomiljo.catalogue import Catalogue
    from geomiljo.settings import Settings


def read_settings() -> Settings:
    """Return the settings of the environment.

    Raises
    ------
    InputError
        A ``GEOMILJO_*`` variable has a value that it cannot have.
    """
    from pydantic import ValidationError

    from geomiljo.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "GEOMILJO_" + "_".join(str(part) for part in first["loc"]).upper()
        raise InputError(
            _("The setting {name} cannot be {value}: {reason}."),
            remedy=_("docs/settings.md describes every setting."),
            name=name,
            value=repr(first.get("input")),
            reason=first["msg"],
        ) from error


def read_registers(settings: Settings) -> Catalogue:
    """Return the registers with the organisation's own laid over them, cross-checked."""
    from geomiljo.catalogue import open_catalogue

    return open_catalogue(settings.registers_dir)


@contextmanager
def database(settings: Settings) -> Iterator[Engine]:
    """Open the database; a private cluster is brought to this program's schema, another must be there already."""
    from geomiljo.database.engine import open_engine
    from geomiljo.database.schema import migrate, require_schema, schema_state

    engine = open_engine(settings)
    try:
        if settings.database_url is None and not schema_state(engine).is_current:
            migrate(engine)
        require_schema(engine)
        yield engine
    finally:
        engine.dispose()


def note(text: str) -> None:
    """Tell something that is not a result: on standard error."""
    sys.stderr.write(text + "\n")


def tell_error(error: GeomiljoError) -> None:
    """Tell what is wrong and what to do about it."""
    message, remedy = explain(error, language())
    note(say(_("Error: {message}"), message=message) + (f"\n{remedy}" if remedy else ""))


def error_document(error: GeomiljoError) -> dict[str, object]:
    """Return an error as programs read it."""
    message, remedy = explain(error, language())
    return {"error": {"code": error.code, "detail": message, "remedy": remedy, "location": error.location}}
