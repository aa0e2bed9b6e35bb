"""Browser files, symbols, and what Folium is allowed to want."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import folium
import pytest
from folium.plugins import MeasureControl
from maps.world import World

from geomiljo import wording
from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.maps import assets, symbols
from geomiljo.maps.build import build_map
from geomiljo.maps.fragments import UNUSED, split
from geomiljo.maps.sheet import draw_sheet
from geomiljo.resources import shipped

ROOT = Path(__file__).parents[2]


def test_manifest_tells_the_truth() -> None:
    folder, manifest = assets.vendor_folder(), assets.manifest()
    assert {path: entry.sha384 for path, entry in manifest.files.items()} == {
        path: assets.sha384((folder / path).read_bytes()) for path in manifest.files
    }
    lying_about = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} - {assets.MANIFEST_NAME}
    assert lying_about == set(manifest.files)
    assert set(manifest.keys.values()) <= set(manifest.files)


def test_every_package_brings_its_licence() -> None:
    packages = {path.partition("/")[0] for path in assets.manifest().files}
    assert {f"{package}/LICENSE" for package in packages} <= set(assets.manifest().files)


def test_versions_are_those_of_the_lock() -> None:
    lock = json.loads((shipped("maps") / "package-lock.json").read_text("utf-8"))
    locked = {f"{name.rpartition('/')[2]}@{about['version']}" for name, about in lock["packages"].items() if name}
    assert {path.partition("/")[0] for path in assets.manifest().files} <= locked
    assert "resolved" not in json.dumps(lock)


def test_copying_again_changes_nothing() -> None:
    def state() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in assets.vendor_folder().rglob("*")}

    before = state()
    done = subprocess.run([sys.executable, ROOT / "tools" / "assets.py"], check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert state() == before


def test_missing_browser_files_say_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assets.manifest.cache_clear()
    monkeypatch.setattr(assets, "vendor_folder", lambda: tmp_path)
    with pytest.raises(FileNotFoundError, match="make setup"):
        assets.manifest()


def test_scripts_and_styles_cannot_end_their_element() -> None:
    assert assets.inline_script("a</SCRIPT><!--b") == "a<\\/SCRIPT><\\!--b"
    with pytest.raises(ValueError, match="must not hold"):
        assets.inline_style("p {} </Style>")


def test_folium_wants_nothing_but_what_is_vendored(world: World) -> None:
    map_ = build_map(draw_sheet(world.assessment, world.shapes), {})
    fragments = split(map_)
    assert set(fragments.scripts) | set(fragments.styles) == {"leaflet", "leaflet_css"}
    wanted = {name for name, _ in (*folium.Map.default_js, *folium.Map.default_css)}
    assert wanted <= set(assets.manifest().keys) | UNUSED
    assert "http" not in fragments.body + fragments.script


def test_a_plugin_that_nobody_vendored_is_an_error() -> None:
    map_ = folium.Map(tiles=None)
    MeasureControl().add_to(map_)  # type: ignore[no-untyped-call]
    fragments = split(map_)
    with pytest.raises(KeyError):
        [assets.vendored_script(key) for key in fragments.scripts]


def test_an_unknown_thing_in_the_head_is_an_error() -> None:
    map_ = folium.Map(tiles=None)
    map_.get_root().header.add_child(folium.Element("<style></style>"), name="own_style")  # type: ignore[attr-defined]
    with pytest.raises(LookupError, match="own_style"):
        split(map_)


def test_two_maps_of_a_sheet_are_the_same_text(world: World) -> None:
    sheet = draw_sheet(world.assessment, world.shapes)
    assert split(build_map(sheet, {"a": 1})) == split(build_map(sheet, {"a": 1}))


def test_severities_differ_by_more_than_colour() -> None:
    table = symbols.SEVERITY
    assert tuple(table) == SEVERITIES == tuple(wording.SEVERITY)
    for name in ("code", "fill", "shape", "pattern", "sign"):
        assert len({getattr(symbol, name) for symbol in table.values()}) == len(table)
    assert len({(symbol.outline_width, symbol.outline_dash) for symbol in table.values()}) >= 3


@pytest.mark.parametrize("severity", SEVERITIES)
def test_severity_colours_can_be_read(severity: str) -> None:
    symbol = symbols.SEVERITY[severity]
    assert contrast(symbol.text, "#FFFFFF") >= 4.5
    assert contrast(symbol.on, symbol.fill) >= 4.5
    assert contrast(symbol.text, symbol.ground) >= 3
    assert contrast(symbol.text, "#F6F3EB") >= 4.5


def test_every_status_and_theme_has_a_symbol() -> None:
    assert set(symbols.STATUS_ICON) == set(wording.STATUS)
    assert set(symbols.THEME_COLOUR) == set(wording.THEME)
    icons = (shipped("maps") / "templates" / "icons.svg").read_text("utf-8")
    assert all(f'id="i-{icon}"' in icons for icon in symbols.STATUS_ICON.values())


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2.1 defines it."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour."""
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
