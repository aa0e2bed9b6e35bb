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

if TYPE_CHECKING:
    import folium
    from branca.element import Figure

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
    body, script : str
        The map's element, and what sets it up.
    """

    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    body: str
    script: str


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
        body=figure.html.render().strip(),
        script=figure.script.render().strip(),
    )


def _number(map_: folium.Map) -> None:
    map_._id = "main"
    for number, child in enumerate(map_._children.values()):
        child._id = str(number)
