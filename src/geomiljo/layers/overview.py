"""Layers as people look at them: what the registers say, what is loaded, how old it is."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from geomiljo.layers.stage import classification_hash
from geomiljo.layers.versions import active_versions, switched_off, versions_of, waiting_versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer
    from geomiljo.database.tables import LayerVersion

Freshness = Literal["current", "ageing", "outdated"]
OUTDATED_CADENCES = 2
"""Data as many cadences old as this are outdated; from one on they are ageing."""


def freshness_of(age_days: int | None, cadence_days: int | None) -> Freshness | None:
    """Return how old data are against the cadence of their layer; None where one of them is unknown.

    Examples
    --------
    >>> freshness_of(30, 30), freshness_of(31, 30), freshness_of(60, 30), freshness_of(None, 30)
    ('current', 'ageing', 'outdated', None)
    """
    if age_days is None or cadence_days is None:
        return None
    if age_days <= cadence_days:
        return "current"
    return "outdated" if age_days >= OUTDATED_CADENCES * cadence_days else "ageing"


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer of the registers and what is loaded of it.

    `state`: ``active``, ``not_loaded``, ``switched_off``, ``not_supported``, ``register_changed`` or, where the caller
    may not know which, ``restricted``. `is_stale`: the
    data are older than the layer's cadence; None where date or cadence is unknown. `waiting`: the version that waits
    for a person, with what is doubtful about it.
    """

    id: str
    title_sv: str
    title_en: str
    theme: str
    owner: str
    authority: str
    licence: str
    state: str
    why: str | None
    version: str | None
    source_date: str | None
    age_days: int | None
    cadence_days: int | None
    is_stale: bool | None
    loaded_at: str | None
    feature_count: int | None
    rejected_count: int | None
    unclassified_count: int | None
    coverage: str | None
    checked_at: str | None
    waiting: dict[str, Any] | None

    @property
    def freshness(self) -> Freshness | None:
        """Age of the data against the layer's own cadence; None where date or cadence is unknown."""
        return freshness_of(self.age_days, self.cadence_days)

    @property
    def due_on(self) -> dt.date | None:
        """Day on which the source is asked again; None where it never is."""
        if self.checked_at is None or self.cadence_days is None:
            return None
        return dt.datetime.fromisoformat(self.checked_at).date() + dt.timedelta(days=self.cadence_days)

    def as_json(self) -> dict[str, Any]:
        """Return the row with names as programs read them."""
        from pydantic.alias_generators import to_camel

        return {to_camel(name): value for name, value in asdict(self).items()}


def layer_overview(
    connection: Connection, catalogue: Catalogue, hidden: frozenset[str] = frozenset()
) -> list[LayerRow]:
    """Return all layers of the registers, in register order; of `hidden` ones, only what the registers say."""
    active = {layer: version for layer, version in active_versions(connection).items() if layer not in hidden}
    off = _off(connection, catalogue)
    waiting = {layer: version for layer, version in waiting_versions(connection).items() if layer not in hidden}
    return [
        _row(layer, active.get(layer.id), waiting.get(layer.id), off.get(layer.id), is_hidden=layer.id in hidden)
        for layer in catalogue.layers.values()
    ]


def _off(connection: Connection, catalogue: Catalogue) -> dict[str, str]:
    """Return the layers that are not used here, and why: switched off in the installation or by its registers."""
    return switched_off(connection) | {name: entry.reason.sv for name, entry in catalogue.switched_off.items()}


def _row(
    layer: Layer, version: LayerVersion | None, waiting: LayerVersion | None, why: str | None, *, is_hidden: bool
) -> LayerRow:
    date = version.source_date if version else None
    age = (dt.datetime.now(dt.UTC).date() - date).days if date else None
    cadence = layer.update.cadence_days
    return LayerRow(
        id=layer.id,
        title_sv=layer.title.sv,
        title_en=layer.title.en,
        theme=layer.theme,
        owner=layer.owner,
        authority=layer.authority,
        licence=layer.licence.name,
        state="restricted" if is_hidden else _state(layer, version, why),
        why=None if is_hidden else why,
        version=version.version if version else None,
        source_date=date.isoformat() if date else None,
        age_days=age,
        cadence_days=cadence,
        is_stale=age > cadence if age is not None and cadence is not None else None,
        loaded_at=version.loaded_at.isoformat(timespec="seconds") if version else None,
        feature_count=version.feature_count if version else None,
        rejected_count=version.rejected_count if version else None,
        unclassified_count=version.unclassified_count if version else None,
        coverage=version.coverage_stated if version else None,
        checked_at=version.checked_at.isoformat(timespec="seconds") if version else None,
        waiting=_version_row(waiting) if waiting else None,
    )


def _state(layer: Layer, version: LayerVersion | None, why: str | None) -> str:
    if why is not None:
        return "switched_off"
    if version is None:
        return "not_loaded"
    return "active" if version.classification == classification_hash(layer) else "register_changed"


def layer_details(
    connection: Connection, catalogue: Catalogue, layer_id: str, hidden: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Return a layer's register entry, its state, and the report of its active version's load.

    Of `hidden` layers nothing is told but the register entry.
    """
    layer = catalogue.layer(layer_id)
    is_hidden = layer_id in hidden
    version = None if is_hidden else active_versions(connection).get(layer_id)
    waiting = None if is_hidden else waiting_versions(connection).get(layer_id)
    off = _off(connection, catalogue).get(layer_id)
    return {
        **_row(layer, version, waiting, off, is_hidden=is_hidden).as_json(),
        "register": layer.model_dump(mode="json"),
        "rules": [rule.id for rule in catalogue.rules_by_layer[layer_id]],
        "source": version.source if version else None,
        "lineage": _lineage(layer, version, {} if is_hidden else active_versions(connection)),
        "extent": version.extent if version else None,
        "areaM2": version.area_m2 if version else None,
        "report": version.report if version else None,
    }


def _lineage(layer: Layer, version: LayerVersion | None, active: Mapping[str, LayerVersion]) -> dict[str, Any] | None:
    """Return what a derived layer was made from, and whether that is still what is in use."""
    if layer.recipe is None:
        return None
    made_from: dict[str, str] = version.options.get("derived_from", {}) if version else {}
    now = {name: active[name].version for name in layer.recipe.inputs if name in active}
    return {
        "recipe": layer.recipe.lineage.model_dump(),
        "madeFrom": made_from,
        "isCurrent": made_from == now if version else None,
    }


def version_rows(connection: Connection, layer_id: str) -> list[dict[str, Any]]:
    """Return the versions of a layer, newest first."""
    return [_version_row(version) for version in versions_of(connection, layer_id)]


def _version_row(version: LayerVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "state": version.state,
        "loadedAt": version.loaded_at.isoformat(timespec="seconds"),
        "source": version.source,
        "sourceDate": version.source_date.isoformat() if version.source_date else None,
        "featureCount": version.feature_count,
        "rejectedCount": version.rejected_count,
        "coverage": version.coverage_stated,
        "doubts": version.doubts,
        "decidedBy": version.decided_by,
        "decidedAt": version.decided_at.isoformat(timespec="seconds") if version.decided_at else None,
    }
