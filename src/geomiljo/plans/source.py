"""From a plan file of any format to its features."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson
import pyogrio
import shapely

from geomiljo.errors import UnreadableFile
from geomiljo.plans.features import FileNote, PlanFeatures, from_columns
from geomiljo.plans.geojson import heights_note, read_geojson, require_few, unclosed_note
from geomiljo.plans.schema41 import is_plan_schema, read_plan_schema
from geomiljo.texts import mark as _
from geomiljo.vectorfile import choose_table, read_vector_file

if TYPE_CHECKING:
    from geomiljo.plans.formats import PlanFile
    from geomiljo.settings import Settings
    from geomiljo.vectorfile import RawLayer

_OPEN_OPTIONS: dict[str, dict[str, str]] = {"gml": {"WRITE_GFS": "NO", "DOWNLOAD_SCHEMA": "NO"}}


def read_features(file: PlanFile, settings: Settings, crs: str | None) -> PlanFeatures:
    """Return the features of a file.

    Raises
    ------
    InputError
        The file cannot be read, or its coordinate system is missing or contradicted.
    """
    if file.kind == "geojson":
        return document_features(_parse(file), file.source, file.title, settings, crs)
    options = _OPEN_OPTIONS.get(file.kind, {})
    table = choose_table(file.path, file.table, file.source)
    count = pyogrio.read_info(file.path, layer=table, force_feature_count=True, **options)["features"]
    require_few(count, settings.max_features, file.source)
    raw = read_vector_file(file.path, file.table, crs, source=file.source, **options)
    return from_columns(
        raw.source,
        file.title,
        raw.crs,
        raw.geometry,
        [str(fid) for fid in raw.fids.tolist()],
        {name: raw.columns.column(name).to_pylist() for name in raw.columns.column_names},
        notes=_notes(raw),
        closes_outlines=file.kind == "dxf",
    )


def document_features(document: Any, source: str, title: str, settings: Settings, crs: str | None) -> PlanFeatures:
    """Return the features of a parsed JSON document: plan schema 4.1 or GeoJSON."""
    if is_plan_schema(document):
        return read_plan_schema(document, source, settings.max_features, crs)
    return read_geojson(document, source, title, settings.max_features, crs)


def _parse(file: PlanFile) -> Any:
    content = file.path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        with suppress(ValueError, RecursionError):
            return json.loads(content)  # takes NaN as well, so that its vertex can be told
        raise UnreadableFile(
            _("{file} is not JSON from line {line}, column {column}."),
            remedy=_("The file is damaged or cut off: export the area again as GeoJSON."),
            location=f"line {error.lineno}, column {error.colno}",
            file=file.source,
            line=error.lineno,
            column=error.colno,
        ) from error


def _notes(raw: RawLayer) -> list[FileNote]:
    notes = []
    if raw.dropped_z:
        notes.append(heights_note())
    if raw.has_curves:
        notes.append(FileNote("curves", _("Arcs were replaced by short straight edges.")))
    if raw.unclosed:
        notes.append(unclosed_note(len(raw.unclosed)))
    empty = int(shapely.is_missing(raw.geometry).sum())
    if empty:
        notes.append(
            FileNote("no_geometry", _("Features without a geometry were left out: {count}."), {"count": str(empty)})
        )
    return notes
