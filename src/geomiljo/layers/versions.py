"""Layer versions in the database: which there are, which one is active, and layers that are switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from sqlalchemy import delete, func, insert, select, text, update

from geomiljo.database.engine import query
from geomiljo.database.tables import LayerOff, LayerVersion
from geomiljo.errors import Conflict, InputError, NotFound
from geomiljo.layers.pieces_of_version import cut_version
from geomiljo.layers.store import drop_pieces
from geomiljo.layers.swaps import record_swap
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Connection, Engine

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer

DOUBTED = ("suspicious", "rejected")
"""States of versions that are not used unless a person accepts them."""


def active_versions(connection: Connection) -> dict[str, LayerVersion]:
    """Return the active version of each layer that has one."""
    return _by_layer(connection, "active")


def waiting_versions(connection: Connection) -> dict[str, LayerVersion]:
    """Return the version that waits for a person, of each layer that has one."""
    return _by_layer(connection, "suspicious")


def _by_layer(connection: Connection, state: str) -> dict[str, LayerVersion]:
    from sqlalchemy.orm import Session

    with Session(connection) as session:
        rows = session.scalars(select(LayerVersion).where(LayerVersion.state == state)).all()
        session.expunge_all()
    return {row.layer: row for row in rows}


def versions_of(connection: Connection, layer_id: str) -> Sequence[LayerVersion]:
    """Return all kept versions of a layer, newest first."""
    from sqlalchemy.orm import Session

    with Session(connection) as session:
        kept = select(LayerVersion).where(LayerVersion.layer == layer_id).order_by(LayerVersion.id.desc())
        rows = session.scalars(kept).all()
        session.expunge_all()
    return rows


def version_named(connection: Connection, layer_id: str, version: str) -> LayerVersion:
    """Return the newest version of a layer whose name begins with `version`.

    Raises
    ------
    NotFound
        There is no such version.
    """
    wanted = next((v for v in versions_of(connection, layer_id) if v.version.startswith(version)), None)
    if wanted is None or not version:
        raise NotFound(
            _("Layer {layer} has no version {version}."),
            remedy=_("`geomiljo layer versions {layer}` lists them."),
            layer=layer_id,
            version=version or "-",
        )
    return wanted


def largest_errors_m(connection: Connection) -> dict[str, float]:
    """Return how far an object of any kept version of each layer may at most lie from where it is drawn."""
    largest = func.max(LayerVersion.largest_error_m)
    rows = connection.execute(select(LayerVersion.layer, largest).group_by(LayerVersion.layer))
    return {row[0]: float(row[1]) for row in rows}


def activate(engine: Engine, catalogue: Catalogue, layer_id: str, version: str) -> LayerVersion:
    """Make a kept version the active one; its pieces are cut anew from its objects.

    Raises
    ------
    NotFound
        There is no such version.
    Conflict
        The version waits for a person, or a person has rejected it.
    """
    layer = catalogue.layer(layer_id)
    with engine.begin() as connection:
        lock_layer(connection, layer_id)
        wanted = version_named(connection, layer_id, version)
        if wanted.state in DOUBTED:
            raise Conflict(
                _("Version {version} of layer {layer} has been held back, and is used only when it is accepted."),
                remedy=_(
                    "Look at it with `geomiljo layer changes {layer}`, then `geomiljo layer accept {layer} {version}`."
                ),
                layer=layer_id,
                version=wanted.version,
            )
        put_in_use(connection, layer, wanted.id)
    return wanted


def put_in_use(connection: Connection, layer: Layer, version_id: int) -> None:
    """Make a stored version active in the caller's transaction, with its pieces cut anew, if it is not active."""
    if make_active(connection, layer.id, version_id):
        cut_version(connection, version_id, layer.sliver_width_m)


def objects_of_version(
    connection: Connection, layer_id: str, version: str, ids: Sequence[str]
) -> dict[str, BaseGeometry]:
    """Return whole objects of any kept version of a layer by id, EPSG:3006.

    Raises
    ------
    NotFound
        There is no such version.
    """
    wanted = LayerVersion.layer == layer_id, LayerVersion.version == version
    version_id = connection.scalar(select(LayerVersion.id).where(*wanted))
    if version_id is None:
        raise NotFound(_("Layer {layer} has no version {version}."), layer=layer_id, version=version or "-")
    rows = connection.execute(text(query("objects_by_id")), {"version": version_id, "ids": list(ids)})
    return {row.id: shapely.from_wkb(bytes(row.geom)) for row in rows}


def make_active(connection: Connection, layer_id: str, version_id: int) -> bool:
    """Swap versions inside the caller's transaction; the old version's pieces go, its objects stay.

    Returns
    -------
    bool
        Whether the version was not active before.
    """
    active = LayerVersion.layer == layer_id, LayerVersion.state == "active"
    former = connection.scalar(select(LayerVersion.id).where(*active))
    if former == version_id:
        return False
    connection.execute(update(LayerVersion).where(*active).values(state="kept"))
    connection.execute(update(LayerVersion).where(LayerVersion.id == version_id).values(state="active"))
    if former is not None:
        drop_pieces(connection, former)
        record_swap(connection, former, version_id)
    return True


def lock_layer(connection: Connection, layer_id: str) -> None:
    """Let one transaction at a time change a layer."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"geomiljo.layer.{layer_id}"})


def switch_off(engine: Engine, catalogue: Catalogue, layer_id: str, why: str) -> None:
    """Leave a layer out of assessments, with the reason that users are shown."""
    catalogue.layer(layer_id)
    if not why.strip():
        raise InputError(
            _("A layer is switched off with a reason."),
            remedy=_("Say why with --why; everybody who checks a plan sees it."),
        )
    with engine.begin() as connection:
        connection.execute(delete(LayerOff).where(LayerOff.layer == layer_id))
        connection.execute(insert(LayerOff).values(layer=layer_id, why=why.strip()))


def switch_on(engine: Engine, layer_id: str) -> None:
    """Take a layer back into assessments."""
    with engine.begin() as connection:
        connection.execute(delete(LayerOff).where(LayerOff.layer == layer_id))


def switched_off(connection: Connection) -> dict[str, str]:
    """Return the layers that are switched off here, and why."""
    return {row.layer: row.why for row in connection.execute(select(LayerOff.layer, LayerOff.why))}
