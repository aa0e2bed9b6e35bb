"""Timing contenders in turn, and what it says: how many times faster the kernel is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from shapely.geometry.base import BaseGeometry

from bench.agreement import compare
from bench.contenders import Contender

BLOCK = 8
"""Areas that a contender measures before the next has its turn: long enough for its own data to be in the caches."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One contender's time against the kernel's: ratio of means; median and quartiles over the areas."""

    name: str
    mean_ms: float
    median_ms: float
    mean_ratio: float
    median_ratio: float
    quartiles: tuple[float, float]
    aim: float | None


@dataclass(frozen=True, slots=True)
class Race:
    """Outcome of one race."""

    title: str
    areas: int
    objects_per_area: float
    largest_difference: float
    kernel_mean_ms: float
    kernel_median_ms: float
    ratios: tuple[Ratio, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def race(
    title: str,
    areas: Sequence[BaseGeometry],
    contenders: Sequence[Contender],
    aims: Sequence[float | None],
    passes: int = 2,
) -> Race:
    """Compare the answers of all contenders at all areas, then time them in turn.

    Parameters
    ----------
    contenders : sequence of Contender
        The kernel first.
    aims : sequence of float or None
        How many times faster the kernel is to be, for each of the others.
    passes : int
        How often each area is timed; the first comparison has warmed everything up.
    """
    worst, objects = 0.0, 0
    for area in areas:
        first, *others = (contender.answer(contender.measure(area)) for contender in contenders)
        objects += len(first.objects)
        found = zip(contenders[1:], others, strict=True)
        worst = max([worst, *(compare(contender.name, first, other) for contender, other in found)])
    spent = np.zeros((len(contenders), len(areas)))
    for turn in range(passes):
        for start in range(0, len(areas), BLOCK):
            block = range(start, min(start + BLOCK, len(areas)))
            for position in np.roll(np.arange(len(contenders)), turn).tolist():
                for area in block:
                    spent[position, area] += _timed(contenders[position], areas[area])
    ms = spent * 1_000 / passes
    ratios = [
        _ratio(contender.name, ms[i], ms[0], aim)
        for i, (contender, aim) in enumerate(zip(contenders[1:], aims, strict=True), start=1)
    ]
    kernel = float(ms[0].mean()), float(np.median(ms[0]))
    return Race(title, len(areas), objects / len(areas), worst, *kernel, tuple(ratios))


def _timed(contender: Contender, area: BaseGeometry) -> float:
    start = time.perf_counter()
    contender.measure(area)
    return time.perf_counter() - start


def _ratio(name: str, ms: Any, kernel: Any, aim: float | None) -> Ratio:
    each = ms / kernel
    low, high = np.quantile(each, [0.25, 0.75])
    return Ratio(
        name,
        float(ms.mean()),
        float(np.median(ms)),
        float(ms.mean() / kernel.mean()),
        float(np.median(each)),
        (float(low), float(high)),
        aim,
    )
