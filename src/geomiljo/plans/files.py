"""The delivered file as it is kept."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from geomiljo.plans.case import PlanSource

if TYPE_CHECKING:
    from pathlib import Path

_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def source_file(path: Path) -> PlanSource:
    """Return a file byte for byte; the parts of a loose Shapefile as one archive that is always the same."""
    if path.suffix.lower() != ".shp":
        return PlanSource(path.name, path.read_bytes())
    packed = io.BytesIO()
    parts = sorted(
        other
        for other in path.parent.iterdir()
        if other.stem.casefold() == path.stem.casefold() and other.suffix.lower() in _PARTS
    )
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for part in parts:
            archive.writestr(zipfile.ZipInfo(part.name, _EPOCH), part.read_bytes())
    return PlanSource(f"{path.stem}.zip", packed.getvalue())
