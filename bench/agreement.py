"""Contenders must give the same answer before they are timed."""

from __future__ import annotations

from collections.abc import Mapping

from bench.contenders import Answer

RELATIVE = 1e-6
"""Of the larger value; of 1 m² or 1 m where both are smaller."""


class Disagreement(AssertionError):
    """Two contenders gave different answers."""


def compare(name: str, expected: Answer, found: Answer) -> float:
    """Return the largest relative difference of areas and lengths.

    Raises
    ------
    Disagreement
        Objects, or whether they are inside, differ; or an area, a length or a distance by more than the tolerance.
    """
    if expected.objects.keys() != found.objects.keys():
        odd = sorted(expected.objects.keys() ^ found.objects.keys())
        raise Disagreement(f"{name}: objects (layer, number) found by one only: {odd[:5]}")
    worst = 0.0
    for key, (inside, amount, distance) in expected.objects.items():
        other_inside, other_amount, other_distance = found.objects[key]
        if inside != other_inside:
            raise Disagreement(f"{name}: object {key} is inside for one only")
        worst = max(worst, _difference(name, key, amount, other_amount))
        worst = max(worst, _difference(name, key, distance, other_distance))
    return max(
        worst, _areas(name, expected.classes, found.classes), _areas(f"{name}, ring", expected.rings, found.rings)
    )


def _areas(name: str, expected: Mapping[tuple[int, int], float], found: Mapping[tuple[int, int], float]) -> float:
    keys = expected.keys() | found.keys()
    return max((_difference(name, key, expected.get(key, 0.0), found.get(key, 0.0)) for key in keys), default=0.0)


def _difference(name: str, key: tuple[int, int], a: float, b: float) -> float:
    apart = abs(a - b)
    relative = apart / max(abs(a), abs(b), 1.0)
    if relative > RELATIVE:
        raise Disagreement(f"{name}: {key}: {a!r} and {b!r}")
    return relative
