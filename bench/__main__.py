"""`python -m bench`: size by BENCH_FEATURES, temporary installation kept with BENCH_KEEP=1."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from bench.contenders import Contender, Kernel, PlainSql, Ram, WholeObjects
from bench.footprint import check_memory_mb, start_up_s
from bench.harvest import SIZES, harvest_figures
from bench.load import Installation, installed
from bench.race import Race, race
from bench.rasters import SIDE, raster_figures
from bench.report import Figure, table, write_json
from bench.service import Asked, service_figures
from bench.world import World

DEFAULT_FEATURES = 200_000
FROM_FEATURES_ON = 1_000_000
"""Aims are higher for a whole country."""
COUNTS = (80, 24, 3)


def main(
    features: int,
    out: Path,
    counts: tuple[int, int, int] = COUNTS,
    asked: Asked | None = None,
    harvested: tuple[int, ...] = SIZES,
    raster_side: int = SIDE,
    *,
    keep: bool = False,
) -> None:
    """Run everything, print it and write it to `out`; `counts`: small plans, those with a ring, municipalities."""
    world = World.of(features)
    with installed(world, keep) as installation:
        print(f"{installation.features:,} objects in {installation.pieces:,} pieces", flush=True)
        races = []
        with _reading(installation) as connection:
            for outcome in _races(connection, world, counts):
                print(table(outcome), flush=True)
                races.append(outcome)
        figures = _figures(installation, world)
    figures += service_figures(asked or Asked())
    figures += harvest_figures(harvested)
    figures += raster_figures(raster_side)
    print("\n" + "\n".join(figure.line() for figure in figures))
    write_json(out, races, figures)


def _reading(installation: Installation) -> Connection:
    connection = installation.engine.connect()
    return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _races(connection: Connection, world: World, counts: tuple[int, int, int]) -> Iterator[Race]:
    country = world.share * 2_000_000 >= FROM_FEATURES_ON
    small, ringed, large = counts
    objects = WholeObjects.read(connection)
    for title, plans, ring, aims in (
        ("Small plans", world.small_plans(small), False, (30 if country else 20, 10)),
        ("Small plans, ring of 500 m", world.small_plans(ringed), True, (8, None)),
    ):
        contenders: list[Contender] = [Kernel(connection, ring=ring), PlainSql(connection, ring=ring)]
        yield race(title, list(plans), [*contenders, Ram(objects, ring=ring)], aims)
    whole: list[Contender] = [Kernel(connection, ring=False), PlainSql(connection, ring=False)]
    in_memory = [Ram(objects, ring=False), Ram(objects, ring=False, shortcut=True)]
    aims_large = (10 if country else 8, None, None)
    municipalities = list(world.municipalities(large))
    yield race("Municipalities", municipalities, [*whole, *in_memory], aims_large, passes=1)


def _figures(installation: Installation, world: World) -> list[Figure]:
    memory = check_memory_mb(world.small_plans(1)[0], installation.folder, installation.load.files.environment())
    return [
        *installation.load.figures(),
        Figure("peak memory of a check", memory, "MB", 300),
        Figure("geomiljo --help", start_up_s(), "s", 0.5),
    ]


if __name__ == "__main__":
    main(
        int(os.environ.get("BENCH_FEATURES", DEFAULT_FEATURES)),
        Path("out") / "bench" / "bench.json",
        keep=bool(os.environ.get("BENCH_KEEP")),
    )
