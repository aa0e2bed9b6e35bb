"""The service's description as a page that people can try it from; everything on it comes from the service itself."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from geomiljo.api.state import Lang
from geomiljo.maps.assets import manifest, vendor_folder
from geomiljo.resources import shipped
from geomiljo.texts import mark as _
from geomiljo.texts import translate

router = APIRouter(prefix="/api", include_in_schema=False)
_TITLE = _("geomiljo: description of the service")
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<link rel="stylesheet" href="docs/swagger_ui_css" integrity="sha384-{style}">
<script defer src="docs/swagger_ui" integrity="sha384-{script}"></script>
<script defer src="docs/start"></script>
</head>
<body><main id="description"></main></body>
</html>
"""
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}


@router.get("/docs")
def page(language: Lang) -> HTMLResponse:
    """Give the page."""
    hashes = {name: _hash(name) for name in ("swagger_ui", "swagger_ui_css")}
    title = escape(translate(_TITLE, language))
    content = _PAGE.format(language=language, title=title, script=hashes["swagger_ui"], style=hashes["swagger_ui_css"])
    return HTMLResponse(content)


def _hash(key: str) -> str:
    return manifest().files[manifest().keys[key]].sha384


@router.get("/docs/{name}")
def file(name: str) -> Response:
    """Give one of the page's own files."""
    if name == "start":
        path = shipped("maps") / "static" / "api-docs.js"
    elif name in ("swagger_ui", "swagger_ui_css"):
        path = vendor_folder() / manifest().keys[name]
    else:
        return Response(status_code=404)
    return Response(path.read_bytes(), media_type=_MEDIA_TYPES[path.suffix], headers={"Cache-Control": "max-age=3600"})
