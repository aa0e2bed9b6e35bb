"""Staging a layer: from a file as it is to objects that can be measured, with an account of everything on the way."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import shapely

from geomiljo.catalogue.filters import evaluate, parse_filter
from geomiljo.crs import ANALYSIS_CRS, crs_label, transform
from geomiljo.geometry import plain_wkb, repair_polygons
from geomiljo.layers.attributes import attribute_documents, cast, filter_attributes, match_columns
from geomiljo.layers.load_report import LoadReport
from geomiljo.layers.register_values import area_deviations, position_errors_m
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from geomiljo.catalogue.layers import Layer
    from geomiljo.layers.files import RawLayer

_KIND_OF_DIMENSION = {0: "point", 1: "line", 2: "polygon"}


@dataclass(frozen=True, slots=True)
class StagedLayer:
    """Objects of a layer or a part of it, each array of length n.

    Attributes
    ----------
    layer : Layer
    ids : ndarray of str
        Stable, from the source, which may give several objects the same.
    names : ndarray of str or None
    class_bits : ndarray of int64
        One bit each.
    geometry : ndarray of Geometry
        EPSG:3006, valid, two-dimensional.
    wkb : ndarray of bytes
        The same geometry, as it is hashed and stored.
    size : ndarray of float64
        m² of polygons, m of lines, 0 of points.
    errors_m : ndarray of float64
        How far each may lie from where it is drawn; NaN where the source does not tell.
    columns : Arrow table
        Their attributes as the source has them.
    attributes : list of bytes
        The same as JSON objects, under the register's names.
    deviations : ndarray of float64
        How far each area is from what the source's register states, as a share; NaN where that is not compared.
    report : LoadReport
        What happened to these objects and to those that were rejected beside them.
    """

    layer: Layer
    ids: NDArray[np.object_]
    names: NDArray[np.object_]
    class_bits: NDArray[np.int64]
    geometry: NDArray[np.object_]
    wkb: NDArray[np.object_]
    size: NDArray[np.float64]
    errors_m: NDArray[np.float64]
    columns: pa.Table
    attributes: list[bytes]
    deviations: NDArray[np.float64]
    report: LoadReport

    @property
    def largest_error_m(self) -> float:
        """How far an object may at most lie from where it is drawn, as the source tells; 0: it tells of none."""
        return float(np.nanmax(self.errors_m, initial=0.0))

    def with_unique_ids(self) -> StagedLayer:
        """Return the same objects with unique ids: all but the first of several with one id get ``~2``, ``~3``."""
        seen: Counter[str] = Counter()
        ids = self.ids.copy()
        for position, each in enumerate(self.ids):
            seen[each] += 1
            if seen[each] > 1:
                ids[position] = f"{each}~{seen[each]}"
        self.report.duplicate_ids = len(ids) - len(seen)
        return replace(self, ids=ids)

    def content_sum(self) -> int:
        """Return the sum of the objects' SHA-256 hashes: parts of a layer add up, whatever their order in the file."""
        told = zip(self.ids, self.names, self.class_bits.tolist(), strict=True)
        rows = zip(told, self.attributes, self.wkb, strict=True)
        hashes = (hashlib.sha256(orjson.dumps(row) + attributes + wkb).digest() for row, attributes, wkb in rows)
        return sum(int.from_bytes(each) for each in hashes)


def stage(layer: Layer, raw: RawLayer, mapping: Mapping[str, str] | None = None) -> StagedLayer:
    """Check, repair, name and classify the objects of a file, or a batch of them.

    Parameters
    ----------
    mapping : mapping of str to str, optional
        Column for an attribute; an empty column states that the file has none.

    Raises
    ------
    LayerDataError
        A filter attribute is missing or cannot be cast.

    Notes
    -----
    Invalid polygons are kept as the union of GEOS's two readings of them: an object is rather a little too large than
    missed. Objects without geometry, with coordinates that are no numbers or of a kind that the layer does not hold
    are rejected one by one and named in the report.
    """
    names = raw.columns.column_names
    matched = match_columns(layer, names, mapping or {})
    report = LoadReport(
        read=len(raw.fids),
        dropped_z=raw.dropped_z,
        dropped_m=raw.dropped_m,
        has_curves=raw.has_curves,
        columns=matched,
        crs=crs_label(raw.crs),
    )
    class_bits = _classify(layer, raw, matched)
    ids = _ids(layer, raw, matched, report)
    geometry = _measurable(layer, raw, ids, report)
    kept = np.flatnonzero(~shapely.is_missing(geometry))
    columns = raw.columns.take(kept) if raw.columns.num_columns else raw.columns
    documents = attribute_documents(columns, len(kept), matched)
    geometry = geometry[kept]
    size = np.where(shapely.get_dimensions(geometry) == 2, shapely.area(geometry), shapely.length(geometry))
    report.stored = len(kept)
    deviations = area_deviations(layer, raw, matched, kept, size)
    _count_classes(layer, class_bits[kept], report)
    shown = _names(layer, raw, matched)[kept]
    errors_m, report.position_errors = position_errors_m(layer, raw, matched)
    return StagedLayer(
        layer,
        ids[kept],
        shown,
        class_bits[kept],
        geometry,
        plain_wkb(geometry),
        size,
        errors_m[kept],
        columns,
        documents,
        deviations,
        report,
    )


def classification_hash(layer: Layer) -> str:
    """Return a hash of what the register says about sorting objects; versions sorted otherwise are out of date."""
    said: dict[str, Any] = {
        "classes": [(c.id, c.filter) for c in layer.classes],
        "types": sorted((a.name, a.type) for a in layer.attributes if a.name in filter_attributes(layer)),
        "sliver_width_m": layer.sliver_width_m,
    }
    error = layer.attribute("position_error_m")
    if error is not None:
        said["position_error_m"] = error.name
    return hashlib.sha256(orjson.dumps(said)).hexdigest()[:16]


