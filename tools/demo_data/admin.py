"""The invented county and its municipalities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from tools.demo_data.noise import Noise
from tools.demo_data.rows import COUNTY, MUNICIPALITY, Row, row
from tools.demo_data.shapes import at, wander

if TYPE_CHECKING:
    from tools.demo_data.landscape import Landscape

_BORDER = (
    (0.9, 0.8), (0.6, 4.2), (1.1, 8.1), (0.7, 12.4), (1.6, 15.1), (6.2, 15.4), (11.4, 15.0), (15.8, 15.3),
    (19.0, 14.6), (19.4, 10.4), (18.9, 7.0), (19.5, 3.6), (19.2, 1.0), (14.6, 0.7), (9.8, 1.0), (4.4, 0.5),
)  # fmt: skip
_NEIGHBOURS = (("0098", "Norrbygd (påhittad)"), ("0097", "Söderbygd (påhittad)"))


def tables(land: Landscape) -> dict[str, list[Row]]:
    """Return the administrative tables: nothing overlaps, and together they fill the extract."""
    outline = wander(shapely.segmentize(shapely.Polygon(at(*_BORDER)), 400), Noise(99), 90, 1_500)
    own = shapely.set_precision(shapely.simplify(outline, 15), 0.1)
    rest = shapely.difference(shapely.set_precision(land.frame, 0.1), own, grid_size=0.1)
    north = shapely.box(*at((-1, 8.0))[0], *at((21, 17))[0])
    parts = (shapely.intersection(rest, north, grid_size=0.1), shapely.difference(rest, north, grid_size=0.1))
    towns = [row(own, kommunkod=MUNICIPALITY[0], kommun=MUNICIPALITY[1])]
    towns += [row(part, kommunkod=code, kommun=name) for (code, name), part in zip(_NEIGHBOURS, parts, strict=True)]
    return {"lan": [row(land.frame, lanskod=COUNTY[0], lan=COUNTY[1])], "kommun": towns}
