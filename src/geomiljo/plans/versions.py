"""Versions of plans in the database: geometry, parts and the delivered file, written once and read."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import shapely
from sqlalchemy import func, insert, select

from geomiljo.analysis.area import PlanArea, PlanPart
from geomiljo.database.case_tables import PlanPartRow, PlanVersionRow
from geomiljo.database.tables import SRID
from geomiljo.errors import NotFound
from geomiljo.plans.area_document import provision_documents, provisions_of, repair_note
from geomiljo.plans.case import PlanSource, PlanVersion
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import ColumnElement, Connection

    from geomiljo.access import Caller


def get_version(connection: Connection, plan_id: uuid.UUID, number: int | None = None) -> PlanVersion:
    """Return a version of a plan with its geometry; the current one unless a number is given.

    Raises
    ------
    NotFound
    """
    which = PlanVersionRow.is_current if number is None else PlanVersionRow.number == number
    found = _versions(connection, (PlanVersionRow.plan_id == plan_id) & which)
    if not found:
        raise NotFound(_("The plan has no version {number}."), number=number or "-")
    return found[0]


def version_by_id(connection: Connection, version_id: int) -> PlanVersion:
    """Return the version of this id with its geometry.

    Raises
    ------
    NotFound
    """
    found = _versions(connection, PlanVersionRow.id == version_id)
    if not found:
        raise NotFound(_("The plan has no version {number}."), number=version_id)
    return found[0]


def outlines(connection: Connection, version_ids: Sequence[int]) -> dict[int, BaseGeometry]:
    """Return the geometry of each version, EPSG:3006."""
    wanted = select(PlanVersionRow.id, func.ST_AsBinary(PlanVersionRow.geom).label("shape"))
    rows = connection.execute(wanted.where(PlanVersionRow.id.in_(version_ids)))
    return {row.id: shapely.from_wkb(bytes(row.shape)) for row in rows}


def list_versions(connection: Connection, plan_id: uuid.UUID) -> tuple[PlanVersion, ...]:
    """Return all versions of a plan, oldest first."""
    return tuple(_versions(connection, PlanVersionRow.plan_id == plan_id))


def get_source(connection: Connection, plan_id: uuid.UUID, number: int) -> PlanSource:
    """Return the file that a version was delivered as.

    Raises
    ------
    NotFound
    """
    row = connection.execute(
        select(PlanVersionRow.source_name, PlanVersionRow.source).where(
            PlanVersionRow.plan_id == plan_id, PlanVersionRow.number == number
        )
    ).one_or_none()
    if row is None:
        raise NotFound(_("The plan has no version {number}."), number=number)
    return PlanSource(row.source_name, bytes(row.source))


def insert_version(
    connection: Connection, caller: Caller, plan_id: uuid.UUID, number: int, area: PlanArea, source: PlanSource
) -> None:
    """Write a version with its parts and the file that it was delivered as."""
    version_id = connection.scalar(
        insert(PlanVersionRow)
        .values(
            plan_id=plan_id,
            number=number,
            is_current=True,
            created_by=caller.id,
            area_name=area.name,
            source_crs=area.source_crs,
            repairs=[asdict(note) for note in area.repairs],
            provisions=provision_documents(area.provisions),
            geometry_hash=area.geometry_hash,
            area_m2=float(area.geometry.area),
            source_name=source.name,
            source_hash=source.sha256,
            source=source.content,
            geom=_stored(area.geometry),
        )
        .returning(PlanVersionRow.id)
    )
    parts = [
        {
            "version_id": version_id,
            "number": position,
            "id": part.id,
            "uses": None if part.uses is None else list(part.uses),
            "wordings": list(part.wordings),
            "geom": _stored(part.geometry),
        }
        for position, part in enumerate(area.parts)
    ]
    if parts:
        connection.execute(insert(PlanPartRow), parts)


def _stored(geometry: Any) -> str:
    return str(shapely.to_wkb(shapely.set_srid(geometry, SRID), hex=True, include_srid=True))


def _versions(connection: Connection, condition: ColumnElement[bool]) -> list[PlanVersion]:
    columns = [column for column in PlanVersionRow.__table__.columns if column.name not in {"source", "geom"}]
    query = select(*columns, func.ST_AsBinary(PlanVersionRow.geom).label("shape"))
    rows = connection.execute(query.where(condition).order_by(PlanVersionRow.number)).all()
    parts: dict[int, list[PlanPart]] = {row.id: [] for row in rows}
    columns_of_part = (
        PlanPartRow.version_id,
        PlanPartRow.id,
        PlanPartRow.uses,
        PlanPartRow.wordings,
        func.ST_AsBinary(PlanPartRow.geom).label("shape"),
    )
    found = select(*columns_of_part).where(PlanPartRow.version_id.in_(parts)).order_by(PlanPartRow.number)
    for part in connection.execute(found) if parts else ():
        uses = None if part.uses is None else tuple(part.uses)
        shape = shapely.from_wkb(bytes(part.shape))
        parts[part.version_id].append(PlanPart(part.id, uses, shape, tuple(part.wordings)))
    return [_version_of(row, tuple(parts[row.id])) for row in rows]


def _version_of(row: Any, parts: tuple[PlanPart, ...]) -> PlanVersion:
    area = PlanArea(
        name=row.area_name,
        geometry=shapely.from_wkb(bytes(row.shape)),
        parts=parts,
        repairs=tuple(map(repair_note, row.repairs)),
        source_crs=row.source_crs,
        provisions=provisions_of(row.provisions),
    )
    return PlanVersion(
        row.id,
        row.plan_id,
        row.number,
        row.is_current,
        row.created_at,
        row.created_by,
        area,
        row.source_name,
        row.source_hash,
    )
