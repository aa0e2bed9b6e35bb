"""What the cells of a raster say, as a layer's result carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from geomiljo.analysis.values import CAMEL_CASE, Words


@dataclass(frozen=True, slots=True)
class CellClassResult:
    """A class of a raster's cells in the planning area."""

    __pydantic_config__ = CAMEL_CASE
    code: Annotated[int, Field(description="Value of the cells")]
    title: Annotated[Words | None, Field(description="What the value means; null: the registers do not say")]
    area_m2: Annotated[float, Field(ge=0, description="Square metres in the plane of EPSG:3006")]
    share: Annotated[float, Field(ge=0, le=1, description="Of the cells with data")]


@dataclass(frozen=True, slots=True)
class RasterResult:
    """What the cells of a raster say about the planning area."""

    __pydantic_config__ = CAMEL_CASE
    unit: Annotated[str, Field(description="Unit of the values; class: codes")]
    class_table: Annotated[str | None, Field(description="Class table of land cover that the values are of")]
    valid_cells: Annotated[float, Field(ge=0, description="Cells with data; parts of cells count as parts")]
    valid_share: Annotated[float, Field(ge=0, le=1, description="Share of the planning area with data")]
    cell_m2: Annotated[float, Field(ge=0, description="Area of a cell, m²")]
    minimum: Annotated[float | None, Field(description="Least value; null: no data, or codes")]
    maximum: Annotated[float | None, Field(description="Greatest value; null: no data, or codes")]
    mean: Annotated[float | None, Field(description="Mean value; null: no data, or codes")]
    classes: Annotated[tuple[CellClassResult, ...], Field(description="Classes of the cells, largest first")]
    exact: Annotated[bool, Field(description="Parts of cells were weighed; false: whole cells by their centre")]
