"""Files of the pages, each for ever: another content has another address."""

from __future__ import annotations

from fastapi import Response

from geomiljo.api.pages.answers import page_router
from geomiljo.errors import NotFound
from geomiljo.pages import static
from geomiljo.texts import mark as _

router = page_router()
_FOR_EVER = "public, max-age=31536000, immutable"


@router.get("/static/{version}/{path:path}")
def file(version: str, path: str) -> Response:
    """Give a file; only the present version is kept."""
    found = static.files().get(path)
    if found is None or version != static.version():
        raise NotFound(_("There is no file {path} of this version."), path=path)
    return Response(found.content, media_type=found.media_type, headers={"Cache-Control": _FOR_EVER})
