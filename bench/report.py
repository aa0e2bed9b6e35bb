"""The results as a table for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.race import Race


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit and the most (or least) that it should be."""

    name: str
    value: float
    unit: str
    aim: float | None = None
    is_least: bool = False

    def line(self) -> str:
        """Return the figure as text."""
        aim = ""
        if self.aim is not None:
            is_met = self.value >= self.aim if self.is_least else self.value <= self.aim
            aim = f"   aim {'≥' if self.is_least else '≤'} {self.aim:g}: {'met' if is_met else 'not met'}"
        return f"  {self.name:<44}{self.value:>10.3g} {self.unit}{aim}"


def table(race: Race) -> str:
    """Return a race as text."""
    lines = [
        "",
        f"{race.title}: {race.areas} areas, {race.objects_per_area:.0f} objects each",
        f"  answers agree, areas within {race.largest_difference:.1e}; "
        f"kernel: mean {race.kernel_mean_ms:.2f} ms, median {race.kernel_median_ms:.2f} ms",
        f"  {'against':<34}{'mean ms':>10}{'mean ratio':>12}{'median':>9}{'quartiles':>16}   aim (mean)",
    ]
    for ratio in race.ratios:
        low, high = ratio.quartiles
        aim = "-" if ratio.aim is None else f"≥ {ratio.aim:g}: {'met' if ratio.mean_ratio >= ratio.aim else 'not met'}"
        spread = f"{low:.1f}–{high:.1f}"
        means = f"{ratio.mean_ms:>10.1f}{ratio.mean_ratio:>12.1f}"
        lines.append(f"  {ratio.name:<34}{means}{ratio.median_ratio:>9.1f}{spread:>16}   {aim}")
    return "\n".join(lines)


def write_json(path: Path, races: Sequence[Race], figures: Sequence[Figure]) -> None:
    """Write everything to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"races": [race.as_json() for race in races], "figures": [asdict(figure) for figure in figures]}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
