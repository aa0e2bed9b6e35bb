"""Views for map servers that read the database themselves: what everybody may see, and nothing else.

The views stand in a schema of their own and are all that the role `READER` may read. They run with the rights of their
owner and carry the policy in their conditions, so that nothing a reading session sets opens more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from psycopg import ClientCursor
from sqlalchemy import String, func, literal, select, text, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from geomiljo.access import ANONYMOUS
from geomiljo.database.schema import VIEWS
from geomiljo.database.tables import Feature
from geomiljo.layers.hidden import hidden_layers
from geomiljo.publishing.cases import CASES
from geomiljo.publishing.columns import feature_id, single_value
from geomiljo.publishing.layers import active_version, layer_collection, published_versions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement, Connection, FromClause, Select

    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.layers import Layer
    from geomiljo.publishing.collections import Property
    from geomiljo.settings import Settings

READER = "geomiljo_reader"
CHECK_LAYER = "check_layer"
"""The pieces of conflicts as the property check of Hajk reads them."""
_MAKE_READER = f"""
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{READER}') THEN
            CREATE ROLE {READER} LOGIN;
        END IF;
    END $$
"""


def make_views(connection: Connection, catalogue: Catalogue, settings: Settings) -> list[str]:
    """Make the views anew, and the role that may read them; return their names.

    Layers that are loaded for the first time, or with other attributes, need this once more; new versions do not.
    """
    hidden = hidden_layers(ANONYMOUS, catalogue, settings)
    queries = dict(_cases(hidden))
    queries[CHECK_LAYER] = _check_layer(catalogue, queries["conflict_pieces"])
    for version in published_versions(connection, catalogue, hidden):
        layer = catalogue.layers[version.layer]
        queries[_name(layer.id)] = _layer(layer, layer_collection(layer, version).properties)
    connection.execute(text(_MAKE_READER))
    connection.execute(text(f"DROP SCHEMA IF EXISTS {VIEWS} CASCADE"))
    connection.execute(text(f"CREATE SCHEMA {VIEWS}"))
    driver: Any = connection.connection.driver_connection
    cursor = ClientCursor(driver)  # a view takes no parameters: the driver writes their values into the statement
    for name, query in queries.items():
        compiled = query.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
        cursor.execute(f'CREATE VIEW {VIEWS}."{name}" AS {compiled}', compiled.params)
    connection.execute(text(f"GRANT USAGE ON SCHEMA {VIEWS} TO {READER}"))
    connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA {VIEWS} TO {READER}"))
    return list(queries)


def _name(identifier: str) -> str:
    """Return an id as the name of a view."""
    return identifier.replace("-", "_").replace(".", "_")


def _cases(hidden: frozenset[str]) -> Iterable[tuple[str, Select[Any]]]:
    for case_id, make in CASES.items():
        case = make(ANONYMOUS, hidden)
        yield _name(case_id), _rows(case.id_columns, case.properties, case.geometry, case.source).where(case.where)


def _check_layer(catalogue: Catalogue, pieces: Select[Any]) -> Select[Any]:
    """Return pieces with the attributes that Hajk asks for: `id`, `caption`, `layer`, and `plan` to group by."""
    rows = pieces.subquery()
    titles = {layer.id: layer.title.sv for layer in catalogue.layers.values()}
    captions = type_coerce(func.jsonb(orjson.dumps(titles).decode()), JSONB)
    return select(
        rows.c.feature_id,
        rows.c.layer.label("id"),
        captions.op("->>")(rows.c.layer).label("caption"),
        rows.c.layer,
        rows.c.plan_name.label("plan"),
        rows.c.severity,
        rows.c.object_name,
        rows.c.area_m2,
        rows.c.length_m,
        rows.c.geom,
    )


def _layer(layer: Layer, properties: Iterable[Property]) -> Select[Any]:
    query = _rows((Feature.id.expression,), properties, Feature.geom.expression, Feature.__table__)
    return query.where(Feature.version_id == active_version(literal(layer.id)))


def _rows(
    id_columns: Iterable[ColumnElement[Any]],
    properties: Iterable[Property],
    geometry: ColumnElement[Any],
    source: FromClause,
) -> Select[Any]:
    """Return the rows of a collection."""
    columns = [single_value(p).label(p.name) for p in properties]
    shape = type_coerce(geometry, String).label("geom")  # as it stands, in no encoding
    return select(feature_id(id_columns).label("feature_id"), *columns, shape).select_from(source)
