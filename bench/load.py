"""Loading the synthetic country from files, by as many processes as there are cores, like the workers of a service.

`python -m bench.load` does this part alone, with BENCH_FEATURES objects (2,000,000 unless set).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyogrio
import shapely
import yaml
from numpy.typing import NDArray
from sqlalchemy import Engine, text

from bench.installation import empty
from bench.report import Figure
from bench.world import CLASSES, COUNTRY, LAYERS, LayerKind, World
from geomiljo.catalogue import Catalogue, open_catalogue
from geomiljo.database.engine import open_engine
from geomiljo.layers.load import load_layer
from geomiljo.settings import Settings

COUNTRY_S = 300.0
"""Aim for the whole country."""


@dataclass(frozen=True, slots=True)
class Files:
    """The country as files, one GeoPackage a layer. `vertices`: of all their objects."""

    folder: Path
    features: int
    vertices: int

    @classmethod
    def write(cls, world: World, folder: Path) -> Files:
        """Make the objects of all layers, and registers that know the layers."""
        registers = folder / "registers"
        registers.mkdir()
        (registers / "organisation.yaml").write_text("name: Bench\n", encoding="utf-8")
        entries = [_register(layer) for layer in LAYERS]
        (registers / "layers.yaml").write_text(yaml.safe_dump({"layers": entries}), "utf-8")
        features = vertices = 0
        for layer in LAYERS:
            geometry, kinds = world.layer(layer)
            _write_layer(folder / f"{layer.name}.gpkg", geometry, kinds)
            features += len(geometry)
            vertices += int(shapely.get_num_coordinates(geometry).sum())
        return cls(folder, features, vertices)

    def environment(self) -> dict[str, str]:
        """Return the environment of a command line that uses the installation in the same folder."""
        return {
            **os.environ,
            "GEOMILJO_STATE_DIR": str(self.folder / "state"),
            "GEOMILJO_REGISTERS_DIR": str(self.folder / "registers"),
        }

    def load(self) -> Load:
        """Load all layers, the largest files first, and remove the files."""
        paths = sorted(self.folder.glob("*.gpkg"), key=lambda path: path.stat().st_size, reverse=True)
        before = _database_cpu_s(self.folder)
        start = time.perf_counter()
        with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=get_context("spawn")) as pool:
            workers = dict(pool.map(_load, paths))
        seconds = time.perf_counter() - start
        for path in paths:
            path.unlink()
        return Load(
            files=self,
            seconds=seconds,
            programs_cpu_s=sum(cpu_s for cpu_s, _peak_mb in workers.values()),
            database_cpu_s=_database_cpu_s(self.folder) - before,
            peak_mb=max(peak_mb for _cpu_s, peak_mb in workers.values()),
            busy=os.getloadavg()[0],
        )


@dataclass(frozen=True, slots=True)
class Load:
    """What a load took.

    Attributes
    ----------
    seconds : float
        By the clock, from the first process's start to the last one's end.
    programs_cpu_s, database_cpu_s : float
        Seconds of processors: of all loading processes together, and of the database's processes.
    peak_mb : float
        Largest resident memory of a loading process.
    busy : float
        Load average of the machine at the end, this load included.
    """

    files: Files
    seconds: float
    programs_cpu_s: float
    database_cpu_s: float
    peak_mb: float
    busy: float

    def figures(self) -> list[Figure]:
        """Return rate, time and memory; the aim for the time is that of the whole country."""
        features = self.files.features
        aim_s = COUNTRY_S * features / COUNTRY
        return [
            Figure(f"load of {features:,} objects", self.seconds, "s", aim_s),
            Figure("load: rate", features / self.seconds, "objects/s"),
            Figure("load: processors, loading", self.programs_cpu_s, "s"),
            Figure("load: processors, database", self.database_cpu_s, "s"),
            Figure("load: memory of a process", self.peak_mb, "MB"),
            Figure("load: the machine's load average", self.busy, "processes"),
        ]


def _load(path: Path) -> tuple[int, tuple[float, float]]:
    """Load a layer; return the process, with the seconds of processors and the most memory (MB) that it has used."""
    engine, catalogue = _opened(path.parent)
    load_layer(engine, catalogue, f"local.{path.stem}", path)
    peak_kb = next(line for line in Path("/proc/self/status").read_text("utf-8").splitlines() if "VmHWM" in line)
    return os.getpid(), (time.process_time(), int(peak_kb.split()[1]) / 1_024)


@cache
def _opened(folder: Path) -> tuple[Engine, Catalogue]:
    engine = open_engine(Settings(database_url=None, state_dir=folder / "state"))
    return engine, open_catalogue(folder / "registers")


def _database_cpu_s(folder: Path) -> float:
    """Return the seconds of processors that the database's processes have used, those that have ended included."""
    pid = (folder / "state" / "postgres" / "data" / "postmaster.pid").read_text("utf-8").split()[0]
    fields = Path("/proc", pid, "stat").read_text("utf-8").rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def _register(layer: LayerKind) -> dict[str, object]:
    both = {"sv": layer.name, "en": layer.name}
    classes = [{"id": kind, "title": both, "filter": f"kind = '{kind}'"} for kind in CLASSES[:-1]]
    return {
        "id": f"local.{layer.name}",
        "title": both,
        "theme": "nature",
        "authority": "bench",
        "kinds": [layer.kind],
        "context_only": True,
        "attributes": [{"name": "kind"}],
        "classes": [*classes, {"id": CLASSES[-1], "title": both}],
        "update": {"text": "never"},
        "licence": {"name": "CC0", "redistribution": True},
        "basis": "own_knowledge",
    }


def _write_layer(path: Path, geometry: NDArray[np.object_], kinds: NDArray[np.object_]) -> None:
    types = {0: "Point", 1: "LineString", 2: "Polygon"}
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(geometry),
        field_data=[kinds],
        fields=["kind"],
        geometry_type=types[int(shapely.get_dimensions(geometry[0]))],
        crs="EPSG:3006",
        driver="GPKG",
        SPATIAL_INDEX="NO",
    )


@dataclass(frozen=True, slots=True)
class Installation:
    """A loaded installation: its database and folder, how many objects and pieces it holds, and what loading took."""

    engine: Engine
    folder: Path
    features: int
    pieces: int
    load: Load


@contextmanager
def installed(world: World, keep: bool = False) -> Iterator[Installation]:
    """Make an installation, load the world into it, and remove it at the end unless it is to be kept."""
    with empty(keep) as (engine, folder):
        load = Files.write(world, folder).load()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE feature, piece"))
            features = int(connection.scalar(text("SELECT count(*) FROM feature")) or 0)
            pieces = int(connection.scalar(text("SELECT count(*) FROM piece")) or 0)
        yield Installation(engine, folder, features, pieces, load)


def main(features: int) -> None:
    """Make the country, load it and print what that took."""
    with installed(World.of(features), keep=bool(os.environ.get("BENCH_KEEP"))) as installation:
        vertices = installation.load.files.vertices
        print(f"{installation.features:,} objects, {vertices:,} vertices, {installation.pieces:,} pieces")
        print("\n".join(figure.line() for figure in installation.load.figures()))


if __name__ == "__main__":
    main(int(os.environ.get("BENCH_FEATURES", COUNTRY)))
