"""The municipality or county that a ledger is about, and how much of each class lies there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import select, text

from geomiljo.analysis.answers import WHOLLY, covered_share
from geomiljo.analysis.ledger import Territory
from geomiljo.analysis.measure import measure
from geomiljo.analysis.pieces import COVER
from geomiljo.analysis.values import Words
from geomiljo.database.engine import query
from geomiljo.database.tables import Feature, LayerVersion
from geomiljo.errors import NotFound
from geomiljo.geometry import geometry_array
from geomiljo.layers.readers import PostgisReader
from geomiljo.layers.stage import classification_hash
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Connection

    from geomiljo.analysis.ledger import ClassKey
    from geomiljo.assessments.assess import Assessor
    from geomiljo.catalogue import Catalogue

_ALMOST_WHOLLY = WHOLLY - 1e-4
"""Borders of municipalities and of coverage are drawn at different scales; a ten-thousandth is let pass."""


def territory_of(
    connection: Connection,
    assessor: Assessor,
    municipality: str | None,
    county: str | None,
    classes: Collection[ClassKey],
) -> tuple[Territory, tuple[Words, ...]]:
    """Return a municipality, a county, or (without either) the country, with the area of some classes there.

    Returns
    -------
    Territory
        Classes of layers that have not mapped all of it are left out: their area is not known.
    tuple of Words
        What is left out, and why.

    Raises
    ------
    NotFound
        There is no such municipality or county.
    """
    layers = sorted({layer for layer, _class in classes})
    if municipality is None and county is None:
        areas = {layer: _areas_everywhere(connection, assessor, layer) for layer in layers}
        return Territory(None, _chosen(areas, classes)), ()
    layer, code = ("kommun", municipality) if municipality is not None else ("lan", county or "")
    _require_known(assessor.catalogue, layer, code or "")
    outline = _outline(connection, layer, code or "")
    if outline is None:
        note = Words.of(
            _("Layer {layer} has no {code}, or is not loaded: shares are not known."), layer=layer, code=code
        )
        return Territory(None, {}), (note,)
    areas, missing = _areas_inside(PostgisReader(connection), assessor, outline, layers)
    notes = tuple(
        Words.of(_("Layer {layer} does not map all of the territory: its shares are not known."), layer=name)
        for name in missing
    )
    return Territory(outline, _chosen(areas, classes)), notes


def _require_known(catalogue: Catalogue, layer: str, code: str) -> None:
    known = catalogue.municipalities if layer == "kommun" else catalogue.counties
    if code not in known:
        raise NotFound(
            _("There is no municipality or county {code}."),
            remedy=_("Municipalities have four digits, counties two."),
            code=code,
        )


def _outline(connection: Connection, layer: str, code: str) -> BaseGeometry | None:
    """Return the union of the objects with a code: sources write 180 or 0180, and list some in parts."""
    rows = connection.execute(
        select(Feature.id, Feature.geom)
        .join(LayerVersion, LayerVersion.id == Feature.version_id)
        .where(LayerVersion.layer == layer, LayerVersion.state == "active")
    )
    parts = [to_shape(row.geom) for row in rows if row.id.partition("~")[0].zfill(len(code)) == code]
    return shapely.union_all(parts) if parts else None


def _areas_everywhere(connection: Connection, assessor: Assessor, layer: str) -> dict[str, float]:
    rows = connection.execute(text(query("class_areas")), {"layer": layer, "cover": COVER})
    return _by_class(assessor, layer, ((row.classes, row.area_m2) for row in rows))


def _areas_inside(
    reader: PostgisReader, assessor: Assessor, outline: BaseGeometry, layers: Iterable[str]
) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Return areas by layer and class, and the layers that cannot tell."""
    loaded = reader.layers()
    able, missing = [], []
    for layer in layers:
        version = loaded.get(layer)
        is_same = version is not None and version.classification == classification_hash(
            assessor.catalogue.layers[layer]
        )
        covers = version is not None and version.coverage is not None
        if is_same and covers and covered_share(version.coverage, outline) >= _ALMOST_WHOLLY:  # type: ignore[union-attr]
            able.append(layer)
        else:
            missing.append(layer)
    plain = {"reach_m": 0.0, "tolerance_m": 0.0, "sliver_width_m": 0.0, "ring_radii_m": (), "class_sets": ()}
    searches = [replace(assessor.questions[layer].search, **plain) for layer in able]  # type: ignore[arg-type]
    found = reader.pieces(geometry_array([outline]), searches)
    cells = found.pieces.take((found.pieces.flags & COVER != 0).nonzero()[0])
    measured = measure(geometry_array([outline]), cells, searches)
    areas = {
        layer: {
            class_id: measured.area(0, position, bit)
            for class_id, bit in assessor.questions[layer].class_bits.items()
        }
        for position, layer in enumerate(able)
        if layer not in found.failures
    }  # fmt: skip
    return areas, [*missing, *found.failures]


def _by_class(assessor: Assessor, layer: str, cells: Iterable[tuple[int, float]]) -> dict[str, float]:
    if layer not in assessor.questions:  # assessed by registers of then
        return {}
    bits = assessor.questions[layer].class_bits
    totals = dict.fromkeys(bits, 0.0)
    for classes, area_m2 in cells:
        for class_id, bit in bits.items():
            totals[class_id] += area_m2 if classes & bit else 0.0
    return totals


def _chosen(areas: Mapping[str, Mapping[str, float]], classes: Collection[ClassKey]) -> dict[ClassKey, float]:
    return {
        (layer, class_id): areas[layer][class_id]
        for layer, class_id in classes
        if layer in areas and class_id in areas[layer]
    }
