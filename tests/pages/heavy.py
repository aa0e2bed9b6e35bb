"""A large result: 500 findings with 20,000 objects, of registers and layers that are made for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import shapely
import yaml
from databases import engine_at, fresh_database
from factories import EAST, NORTH, write_layer
from pages.conftest import AS_BROWSER, served
from pydantic import SecretStr

from geomiljo.catalogue import open_catalogue
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.settings import Settings

LAYERS, CLASSES, OBJECTS = 20, 25, 40
"""A finding for each class, with so many objects."""
SIDE_M, STEP_M = 14.0, 20.0
ACROSS = 50
"""Objects of a layer lie in a grid, so many in a row."""


def _both(text: str) -> dict[str, str]:
    return {"sv": text, "en": text}


def _layer(number: int) -> dict[str, object]:
    classes = [{"id": f"k{k}", "title": _both(f"Klass {k}"), "filter": f"klass = 'k{k}'"} for k in range(CLASSES)]
    return {
        "id": f"local.stort{number}",
        "title": _both(f"Stort lager {number}"),
        "theme": "nature",
        "authority": "Testkommun",
        "kinds": ["polygon"],
        "attributes": [{"name": "klass"}, {"name": "namn", "role": "name"}],
        "classes": classes,
        "update": {"text": "yearly", "cadence_days": 400},
        "licence": {"name": "CC0", "redistribution": True},
        "basis": "own_knowledge",
    }


def _rule(layer: int, k: int) -> dict[str, object]:
    return {
        "id": f"local.stort{layer}.k{k}",
        "layer": f"local.stort{layer}",
        "title": _both(f"Klass {k} av stort lager {layer}"),
        "when": {"relation": "overlap", "classes": [f"k{k}"], "min_area_m2": 1},
        "severity": "consider" if (layer + k) % 3 else "opportunity",
        "ground": None,
        "objectives": [1 + (layer + k) % 16, 16],
        "statement": _both("{count} objekt, {area}, {share} av planområdet."),
        "question": _both("Kan de vara kvar?"),
        "measures": [{"step": "avoid", **_both("Behåll dem.")}],
        "before": "samrad",
        "guidance": "ekosystemtjanster",
        "basis": {"status": "own_knowledge", "legal": "none"},
    }


def registers(folder: Path) -> Path:
    """Write registers with the layers and their rules."""
    folder.mkdir()
    rules = [_rule(layer, k) for layer in range(LAYERS) for k in range(CLASSES)]
    written = {
        "organisation": {"name": "Testkommun"},
        "layers": {"layers": [_layer(number) for number in range(LAYERS)]},
        "rules": {"rules": rules},
    }
    for name, content in written.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return folder


def objects(layer: int) -> tuple[list[shapely.Polygon], list[str]]:
    """Return the objects of a layer, each with its class; those of different layers meet."""
    places = [(STEP_M * (n % ACROSS) + layer, STEP_M * (n // ACROSS) + layer) for n in range(CLASSES * OBJECTS)]
    shapes = [shapely.Point(EAST + x + SIDE_M, NORTH + y + SIDE_M).buffer(SIDE_M / 2, quad_segs=4) for x, y in places]
    return shapes, [f"k{n % CLASSES}" for n in range(CLASSES * OBJECTS)]


@contextmanager
def heavy_service(cluster_url: str, template: str, folder: Path) -> Iterator[str]:
    """Serve the layers; yields the address."""
    with fresh_database(cluster_url, template) as url, engine_at(url) as engine:
        settings = Settings(
            database_url=SecretStr(url),
            state_dir=folder,
            registers_dir=registers(folder / "registers"),
            env="development",
        )
        catalogue = open_catalogue(settings.registers_dir)
        for number in range(LAYERS):
            shapes, classes = objects(number)
            names = [f"Objekt {n}" for n in range(len(shapes))]
            path = write_layer(folder / f"{number}.gpkg", shapes, klass=classes, namn=names)
            load_layer(engine, catalogue, f"local.stort{number}", path, LoadOptions(coverage="sweden"))
        with served(settings) as address:
            yield address


def heavy_check(address: str) -> str:
    """Check a plan that holds all objects; return the path of the result."""
    corners = [(NORTH, EAST), (NORTH, EAST + 1_040), (NORTH + 460, EAST + 1_040), (NORTH + 460, EAST)]
    text = "\n".join(f"{north}; {east}" for north, east in corners)
    with httpx2.Client(base_url=address, headers=AS_BROWSER, timeout=60) as client:
        return str(client.post("/checks", data={"way": "text", "text": text}).headers["location"])
