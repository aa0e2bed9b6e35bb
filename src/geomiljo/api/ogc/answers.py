"""Answers of `/ogc`: in which form, for how long they may be kept, and whether the client has them already."""

from __future__ import annotations

import datetime as dt
import email.utils
import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from geomiljo.api.etags import is_known
from geomiljo.api.ogc.door import Asked
from geomiljo.errors import InvalidQuery
from geomiljo.publishing.collections import Collection
from geomiljo.texts import mark as _

JSON, GEOJSON, HTML = "application/json", "application/geo+json", "text/html"
SCHEMA, OPENAPI = "application/schema+json", "application/vnd.oai.openapi+json;version=3.0"
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
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
        raise InvalidQuery(
            _("There is no form {form} of this."),
            remedy=_("There are {forms}."),
            location="f",
            form=name[:40],
            forms=", ".join(forms),
        )
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


def json_answer(document: Any, media_type: str = JSON, headers: Mapping[str, str] | None = None) -> Response:
    """Return a document as JSON."""
    return Response(orjson.dumps(document), media_type=media_type, headers=dict(headers or {}))


def page_answer(page: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a page that holds no script."""
    return Response(page, media_type=HTML, headers={**(headers or {}), "Content-Security-Policy": _PAGE_POLICY})


def kept_headers(asked: Asked, collection: Collection, form: str) -> dict[str, str]:
    """Return what lets a client keep what it has read of a collection, and ask whether it still holds."""
    told = f"{collection.id} {collection.version} {form} {asked.language} {asked.request.url}"
    tag = hashlib.blake2b(told.encode(), digest_size=12).hexdigest()
    return {
        "ETag": f'W/"{tag}"',
        "Last-Modified": email.utils.format_datetime(collection.last_modified.astimezone(dt.UTC), usegmt=True),
        "Cache-Control": f"public, max-age={_KEPT_S}" if collection.is_public else "private, no-cache",
        "Vary": "Accept, Accept-Encoding, Accept-Language",
    }


def asks_whether_held(asked: Asked) -> bool:
    """Return whether the client has something, and asks whether it still holds."""
    return "if-none-match" in asked.request.headers or "if-modified-since" in asked.request.headers


def is_held(asked: Asked, headers: Mapping[str, str]) -> bool:
    """Return whether the client has the answer already, by its entity tag or else by its date."""
    sent = asked.request.headers
    if "if-none-match" in sent:
        return is_known(asked.request, headers["ETag"].removeprefix("W/"))
    since = sent.get("if-modified-since")
    if since is None:
        return False
    try:
        return email.utils.parsedate_to_datetime(since) >= email.utils.parsedate_to_datetime(headers["Last-Modified"])
    except (ValueError, TypeError):
        return False


def not_modified(headers: Mapping[str, str]) -> Response:
    """Return the answer that what the client has still holds."""
    return Response(status_code=304, headers=dict(headers))
