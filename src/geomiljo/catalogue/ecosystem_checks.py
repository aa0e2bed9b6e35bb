"""Cross-checks of the ecosystem-service account's registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from geomiljo.catalogue.load import Catalogue
    from geomiljo.errors import CatalogueError


def check_ecosystem(catalogue: Catalogue) -> Iterator[CatalogueError]:
    """Yield what contradicts between these registers and the others."""
    for cover in catalogue.cover_classes.values():
        yield from _unknown(catalogue, "cover_classes", cover.id, "set", [cover.set], catalogue.cover_sets)
    for cover_set in catalogue.cover_sets.values():
        targets = [f"{cover_set.translated_to}.{code}" for code in cover_set.translation.values()]
        yield from _unknown(catalogue, "cover_sets", cover_set.id, "translation", targets, catalogue.cover_classes)
    for use in catalogue.land_use_scenarios.values():
        register, key = "land_use_scenarios", use.id
        yield from _unknown(catalogue, register, key, "use", [use.use], catalogue.land_uses)
        yield from _unknown(catalogue, register, key, "changed_by", use.changed_by, catalogue.plan_provisions)
    for service in catalogue.ecosystem_services.values():
        register, key = "ecosystem_services", service.id
        yield from _unknown(catalogue, register, key, "layers", service.layers, catalogue.layers)
        yield from _unknown(catalogue, register, key, "indicators", service.indicators, catalogue.account_indicators)


def _unknown(
    catalogue: Catalogue, register: str, key: str, field: str, named: Iterable[str], known: Iterable[str]
) -> Iterator[CatalogueError]:
    if unknown := sorted(set(named) - set(known)):
        yield catalogue.origins[register, key].fault(f"the registers do not have {', '.join(unknown)}", field)
