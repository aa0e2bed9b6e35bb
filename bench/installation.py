"""An installation of its own for the benchmark: a private PostGIS in a temporary folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from geomiljo.database.cluster import Cluster
from geomiljo.database.engine import open_engine
from geomiljo.database.schema import migrate
from geomiljo.settings import Settings


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
