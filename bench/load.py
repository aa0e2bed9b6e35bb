"""`python -m bench.load`: loads a country of BENCH_FEATURES objects, all of it unless set, and nothing more.

The files are made layer by layer and not timed. CPU is that of the loading process and of its database server.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path

from bench.installation import installed
from bench.report import Figure
from bench.world import COUNTRY, World

_AIM_S = 300.0


def load_figures(features: int) -> list[Figure]:
    """Return how long it took and what it took."""
    with installed(World.of(features), keep=bool(os.environ.get("BENCH_KEEP"))) as installation:
        return [
            Figure("objects", installation.features, "objects"),
            Figure("vertices", installation.vertices, "vertices"),
            Figure("pieces", installation.pieces, "pieces"),
            Figure("load", installation.load_s, "s", _AIM_S * features / COUNTRY),
            Figure("load", installation.features / installation.load_s, "objects/s"),
            Figure("CPU of loading", installation.cpu_s, "s"),
            Figure("CPU of the database", _server_cpu_s(installation.folder), "s"),
            Figure("peak memory, generator included", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024, "MB"),
            Figure("load average of the machine", os.getloadavg()[1], "processes"),
        ]


def _server_cpu_s(folder: Path) -> float:
    """Return seconds of CPU of the server in a folder and of its children, running and gone."""
    server = int((folder / "state" / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    spent = sum(_ticks(server))
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and _stat(int(process.name))[1:2] == [str(server)]:
            spent += sum(_ticks(int(process.name))[:2])
    return spent / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """Return what stands behind the name of a process in its status; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _ticks(pid: int) -> list[int]:
    """Return ticks of a process and of its children that have ended: user, system, children's user and system."""
    return [int(each) for each in _stat(pid)[11:15]]


if __name__ == "__main__":
    print("\n".join(figure.line() for figure in load_figures(int(os.environ.get("BENCH_FEATURES", COUNTRY)))))
