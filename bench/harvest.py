"""Harvesting from a service on loopback: how fast, from the first request to pieces in PostGIS, and in how much memory.

`python -m bench.harvest` does this part alone, at the sizes of BENCH_HARVEST (objects, separated by commas).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from bench.footprint import PROGRAM, Spent, measured
from bench.installation import empty
from bench.report import Figure

SIZES = (10_000, 100_000)
FLAT = 1.1
"""Memory is flat where it grows by no more than a tenth."""
_PAGE = 5_000
_VERTICES = 8
_REGISTERS = """layers:
  - id: local.bench
    title: {{sv: Mätning, en: Measurement}}
    theme: nature
    authority: bench
    kinds: [polygon]
    context_only: true
    attributes: [{{name: NR, role: id}}, {{name: NAMN, role: name}}]
    update: {{text: '-'}}
    licence: {{name: CC0, redistribution: true}}
    sources:
      - {{protocol: wfs, url: '{url}/wfs', type_names: [bench], format: geojson, page_size: {page}, coverage: sweden,
         status: own_knowledge}}
    basis: own_knowledge
"""


class _Wfs(BaseHTTPRequestHandler):
    """A WFS that makes its objects while it is asked."""

    protocol_version = "HTTP/1.1"
    count = 0

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        pass

    def do_GET(self) -> None:
        query = {key.lower(): value for key, value in parse_qsl(urlsplit(self.path).query)}
        if query.get("resulttype") == "hits":
            body = f'<wfs:FeatureCollection numberMatched="{self.count}"/>'.encode()
        else:
            start = int(query.get("startindex", 0))
            body = _collection(range(start, min(start + int(query["count"]), self.count)))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _collection(numbers: range) -> bytes:
    """Return polygons of eight corners, 100 m apart on a lattice."""
    angles = np.linspace(0, 2 * np.pi, _VERTICES + 1)
    ring = [(float(round(40 * np.cos(a), 2)), float(round(40 * np.sin(a), 2))) for a in angles]
    ring[-1] = ring[0]
    features = []
    for number in numbers:
        east, north = 500_000 + 100 * (number % 1_000), 6_500_000 + 100 * (number // 1_000)
        corners = ",".join(f"[{east + x:.2f},{north + y:.2f}]" for x, y in ring)
        values = f'{{"NR":"{number}","NAMN":"Yta {number}","KOD":{number % 7}}}'
        geometry = f'{{"type":"Polygon","coordinates":[[{corners}]]}}'
        features.append(f'{{"type":"Feature","id":"b.{number}","properties":{values},"geometry":{geometry}}}')
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'.encode()


@contextmanager
def _serving(count: int) -> Iterator[str]:
    """Run the service in a process of its own."""
    program = [sys.executable, "-m", "bench.harvest", "serve", str(count)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def _serve(count: int) -> None:
    _Wfs.count = count
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Wfs)
    print(server.server_address[1], flush=True)
    server.serve_forever()


def _harvest(url: str, folder: str) -> None:
    """Harvest into a folder and load nothing."""
    from geomiljo.catalogue import open_catalogue
    from geomiljo.catalogue.sources import WfsSource
    from geomiljo.layers.sources.folder import held
    from geomiljo.layers.sources.harvest import harvest
    from geomiljo.settings import Settings

    source = WfsSource(
        url=f"{url}/wfs", type_names=("bench",), format="geojson", page_size=_PAGE, status="own_knowledge"
    )
    settings = Settings(state_dir=Path(folder), source_pause_s=0.0)
    layer = open_catalogue().layers["ramsar"]
    with held(settings.state_dir, layer.id, source) as place:
        harvest(layer, source, settings, place)


def _alone(count: int) -> Spent:
    """Return what a harvest without loading takes."""
    with _serving(count) as url, tempfile.TemporaryDirectory() as folder:
        return measured([sys.executable, "-m", "bench.harvest", "harvest", url, folder])


def _loaded(count: int, environment: Mapping[str, str], registers: Path) -> Spent:
    """Return what `geomiljo layer load` takes, from the first request to pieces in PostGIS."""
    with _serving(count) as url:
        (registers / "organisation.yaml").write_text("name: bench\n", encoding="utf-8")
        (registers / "layers.yaml").write_text(_REGISTERS.format(url=url, page=_PAGE), encoding="utf-8")
        return measured([PROGRAM, "layer", "load", "local.bench", "--accept"], environment)


def harvest_figures(sizes: tuple[int, ...] = SIZES) -> list[Figure]:
    """Return speed and memory at each size, without loading and with, and how memory grows from least to largest."""
    figures = _figures("harvest alone", {count: _alone(count) for count in sizes})
    with empty() as (_engine, folder), tempfile.TemporaryDirectory() as registers:
        environment = {
            **os.environ,
            "GEOMILJO_STATE_DIR": str(folder / "state"),
            "GEOMILJO_REGISTERS_DIR": registers,
            "GEOMILJO_SOURCE_PAUSE_S": "0",
        }
        loaded = {count: _loaded(count, environment, Path(registers)) for count in sizes}
    return figures + _figures("harvest and load", loaded, 5_000)


def _figures(what: str, spent: Mapping[int, Spent], aim: float | None = None) -> list[Figure]:
    figures = []
    for count, each in spent.items():
        figures += [
            Figure(f"{what}, {count:,} objects", count / each.seconds, "objects/s", aim, is_least=aim is not None),
            Figure(f"{what}: memory, {count:,} objects", each.peak_mb, "MB"),
        ]
    ratio = spent[max(spent)].peak_mb / spent[min(spent)].peak_mb
    return [*figures, Figure(f"{what}: memory, largest to least", ratio, "times", FLAT)]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", count]:
            _serve(int(count))
        case ["harvest", url, folder]:
            _harvest(url, folder)
        case _:
            asked = os.environ.get("BENCH_HARVEST", ",".join(map(str, SIZES)))
            print("\n".join(f.line() for f in harvest_figures(tuple(int(n) for n in asked.split(",")))))
