"""What a layer has mapped: stated at load, or unknown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import select

from geomiljo.crs import transform_one
from geomiljo.database.tables import Feature, LayerVersion
from geomiljo.errors import InputError, NotFound
from geomiljo.geometry import geometry_array, polygonal, repair_polygons
from geomiljo.layers.files import read_layer_file
from geomiljo.placement import read_extent
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Connection

    from geomiljo.catalogue import Catalogue

COUNTY_LAYER = "lan"


def stated_coverage(text: str, catalogue: Catalogue, connection: Connection) -> BaseGeometry:
    """Return the area that a coverage statement means, as a MultiPolygon in EPSG:3006.

    Parameters
    ----------
    text : str
        ``sweden``: all that a Swedish register could list; ``county:03,24``: counties by code, from the loaded layer
        ``lan``; anything else: a file of polygons.

    Raises
    ------
    NotFound
        A county that does not exist, or the layer ``lan`` is not loaded.
    InputError
        The file holds no polygons.
    """
    if text == "sweden":
        covered = extent_geometry(catalogue, "sverige")
    elif text.startswith("county:"):
        covered = _counties(text.removeprefix("county:").split(","), catalogue, connection)
    else:
        covered = _file(Path(text))
    return shapely.multipolygons(shapely.get_parts(covered))


def extent_geometry(catalogue: Catalogue, extent_id: str) -> BaseGeometry:
    """Return a named extent of the registers in EPSG:3006, prepared for quick tests."""
    return read_extent(catalogue.extent_file(extent_id))


def _counties(codes: list[str], catalogue: Catalogue, connection: Connection) -> BaseGeometry:
    for code in codes:
        if code not in catalogue.counties:
            raise NotFound(
                _("There is no county {code}."),
                remedy=_("County codes have two digits: {codes}."),
                code=code,
                codes=", ".join(catalogue.counties),
            )
    version = connection.scalar(
        select(LayerVersion.id).where(LayerVersion.layer == COUNTY_LAYER, LayerVersion.state == "active")
    )
    if version is None:
        raise NotFound(
            _("Coverage by county needs the layer of counties, which is not loaded."),
            remedy=_("Load it first: geomiljo layer load lan FILE."),
        )
    rows = connection.execute(select(Feature.id, Feature.geom).where(Feature.version_id == version))
    shapes = {row.id: to_shape(row.geom) for row in rows}
    wanted = {key: shape for key, shape in shapes.items() if county_code(key) in codes}
    missing = set(codes) - {county_code(key) for key in wanted}
    if missing:
        raise NotFound(
            _("The loaded layer of counties has no county {codes}."),
            remedy=_("Load a layer of counties whose ids are the two-digit codes."),
            codes=", ".join(sorted(missing)),
        )
    return shapely.union_all(list(wanted.values()))


def county_code(object_id: str) -> str:
    """Return the two-digit code of a county object: sources write 5, "5" or "05", and list some counties in parts.

    Examples
    --------
    >>> county_code("5"), county_code("23~2")
    ('05', '23')
    """
    return object_id.partition("~")[0].zfill(2)


def _file(path: Path) -> BaseGeometry:
    raw = read_layer_file(path)
    geometry = raw.geometry[~shapely.is_missing(raw.geometry)]
    moved = geometry_array([transform_one(g, raw.crs) for g in geometry])
    covered = shapely.union_all(repair_polygons(polygonal(moved)).geometries) if len(moved) else shapely.Polygon()
    if covered.is_empty:
        raise InputError(
            _("The coverage file {file} holds no polygons."),
            remedy=_("Give the mapped area as polygons, or state sweden or county:NN,NN."),
            file=path.name,
        )
    return covered
