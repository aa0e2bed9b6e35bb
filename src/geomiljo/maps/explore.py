"""The map of an assessment for notebooks: a Folium map that holds everything it needs, and can be added to.

Folium's own maps ask several hosts for their scripts. Without a base map this one brings ours inside, so that it works
where there is no network; with a base map there is one, and Folium's scripts stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import folium
from branca.element import Element

from geomiljo import wording
from geomiljo.maps import assets, symbols
from geomiljo.maps.overlays import Surroundings
from geomiljo.maps.page import module_texts, own_scripts
from geomiljo.maps.sheet import draw_sheet
from geomiljo.maps.view import finding_measure
from geomiljo.maps.web_map import web_map
from geomiljo.resources import shipped
from geomiljo.texts import translate

if TYPE_CHECKING:
    from branca.element import Figure

    from geomiljo.analysis.results import Assessment, Finding
    from geomiljo.analysis.shapes import Shapes
    from geomiljo.texts import Language


def explore_map(assessment: Assessment, shapes: Shapes, language: Language, tiles: str | None) -> folium.Map:
    """Return the map; a click on a finding tells what it is.

    Parameters
    ----------
    tiles : str or None
        A base map of Folium's.
    """
    settings = {
        "texts": module_texts(language),
        "findings": {finding.id: _told(finding, language) for finding in assessment.findings},
    }
    map_ = web_map(draw_sheet(assessment, shapes), Surroundings(language), settings)
    figure = cast("Figure", map_.get_root())
    if tiles is None:
        map_.default_js, map_.default_css = [], []
        figure.header.add_child(_markup("style", assets.vendored_style("leaflet_css")), name="leaflet_css")
        figure.header.add_child(_markup("script", assets.vendored_script("leaflet")), name="leaflet")
    else:
        folium.TileLayer(tiles).add_to(map_)
    own_style = assets.inline_style((shipped("maps") / "static" / "geomiljo.css").read_text("utf-8"))
    sprite = f'<svg class="sprite" aria-hidden="true"><defs>{symbols.severity_sprite()}</defs></svg>'
    module = _markup("script", own_scripts("interactive.js", "explore.js"), ' type="module"')
    figure.header.add_child(_markup("style", symbols.severity_style() + own_style), name="own_style")
    figure.html.add_child(_literal(sprite), name="sprite", index=0)
    figure.html.add_child(module, name="explore")
    figure.script.add_child(_literal(own_scripts("sheet.js")), name="sheet", index=0)
    return map_


def _told(finding: Finding, language: Language) -> dict[str, str]:
    return {
        "title": finding.title.get(language),
        "severity": translate(wording.SEVERITY[finding.severity], language),
        "measure": finding_measure(finding, language),
        "statement": finding.statement.get(language),
    }


def _markup(tag: str, content: str, attributes: str = "") -> Element:
    return _literal(f"<{tag}{attributes}>{content}</{tag}>")


def _literal(text: str) -> Element:
    """Return an element that is written as it is: braces in it are no template's."""
    return Element("{% raw %}" + text + "{% endraw %}")
