"""A synthetic country: layers with the statistics of Swedish environmental data, and areas to check.

The density is the country's whatever the number of features: a tenth of the features cover a tenth of the land. A
plan then meets as many objects as it would in the whole country.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from bench.rings import stars, walks

CENTRE = np.array([560_000.0, 6_700_000.0])
_OUTLINE_KM = [(-180, -570), (-60, -600), (70, -520), (150, -330), (90, -100), (200, 120), (330, 330), (290, 560),
               (170, 660), (40, 540), (-110, 250), (-190, -40), (-250, -350)]  # fmt: skip
_TOWNS, _TOWN_WIDTH_M, _SEED = 300, 6_000.0, 20_250_101
_RADIUS_M, _RADIUS_VERTICES, _RADIUS_EXPONENT = 140.0, 60.0, 0.75
CLASSES = ("a", "b", "c")


@dataclass(frozen=True, slots=True)
class LayerKind:
    """Statistics of a layer: features in the whole country; log-normal vertices; the giants among them."""

    name: str
    kind: str
    features: int
    median: int = 1
    sigma: float = 0.0
    size: float = 1.0
    giants_10k: int = 0
    giants_150k: int = 0


LAYERS = (
    LayerKind("reserves", "polygon", 6_000, 200, 1.2, 1.3, 20, 2),
    LayerKind("natura", "polygon", 20_000, 120, 1.2, 1.2, 20, 2),
    LayerKind("keyhab", "polygon", 100_000, 45, 0.8, 0.6),
    LayerKind("soil", "polygon", 300_000, 60, 1.0, 1.0, 60, 3),
    LayerKind("wetland", "polygon", 50_000, 90, 1.1, 1.0, 30, 2),
    LayerKind("basins", "polygon", 2_000, 1_500, 1.0, 1.2, 40, 4),
    LayerKind("cultural", "polygon", 30_000, 30, 0.8, 0.6),
    LayerKind("waterprot", "polygon", 10_000, 80, 1.1, 1.0, 5),
    LayerKind("flood", "polygon", 5_000, 600, 1.2, 0.7, 30, 3),
    LayerKind("admin", "polygon", 1_000, 3_000, 0.8, 1.0, 20, 1),
    LayerKind("felling", "polygon", 40_000, 50, 0.8, 0.8),
    LayerKind("buildings", "polygon", 120_000, 12, 0.4, 0.12),
    LayerKind("national", "polygon", 1_000, 800, 1.3, 2.0, 40, 5),
    LayerKind("species", "point", 500_000),
    LayerKind("remains", "point", 300_000),
    LayerKind("wells", "point", 150_000),
    LayerKind("contam", "point", 80_000),
    LayerKind("roads", "line", 200_000, 120, 0.7),
    LayerKind("streams", "line", 80_000, 200, 0.8),
    LayerKind("power", "line", 20_000, 90, 0.6),
)
COUNTRY = sum(layer.features for layer in LAYERS)


@dataclass(frozen=True, slots=True)
class World:
    """A piece of country with `share` of all features on `share` of the land."""

    share: float
    outline: shapely.Polygon
    towns: NDArray[np.float64]
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, features: int) -> World:
        """Return a world of about that many features."""
        rng = np.random.default_rng(_SEED)
        share = features / COUNTRY
        outline = shapely.Polygon(CENTRE + np.array(_OUTLINE_KM) * 1_000 * np.sqrt(share))
        count = max(3, round(_TOWNS * share))
        weights = rng.pareto(1.2, count) + 1
        return cls(share, outline, _uniform(rng, outline, count), weights / weights.sum())

    def places(self, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
        """Return places, half of them near towns."""
        in_town = self.near_towns(rng, count - count // 2)
        return rng.permutation(np.concatenate([in_town, _uniform(rng, self.outline, count // 2)]))

    def near_towns(self, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
        """Return places around the towns, more around the larger ones."""
        town = rng.choice(len(self.towns), count, p=self.weights)
        return self.towns[town] + rng.normal(0, _TOWN_WIDTH_M, (count, 2))

    def layer(self, layer: LayerKind) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """Return the geometries of a layer (EPSG:3006) and the class of each."""
        rng = np.random.default_rng([_SEED, LAYERS.index(layer)])
        count = max(1, round(layer.features * self.share))
        places = self.places(rng, count)
        kinds = rng.choice(np.array(CLASSES, dtype=object), count, p=[0.6, 0.3, 0.1])
        if layer.kind == "point":
            return shapely.points(places), kinds
        vertices = self._vertices(rng, layer, count)
        if layer.kind == "line":
            return walks(rng, places, vertices), kinds
        radius = layer.size * _RADIUS_M * (vertices / _RADIUS_VERTICES) ** _RADIUS_EXPONENT
        return stars(rng, places, radius, vertices), kinds

    def _vertices(self, rng: np.random.Generator, layer: LayerKind, count: int) -> NDArray[np.int64]:
        vertices = rng.lognormal(np.log(layer.median), layer.sigma, count).clip(5, 20_000).astype(np.int64)
        giants = 0
        for number, typical in ((layer.giants_150k, 150_000), (layer.giants_10k, 10_000)):
            wanted = min(rng.poisson(number * self.share), count - giants)
            vertices[giants : giants + wanted] = typical * rng.uniform(0.9, 1.1, wanted)
            giants += wanted
        return vertices

    def small_plans(self, count: int) -> NDArray[np.object_]:
        """Return areas the size of a detailed plan near towns: 1 to 50 ha, median 6.9 ha."""
        rng = np.random.default_rng([_SEED, 1_000])
        hectares = rng.lognormal(np.log(6.9), 0.9, count).clip(1, 50)
        radius = np.sqrt(hectares * 10_000 / np.pi)
        return stars(rng, self.near_towns(rng, count), radius, rng.integers(8, 60, count))

    def municipalities(self, count: int, hectares: float = 130_700, vertices: int = 5_000) -> NDArray[np.object_]:
        """Return areas the size of a municipality, at most a quarter of the world."""
        rng = np.random.default_rng([_SEED, 2_000])
        area = min(hectares * 10_000, shapely.area(self.outline) / 4) * rng.uniform(0.7, 1.4, count)
        places = _uniform(rng, shapely.buffer(self.outline, -np.sqrt(area.min() / np.pi) / 2), count)
        return stars(rng, places, np.sqrt(area / np.pi), np.full(count, vertices))


def _uniform(rng: np.random.Generator, outline: shapely.Polygon, count: int) -> NDArray[np.float64]:
    xmin, ymin, xmax, ymax = shapely.bounds(outline)
    found = np.empty((0, 2))
    while len(found) < count:
        tried = rng.uniform((xmin, ymin), (xmax, ymax), (2 * count + 10, 2))
        found = np.concatenate([found, tried[shapely.contains_xy(outline, tried[:, 0], tried[:, 1])]])
    return found[:count]
