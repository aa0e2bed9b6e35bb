"""Tables of checks that are kept for a day, and of the files that they were made from."""

from __future__ import annotations

import datetime as dt
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geomiljo.database.tables import SRID, Base


class UploadRow(Base):
    """A file as it was sent: kept while somebody chooses what to check in it, and as long as a check of it."""

    __tablename__ = "upload"
    __table_args__ = (Index("upload_expires_at", "expires_at"),)

    id: Mapped[str] = mapped_column(primary_key=True, doc="Random, 32 hexadecimal digits")
    caller_id: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[dt.datetime]
    name: Mapped[str] = mapped_column(doc="Name of the file")
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class KeptCheckRow(Base):
    """A check of an area that is no plan; open to whoever knows the id and may see the layers that it was made with."""

    __tablename__ = "kept_check"
    __table_args__ = (
        Index("kept_check_of_caller", "caller_id", "created_at"),
        Index("kept_check_expires_at", "expires_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, doc="Random, 32 hexadecimal digits")
    upload_id: Mapped[str] = mapped_column(ForeignKey("upload.id", ondelete="CASCADE"))
    caller_id: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[dt.datetime]
    name: Mapped[str] = mapped_column(doc="Name of the area")
    area_m2: Mapped[float]
    area: Mapped[dict[str, Any]] = mapped_column(JSONB, doc="As `geomiljo.plans.area_document` writes it")
    stage: Mapped[str | None] = mapped_column(doc="Stage of the plan, where it was stated")
    hidden: Mapped[list[str]] = mapped_column(ARRAY(String), doc="Layers that it was made without, sorted")
    layer_versions: Mapped[dict[str, str | None]] = mapped_column(JSONB, doc="Version that answered, by layer")
    severity: Mapped[str | None] = mapped_column(doc="Worst severity of a touched objective")
    touched: Mapped[list[int]] = mapped_column(ARRAY(Integer), doc="Objectives that are touched")
    unknown: Mapped[list[int]] = mapped_column(ARRAY(Integer), doc="Objectives that are unknown")
    finding_count: Mapped[int]
    document: Mapped[bytes] = mapped_column(LargeBinary, doc="The published JSON of the assessment")


class CheckPieceRow(Base):
    """An object's part inside the ground that a finding of a kept check is about; kept when a map asks for them."""

    __tablename__ = "check_piece"
    __table_args__ = (Index("check_piece_geom", "geom", postgresql_using="gist"),)

    check_id: Mapped[str] = mapped_column(ForeignKey("kept_check.id", ondelete="CASCADE"), primary_key=True)
    finding: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, doc="1, 2 … within the finding")
    severity: Mapped[str]
    area_m2: Mapped[float]
    geom: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", srid=SRID, spatial_index=False))
