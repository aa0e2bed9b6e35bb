"""The tables, as SQLAlchemy sees them. Partitions and the piece index are made by the migrations.

`feature` holds the objects of every kept layer version, list-partitioned by version; `piece` holds what the kernel
measures, for active versions only.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SRID = 3006


class Base(DeclarativeBase):
    """Root of the tables; times carry their zone."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {dt.datetime: DateTime(timezone=True)}


class LayerVersion(Base):
    """One loaded state of a layer.

    `state`: ``active`` (measured), ``kept`` (older, can be activated again), ``suspicious`` (waits for a person, see
    `geomiljo.layers.doubts`), ``rejected`` (by a person). Loads that fail leave no row.
    """

    __tablename__ = "layer_version"
    __table_args__ = (
        UniqueConstraint("layer", "version"),
        CheckConstraint("state IN ('active', 'kept', 'suspicious', 'rejected')", name="state_is_known"),
        Index("one_active_version", "layer", unique=True, postgresql_where=text("state = 'active'")),
        Index("one_waiting_version", "layer", unique=True, postgresql_where=text("state = 'suspicious'")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    layer: Mapped[str]
    version: Mapped[str] = mapped_column(doc="First 12 hexadecimal digits of the checksum")
    state: Mapped[str]
    loaded_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    checked_at: Mapped[dt.datetime] = mapped_column(
        server_default=func.now(), doc="When the source was last found to hold this content"
    )
    source: Mapped[str] = mapped_column(doc="File name or address that the data came from")
    source_date: Mapped[dt.date | None]
    checksum: Mapped[str] = mapped_column(doc="SHA-256 over objects, coverage and classification")
    classification: Mapped[str] = mapped_column(doc="Hash of the register's classes the objects were sorted by")
    feature_count: Mapped[int]
    rejected_count: Mapped[int]
    unknown_count: Mapped[int] = mapped_column(doc="Rejected objects that nobody has accepted as of no importance")
    unclassified_count: Mapped[int]
    repaired_count: Mapped[int]
    piece_count: Mapped[int]
    area_m2: Mapped[float] = mapped_column(doc="Sum over the objects")
    largest_error_m: Mapped[float] = mapped_column(
        server_default=text("0"), doc="How far an object may at most lie from where it is drawn, as the source tells"
    )
    coverage_stated: Mapped[str | None] = mapped_column(doc="As stated at load; null: unknown coverage")
    coverage: Mapped[WKBElement | None] = mapped_column(Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False))
    extent: Mapped[list[float] | None] = mapped_column(ARRAY(Double), doc="xmin, ymin, xmax, ymax")
    fields: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, doc="Name and kind of the objects' attributes, in the order in which they are shown"
    )
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, doc="What the load was told: table, crs, mapping …")
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, doc="Counts, repairs, rejections with reasons")
    raster: Mapped[dict[str, Any] | None] = mapped_column(JSONB, doc="Path and class table of a raster layer's file")
    doubts: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, server_default=text("'[]'"), doc="Why it waits, or waited, for a person"
    )
    decided_by: Mapped[str | None] = mapped_column(doc="Who accepted or rejected it")
    decided_at: Mapped[dt.datetime | None]


class Feature(Base):
    """An object of a layer version."""

    __tablename__ = "feature"
    __table_args__ = (
        Index("feature_geom", "geom", postgresql_using="gist"),
        Index("feature_id", "version_id", "id", unique=True),
        Index(
            "feature_attributes",
            "attributes",
            postgresql_using="gin",
            postgresql_ops={"attributes": "jsonb_path_ops"},
        ),
        {"postgresql_partition_by": "LIST (version_id)"},
    )

    version_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, doc="Position within the version")
    id: Mapped[str] = mapped_column(doc="Stable id from the source")
    name: Mapped[str | None]
    class_bit: Mapped[int] = mapped_column(doc="Bit of the object's class")
    size: Mapped[float] = mapped_column(doc="m² of polygons, m of lines, 0 for points")
    error_m: Mapped[float | None] = mapped_column(doc="How far it may lie from where it is drawn; null: not told")
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    geom: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", srid=SRID, spatial_index=False))


class Piece(Base):
    """A piece of an object, or a cell of a layer's union; see `geomiljo.analysis.pieces`."""

    __tablename__ = "piece"
    __table_args__ = (
        Index("piece_geom", "geom", postgresql_using="gist"),
        Index("piece_version", "version_id"),
    )

    row: Mapped[int] = mapped_column(Identity(), primary_key=True)
    version_id: Mapped[int] = mapped_column(doc="No foreign key: looking it up took most of the time of a load")
    feature: Mapped[int] = mapped_column(doc="Number of the object; -1 for a cell of several")
    flags: Mapped[int] = mapped_column(SmallInteger)
    classes: Mapped[int]
    size: Mapped[float]
    geom: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", srid=SRID, spatial_index=False))
    object_id: Mapped[str | None] = mapped_column(doc="The object's id and name, so that a check asks once")
    object_name: Mapped[str | None]
    object_size: Mapped[float]
    object_error_m: Mapped[float | None]


class LayerSwap(Base):
    """One version taking another's place as the active one; it stays when the versions are gone."""

    __tablename__ = "layer_swap"
    __table_args__ = (Index("layer_swap_of_layer", "layer", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    layer: Mapped[str]
    from_version: Mapped[str]
    to_version: Mapped[str]
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    is_everywhere: Mapped[bool] = mapped_column(doc="The difference is bound to no place, or its ground is forgotten")


class SwapGround(Base):
    """Ground where a swap can have changed an answer: changed objects as they were and are, and changed coverage."""

    __tablename__ = "swap_ground"
    __table_args__ = (
        Index("swap_ground_swap", "swap_id"),
        Index("swap_ground_geom", "geom", postgresql_using="gist"),
    )

    row: Mapped[int] = mapped_column(Identity(), primary_key=True)
    swap_id: Mapped[int] = mapped_column(ForeignKey("layer_swap.id", ondelete="CASCADE"))
    geom: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", srid=SRID, spatial_index=False))


class LayerOff(Base):
    """A layer that this installation does not use, and why."""

    __tablename__ = "layer_off"

    layer: Mapped[str] = mapped_column(primary_key=True)
    why: Mapped[str]
    since: Mapped[dt.datetime] = mapped_column(server_default=func.now())
