"""The page: one HTML document with everything inside, under a Content-Security-Policy that lets nothing else in."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from geomiljo.maps import assets, symbols, view
from geomiljo.maps.content import page_content
from geomiljo.maps.sheet import draw_sheet
from geomiljo.maps.templating import environment
from geomiljo.resources import shipped
from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geomiljo.analysis.results import Assessment, ObjectiveResult
    from geomiljo.analysis.shapes import Shapes
    from geomiljo.catalogue import Catalogue
    from geomiljo.maps.fragments import Fragments
    from geomiljo.texts import Language

_MODULE_TEXTS = {
    "map": _("Map of the planning area with its findings. All that it shows is in the list too."),
    "close": _("Close"),
    "toFinding": _("Go to finding {number}"),
    "alsoHere": _("Also here"),
    "shown": _("The map shows {number}"),
    "all": _("All findings are shown"),
    "filtered": _("{count} findings for objective {number}"),
}

_PLACES: Mapping[str, Any] = {
    "is_served": False,
    "swap": "",
    "severity_link": lambda _severity: "#findings",
    "gaps_link": "#not-checked",
    "objective_link": lambda objective: f"#{_place_of(objective)}",
    "wanted_severity": None,
    "wanted_objective": None,
    "wanted_finding": None,
    "row_id": None,
    "freshness": {},
}
"""Where the links of the page lead: to other places of it."""


def _place_of(objective: ObjectiveResult) -> str:
    if objective.findings:
        return objective.findings[0]
    return "not-checked" if objective.unanswered_layers else "layers"


def map_page(
    assessment: Assessment,
    shapes: Shapes,
    *,
    catalogue: Catalogue,
    language: Language = "sv",
    disputed: frozenset[str] = frozenset(),
) -> str:
    """Return an assessment as an HTML document that needs nothing but itself.

    The same assessment gives the same document. Texts of layers and plans are never read as markup.

    Parameters
    ----------
    shapes : Shapes
        Those of the assessment.
    catalogue : Catalogue
        The registers that it was made with.
    disputed : frozenset of str
        Ids of findings that somebody disputes; they are marked.

    Raises
    ------
    FileNotFoundError
        When the browser files have not been fetched (`make setup`).
    """
    from geomiljo.maps.build import build_map  # Folium takes half a second to import
    from geomiljo.maps.fragments import split

    sheet = draw_sheet(assessment, shapes)
    fragments = split(build_map(sheet, _settings(assessment, language)))
    style = _style(fragments.styles)
    scripts = [
        *map(assets.vendored_script, fragments.scripts),
        own_scripts("sheet.js"),
        fragments.script,
    ]
    module = own_scripts("interactive.js", "map.js")
    return (
        environment(language)
        .get_template("map.html")
        .render(
            csp=_policy(style, [*scripts, module]),
            style=Markup(style),  # noqa: S704 - ours and Leaflet's
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - Leaflet's and Folium's
            module=Markup(module),  # noqa: S704 - ours
            map_body=fragments.body,
            sprite=symbols.severity_sprite(),
            licences=_licences(fragments),
            disputed=disputed,
            sheet=sheet,
            object_tables={f.id: view.object_table(f, catalogue, language) for f in assessment.findings},
            **page_content(assessment, catalogue, language),
            **_PLACES,
        )
    )


def _settings(assessment: Assessment, language: Language) -> dict[str, Any]:
    """Return what the module is told; texts of layers are not among it."""
    return {
        "objectives": {finding.id: finding.objectives for finding in assessment.findings},
        "texts": module_texts(language),
    }


def module_texts(language: Language) -> dict[str, str]:
    """Return the words of a map's module by their names; numbers are put into them there."""
    return {name: translate(text, language, number="{number}", count="{count}") for name, text in _MODULE_TEXTS.items()}


@cache
def own_scripts(*names: str) -> str:
    """Return scripts of ours as one that can stand inside a page: what a module imports stands before it."""
    folder = shipped("maps") / "static"
    text = "".join((folder / name).read_text("utf-8") for name in names)
    return assets.inline_script(re.sub(r"^(export |import .*\n)", "", text, flags=re.MULTILINE))


@cache
def _style(keys: tuple[str, ...]) -> str:
    own = (shipped("maps") / "static" / "geomiljo.css").read_text("utf-8")
    fonts = (
        f'@font-face {{ font-family: "{family}"; src: url("{assets.vendored_uri(key)}") format("woff2");'
        " font-weight: 200 900; font-display: swap; }"
        for family, key in (("Source Sans 3", "font_sans"), ("Source Serif 4", "font_serif"))
    )
    parts = [*fonts, *map(assets.vendored_style, keys), symbols.severity_style(), own]
    return assets.inline_style("\n".join(parts))


def _policy(style: str, scripts: Sequence[str]) -> str:
    """Return the Content-Security-Policy: what stands in the page, and nothing else."""
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src {assets.csp_hash(style)}",
            f"script-src {' '.join(map(assets.csp_hash, scripts))}",
            "img-src data:",
            "font-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _licences(fragments: Fragments) -> Mapping[str, str]:
    """Return package and licence of what is embedded."""
    manifest = assets.manifest()
    paths = [manifest.keys[key] for key in (*fragments.scripts, "font_sans", "font_serif")]
    return {path.partition("/")[0].replace("@", " "): manifest.files[path].licence for path in paths}
