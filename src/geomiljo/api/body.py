"""Reading a request's body without ever holding more than is allowed."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from geomiljo.errors import InputError, LimitExceeded
from geomiljo.texts import mark as _

_FORM_OVERHEAD_BYTES = 64_000
_MOST_FIELDS = 12_000
"""Fields of a form of a page: one for each feature that is ticked."""


async def read_body(request: Request, max_bytes: int) -> bytes | UploadFile:
    """Return the body, or the uploaded file of a form.

    Raises
    ------
    LimitExceeded
        As soon as more than `max_bytes` are announced or have come.
    InputError
        A form without the field `file`, or a body without content.
    """
    _require_announced(request, max_bytes)
    if is_form(request):
        file, _fields = await _uploaded(request, max_bytes)
        return file
    body = b"".join([chunk async for chunk in _bounded(request, max_bytes)])
    if not body:
        raise InputError(
            _("The request has no body."),
            remedy=_("Send GeoJSON, or a file as multipart/form-data in the field `file`."),
        )
    return body


async def read_form(request: Request, max_bytes: int) -> tuple[UploadFile, dict[str, str]]:
    """Return the uploaded file of a form and its other fields; see :func:`read_body`."""
    _require_announced(request, max_bytes)
    return await _uploaded(request, max_bytes)


def is_form(request: Request) -> bool:
    """Return whether the body is a form with a file."""
    return request.headers.get("content-type", "").startswith("multipart/form-data")


def _require_announced(request: Request, max_bytes: int) -> None:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > max_bytes + _FORM_OVERHEAD_BYTES:
        raise _too_large(max_bytes)


async def _bounded(request: Request, max_bytes: int) -> AsyncGenerator[bytes]:
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > max_bytes:
            raise _too_large(max_bytes)
        yield chunk


async def _uploaded(request: Request, max_bytes: int) -> tuple[UploadFile, dict[str, str]]:
    form = await _parsed(request, max_bytes, max_fields=10)
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise InputError(_("The form has no file."), remedy=_("Send the file in the form field `file`."))
    return file, {name: value for name, value in form.multi_items() if isinstance(value, str)}


async def read_fields(request: Request, max_bytes: int) -> FormData:
    """Return the fields of a form of a page, which may hold one file.

    Raises
    ------
    LimitExceeded, InputError
        See :func:`read_body`.
    """
    _require_announced(request, max_bytes)
    return await _parsed(request, max_bytes, max_fields=_MOST_FIELDS)


async def _parsed(request: Request, max_bytes: int, max_fields: int) -> FormData:
    stream = _bounded(request, max_bytes + _FORM_OVERHEAD_BYTES)
    limits = {"max_fields": max_fields, "max_part_size": max_bytes}
    parser = (
        MultiPartParser(request.headers, stream, max_files=1, **limits)
        if is_form(request)
        else FormParser(request.headers, stream, **limits)
    )
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise InputError(
            _("The form cannot be read: {reason}"), remedy=_("Send one file in the field `file`."), reason=error.message
        ) from error


def _too_large(max_bytes: int) -> LimitExceeded:
    return LimitExceeded(
        _("The upload is larger than {megabytes} MB."),
        remedy=_("Send the planning area alone, or fewer features; GEOMILJO_MAX_UPLOAD_BYTES sets the limit."),
        megabytes=max_bytes // 1_000_000,
    )
