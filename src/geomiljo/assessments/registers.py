"""The registers that assessments were judged by: kept with them, and opened again to judge by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from geomiljo.catalogue.document import catalogue_document, catalogue_from_document
from geomiljo.database.review_tables import RegisterVersion
from geomiljo.errors import CatalogueError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geomiljo.catalogue import Catalogue


def keep_registers(connection: Connection, catalogue: Catalogue) -> None:
    """Keep the registers as they are, unless this version is kept already."""
    if connection.scalar(select(RegisterVersion.version).where(RegisterVersion.version == catalogue.version)) is None:
        new = insert(RegisterVersion).values(version=catalogue.version, content=catalogue_document(catalogue))
        connection.execute(new.on_conflict_do_nothing())


def kept_registers(connection: Connection, version: str, current: Catalogue) -> Catalogue | None:
    """Return the registers of a version; None where they are not kept, or no longer understood.

    Parameters
    ----------
    current : Catalogue
        Returned where it is that version; its folders have the outlines of named extents.
    """
    if version == current.version:
        return current
    content = connection.scalar(select(RegisterVersion.content).where(RegisterVersion.version == version))
    if content is None:
        return None
    try:
        return catalogue_from_document(content, version, current.folders)
    except CatalogueError:
        return None
