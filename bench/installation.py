"""An installation of its own for the benchmark: a private PostGIS in a temporary folder, loaded by the real way."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import shapely
import yaml
from numpy.typing import NDArray
from sqlalchemy import Engine, text

from bench.world import CLASSES, LAYERS, LayerKind, World
from geomiljo.catalogue import open_catalogue
from geomiljo.database.cluster import Cluster
from geomiljo.database.engine import open_engine
from geomiljo.database.schema import migrate
from geomiljo.layers.load import load_layer
from geomiljo.settings import Settings


@dataclass(frozen=True, slots=True)
class Installation:
    """A loaded installation.

    Attributes
    ----------
    engine : Engine
    folder : Path
        State folder, with the registers in ``registers``.
    features, pieces, vertices : int
    load_s, cpu_s : float
        Time to load all layers: file, checks, pieces, database; and seconds of CPU of this process meanwhile.
    """

    engine: Engine
    folder: Path
    features: int
    pieces: int
    vertices: int
    load_s: float
    cpu_s: float


@contextmanager
def installed(world: World, keep: bool) -> Iterator[Installation]:
    """Make an installation, load the world into it, and remove it at the end unless it is to be kept."""
    with empty(keep) as (engine, folder):
        load_s, cpu_s, vertices = _load(engine, world, folder)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE feature, piece"))
            features = int(connection.scalar(text("SELECT count(*) FROM feature")) or 0)
            pieces = int(connection.scalar(text("SELECT count(*) FROM piece")) or 0)
        yield Installation(engine, folder, features, pieces, vertices, load_s, cpu_s)


@contextmanager
def empty(keep: bool = False) -> Iterator[tuple[Engine, Path]]:
    """Make an installation without layers: its database, and its folder with the state in ``state``."""
    folder = Path(tempfile.mkdtemp(prefix="geomiljo-bench-"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "state", durable=False)
    try:
        cluster.ensure_running()
        engine = open_engine(Settings(database_url=None, state_dir=folder / "state"))
        migrate(engine)
        try:
            yield engine, folder
        finally:
            engine.dispose()
    finally:
        if keep:
            print(f"kept: {folder}")
        else:
            cluster.remove()
            shutil.rmtree(folder)


def _load(engine: Engine, world: World, folder: Path) -> tuple[float, float, int]:
    """Return seconds, seconds of CPU of this process, and vertices."""
    registers = folder / "registers"
    registers.mkdir()
    (registers / "organisation.yaml").write_text("name: Bench\n", encoding="utf-8")
    (registers / "layers.yaml").write_text(yaml.safe_dump({"layers": [_register(layer) for layer in LAYERS]}), "utf-8")
    catalogue = open_catalogue(registers)
    spent, cpu, vertices = 0.0, 0.0, 0
    for layer in LAYERS:
        path = folder / f"{layer.name}.gpkg"
        geometry, kinds = world.layer(layer)
        write_layer(path, geometry, kinds)
        vertices += int(shapely.get_num_coordinates(geometry).sum())
        del geometry, kinds
        start, before = time.perf_counter(), time.process_time()
        load_layer(engine, catalogue, f"local.{layer.name}", path)
        spent += time.perf_counter() - start
        cpu += time.process_time() - before
        path.unlink()
    return spent, cpu, vertices


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


def write_layer(path: Path, geometry: NDArray[np.object_], kinds: NDArray[np.object_]) -> None:
    """Write a GeoPackage with one table."""
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


def environment(installation: Installation) -> dict[str, str]:
    """Return the environment of a command line that uses the installation."""
    return {
        **os.environ,
        "GEOMILJO_STATE_DIR": str(installation.folder / "state"),
        "GEOMILJO_REGISTERS_DIR": str(installation.folder / "registers"),
    }
