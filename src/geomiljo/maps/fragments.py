"""A rendered Folium map as parts of a page of our own.

The only module that reaches into branca: its figure keeps what a map wants in the head by name. Links are answered
from our manifest, never from where Folium points; a link that nobody has vendored is an error, so a new plug-in
cannot fetch anything by itself.
"""

# ruff: noqa: SLF001 - branca has no public way to what is needed here

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from branca.element import CssLink, JavascriptLink
from markupsafe import Markup

from geomiljo.maps.assets import inline_script

if TYPE_CHECKING:
    import folium
    from branca.element import Element, Figure

UNUSED = frozenset(
    {
        "jquery",  # Folium's own popups
        "bootstrap",
        "bootstrap_css",
        "glyphicons_css",
        "awesome_markers",  # folium.Icon
        "awesome_markers_css",
        "awesome_markers_font_css",
        "awesome_rotate_css",
        "markerclusterdefaultcss",  # clusters look as our stylesheet says
    }
)
"""Links that every Folium map makes and no element of ours needs."""


@dataclass(frozen=True, slots=True)
class Fragments:
    """A map in parts.

    Attributes
    ----------
    scripts, styles : tuple of str
        Keys of the manifest, in the order in which they are wanted.
    body, script : Markup
        The map's element, and what sets it up, as it can stand inside a page.
    """

    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    body: Markup
    script: Markup


def split(map_: folium.Map) -> Fragments:
    """Render a map and take it apart; a map can be rendered once.

    The map and its elements are numbered instead of getting random names: the same map gives the same text.

    Raises
    ------
    LookupError
        When the map puts something into the head that is not known here.
    """
    _number(map_)
    figure = cast("Figure", map_.get_root())
    figure.render()
    scripts, styles = [], []
    for key, element in figure.header._children.items():
        if isinstance(element, JavascriptLink):
            scripts.append(key)
        elif isinstance(element, CssLink):
            styles.append(key)
        elif key not in {"meta_http", map_.get_name()}:  # the page owns its head
            raise LookupError(f"the map wants {key} in the head of the page")
    return Fragments(
        scripts=tuple(key for key in scripts if key not in UNUSED),
        styles=tuple(key for key in styles if key not in UNUSED),
        body=Markup(figure.html.render().strip()),  # noqa: S704 - Folium's, without texts of ours
        script=Markup(inline_script(figure.script.render().strip())),  # noqa: S704 - likewise
    )


def _number(map_: folium.Map) -> None:
    map_._id = "main"
    _number_children(map_, "")


def _number_children(parent: Element, prefix: str) -> None:
    for number, child in enumerate(parent._children.values()):
        child._id = f"{prefix}{number}"
        _number_children(child, f"{child._id}_")
