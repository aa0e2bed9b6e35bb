"""Pages of `/ogc` for people: the same documents, readable without script."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from geomiljo.api.ogc.door import Asked
from geomiljo.pages import static
from geomiljo.publishing.collections import Collection
from geomiljo.texts import mark as _
from geomiljo.texts import plural, translate

_WORDS = {
    "where": _("Where you are"),
    "collections": _("The collections"),
    "start": _("Open data (OGC API)"),
    "check": _("Check a plan"),
    "plans": _("Plans"),
    "layers": _("Map layers"),
    "skip": _("Skip to content"),
    "menu": _("Main menu"),
}
_OTHER = {"sv": ("en", "English"), "en": ("sv", "Svenska")}


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("geomiljo.api.ogc"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def style_sheet() -> str:
    """Return the style sheet of the pages."""
    return files("geomiljo.api.ogc").joinpath("templates", "style.css").read_text(encoding="utf-8")


def document_page(asked: Asked, document: dict[str, Any], title: str) -> str:
    """Return a document as a page."""
    return _render(asked, "document.html", translate(title, asked.language), document=document)


def features_page(asked: Asked, collection: Collection, document: dict[str, Any]) -> str:
    """Return a page of features as a table."""
    shown = document["features"]
    names = shown[0]["properties"] if shown else {}
    columns = [(p.name, p.title.get(asked.language)) for p in collection.properties if p.name in names]
    counted = plural("{count} feature on this page.", "{count} features on this page.", len(shown), asked.language)
    matched = document.get("numberMatched")
    in_all = "" if matched is None else translate(_("{count} in all."), asked.language, count=matched)
    links = [{**link, "href": _as_page(link["href"])} for link in document["links"] if link["rel"] in {"prev", "next"}]
    return _render(
        asked,
        "features.html",
        collection.title.get(asked.language),
        told=f"{counted} {in_all}".strip(),
        pages=links,
        columns=columns,
        features=shown,
        items=f"{asked.base}/collections/{quote(collection.id)}/items",
    )


def feature_page(asked: Asked, collection: Collection, feature: dict[str, Any]) -> str:
    """Return a feature as a page: its properties, its kind of geometry, its links."""
    titles = {p.name: p.title.get(asked.language) for p in collection.properties}
    document = {
        **{titles.get(name, name): value for name, value in feature["properties"].items()},
        translate(_("Geometry"), asked.language): (feature["geometry"] or {}).get("type"),
        translate(_("Links"), asked.language): feature["links"],
    }
    title = f"{collection.title.get(asked.language)} {feature['id']}"
    return _render(asked, "document.html", title, document=document)


def _as_page(address: str) -> str:
    return address.replace("f=json", "f=html")


def _render(asked: Asked, name: str, title: str, **more: Any) -> str:
    here = f"{asked.base}{asked.request.url.path.partition('/ogc')[2]}"

    def turned(**changed: str) -> str:
        return f"{here}?{urlencode({**asked.parameters, **changed})}"

    other, other_name = _OTHER[asked.language]
    json = turned(f="json")
    return (
        _templates()
        .get_template(name)
        .render(
            language=asked.language,
            title=title,
            base=asked.base,
            json=json,
            site_style=static.address(static.STYLE),
            other=turned(lang=other, f="html"),
            other_language=other,
            words={**{key: translate(text, asked.language) for key, text in _WORDS.items()}, "other": other_name},
            alternates=[{"type": "application/json", "href": json}],
            **more,
        )
    )
