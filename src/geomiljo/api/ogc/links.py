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


def json_link(href: str, rel: str, title: str, language: Language) -> dict[str, str]:
    """Return a link to a JSON document."""
    return {
        "href": href,
        "rel": rel,
        "type": "application/json",
        "hreflang": language,
        "title": translate(title, language),
    }
