"""The memory of a load does not grow with the layer: everything that is large waits in the database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

_FEW, _MANY = 10_000, 60_000
_GROWTH_MB = 25
# a program in a process that a small one starts: a process begins with the peak of its parent
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def _octagons(path: Path, count: int) -> Path:
    """Write octagons on a lattice, of which each tenth overlaps the one beside it."""
    angles = np.arange(9) % 8 * np.pi / 4
    ring = 40 * np.column_stack([np.cos(angles), np.sin(angles)])
    number = np.arange(count)
    place = np.column_stack([500_000 + 100 * (number % 250), 6_500_000 + 100 * (number // 250)])
    place[number % 10 == 0, 0] += 50
    outlines = (place[:, None, :] + ring).reshape(-1, 2)
    shapes = shapely.polygons(shapely.linearrings(outlines, indices=np.repeat(number, len(ring))))
    names = np.array([f"Yta {each}" for each in number], dtype=object)
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(shapes),
        field_data=[names],
        fields=["NAMN"],
        geometry_type="Polygon",
        crs="EPSG:3006",
        driver="FlatGeobuf",
        SPATIAL_INDEX="NO",
    )
    return path


def _peak_mb(path: Path, database_url: str) -> float:
    program = [str(Path(sys.executable).with_name("geomiljo")), "layer", "load", "ramsar", str(path), "--accept"]
    environment = {**os.environ, "GEOMILJO_DATABASE_URL": database_url}
    measuring = [sys.executable, "-c", _PEAK, *program]
    return int(subprocess.check_output(measuring, env=environment, text=True)) / 1_024


@pytest.mark.usefixtures("engine")
def test_six_times_as_many_objects_take_no_more_memory(database_url: str, tmp_path: Path) -> None:
    """Held in memory, as before, 50,000 further objects of this kind took 55 MB."""
    few = _peak_mb(_octagons(tmp_path / "few.fgb", _FEW), database_url)
    many = _peak_mb(_octagons(tmp_path / "many.fgb", _MANY), database_url)
    assert many - few < _GROWTH_MB, (few, many)
