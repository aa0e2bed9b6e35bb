"""Copies browser files from maps/node_modules into maps/static/vendor and writes their manifest.

Run after `npm ci` in maps/. A second run changes nothing; files of earlier versions are removed. Every file lies in a
folder named after package and version, beside the package's licence.
"""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

from geomiljo.maps.assets import MANIFEST_NAME, Manifest, VendoredFile, sha384, vendor_folder

if TYPE_CHECKING:
    from pathlib import Path

MODULES = vendor_folder().parent.parent / "node_modules"
FILES: dict[str, tuple[str, str]] = {
    "leaflet": ("leaflet", "dist/leaflet.js"),
    "leaflet_css": ("leaflet", "dist/leaflet.css"),
    "vectorGrid": ("leaflet.vectorgrid", "dist/Leaflet.VectorGrid.bundled.min.js"),
    "markerclusterjs": ("leaflet.markercluster", "dist/leaflet.markercluster.js"),
    "markerclustercss": ("leaflet.markercluster", "dist/MarkerCluster.css"),
    "leaflet_geoman_js": ("@geoman-io/leaflet-geoman-free", "dist/leaflet-geoman.min.js"),
    "leaflet_geoman_css": ("@geoman-io/leaflet-geoman-free", "dist/leaflet-geoman.css"),
    "swagger_ui": ("swagger-ui-dist", "swagger-ui-bundle.js"),
    "swagger_ui_css": ("swagger-ui-dist", "swagger-ui.css"),
    "font_sans_ttf": ("source-sans", "TTF/SourceSans3-Regular.ttf"),
    "font_sans_bold_ttf": ("source-sans", "TTF/SourceSans3-Bold.ttf"),
    "font_sans": ("@fontsource-variable/source-sans-3", "files/source-sans-3-latin-wght-normal.woff2"),
    "font_serif": ("@fontsource-variable/source-serif-4", "files/source-serif-4-latin-wght-normal.woff2"),
}
"""Key: package and file. The keys of the map's scripts and styles are those that Folium gives its links."""
COMPANIONS: dict[str, tuple[str, ...]] = {
    "leaflet": ("dist/images/layers.png", "dist/images/layers-2x.png", "dist/images/marker-icon.png")
}
"""Files that others of the package point to, by package."""
TERMS = {"leaflet.vectorgrid": "README.md", "leaflet.markercluster": "MIT-LICENCE.txt"}
"""Where packages that have no file of the usual name say their licence."""


def stored_path(folder: str, file: str) -> str:
    """Return where a file of a package is put."""
    return f"{folder}/{file.removeprefix('dist/').removeprefix('files/').removeprefix('TTF/')}"


def read_files() -> tuple[dict[str, bytes], Manifest]:
    """Return what the vendor folder should hold."""
    content: dict[str, bytes] = {}
    files: dict[str, VendoredFile] = {}
    keys: dict[str, str] = {}
    for package in sorted({package for package, _ in FILES.values()}):
        about = json.loads((MODULES / package / "package.json").read_text("utf-8"))
        folder = f"{package.rpartition('/')[2]}@{about['version']}"
        wanted = {key: file for key, (owner, file) in FILES.items() if owner == package}
        terms = TERMS.get(package) or next((MODULES / package).glob("LICENSE*")).name
        for file in (*wanted.values(), *COMPANIONS.get(package, ()), terms):
            path = f"{folder}/LICENSE" if file == terms else stored_path(folder, file)
            content[path] = (MODULES / package / file).read_bytes()
            files[path] = VendoredFile(sha384=sha384(content[path]), licence=about["license"])
        keys |= {key: stored_path(folder, file) for key, file in wanted.items()}
    return content, Manifest(files=files, keys=keys)


def write_if_changed(path: Path, content: bytes) -> None:
    """Write a file unless it already holds `content`."""
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def main() -> int:
    """Bring the vendor folder up to date."""
    if not MODULES.is_dir():
        print("maps/node_modules is missing: run `npm ci` in maps/ first", file=sys.stderr)
        return 1
    content, manifest = read_files()
    folder = vendor_folder()
    for path, data in content.items():
        write_if_changed(folder / path, data)
    for stale in folder.iterdir():
        if stale.is_dir() and not any(path.startswith(stale.name + "/") for path in content):
            shutil.rmtree(stale)
    write_if_changed(folder / MANIFEST_NAME, (manifest.model_dump_json(indent=1) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
