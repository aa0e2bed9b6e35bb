"""Registers as a document: kept with what was judged by them, and read back to judge by them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from geomiljo.catalogue.load import REGISTERS, Catalogue
from geomiljo.errors import CatalogueError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from pathlib import Path

_GOAL = "generational_goal"


def catalogue_document(catalogue: Catalogue) -> dict[str, Any]:
    """Return all entries of all registers, as JSON has them."""
    document = {
        name: [entry.model_dump(mode="json") for entry in getattr(catalogue, name).values()]
        for name in REGISTERS
        if name != _GOAL
    }
    return {**document, _GOAL: [catalogue.generational_goal.model_dump(mode="json")]}


def catalogue_from_document(document: dict[str, Any], version: str, folders: tuple[Path, ...]) -> Catalogue:
    """Return the registers that :func:`catalogue_document` wrote.

    Parameters
    ----------
    version : str
        Their version when they were written.
    folders : tuple of Path
        Where named extents are; their outlines are no part of the document.

    Raises
    ------
    CatalogueError
        This program no longer understands them.

    Examples
    --------
    >>> from geomiljo.catalogue import read_catalogue
    >>> now = read_catalogue()
    >>> again = catalogue_from_document(catalogue_document(now), now.version, now.folders)
    >>> again.rules == now.rules, again.layers == now.layers
    (True, True)
    """
    tables: dict[str, dict[Any, Any]] = {}
    try:
        for name, (model, identity) in REGISTERS.items():
            entries = [model.model_validate(entry) for entry in document.get(name, [])]
            tables[name] = {getattr(e, identity) if identity else number: e for number, e in enumerate(entries)}
    except ValidationError as error:
        raise CatalogueError(
            _("The registers of version {version} are of a form that this program does not read."), version=version
        ) from error
    goal = tables.pop(_GOAL)[0]
    return Catalogue(**tables, generational_goal=goal, version=version, folders=folders, origins={})
