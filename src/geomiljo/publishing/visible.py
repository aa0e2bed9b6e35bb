"""Which collections a caller sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geomiljo.errors import Gone, NotFound
from geomiljo.publishing.cases import CASES, case_collection, with_reach
from geomiljo.publishing.layers import kept_version, layer_collection, published_versions
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geomiljo.access import Caller
    from geomiljo.catalogue import Catalogue
    from geomiljo.publishing.collections import Collection


def visible_collections(
    connection: Connection, catalogue: Catalogue, caller: Caller, hidden: frozenset[str]
) -> tuple[Collection, ...]:
    """Return all collections that `caller` may see, with their reach: cases, then layers.

    Parameters
    ----------
    hidden : frozenset of str
        Layers that the caller may not see.

    Returns
    -------
    tuple of Collection
        Layers stand in the order of the registers.
    """
    cases = (with_reach(connection, case_collection(connection, case, caller, hidden)) for case in CASES)
    versions = published_versions(connection, catalogue, hidden)
    return (*cases, *(layer_collection(catalogue.layers[version.layer], version) for version in versions))


def find_collection(
    connection: Connection,
    catalogue: Catalogue,
    caller: Caller,
    hidden: frozenset[str],
    collection_id: str,
    *,
    version: str | None = None,
    is_reach_asked: bool = False,
) -> Collection:
    """Return one collection that `caller` may see.

    Parameters
    ----------
    version : str, optional
        The version of a layer that paging began with; the active one otherwise.
    is_reach_asked : bool
        Extent and interval are worked out where they are not known.

    Raises
    ------
    NotFound
        There is no such collection, or it is not open to the caller.
    Gone
        The version is no longer kept.
    """
    if collection_id in CASES:
        case = case_collection(connection, collection_id, caller, hidden)
        return with_reach(connection, case) if is_reach_asked else case
    is_known = collection_id in catalogue.layers
    found = published_versions(connection, catalogue, hidden, collection_id) if is_known else ()
    if not found:
        raise NotFound(
            _("There is no collection {collection}, or it is not open to you."),
            remedy=_("/ogc/collections lists those that are."),
            collection=collection_id[:60],
        )
    layer = catalogue.layers[collection_id]
    if version is None or version == str(found[0].id):
        return layer_collection(layer, found[0])
    kept = kept_version(connection, int(version), collection_id) if version.isdecimal() else None
    if kept is None:
        raise Gone(
            _("The version of {collection} that this page is of is no longer kept."),
            remedy=_("Begin again at /ogc/collections/{collection}/items."),
            collection=collection_id,
        )
    return layer_collection(layer, kept)
