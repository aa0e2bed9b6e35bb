"""Checking an area on a page: sent, chosen from, measured while one watches, and kept."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from threading import Event
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool

from geomiljo.access import Caller
from geomiljo.api.limits import Client
from geomiljo.api.pages.answers import PageFrame
from geomiljo.api.pages.asked import Asked, asked, form_of
from geomiljo.api.pages.start import start_page
from geomiljo.api.security import CurrentCaller, HiddenLayers
from geomiljo.api.state import ServiceState, State
from geomiljo.assessments.checking import AreaRequest, look_into, run_check
from geomiljo.assessments.checks import get_upload, keep_upload
from geomiljo.database.engine import refused
from geomiljo.errors import GeomiljoError, MissingCrs, OutsideSweden, SeveralTables, WrongCrs
from geomiljo.pages.start import fault_of
from geomiljo.texts import Language

router = APIRouter(include_in_schema=False)
LINES = "application/x-ndjson"
_CHOICES = (SeveralTables, MissingCrs, WrongCrs, OutsideSweden)
"""What somebody can mend by choosing otherwise from what is kept already."""
Told = Callable[[int, int, str | None], None]


@router.post("/checks")
async def check(
    request: Request, frame: PageFrame, state: State, caller: CurrentCaller, hidden: HiddenLayers, client: Client
) -> Response:
    """Check what a form of a page asks for, and lead to the result, or to where one can choose or mend."""
    form = await form_of(request, state)
    way = str(form.get("way") or "file")
    if way == "plan" and not form.get("upload"):
        return _at(request, _plan_address(str(form.get("plan") or "")))
    try:
        wanted = await run_in_threadpool(asked, form)
        work = _Work(state, caller, hidden, client, wanted)
        if LINES in request.headers.get("accept", ""):
            return StreamingResponse(_lines(work, way, frame.language), media_type=LINES)
        return RedirectResponse(await run_in_threadpool(work.location, _untold), 303)
    except GeomiljoError as error:
        fault = fault_of(error, way, frame.language)
        if LINES in request.headers.get("accept", ""):
            return Response(json.dumps({"problem": fault.document()}) + "\n", media_type=LINES)
        return await run_in_threadpool(start_page, frame, state, caller, hidden, form, fault, error.status)
    finally:
        await form.close()


def _untold(_done: int, _of: int, _layer: str | None) -> None:
    """Tell nobody."""


def _plan_address(wanted: str) -> str:
    wanted = wanted.strip()
    try:
        return f"/plans/{uuid.UUID(wanted)}"
    except ValueError:
        return f"/plans?{urlencode({'q': wanted})}" if wanted else "/plans"


def _at(request: Request, location: str) -> Response:
    if LINES in request.headers.get("accept", ""):
        return Response(json.dumps({"location": location}) + "\n", media_type=LINES)
    return RedirectResponse(location, 303)


@dataclass(frozen=True, slots=True)
class _Work:
    """A check for a caller."""

    state: ServiceState
    caller: Caller
    hidden: frozenset[str]
    client: str
    wanted: Asked

    def location(self, told: Told) -> str:
        """Do what is asked for; return the address to go to."""
        self.state.clients.begin_check(self.client)
        try:
            return self._location(told)
        finally:
            self.state.clients.end_check(self.client)

    def _location(self, told: Told) -> str:
        request, settings = self.wanted.request, self.state.settings
        if self.wanted.source is not None:
            with self.state.engine.begin() as connection:
                kept = keep_upload(connection, self.caller, self.wanted.source, settings)
            request = replace(request, upload=kept)
        try:
            if not self.wanted.is_chosen and self._is_open(request):
                return upload_address(request)
            found = run_check(
                self.state.engine,
                self.state.assessor,
                settings,
                request,
                caller=self.caller,
                hidden=self.hidden,
                told=told,
            )
        except _CHOICES:
            return upload_address(request)
        return f"/checks/{found}"

    def _is_open(self, request: AreaRequest) -> bool:
        """Tell whether somebody has to choose among several features; parts of one plan belong together."""
        with self.state.engine.connect() as connection:
            source = get_upload(connection, request.upload)
        contents = look_into(source, self.state.settings, request)
        return len(contents.features) > 1 and not request.features and not contents.has_provisions


def upload_address(request: AreaRequest) -> str:
    """Return where one chooses what of an upload is meant."""
    stated = {
        "crs": request.crs,
        "table": request.table,
        "name": request.name,
        "stage": request.stage,
        "layerSet": request.layer_set,
    }
    query = [(name, value) for name, value in stated.items() if value]
    query += [("use", use) for use in request.uses]
    query += [("feature", feature) for feature in request.features]
    return f"/uploads/{request.upload}" + (f"?{urlencode(query)}" if query else "")


async def _lines(work: _Work, way: str, language: Language) -> AsyncIterator[str]:
    """Yield how far the check has come, a JSON document a line; the last one says where to go, or what is wrong.

    Who goes away ends the check at its next step.
    """
    loop, steps, is_left = asyncio.get_running_loop(), asyncio.Queue[dict[str, Any] | None](), Event()
    titles = {layer.id: layer.title.get(language) for layer in work.state.assessor.catalogue.layers.values()}

    def told(done: int, of: int, layer: str | None) -> None:
        if is_left.is_set():
            raise _Left
        step = {"done": done, "of": of, "layer": titles.get(layer or "")}
        loop.call_soon_threadsafe(steps.put_nowait, step)

    def run() -> dict[str, Any]:
        try:
            return {"location": work.location(told)}
        except _Left:
            return {}
        except GeomiljoError as error:
            return {"problem": fault_of(error, way, language).document()}
        except DBAPIError as error:
            return {"problem": fault_of(refused(error.orig or error), way, language).document()}
        finally:
            loop.call_soon_threadsafe(steps.put_nowait, None)

    task = asyncio.ensure_future(run_in_threadpool(run))
    try:
        while (step := await steps.get()) is not None:
            yield json.dumps(step) + "\n"
        yield json.dumps(await task) + "\n"
    finally:
        is_left.set()


class _Left(Exception):
    """Whoever asked has gone."""
