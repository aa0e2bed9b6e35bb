"""What becomes of a layer's content that has arrived: used, kept waiting for a person, or nothing new.

A person's word on a version that waits or waited is kept with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update
from sqlalchemy.sql import func

from geomiljo.database.tables import LayerVersion
from geomiljo.errors import Conflict
from geomiljo.layers.doubts import Content, Doubt, doubts_about
from geomiljo.layers.pieces_of_version import cut_version
from geomiljo.layers.store import attach_partition, drop_partition, partition_of
from geomiljo.layers.versions import DOUBTED, lock_layer, make_active, put_in_use, version_named
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Engine, RowMapping

    from geomiljo.access import Caller
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer
    from geomiljo.layers.load_report import LoadReport


@dataclass(frozen=True, slots=True)
class Arrival:
    """A layer's content as it has arrived.

    Attributes
    ----------
    facts : dict
        The columns of its row.
    report : LoadReport or None
        Of its objects; None: a raster.
    version_id : int or None
        Version that its objects have been written as, in nobody's sight; None: it has none.
    """

    facts: dict[str, Any]
    report: LoadReport | None = None
    version_id: int | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of it; see :class:`geomiljo.layers.load.Loaded`."""

    is_new: bool
    state: str
    doubts: tuple[Doubt, ...] = ()


def settle(connection: Connection, layer: Layer, arrival: Arrival, *, accept: bool) -> Settled:
    """Take up content that has arrived, in the caller's transaction, which holds the layer's lock.

    A version that waits is put aside by whatever arrives after it. Content that a person has rejected stays so.
    """
    found = _found(connection, layer.id, arrival.facts["checksum"])
    active = _active(connection, layer.id)
    if found is not None:
        if arrival.version_id is not None:
            drop_partition(connection, arrival.version_id)
        _note_checked(connection, found["id"], arrival.facts["source_date"])
        if found["state"] == "rejected" and not accept:
            return Settled(is_new=False, state="rejected")
    if active is not None and arrival.report is not None:
        arrival.report.previous_count = active["feature_count"]
    _put_waiting_aside(connection, layer.id)
    if found is not None and active is not None and found["id"] == active["id"]:
        return Settled(is_new=False, state="active")
    before = None if active is None or accept else _content(active)
    doubts = doubts_about(_content(arrival.facts), before, layer.expectations)
    version_id = found["id"] if found is not None else _insert(connection, layer, arrival, is_used=not doubts)
    if doubts:
        _set(connection, version_id, state="suspicious", doubts=[doubt.document() for doubt in doubts])
        return Settled(found is None, "suspicious", doubts)
    if found is not None:
        put_in_use(connection, layer, version_id)
    else:
        make_active(connection, layer.id, version_id)
    return Settled(found is None, "active")


def accept_version(engine: Engine, catalogue: Catalogue, caller: Caller, layer_id: str, version: str) -> LayerVersion:
    """Use a version that waits for a person, or that one has rejected before.

    Raises
    ------
    NotFound
        There is no such layer or version.
    Conflict
        The version does not wait.
    """
    layer = catalogue.layer(layer_id)
    with engine.begin() as connection:
        lock_layer(connection, layer_id)
        doubted = _doubted(connection, layer_id, version)
        _decide(connection, doubted, caller)
        put_in_use(connection, layer, doubted.id)
    return doubted


def reject_version(engine: Engine, catalogue: Catalogue, caller: Caller, layer_id: str, version: str) -> LayerVersion:
    """Leave a version that waits for a person out of use, now and whenever the same content arrives again.

    Raises
    ------
    NotFound
        There is no such layer or version.
    Conflict
        The version does not wait.
    """
    catalogue.layer(layer_id)
    with engine.begin() as connection:
        lock_layer(connection, layer_id)
        doubted = _doubted(connection, layer_id, version)
        _decide(connection, doubted, caller, state="rejected")
    return doubted


def _found(connection: Connection, layer_id: str, checksum: str) -> RowMapping | None:
    columns = (LayerVersion.id, LayerVersion.state, LayerVersion.version)
    same = LayerVersion.layer == layer_id, LayerVersion.checksum == checksum
    return connection.execute(select(*columns).where(*same)).mappings().one_or_none()


def _active(connection: Connection, layer_id: str) -> RowMapping | None:
    columns = (LayerVersion.id, LayerVersion.feature_count, LayerVersion.area_m2, LayerVersion.extent)
    active = LayerVersion.layer == layer_id, LayerVersion.state == "active"
    return connection.execute(select(*columns).where(*active)).mappings().one_or_none()


def _content(facts: Mapping[str, Any] | RowMapping) -> Content:
    return Content(facts["feature_count"], facts["area_m2"], facts["extent"])


def _note_checked(connection: Connection, version_id: int, source_date: Any) -> None:
    _set(connection, version_id, checked_at=func.now(), **({"source_date": source_date} if source_date else {}))


def _put_waiting_aside(connection: Connection, layer_id: str) -> None:
    waiting = LayerVersion.layer == layer_id, LayerVersion.state == "suspicious"
    connection.execute(update(LayerVersion).where(*waiting).values(state="kept"))


def _insert(connection: Connection, layer: Layer, arrival: Arrival, *, is_used: bool) -> int:
    """Write a new version; its pieces too where it is used, before other layers' loads have to wait."""
    report = {} if arrival.report is None else {"report": arrival.report.as_json()}
    own_id = {} if arrival.version_id is None else {"id": arrival.version_id}
    facts = {**arrival.facts, **report, **own_id}
    version_id = int(connection.scalar(insert(LayerVersion).values(**facts).returning(LayerVersion.id)) or 0)
    if arrival.version_id is not None:
        if is_used:
            cut_version(connection, version_id, layer.sliver_width_m, partition_of(version_id))
        attach_partition(connection, version_id)
    return version_id


def _doubted(connection: Connection, layer_id: str, version: str) -> LayerVersion:
    found = version_named(connection, layer_id, version)
    if found.state not in DOUBTED:
        raise Conflict(
            _("Version {version} of layer {layer} does not wait for anybody."),
            remedy=_(
                "`geomiljo layer versions {layer}` shows which does; `geomiljo layer activate` uses an older one."
            ),
            layer=layer_id,
            version=found.version,
        )
    return found


def _decide(connection: Connection, version: LayerVersion, caller: Caller, **values: Any) -> None:
    _set(connection, version.id, decided_by=caller.id, decided_at=func.now(), **values)


def _set(connection: Connection, version_id: int, **values: Any) -> None:
    connection.execute(update(LayerVersion).where(LayerVersion.id == version_id).values(**values))
