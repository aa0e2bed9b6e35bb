"""Staging a layer: from a file as it is to objects that can be measured, with an account of everything on the way."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import shapely

from geomiljo.catalogue.filters import evaluate, parse_filter
from geomiljo.catalogue.layers import UNCLASSIFIED
from geomiljo.crs import ANALYSIS_CRS, crs_label, transform
from geomiljo.errors import LayerDataError
from geomiljo.geometry import repair_polygons
from geomiljo.layers.attributes import attribute_documents, cast, filter_attributes, match_columns
from geomiljo.layers.fields import stored_fields
from geomiljo.layers.register_values import position_errors_m, register_area
from geomiljo.texts import mark as _
from geomiljo.units import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from geomiljo.catalogue.layers import Layer
    from geomiljo.layers.files import RawLayer

_ROWS_AT_A_TIME = 20_000
_KIND_OF_DIMENSION = {0: "point", 1: "line", 2: "polygon"}


@dataclass(slots=True)
class LoadReport:
    """What happened to the objects of a file. Rejected objects are named; nothing is dropped without a line here."""

    read: int = 0
    stored: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    repaired: list[dict[str, Any]] = field(default_factory=list)
    dropped_z: int = 0
    dropped_m: int = 0
    has_curves: bool = False
    classes: dict[str, int] = field(default_factory=dict)
    duplicate_ids: int = 0
    missing_ids: int = 0
    register_area: dict[str, Any] | None = None
    position_errors: dict[str, Any] | None = None
    columns: dict[str, str | None] = field(default_factory=dict)
    crs: str = ""
    previous_count: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class StagedLayer:
    """Objects of a layer, each array of length n; the position is the object's number.

    Attributes
    ----------
    layer : Layer
    ids : ndarray of str
        Unique and stable, from the source.
    names : ndarray of str or None
    class_bits : ndarray of int64
        One bit each.
    geometry : ndarray of Geometry
        EPSG:3006, valid, two-dimensional.
    size : ndarray of float64
        m² of polygons, m of lines, 0 of points.
    errors_m : ndarray of float64
        How far each may lie from where it is drawn; NaN where the source does not tell.
    attributes : list of bytes
        JSON objects.
    fields : list of dict
        Names and kinds of their members.
    report : LoadReport
    """

    layer: Layer
    ids: NDArray[np.object_]
    names: NDArray[np.object_]
    class_bits: NDArray[np.int64]
    geometry: NDArray[np.object_]
    size: NDArray[np.float64]
    errors_m: NDArray[np.float64]
    attributes: list[bytes]
    fields: list[dict[str, Any]]
    report: LoadReport

    @property
    def unclassified_count(self) -> int:
        """How many objects no class of the layer takes."""
        return self.report.classes.get(UNCLASSIFIED, 0)

    @property
    def largest_error_m(self) -> float:
        """How far an object may at most lie from where it is drawn, as the source tells; 0: it tells of none."""
        return float(np.nanmax(self.errors_m, initial=0.0))

    def content_hash(self) -> str:
        """Return a hash of ids, names, classes, attributes and geometries, whatever their order in the file."""
        digest = hashlib.sha256()
        order = np.array(sorted(range(len(self.ids)), key=self.ids.__getitem__), dtype=np.intp)
        for rows in np.split(order, range(_ROWS_AT_A_TIME, len(order), _ROWS_AT_A_TIME)):
            shapes = shapely.to_wkb(self.geometry[rows])
            for row, wkb in zip(rows.tolist(), shapes, strict=True):
                told = orjson.dumps([self.ids[row], self.names[row], int(self.class_bits[row])])
                digest.update(told + self.attributes[row] + wkb)
        return digest.hexdigest()


def stage(layer: Layer, raw: RawLayer, mapping: Mapping[str, str] | None = None) -> StagedLayer:
    """Check, repair, name and classify the objects of a file.

    Parameters
    ----------
    mapping : mapping of str to str, optional
        Column for an attribute; an empty column states that the file has none.

    Raises
    ------
    LayerDataError
        A filter attribute is missing or cannot be cast, or not one object fits the layer.

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
    if report.read and not kept.size:
        raise LayerDataError(
            _("Not one of the {count} objects in {file} can be used; the first: {reason}."),
            remedy=_("Layer {layer} holds {kinds}."),
            count=Count(report.read),
            file=raw.source,
            reason=report.rejected[0]["reason"],
            layer=layer.id,
            kinds=", ".join(layer.kinds),
        )
    documents = attribute_documents(raw.columns, kept, matched)
    fields = stored_fields(layer, raw.columns, kept, matched)
    geometry = geometry[kept]
    size = np.where(shapely.get_dimensions(geometry) == 2, shapely.area(geometry), shapely.length(geometry))
    report.stored = len(kept)
    report.register_area = register_area(layer, raw, matched, kept, size, ids)
    _count_classes(layer, class_bits[kept], report)
    shown = _names(layer, raw, matched)[kept]
    errors_m, report.position_errors = position_errors_m(layer, raw, matched)
    return StagedLayer(
        layer, ids[kept], shown, class_bits[kept], geometry, size, errors_m[kept], documents, fields, report
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
    """Return unique ids: the register's id column, else the file's own numbers.

    Where a source gives several rows one id, all but the first (by their own number) get ``~2``, ``~3`` …
    """
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
    seen: dict[str, int] = {}
    for position in np.argsort(raw.fids, kind="stable").tolist():
        count = seen[ids[position]] = seen.get(ids[position], 0) + 1
        if count > 1:
            report.duplicate_ids += 1
            ids[position] = f"{ids[position]}~{count}"
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
    coordinates, index = shapely.get_coordinates(geometry, return_index=True)
    finite[index[~np.isfinite(coordinates).all(axis=1)]] = False
    return finite
