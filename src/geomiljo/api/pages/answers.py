"""Answering with a page: its frame from the request, its Content-Security-Policy from what stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from pydantic import BeforeValidator
from starlette_compress import CompressMiddleware

from geomiljo.access import ANONYMOUS, Caller
from geomiljo.api.security import READING, current_caller
from geomiljo.api.state import service_state, wanted_language
from geomiljo.maps.assets import csp_hash
from geomiljo.pages.site import Frame, Section, render

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

Blank = BeforeValidator(lambda value: value or None)
"""A field of a form that is left empty asks for nothing."""
DATA_ROOTS = ("/api/", "/ogc", "/static/")
"""Where programs ask: they get documents even when they take pages too."""


class _PackedRoute(APIRoute):
    """A route whose answers are packed as the browser wants."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request; the packing is an application around the answer."""
        answer = super().get_route_handler()

        async def packed(request: Request) -> Response:
            return cast("Response", CompressMiddleware(await answer(request)))

        return packed


def page_router() -> APIRouter:
    """Return a router for pages: not part of the described service, answers packed."""
    return APIRouter(include_in_schema=False, route_class=_PackedRoute)


def frame_of(request: Request, caller: Caller) -> Frame:
    """Return what surrounds a page that answers `request`."""
    settings = service_state(request).settings
    return Frame(
        language=wanted_language(request),
        caller=caller,
        address=_address(request),
        can_sign_in=request.app.state.provider is not None,
        is_demo=settings.env == "development",
    )


def _address(request: Request) -> str:
    """Return where the page lies; of what answers a form, where the form stood."""
    address = str(request.url) if request.method in READING else request.headers.get("referer", "")
    shown = urlsplit(address)
    is_own = shown.netloc == request.url.netloc
    return shown.path + (f"?{shown.query}" if shown.query else "") if is_own else "/"


def _frame(request: Request, caller: Annotated[Caller, Depends(current_caller)]) -> Frame:
    return frame_of(request, caller)


PageFrame = Annotated[Frame, Depends(_frame)]


def page(
    frame: Frame,
    template: str,
    *,
    section: Section = "",
    status: int = 200,
    scripts: Sequence[str] = (),
    images: Sequence[str] = (),
    frames: Sequence[str] = (),
    **context: Any,
) -> HTMLResponse:
    """Return a page.

    Parameters
    ----------
    template, section, **context
        See :func:`geomiljo.pages.site.render`.
    scripts : sequence of str
        Text of the scripts that stand inside the page; they pass by their hashes.
    images : sequence of str
        Origins besides our own that images come from: base maps.
    frames : sequence of str
        Origins besides our own whose pages may hold this one.
    """
    text = render(template, frame, section=section, **context)
    return HTMLResponse(text, status, {"Content-Security-Policy": policy(scripts, images, frames)})


def policy(scripts: Sequence[str] = (), images: Sequence[str] = (), frames: Sequence[str] = ()) -> str:
    """Return the Content-Security-Policy of a page: our own files, and of inline scripts those named.

    Examples
    --------
    >>> policy().split("; ")[:2]
    ["default-src 'none'", "script-src 'self'"]
    """
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src 'self'", *map(csp_hash, scripts)]),
            "style-src 'self'",
            " ".join(["img-src 'self' data: blob:", *images]),
            "font-src 'self'",
            "connect-src 'self'",
            "frame-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            " ".join(["frame-ancestors 'self'", *frames]),
        ]
    )


def wants_page(request: Request) -> bool:
    """Return whether a person's browser asks, so that an error is told as a page."""
    is_data = request.url.path.startswith(DATA_ROOTS)
    return not is_data and "text/html" in request.headers.get("accept", "")


def problem_page(request: Request, problem: Any) -> HTMLResponse:
    """Return problem details as a page."""
    caller = cast("Caller", getattr(request.state, "caller", ANONYMOUS))
    return page(frame_of(request, caller), "problem.html", status=problem.status, problem=problem)
