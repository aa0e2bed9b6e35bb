"""Places of the labels of a drawn map: numbers of findings beside the places that they point at, none upon another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_REACHES = (28, 44, 64, 90, 120)
"""Lengths of leaders that are tried, pixels."""
_TURNS = tuple(turn * math.pi / 6 for turn in (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6))
_HEIGHT = 22.0
_DOT = 9.0
_SQUARE = 40.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the map, pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, x: float, y: float, width: float, height: float) -> Box:
        """Return the box around a place."""
        return cls(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def meets(self, other: Box) -> bool:
        """Return whether two boxes have ground in common."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: Box) -> bool:
        """Return whether a box lies in this one."""
        return (
            other.left >= self.left
            and other.right <= self.right
            and other.top >= self.top
            and other.bottom <= self.bottom
        )


@dataclass(frozen=True, slots=True)
class Placed:
    """The number of a finding where there is room for it.

    Attributes
    ----------
    text : str
    dot : tuple of float
        The place that it points at.
    at : tuple of float
        Middle of the label.
    width : float
        Of the label.
    """

    text: str
    dot: tuple[float, float]
    at: tuple[float, float]
    width: float


class _Taken:
    """Boxes that are taken, found by the squares of a grid that they lie in."""

    def __init__(self) -> None:
        self._squares: dict[tuple[int, int], list[Box]] = {}

    def add(self, box: Box) -> None:
        for square in self._squares_of(box):
            self._squares.setdefault(square, []).append(box)

    def is_free(self, box: Box) -> bool:
        squares = self._squares_of(box)
        return not any(other.meets(box) for square in squares for other in self._squares.get(square, ()))

    @staticmethod
    def _squares_of(box: Box) -> list[tuple[int, int]]:
        across = range(math.floor(box.left / _SQUARE), math.floor(box.right / _SQUARE) + 1)
        down = range(math.floor(box.top / _SQUARE), math.floor(box.bottom / _SQUARE) + 1)
        return [(x, y) for x in across for y in down]


def place_labels(
    flags: Sequence[tuple[str, float, float]], view: Box, middle: tuple[float, float], taken: Iterable[Box]
) -> list[Placed]:
    """Return labels for the places on the map, outwards first, then round the place.

    Parameters
    ----------
    flags : sequence of (str, float, float)
        Text and place, the most important first; those without room are left out.
    view : Box
        The map.
    middle : tuple of float
        Of the plan.
    taken : iterable of Box
        Where no label may stand.
    """
    there = [flag for flag in flags if view.holds(Box.around(flag[1], flag[2], 1, 1))]
    occupied = _Taken()
    for box in (*taken, *(Box.around(x, y, _DOT, _DOT) for _text, x, y in there)):
        occupied.add(box)
    found = []
    for text, x, y in there:
        width = 8 + 7.5 * len(text)
        for at in _tried(x, y, middle):
            room = Box.around(*at, width + 4, _HEIGHT)
            if view.holds(room) and occupied.is_free(room):
                occupied.add(room)
                found.append(Placed(text, (x, y), at, width))
                break
    return found


def _tried(x: float, y: float, middle: tuple[float, float]) -> Iterable[tuple[float, float]]:
    outward = math.atan2(y - middle[1], x - middle[0])
    for reach in _REACHES:
        for turn in _TURNS:
            yield x + math.cos(outward + turn) * reach, y + math.sin(outward + turn) * reach
