"""Checking an area on a page: sent, chosen from, measured while one watches, and kept."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from threading import Event
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from geomiljo.access import ANONYMOUS, Caller
from geomiljo.api.limits import Client
from geomiljo.api.pages.answers import PageFrame
from geomiljo.api.pages.asked import asked, form_of
from geomiljo.api.pages.start import start_page
from geomiljo.api.security import CurrentCaller, HiddenLayers
from geomiljo.api.state import ServiceState, State
from geomiljo.assessments.checking import AreaRequest, look_into, run_check
from geomiljo.assessments.checks import get_upload, keep_upload
from geomiljo.database.engine import refused
from geomiljo.errors import GeomiljoError, MissingCrs, OutsideSweden, SeveralTables, TooManyRequests, WrongCrs
from geomiljo.jobs.store import enqueue
from geomiljo.jobs.uploads import job_of
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
    """Check what a form of a page asks for, and lead to the result, or to where one can choose, mend or wait."""
    form = await form_of(request, state)
    way = str(form.get("way") or "file")
    if way == "plan" and not form.get("upload"):
        return _at(request, _plan_address(str(form.get("plan") or "")))
    try:
        work = await run_in_threadpool(_received, state, caller, hidden, client, form)
        if LINES in request.headers.get("accept", ""):
            return StreamingResponse(_lines(work, way, frame.language), media_type=LINES)
        return RedirectResponse(await _location(work), 303)
    except GeomiljoError as error:
        fault = fault_of(error, way, frame.language)
        if LINES in request.headers.get("accept", ""):
            return Response(json.dumps({"problem": fault.document()}) + "\n", media_type=LINES)
        return await run_in_threadpool(start_page, frame, state, caller, hidden, form, fault, error.status)
    finally:
        await form.close()


async def _location(work: _Work) -> str:
    """Return where the result is; after a while, where it will be."""
    async with aclosing(_steps(work)) as steps:
        return [step async for step in steps][-1].location


def _received(state: ServiceState, caller: Caller, hidden: frozenset[str], client: str, form: FormData) -> _Work:
    """Keep what a form brings, and return what is to be done with it."""
    wanted = asked(form)
    request = wanted.request
    if wanted.source is not None:
        with state.engine.begin() as connection:
            request = replace(request, upload=keep_upload(connection, caller, wanted.source, state.settings))
    return _Work(state, caller, hidden, client, request, is_chosen=wanted.is_chosen)


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
    request: AreaRequest
    is_chosen: bool

    def location(self, told: Told) -> str:
        """Do what is asked for; return the address to go to."""
        self.state.clients.begin_check(self.client)
        try:
            return self._location(told)
        finally:
            self.state.clients.end_check(self.client)

    def _location(self, told: Told) -> str:
        request = self.request
        try:
            if not self.is_chosen and self._is_open():
                return upload_address(request)
            found = run_check(
                self.state.engine,
                self.state.assessor,
                self.state.settings,
                request,
                caller=self.caller,
                hidden=self.hidden,
                told=told,
            )
        except _CHOICES:
            return upload_address(request)
        return f"/checks/{found}"

    def later(self) -> str | None:
        """Have the check made in the background; return where it will be. None: the caller has as many jobs as may."""
        settings = self.state.settings
        most = settings.jobs_anonymous if self.caller.id == ANONYMOUS.id else settings.jobs_per_client
        try:
            with self.state.engine.begin() as connection:
                return f"/checks/{enqueue(connection, self.caller, job_of(self.request), most=most)}"
        except TooManyRequests:
            return None

    def _is_open(self) -> bool:
        """Tell whether somebody has to choose among several features; parts of one plan belong together."""
        with self.state.engine.connect() as connection:
            source = get_upload(connection, self.request.upload)
        contents = look_into(source, self.state.settings, self.request)
        return len(contents.features) > 1 and not self.request.features and not contents.has_provisions


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


@dataclass(frozen=True, slots=True)
class _Step:
    """How far a check has come; the last one has an address."""

    done: int = 0
    of: int = 0
    layer: str | None = None
    location: str = ""


async def _steps(work: _Work) -> AsyncGenerator[_Step]:
    """Yield how far a check has come; at last where the result is, or will be where it takes too long to wait for.

    Who goes away, or is sent away, ends the check at its next step.
    """
    loop, steps, is_left = asyncio.get_running_loop(), asyncio.Queue[_Step | None](), Event()

    def told(done: int, of: int, layer: str | None) -> None:
        if is_left.is_set():
            raise _Left
        loop.call_soon_threadsafe(steps.put_nowait, _Step(done, of, layer))

    running = asyncio.ensure_future(run_in_threadpool(work.location, told))
    running.add_done_callback(lambda _ended: steps.put_nowait(None))
    until: float | None = loop.time() + work.state.settings.check_wait_s
    try:
        while True:
            try:
                async with asyncio.timeout_at(until):
                    step = await steps.get()
            except TimeoutError:
                until = None
                if address := await run_in_threadpool(work.later):
                    yield _Step(location=address)
                    return
                continue
            if step is None:
                break
            yield step
        yield _Step(location=await running)
    finally:
        is_left.set()
        running.add_done_callback(lambda ended: ended.exception())  # nobody waits for it any more


async def _lines(work: _Work, way: str, language: Language) -> AsyncIterator[str]:
    """Yield how far the check has come, a JSON document a line; the last one says where to go, or what is wrong."""
    titles = {layer.id: layer.title.get(language) for layer in work.state.assessor.catalogue.layers.values()}

    def line(step: _Step) -> dict[str, Any]:
        if step.location:
            return {"location": step.location}
        return {"done": step.done, "of": step.of, "layer": titles.get(step.layer or "")}

    try:
        async with aclosing(_steps(work)) as steps:
            async for step in steps:
                yield json.dumps(line(step)) + "\n"
    except GeomiljoError as error:
        yield json.dumps({"problem": fault_of(error, way, language).document()}) + "\n"
    except DBAPIError as error:
        refusal = fault_of(refused(error.orig or error), way, language)
        yield json.dumps({"problem": refusal.document()}) + "\n"


class _Left(Exception):
    """Whoever asked has gone."""
