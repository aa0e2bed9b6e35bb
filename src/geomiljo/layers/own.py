"""A layer of the organisation's own, written into its folder of registers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import yaml

from geomiljo.catalogue import open_catalogue
from geomiljo.catalogue.layers import Theme
from geomiljo.errors import CatalogueError, Conflict, InputError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from pathlib import Path

THEMES: tuple[str, ...] = get_args(Theme)


def write_own_layer(folder: Path | None, organisation: str | None, entry: dict[str, Any]) -> Path:
    """Write a register entry to a file of its own and check all registers with it; a faulty one is not left there.

    Parameters
    ----------
    folder : Path or None
        The organisation's registers; made where it is not there.
    organisation : str or None
        Its name, for a folder that has none yet.

    Raises
    ------
    InputError
        No folder is set, or the organisation has no name.
    Conflict
        The file is there already.
    CatalogueError
        The registers contradict one another with the entry.
    """
    if folder is None:
        raise InputError(
            _("There is no folder for registers of your own."), remedy=_("Set GEOMILJO_REGISTERS_DIR to one.")
        )
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    about = folder / "organisation.yaml"
    if not about.exists():
        if not organisation:
            raise InputError(
                _("{folder} has no organisation.yaml with a name."),
                remedy=_("Say whose registers they are with --organisation."),
                folder=folder,
            )
        about.write_text(_yaml({"name": organisation}), encoding="utf-8")
        written.append(about)
    path = folder / f"layer_{entry['id'].removeprefix('local.')}.yaml"
    if path.exists():
        raise Conflict(
            _("{file} is there already."),
            remedy=_("Edit it, or give the layer another name with --name."),
            file=path,
        )
    path.write_text(_yaml({"layers": [entry]}), encoding="utf-8")
    written.append(path)
    try:
        open_catalogue(folder)
    except CatalogueError:
        for each in written:
            each.unlink()
        raise
    return path


def _yaml(document: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)
    return text
