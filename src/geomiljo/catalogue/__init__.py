"""The registers: objectives, layers, rules, layer sets, law, land uses and codes, as data.

Planners and county experts edit the YAML in `data/catalogue`; :func:`open_catalogue` reads, validates and freezes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geomiljo.catalogue.checks import check_catalogue
from geomiljo.catalogue.load import Catalogue, read_catalogue

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Catalogue", "check_catalogue", "open_catalogue", "read_catalogue"]


def open_catalogue(organisation: Path | None = None) -> Catalogue:
    """Read the registers and cross-check them.

    Raises
    ------
    CatalogueError
        When an entry is malformed or the registers contradict one another.
    """
    catalogue = read_catalogue(organisation)
    check_catalogue(catalogue)
    return catalogue
