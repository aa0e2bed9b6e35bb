"""Harvesting from a service on loopback: how fast, from the first request to pieces in PostGIS, and in how much memory.

`python -m bench.harvest` does this part alone, at the sizes of BENCH_HARVEST (objects, separated by commas).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from bench.installation import empty
from bench.report import Figure

SIZES = (10_000, 100_000)
_PAGE = 5_000
_FLAT = 1.15
_VERTICES = 8
_PROGRAM = Path(sys.executable).parent / "geomiljo"
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
# a program in a process that a small one starts: a process begins with the peak of its parent
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
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


def _timed(command: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[float, float]:
    """Run a program; return its seconds and its largest resident memory in MB."""
    start = time.perf_counter()
    measuring = [sys.executable, "-c", _PEAK, *command]
    done = subprocess.run(measuring, env=environment, check=True, capture_output=True, text=True)
    return time.perf_counter() - start, int(done.stdout) / 1_024


def _alone(count: int) -> tuple[float, float]:
    """Return objects per second and the largest resident memory in MB of a harvest without loading."""
    with _serving(count) as url, tempfile.TemporaryDirectory() as folder:
        seconds, memory = _timed([sys.executable, "-m", "bench.harvest", "harvest", url, folder])
        return count / seconds, memory


def _loaded(count: int, environment: Mapping[str, str], registers: Path) -> tuple[float, float]:
    """Return the same of `geomiljo layer load`, from the first request to pieces in PostGIS."""
    with _serving(count) as url:
        (registers / "organisation.yaml").write_text("name: bench\n", encoding="utf-8")
        (registers / "layers.yaml").write_text(_REGISTERS.format(url=url, page=_PAGE), encoding="utf-8")
        seconds, memory = _timed([str(_PROGRAM), "layer", "load", "local.bench", "--accept"], environment)
        return count / seconds, memory


def harvest_figures(sizes: tuple[int, ...] = SIZES) -> list[Figure]:
    """Return speed and memory at each size, without loading and with."""
    figures = []
    alone: list[float] = []
    loaded: list[float] = []
    for count in sizes:
        rate, memory = _alone(count)
        alone.append(memory)
        figures += [
            Figure(f"harvest alone, {count:,} objects", rate, "objects/s"),
            Figure(f"memory of the harvest, {count:,} objects", memory, "MB"),
        ]
    with empty() as (_engine, folder), tempfile.TemporaryDirectory() as registers:
        environment = {
            **os.environ,
            "GEOMILJO_STATE_DIR": str(folder / "state"),
            "GEOMILJO_REGISTERS_DIR": registers,
            "GEOMILJO_SOURCE_PAUSE_S": "0",
        }
        for count in sizes:
            rate, memory = _loaded(count, environment, Path(registers))
            loaded.append(memory)
            figures += [
                Figure(f"harvest and load, {count:,} objects", rate, "objects/s", 5_000, is_least=True),
                Figure(f"memory of harvest and load, {count:,} objects", memory, "MB"),
            ]
    for name, peaks in (("the harvest", alone), ("harvest and load", loaded)):
        figures.append(Figure(f"memory of {name}, most objects to fewest", peaks[-1] / peaks[0], "times", _FLAT))
    return figures


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", count]:
            _serve(int(count))
        case ["harvest", url, folder]:
            _harvest(url, folder)
        case _:
            asked = os.environ.get("BENCH_HARVEST", ",".join(map(str, SIZES)))
            print("\n".join(f.line() for f in harvest_figures(tuple(int(n) for n in asked.split(",")))))
