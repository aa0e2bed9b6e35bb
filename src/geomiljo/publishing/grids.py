"""Grids that tiles are cut by: Web Mercator as everywhere, and SWEREF 99 TM as Swedish map services have it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import morecantile
import shapely
from pyproj import CRS

from geomiljo.catalogue.base import Text
from geomiljo.crs import ANALYSIS_CRS, transform_one
from geomiljo.errors import NotFound
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geomiljo.publishing.collections import Extent

EXTENT = 4096
"""Units along the side of a tile."""
BUFFER = 64
"""Units that a tile reaches over its edges, so that outlines do not show where tiles meet."""
_ORIGIN_EAST, _ORIGIN_NORTH = -1_200_000.0, 8_500_000.0
"""Upper left corner of the grid of Lantmäteriet's services; the cell at level 0 is 4,096 m."""
_SIDE_M = 4 * 256 * 4_096.0
_NATIONAL = (_ORIGIN_EAST, _ORIGIN_NORTH - _SIDE_M, _ORIGIN_EAST + _SIDE_M, _ORIGIN_NORTH)
_LONGEST_NUMBER = 9


@dataclass(frozen=True, slots=True)
class Tile:
    """A place in a grid.

    Attributes
    ----------
    level, row, column : int
    bounds : tuple of float
        xmin, ymin, xmax, ymax in the grid's coordinate system.
    srid : int
    surroundings : tuple of float
        Box of the national grid in this grid's plane: no feature lies outside it, and farther away some places have no
        coordinates in EPSG:3006.
    """

    level: int
    row: int
    column: int
    bounds: tuple[float, float, float, float]
    srid: int
    surroundings: tuple[float, float, float, float]

    @property
    def unit(self) -> float:
        """Length of a unit of the tile, metres of the grid's plane."""
        return (self.bounds[2] - self.bounds[0]) / EXTENT


@dataclass(frozen=True, slots=True)
class Grid:
    """A tile matrix set, and how deep it is served.

    Attributes
    ----------
    title : Text
    tms : TileMatrixSet
    srid : int
    deepest : int
        Last level with tiles.
    """

    title: Text
    tms: morecantile.TileMatrixSet
    srid: int
    deepest: int
    document: dict[str, Any] = field(init=False)
    surroundings: Extent = field(init=False)

    def __post_init__(self) -> None:
        """Write the document once, and place the national grid."""
        object.__setattr__(self, "surroundings", self.placed(_NATIONAL))
        object.__setattr__(self, "document", self.tms.model_dump(mode="json", exclude_none=True))

    @property
    def id(self) -> str:
        """As it stands in addresses."""
        return str(self.tms.id)

    @property
    def crs(self) -> str:
        """Address of the coordinate system."""
        return str(self.document["crs"])

    def tile(self, matrix: str, row: str, column: str) -> Tile:
        """Return the tile at a place.

        Raises
        ------
        NotFound
            The grid has no such level, or the level no such place.
        """
        level, at_row, at_column = map(_number, (matrix, row, column))
        if not 0 <= level <= self.deepest:
            raise NotFound(
                _("There are no tiles at level {level} of {grid}."),
                remedy=_("Its levels with tiles are 0 to {deepest}."),
                level=matrix,
                grid=self.id,
                deepest=self.deepest,
            )
        size = self.tms.matrix(level)
        if not (0 <= at_row < size.matrixHeight and 0 <= at_column < size.matrixWidth):
            raise NotFound(
                _("There is no tile in row {row}, column {column} at level {level} of {grid}."),
                remedy=_("Rows are 0 to {last_row} from the north, columns 0 to {last_column} from the west."),
                row=row,
                column=column,
                level=level,
                grid=self.id,
                last_row=size.matrixHeight - 1,
                last_column=size.matrixWidth - 1,
            )
        xmin, ymin, xmax, ymax = self.tms.xy_bounds(morecantile.Tile(at_column, at_row, level))
        return Tile(level, at_row, at_column, (xmin, ymin, xmax, ymax), self.srid, self.surroundings)

    def placed(self, extent: Extent) -> Extent:
        """Return the box, in the grid's plane, of a box in EPSG:3006."""
        box = shapely.box(*extent).envelope  # a point where the box has no sides
        xmin, ymin, xmax, ymax = transform_one(box, ANALYSIS_CRS, CRS.from_epsg(self.srid)).bounds
        return xmin, ymin, xmax, ymax

    def limits(self, extent: Extent) -> list[dict[str, Any]]:
        """Return for each level the first and last rows and columns that a box in EPSG:3006 reaches."""
        box = self.placed(extent)
        return [self._limits(level, box) for level in range(self.deepest + 1)]

    def _limits(self, level: int, box: Extent) -> dict[str, Any]:
        matrix = self.tms.matrix(level)
        left, _bottom, _right, top = self.tms.xy_bounds(morecantile.Tile(0, 0, level))
        side = matrix.cellSize * matrix.tileWidth
        columns = [min(max(math.floor((x - left) / side), 0), matrix.matrixWidth - 1) for x in (box[0], box[2])]
        rows = [min(max(math.floor((top - y) / side), 0), matrix.matrixHeight - 1) for y in (box[3], box[1])]
        return {
            "tileMatrix": matrix.id,
            "minTileRow": rows[0],
            "maxTileRow": rows[1],
            "minTileCol": columns[0],
            "maxTileCol": columns[1],
        }


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else -1


def _national() -> morecantile.TileMatrixSet:
    grid: morecantile.TileMatrixSet = morecantile.TileMatrixSet.custom(
        list(_NATIONAL),
        ANALYSIS_CRS,
        matrix_scale=[4, 4],
        maxzoom=13,
        id="SWEREF99TM",
        title="SWEREF 99 TM, grid of Lantmäteriet's map services",
        orderedAxes=["N", "E"],
    )
    return grid


GRIDS: Mapping[str, Grid] = {
    grid.id: grid
    for grid in (
        Grid(
            Text(sv="Web Mercator, som webbkartor har det", en="Web Mercator, as web maps have it"),
            morecantile.tms.get("WebMercatorQuad"),
            3857,
            deepest=18,
        ),
        Grid(
            Text(
                sv="SWEREF 99 TM, som Lantmäteriets karttjänster har det",
                en="SWEREF 99 TM, as Lantmäteriet's map services have it",
            ),
            _national(),
            3006,
            deepest=13,
        ),
    )
}


def grid_named(name: str) -> Grid:
    """Return the grid of this id.

    Raises
    ------
    NotFound
    """
    if name not in GRIDS:
        raise NotFound(
            _("There is no tile matrix set {name}."),
            remedy=_("There are {names}."),
            name=name,
            names=", ".join(GRIDS),
        )
    return GRIDS[name]