def _column(raw: RawLayer, matched: Mapping[str, str | None], attribute: str) -> pa.ChunkedArray | None:
    column = matched.get(attribute)
    return raw.columns.column(column) if column is not None else None


def _classify(layer: Layer, raw: RawLayer, matched: Mapping[str, str | None]) -> NDArray[np.int64]:
    """Return the bit of the first class whose filter takes each object; the last bit where none does."""
    rows = len(raw.fids)
    wanted = filter_attributes(layer)
    columns = {
        a.name: cast(a, _column(raw, matched, a.name), rows, matched[a.name])
        for a in layer.attributes
        if a.name in wanted
    }
    bits = np.full(rows, 1 << (len(layer.class_ids) - 1), dtype=np.int64)
    free = np.ones(rows, dtype=bool)
    for index, layer_class in enumerate(layer.classes):
        taken = free if layer_class.filter is None else free & evaluate(parse_filter(layer_class.filter), columns, rows)
        bits[taken] = 1 << index
        free = free & ~taken
    return bits


def _count_classes(layer: Layer, bits: NDArray[np.int64], report: LoadReport) -> None:
    for index, class_id in enumerate(layer.class_ids):
        report.classes[class_id] = int((bits == 1 << index).sum())


def _ids(layer: Layer, raw: RawLayer, matched: Mapping[str, str | None], report: LoadReport) -> NDArray[np.object_]:
    """Return ids: the register's id column, else the file's own numbers."""
    attribute = layer.attribute("id")
    values = _column(raw, matched, attribute.name) if attribute else None
    texts = cast(attribute, values, len(raw.fids), None) if attribute and values is not None else None
    if texts is None or attribute is None or attribute.type != "text":
        own = values.to_pylist() if values is not None else raw.fids.tolist()
        ids = [f"{value:.15g}" if isinstance(value, float) else str(value) for value in own]
    else:
        report.missing_ids = int(texts.null.sum())
        ids = [
            f"fid{fid}" if null else str(text)
            for text, null, fid in zip(texts.values, texts.null, raw.fids, strict=True)
        ]
    return np.array(ids, dtype=object)


def _names(layer: Layer, raw: RawLayer, matched: Mapping[str, str | None]) -> NDArray[np.object_]:
    """Return the shown names: of several columns with names, the first that says something; None where none does."""
    names = np.full(len(raw.fids), None, dtype=object)
    for attribute in layer.attributes_with("name"):
        values = _column(raw, matched, attribute.name)
        if values is not None:
            texts = (str(value).strip() if value is not None else None for value in values.to_pylist())
            names = np.array([name or text or None for name, text in zip(names, texts, strict=True)], dtype=object)
    return names


def _measurable(layer: Layer, raw: RawLayer, ids: NDArray[np.object_], report: LoadReport) -> NDArray[np.object_]:
    """Return geometries in the analysis system, repaired; None for objects that are rejected."""
    geometry = raw.geometry.copy()

    def reject(mask: NDArray[np.bool_], reason: str) -> None:
        for index in np.flatnonzero(mask):
            report.rejected.append({"fid": int(raw.fids[index]), "id": ids[index], "reason": reason})
            geometry[index] = None

    reject(shapely.is_missing(geometry) | shapely.is_empty(geometry), _("no geometry"))
    reject(~_is_finite(geometry), _("coordinates that are no numbers"))
    moved = transform(geometry, raw.crs, ANALYSIS_CRS)
    geometry = moved.copy()
    reject(~_is_finite(geometry), _("coordinates outside the reach of the coordinate system"))
    kinds = np.array([_KIND_OF_DIMENSION.get(d, "") for d in shapely.get_dimensions(geometry).tolist()])
    there = ~shapely.is_missing(geometry)
    reject(there & ~np.isin(kinds, layer.kinds), _("of a kind that the layer does not hold"))
    report.repaired += [{"id": ids[index], "reason": "ring closed"} for index in raw.unclosed]
    return _repaired(geometry, ids, report, reject)


def _repaired(
    geometry: NDArray[np.object_],
    ids: NDArray[np.object_],
    report: LoadReport,
    reject: Callable[[NDArray[np.bool_], str], None],
) -> NDArray[np.object_]:
    flat = np.flatnonzero(shapely.get_dimensions(geometry) == 2)
    mended = repair_polygons(geometry[flat])
    geometry[flat] = mended.geometries
    for position, index in enumerate(flat[mended.indices]):
        report.repaired.append(
            {
                "id": ids[index],
                "reason": mended.reasons[position],
                "area_before_m2": float(mended.area_before_m2[position]),
                "area_after_m2": float(mended.area_after_m2[position]),
                "disagreement": float(mended.disagreement[position]),
            }
        )
    collapsed = np.zeros(len(geometry), dtype=bool)
    collapsed[flat] = shapely.area(geometry[flat]) == 0
    lines = shapely.get_dimensions(geometry) == 1
    collapsed |= lines & (shapely.length(geometry) == 0)
    reject(collapsed, _("no extent"))
    return geometry


def _is_finite(geometry: NDArray[np.object_]) -> NDArray[np.bool_]:
    finite = np.ones(len(geometry), dtype=bool)
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        coordinates, index = shapely.get_coordinates(geometry, return_index=True)
        finite[index[~np.isfinite(coordinates).all(axis=1)]] = False
    return finite
