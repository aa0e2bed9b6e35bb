"""Taking in a layer's objects: staged batch by batch and written to the database, while what is known of them adds up.

Nothing but sums is kept in memory, so that a layer may be larger than that.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geomiljo.catalogue.layers import UNCLASSIFIED
from geomiljo.errors import LayerDataError
from geomiljo.layers.fields import StoredFields
from geomiljo.layers.load_report import LoadReport
from geomiljo.layers.register_values import RegisterAreas
from geomiljo.layers.stage import StagedLayer, classification_hash, stage
from geomiljo.layers.store import create_partition, make_ids_unique, write_features
from geomiljo.texts import mark as _
from geomiljo.units import Count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from concurrent.futures import Future

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Connection

    from geomiljo.catalogue.layers import Layer
    from geomiljo.layers.files import RawLayer

_NOWHERE = (np.inf, np.inf, -np.inf, -np.inf)


@dataclass(slots=True)
class Intake:
    """What is known of a layer's objects so far."""

    layer: Layer
    report: LoadReport = field(default_factory=LoadReport)
    _content: int = 0
    _area_m2: float = 0.0
    _largest_error_m: float = 0.0
    _bounds: NDArray[np.float64] = field(default_factory=lambda: np.array(_NOWHERE))
    _fields: StoredFields = field(init=False)
    _areas: RegisterAreas | None = None

    def __post_init__(self) -> None:
        self._fields = StoredFields(self.layer)

    def add(self, staged: StagedLayer) -> None:
        """Add a batch of objects."""
        self.report.add(staged.report)
        self.add_content(staged.content_sum())
        self._area_m2 += float(staged.size[shapely.get_dimensions(staged.geometry) == 2].sum())
        self._largest_error_m = max(self._largest_error_m, staged.largest_error_m)
        if len(staged.ids):
            xmin, ymin, xmax, ymax = shapely.total_bounds(staged.geometry)
            low, high = np.minimum(self._bounds[:2], [xmin, ymin]), np.maximum(self._bounds[2:], [xmax, ymax])
            self._bounds = np.concatenate([low, high])
        self._fields.add(staged.columns, staged.report.columns)
        area = self.layer.attribute("area_ha")
        if area is not None and staged.report.columns[area.name] is not None:
            self._areas = self._areas or RegisterAreas()
            self._areas.add(staged.ids, staged.deviations)

    def complete(self, duplicate_ids: int) -> LoadReport:
        """Return the report, with what could only be told at the end."""
        self.report.duplicate_ids = duplicate_ids
        self.report.register_area = self._areas.report() if self._areas else None
        return self.report

    def add_content(self, hashed: int) -> None:
        """Add the sum of hashes to that of the content."""
        self._content = (self._content + hashed) % (1 << 256)

    def checksum(self, coverage: BaseGeometry | None, unknown_count: int) -> str:
        """Return a hash of objects, classification, coverage and of how many objects are not known."""
        digest = hashlib.sha256(self._content.to_bytes(32))
        digest.update(classification_hash(self.layer).encode())
        digest.update(shapely.to_wkb(shapely.normalize(coverage)) if coverage is not None else b"unknown")
        digest.update(str(unknown_count).encode())
        return digest.hexdigest()

    def facts(self) -> dict[str, Any]:
        """Return what the row of the version tells of its objects."""
        return {
            "layer": self.layer.id,
            "classification": classification_hash(self.layer),
            "feature_count": self.report.stored,
            "rejected_count": len(self.report.rejected),
            "unclassified_count": self.report.classes.get(UNCLASSIFIED, 0),
            "repaired_count": len(self.report.repaired),
            "area_m2": self._area_m2,
            "largest_error_m": self._largest_error_m,
            "extent": self._bounds.tolist() if self.report.stored else None,
            "fields": self._fields.document(),
        }


def take_objects(
    connection: Connection, version_id: int, layer: Layer, batches: Iterable[RawLayer], mapping: Mapping[str, str]
) -> Intake:
    """Stage a layer's objects and write them as those of a version; one batch is written while the next is staged.

    Raises
    ------
    LayerDataError
        See :func:`geomiljo.layers.stage.stage`, or not one object fits the layer.
    """
    intake = Intake(layer)
    source = ""
    create_partition(connection, version_id)
    with ThreadPoolExecutor(1) as database:
        writing: Future[None] | None = None
        for raw in batches:
            source = raw.source
            staged = stage(layer, raw, mapping)
            first = intake.report.stored
            intake.add(staged)
            if writing is not None:
                writing.result()
            writing = database.submit(write_features, connection, version_id, first, staged)
        if writing is not None:
            writing.result()
    renamed = make_ids_unique(connection, version_id)
    intake.add_content(sum(int.from_bytes(hashlib.sha256(told.encode()).digest()) for told in renamed))
    require_usable(layer, source, intake.complete(len(renamed)))
    return intake


def require_usable(layer: Layer, source: str, report: LoadReport) -> None:
    """Refuse a file that has objects of which not one fits the layer.

    Raises
    ------
    LayerDataError
        With the reason of the first.
    """
    if report.read and not report.stored:
        raise LayerDataError(
            _("Not one of the {count} objects in {file} can be used; the first: {reason}."),
            remedy=_("Layer {layer} holds {kinds}."),
            count=Count(report.read),
            file=source,
            reason=report.rejected[0]["reason"],
            layer=layer.id,
            kinds=", ".join(layer.kinds),
        )
