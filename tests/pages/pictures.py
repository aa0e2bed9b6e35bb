"""Pictures of pages as files that a repository can bear: PNG with a palette."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from scipy.spatial import cKDTree

_EACH = 128
"""The most frequent colours, and the most frequent of as many parts of the colour space: letters and marks alike."""


def write_picture(png: bytes, path: Path) -> None:
    """Write a picture with at most 256 colours, each dot in the nearest of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with MemoryFile(png) as file, file.open() as dataset:
            dots = dataset.read()[:3]
        colours, which, counts = np.unique(dots.reshape(3, -1).T, axis=0, return_inverse=True, return_counts=True)
        palette = _palette(colours, counts)
        nearest = cKDTree(palette).query(colours)[1].astype(np.uint8)[which.ravel()].reshape(dots.shape[1:])
        height, width = nearest.shape
        options = {"driver": "PNG", "width": width, "height": height, "count": 1, "dtype": "uint8", "zlevel": 9}
        with MemoryFile() as file:
            with file.open(**options) as dataset:
                dataset.write(nearest, 1)
                dataset.write_colormap(1, {number: (*map(int, c), 255) for number, c in enumerate(palette)})
            path.write_bytes(file.read())


def _palette(colours: NDArray[np.uint8], counts: NDArray[np.intp]) -> NDArray[np.uint8]:
    often = np.argsort(-counts, kind="stable")
    parts, first = np.unique(colours[often] >> 4, axis=0, return_index=True)
    largest = colours[often][np.sort(first)[:_EACH]]
    assert len(parts) > 1, "an empty picture"
    return np.unique(np.vstack([colours[often][:_EACH], largest]), axis=0)
