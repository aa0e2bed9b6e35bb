"""Links of `/ogc`: where it stands, and how its documents point to each other."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from geomiljo.api.state import State
from geomiljo.texts import Language, translate


def ogc_address(request: Request, state: State) -> str:
    """Return the address of `/ogc` as the client sees it."""
    return f"{state.settings.public_url or str(request.base_url).rstrip('/')}/ogc"


Base = Annotated[str, Depends(ogc_address)]


def own_links(
    address: str, media_type: str, title: str, title_as_html: str, language: Language
) -> list[dict[str, str]]:
    """Return a document's links to itself, as it is and as HTML."""
    return [
        {"href": f"{address}?f=json", "rel": "self", "type": media_type, "title": translate(title, language)},
        {
            "href": f"{address}?f=html",
            "rel": "alternate",
            "type": "text/html",
            "title": translate(title_as_html, language),
        },
    ]


def json_link(href: str, rel: str, title: str, language: Language) -> dict[str, str]:
    """Return a link to a JSON document."""
    return {
        "href": href,
        "rel": rel,
        "type": "application/json",
        "hreflang": language,
        "title": translate(title, language),
    }
