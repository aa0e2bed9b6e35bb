"""Files made by hand, and one way to read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas
import pytest
from shapely.geometry.base import BaseGeometry

from geomiljo.analysis.area import PlanArea
from geomiljo.catalogue import Catalogue
from geomiljo.plans import plan_area_from_geojson, read_plan_area
from geomiljo.settings import Settings

Read = Callable[..., PlanArea]
Write = Callable[..., Path]


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings()


@pytest.fixture
def read(catalogue: Catalogue, settings: Settings) -> Read:
    """Read a file, or a document, with the shipped registers."""

    def read(source: Path | dict[str, Any], **options: Any) -> PlanArea:
        options = {"catalogue": catalogue, "settings": settings, **options}
        if isinstance(source, Path):
            return read_plan_area(source, **options)
        return plan_area_from_geojson(source, **options)

    return read


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write geometries to a file of the format that its name says."""

    def write(
        file_name: str,
        /,
        geometries: Sequence[BaseGeometry | None],
        crs: int | None = 3006,
        layer: str | None = None,
        **columns: Any,
    ) -> Path:
        path = tmp_path / file_name
        frame = geopandas.GeoDataFrame(columns, geometry=list(geometries), crs=crs)
        extra = {"layer": layer} if layer else {}
        if path.suffix == ".dxf":
            frame = frame[["geometry"]]
        frame.to_file(path, engine="pyogrio", **extra)
        return path

    return write
