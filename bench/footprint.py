"""What the command line costs: time and memory of a program, memory of a check, time until `--help` answers."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import shapely

PROGRAM = str(Path(sys.executable).parent / "geomiljo")
_STARTS = 5
# A process starts with the peak of the one that it was forked from, so a small one starts it.
_MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, used.ru_utime + used.ru_stime)
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a program took: seconds by the clock, seconds of processors, and its largest resident memory in MB."""

    seconds: float
    cpu_s: float
    peak_mb: float


def measured(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Spent:
    """Run a program to its end."""
    start = time.perf_counter()
    measure = [sys.executable, "-c", _MEASURE, *command]
    done = subprocess.run(measure, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    peak_kb, cpu_s = done.stdout.split()
    return Spent(time.perf_counter() - start, float(cpu_s), int(peak_kb) / 1_024)


def check_memory_mb(area: shapely.Geometry, folder: Path, environment: Mapping[str, str]) -> float:
    """Return the largest resident memory of `geomiljo check` on one area, in MB."""
    path = folder / "plan.geojson"
    crs = '{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3006"}}'
    feature = f'{{"type":"Feature","properties":{{}},"geometry":{shapely.to_geojson(area)}}}'
    path.write_text(f'{{"type":"FeatureCollection","crs":{crs},"features":[{feature}]}}', encoding="utf-8")
    return measured([PROGRAM, "check", str(path), "--json"], environment).peak_mb


def start_up_s() -> float:
    """Return the time of `geomiljo --help`: the shortest of several, since others may use the machine."""
    spent = []
    for _ in range(_STARTS):
        start = time.perf_counter()
        subprocess.run([PROGRAM, "--help"], check=True, stdout=subprocess.DEVNULL)
        spent.append(time.perf_counter() - start)
    return min(spent)
