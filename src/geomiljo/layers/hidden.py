"""Layers that a caller may not see."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geomiljo.access import Caller
    from geomiljo.catalogue import Catalogue
    from geomiljo.settings import Settings


def hidden_layers(caller: Caller, catalogue: Catalogue, settings: Settings) -> frozenset[str]:
    """Return the layers that are not measured for `caller`, and of whose content nothing is told.

    The registers call them restricted; `Settings.restricted_layers_for` names the roles that see them all the same.
    """
    if caller.role in settings.restricted_layers_for:
        return frozenset()
    return frozenset(layer.id for layer in catalogue.layers.values() if layer.access == "restricted")
