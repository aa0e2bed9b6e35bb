"""Smooth random fields: the irregularity that landscapes have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LATTICE = 256


class Noise:
    """Gradient noise in the plane, about -1 to 1, the same for the same seed on every machine.

    Parameters
    ----------
    seed : int
        Fields of different seeds have nothing to do with each other.
    """

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self._permutation = np.tile(random.permutation(_LATTICE), 2)
        angle = random.integers(0, 32, _LATTICE) * (np.pi / 16)
        self._gradients = np.round(np.column_stack([np.cos(angle), np.sin(angle)]), 6)

    def at(
        self, x: NDArray[np.float64], y: NDArray[np.float64], wavelength_m: float, octaves: int = 1
    ) -> NDArray[np.float64]:
        """Return the field at places; each further octave has half the wavelength and half the height."""
        total = np.zeros(np.shape(x))
        amplitude = 1.0
        for octave in range(octaves):
            scale = 2.0**octave / wavelength_m
            total += amplitude * self._single(x * scale + 17.3 * octave, y * scale + 41.9 * octave)
            amplitude /= 2
        return total * 1.4

    def _single(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        column, row = np.floor(x), np.floor(y)
        dx, dy = x - column, y - row
        i, j = column.astype(np.int64) % _LATTICE, row.astype(np.int64) % _LATTICE
        fade_x, fade_y = _fade(dx), _fade(dy)
        south = _mix(self._corner(i, j, dx, dy), self._corner(i + 1, j, dx - 1, dy), fade_x)
        north = _mix(self._corner(i, j + 1, dx, dy - 1), self._corner(i + 1, j + 1, dx - 1, dy - 1), fade_x)
        return _mix(south, north, fade_y)

    def _corner(
        self, i: NDArray[np.int64], j: NDArray[np.int64], dx: NDArray[np.float64], dy: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        gradient = self._gradients[self._permutation[self._permutation[i % _LATTICE] + j % _LATTICE]]
        product: NDArray[np.float64] = gradient[..., 0] * dx + gradient[..., 1] * dy
        return product


def _fade(t: NDArray[np.float64]) -> NDArray[np.float64]:
    faded: NDArray[np.float64] = t * t * t * (t * (t * 6 - 15) + 10)
    return faded


def _mix(a: NDArray[np.float64], b: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    return a + (b - a) * share


def smoothstep(value: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Return 0 below `low`, 1 above `high`, and a soft slope between.

    Examples
    --------
    >>> smoothstep(np.array([0.0, 5.0, 20.0]), 0, 10).tolist()
    [0.0, 0.5, 1.0]
    """
    t = np.clip((value - low) / (high - low), 0, 1)
    softened: NDArray[np.float64] = t * t * (3 - 2 * t)
    return softened
