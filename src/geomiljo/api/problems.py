"""Errors as problem details (RFC 9457): one shape, whatever went wrong; people get the same as a page."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from geomiljo.api.pages.answers import problem_page, wants_page
from geomiljo.api.state import wanted_language
from geomiljo.database.engine import refused
from geomiljo.errors import GeomiljoError, TooManyRequests
from geomiljo.texts import explain, translate
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

MEDIA_TYPE = "application/problem+json"
_BY_OGC = "/ogc/"
"""Here the standards ask for 400 whatever is wrong with a request."""
_log = logging.getLogger("geomiljo.api")


class FieldProblem(BaseModel):
    """A parameter or member of the body that is at fault."""

    pointer: str = Field(description="JSON pointer into the body, or the name of the parameter")
    detail: str


class Problem(BaseModel):
    """Problem details, RFC 9457."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    type: str = Field(description="Stable address of the kind of problem, /problems/{code}")
    title: str
    status: int
    detail: str = Field(description="What is wrong, and where")
    remedy: str | None = Field(default=None, description="What can be done about it")
    location: str | None = Field(default=None, description="JSON pointer, file or coordinate")
    request_id: str
    errors: list[FieldProblem] | None = None


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "content": {MEDIA_TYPE: {}}, "description": HTTPStatus(code).phrase}
    for code in (400, 401, 403, 404, 409, 413, 422, 429, 503)
}


def install_problems(app: FastAPI) -> None:
    """Let every error of `app` leave it as problem details."""
    app.add_exception_handler(GeomiljoError, _ours)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _answer(
    request: Request, code: str, title: str, status: int, detail: str, uri: str | None = None, **more: Any
) -> Response:
    problem = Problem(
        type=uri or f"/problems/{code}",
        title=translate(title, wanted_language(request)),
        status=status,
        detail=detail,
        request_id=getattr(request.state, "request_id", ""),
        **more,
    )
    if wants_page(request):
        return problem_page(request, problem)
    content = problem.model_dump(mode="json", by_alias=True, exclude_none=True)
    return JSONResponse(content, status, media_type=MEDIA_TYPE)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, GeomiljoError)  # noqa: S101 - registered for this class
    return problem_of(request, error)


def problem_of(request: Request, error: GeomiljoError) -> Response:
    """Return an error of ours as problem details."""
    detail, remedy = explain(error, wanted_language(request))
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request %s: %s", getattr(request.state, "request_id", ""), error, exc_info=error)
    answer = _answer(
        request,
        error.code,
        error.title,
        error.status,
        detail,
        error.uri,
        remedy=remedy or None,
        location=error.location,
    )
    if error.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyRequests) and "seconds" in error.params:
        answer.headers["Retry-After"] = str(error.params["seconds"])
    return answer


async def _database(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)  # noqa: S101 - registered for this class
    problem = refused(error.orig or error)
    problem.__cause__ = error
    return problem_of(request, problem)


async def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    errors = [FieldProblem(pointer=_pointer(fault["loc"]), detail=str(fault["msg"])) for fault in error.errors()]
    detail = translate(_("The request does not have the form that is asked for."), wanted_language(request))
    status = 400 if request.url.path.startswith(_BY_OGC) else 422
    return _answer(request, "invalid-request", _("The request is not valid"), status, detail, errors=errors)


def _pointer(loc: tuple[int | str, ...]) -> str:
    if loc and loc[0] == "body":
        return "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in loc[1:])
    return str(loc[-1]) if loc else ""


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "-")
    answer = _answer(request, code, phrase, error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


async def _unexpected(request: Request, error: Exception) -> Response:
    request_id = getattr(request.state, "request_id", "")
    _log.error("request %s failed", request_id, exc_info=error)
    detail = translate(
        _("Something went wrong inside the service. Tell its operator the request id {request_id}."),
        wanted_language(request),
        request_id=request_id,
    )
    return _answer(request, "internal", _("Internal error"), 500, detail)
