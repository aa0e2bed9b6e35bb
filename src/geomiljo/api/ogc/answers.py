"""Answers of `/ogc`: in which form, for how long they may be kept, and whether the client has them already."""

from __future__ import annotations

import datetime as dt
import email.utils
import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from geomiljo import __version__
from geomiljo.api.etags import is_known
from geomiljo.api.ogc.door import Asked
from geomiljo.api.ogc.known import no_such_form
from geomiljo.publishing.collections import Collection

JSON, GEOJSON, HTML = "application/json", "application/geo+json", "text/html"
SCHEMA, OPENAPI = "application/schema+json", "application/vnd.oai.openapi+json;version=3.0"
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'self'"
)
_KEPT_S = 60
"""How long shared caches may keep what everybody sees."""


def wanted_form(asked: Asked, forms: Mapping[str, str]) -> str:
    """Return the name of the form that is wanted: by ``f``, or by ``Accept``, or else the first.

    Parameters
    ----------
    forms : mapping of str to str
        Media types by name.

    Raises
    ------
    InvalidQuery
        There is no such form.
    """
    name = asked.parameters.get("f")
    if name is not None and name in forms:
        return name
    if name is not None:
        raise no_such_form(name, forms)
    return _accepted(asked.request.headers.get("accept", ""), forms)


def _accepted(accept: str, forms: Mapping[str, str]) -> str:
    """Return the form that a client would rather have; the first where it is all the same to it."""
    by_type = {media_type.partition(";")[0]: name for name, media_type in reversed(list(forms.items()))}
    best = (0.0, "")
    for part in accept.split(","):
        media_type, *parameters = (item.strip() for item in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            quality = float(weight)
        except ValueError:
            continue
        name = by_type.get(media_type) or (next(iter(forms)) if media_type in {"*/*", "application/*"} else "")
        if name and quality > best[0]:
            best = (quality, name)
    return best[1] or next(iter(forms))


def json_answer(document: Any, media_type: str) -> Response:
    """Return a document as JSON."""
    return Response(orjson.dumps(document), media_type=media_type)


def page_answer(page: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a page that holds no script."""
    return Response(page, media_type=HTML, headers={**(headers or {}), "Content-Security-Policy": _PAGE_POLICY})


def kept_headers(asked: Asked, collection: Collection, form: str) -> dict[str, str]:
    """Return what lets a client keep what it has read of a collection, and ask whether it still holds."""
    made = f"{__version__} {asked.state.assessor.catalogue.version}"
    told = f"{collection.id} {collection.version} {form} {asked.language} {asked.request.url} {made}"
    return _headers(told.encode(), collection.last_modified, is_public=collection.is_public)


def kept(asked: Asked, document: Response, changed_at: dt.datetime | None, *, is_public: bool) -> Response:
    """Return a document with what lets a client keep it, or else that what the client has still holds.

    Parameters
    ----------
    changed_at : datetime or None
        After which it has not changed; None: not known.
    is_public : bool
        It is the same for everybody.
    """
    headers = _headers(bytes(document.body), changed_at, is_public=is_public)
    if is_held(asked, headers):
        return not_modified(headers)
    document.headers.update(headers)
    return document


def _headers(told: bytes, changed_at: dt.datetime | None, *, is_public: bool) -> dict[str, str]:
    headers = {
        "ETag": f'W/"{hashlib.blake2b(told, digest_size=12).hexdigest()}"',
        "Cache-Control": f"public, max-age={_KEPT_S}" if is_public else "private, no-cache",
        "Vary": "Accept, Accept-Encoding, Accept-Language",
    }
    if changed_at is not None:
        headers["Last-Modified"] = email.utils.format_datetime(changed_at.astimezone(dt.UTC), usegmt=True)
    return headers


def asks_whether_held(asked: Asked) -> bool:
    """Return whether the client has something, and asks whether it still holds."""
    return "if-none-match" in asked.request.headers or "if-modified-since" in asked.request.headers


def is_held(asked: Asked, headers: Mapping[str, str]) -> bool:
    """Return whether the client has the answer already, by its entity tag or else by its date.

    Only the very date counts: where an older version of a layer is active again, the date goes back.
    """
    sent = asked.request.headers
    if "if-none-match" in sent:
        return is_known(asked.request, headers["ETag"].removeprefix("W/"))
    return "Last-Modified" in headers and sent.get("if-modified-since") == headers["Last-Modified"]


def not_modified(headers: Mapping[str, str]) -> Response:
    """Return the answer that what the client has still holds."""
    return Response(status_code=304, headers=dict(headers))
