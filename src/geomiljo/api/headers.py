"""What every answer tells browsers and caches: trust nothing that is not said, keep nothing that is somebody's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from geomiljo.settings import Settings

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_DATA_POLICY = "default-src 'none'; frame-ancestors 'self'"
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
EMBEDDED_POLICY = {"Content-Security-Policy": "frame-ancestors 'self'"}
"""For a page that holds all it needs and states within itself what may run in it."""
_A_YEAR_S = 31_536_000


class SecurityHeadersMiddleware:
    """Adds the security headers that an answer does not carry yet.

    Answers differ by caller: shared caches are told so, and private ones ask again.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.always = dict(_ALWAYS)
        self.always["Cross-Origin-Resource-Policy"] = "cross-origin" if settings.cors_origins else "same-origin"
        if (settings.public_url or "").startswith("https://"):
            self.always["Strict-Transport-Security"] = f"max-age={_A_YEAR_S}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.always.items():
                    headers.setdefault(name, value)
                is_page = headers.get("content-type", "").startswith("text/html")
                headers.setdefault("Content-Security-Policy", _PAGE_POLICY if is_page else _DATA_POLICY)
                headers.setdefault("Cache-Control", "private, no-cache")
                headers.add_vary_header("Authorization, Cookie")
            await send(message)

        await self.app(scope, receive, send_with_headers)


class ReadingCorsMiddleware(CORSMiddleware):
    """Lets pages of the configured origins read: GET alone, and without cookies."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; those that may change something get no permission."""
        if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD", "OPTIONS"}:
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
