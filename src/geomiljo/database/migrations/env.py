"""Run migrations over the connection that the caller hands in."""

from typing import Any

from alembic import context

from geomiljo.database.tables import Base


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave PostGIS's own table and the partitions of `feature` out of comparisons."""
    return kind != "table" or (name != "spatial_ref_sys" and not str(name).startswith("feature_v"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_name=include_name,
    transactional_ddl=True,
)
context.run_migrations()
