"""Makes the files in data/demo that the manifest names: `python tools/make_demo.py [FOLDER]`.

The same program gives the same files. Nothing is read but the manifest.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.demo_data import admin, cover, ground, heritage, nature, plans, risk, water  # noqa: E402
from tools.demo_data.landscape import Landscape  # noqa: E402
from tools.demo_data.rows import joined, row  # noqa: E402
from tools.demo_data.write import LOCAL_ZONE, clear, write_document, write_table  # noqa: E402

DEMO = ROOT / "data" / "demo"
MANIFEST = DEMO / "manifest.yaml"


def make(folder: Path) -> None:
    """Write all files of the demo but the manifest and the read-me."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    land = Landscape.make()
    themes = (admin, nature, water, heritage, risk, ground)
    tables = joined(theme.tables(land) for theme in themes)
    named = {entry["id"]: entry["file"] for entry in listed["layers"]}
    if named.keys() != tables.keys():
        raise SystemExit(f"manifest and tables differ: {sorted(named.keys() ^ tables.keys())}")
    named_rasters = {entry["file"] for entry in listed["rasters"]}
    clear(folder, set(named.values()) | named_rasters | {entry["file"] for entry in listed["plans"]})
    for layer, rows in tables.items():
        write_table(folder / named[layer], layer, rows, _zone(named[layer]))
    write_table(folder / "uttag.geojson", "uttag", [row(land.frame, namn="Uttag")], "EPSG:3006")
    study = row(water.rain_study(land), namn="Skyfallskartering 2022")
    write_table(folder / "skyfallskartering.geojson", "skyfallskartering", [study], "EPSG:3006")
    cover.write_rasters(folder, land, tables)
    write_document(folder / "plan_centrum.json", plans.centre(land))
    write_table(folder / "plan_strand.gpkg", "plan", plans.shore())
    write_table(folder / "plan_industri.zip", "plan_industri", plans.industry(), LOCAL_ZONE)


def _zone(file: str) -> str:
    """Return the coordinate system that files of a kind are delivered in."""
    return {".gpkg": "EPSG:3006", ".zip": LOCAL_ZONE, ".geojson": "EPSG:4326"}[Path(file).suffix]


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO)
