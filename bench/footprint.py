"""What the command line costs: memory of a check, time until `--help` answers."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import shapely

_PROGRAM = Path(sys.executable).parent / "geomiljo"
_STARTS = 5
# A process starts with the peak of the one that it was forked from, so a small one starts it.
_MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def check_memory_mb(area: shapely.Geometry, folder: Path, environment: Mapping[str, str]) -> float:
    """Return the largest resident memory of `geomiljo check` on one area, in MB."""
    path = folder / "plan.geojson"
    crs = '{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3006"}}'
    feature = f'{{"type":"Feature","properties":{{}},"geometry":{shapely.to_geojson(area)}}}'
    path.write_text(f'{{"type":"FeatureCollection","crs":{crs},"features":[{feature}]}}', encoding="utf-8")
    return peak_memory_mb([str(_PROGRAM), "check", str(path), "--json"], environment)


def peak_memory_mb(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Return the largest resident memory of a program, in MB."""
    measure = [sys.executable, "-c", _MEASURE, *command]
    done = subprocess.run(measure, env=dict(environment), check=True, capture_output=True, text=True)
    return int(done.stdout) / 1_024


def start_up_s() -> float:
    """Return the time of `geomiljo --help`: the shortest of several, since others may use the machine."""
    spent = []
    for _ in range(_STARTS):
        start = time.perf_counter()
        subprocess.run([str(_PROGRAM), "--help"], check=True, stdout=subprocess.DEVNULL)
        spent.append(time.perf_counter() - start)
    return min(spent)
