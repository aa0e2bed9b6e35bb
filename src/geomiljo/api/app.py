"""Building the service from its settings."""

from __future__ import annotations

import datetime as dt
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, FastAPI

from geomiljo import __version__
from geomiljo.accounts.provider import Provider
from geomiljo.api.clients import Clients
from geomiljo.api.deadline import DeadlineMiddleware
from geomiljo.api.head import HeadMiddleware
from geomiljo.api.headers import ReadingCorsMiddleware, SecurityHeadersMiddleware
from geomiljo.api.idempotency import IdempotencyMiddleware
from geomiljo.api.limits import limits_in_words, within_rate
from geomiljo.api.metrics import Metrics
from geomiljo.api.observe import ObserveMiddleware
from geomiljo.api.ogc.routes import ROUTES
from geomiljo.api.problems import install_problems
from geomiljo.api.request_id import RequestIdMiddleware
from geomiljo.api.routers import ROUTERS
from geomiljo.api.security import current_caller
from geomiljo.api.state import ServiceState
from geomiljo.assessments import Assessor
from geomiljo.catalogue import open_catalogue
from geomiljo.database.engine import open_engine
from geomiljo.database.reading import Reading
from geomiljo.jobs.events import listening
from geomiljo.jobs.worker import worker_inside
from geomiljo.publishing.published import Published
from geomiljo.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DESCRIPTION = """\
Checks planning areas against nature, water, cultural environment, ecosystem service and risk layers, and tells which of
the sixteen Swedish environmental quality objectives they touch, on what ground, and what could not be checked.

Coordinates are longitude/latitude (CRS84) unless the request says otherwise. Errors are problem details (RFC 9457).
"""


def create_service() -> FastAPI:
    """Return the service of the environment's settings with a worker for background work inside."""
    import_module("geomiljo.maps.web_map")  # what it stands on takes long to load: not while somebody waits for a page
    return create_app(with_worker=True)


def create_app(settings: Settings | None = None, *, with_worker: bool = False) -> FastAPI:
    """Return the service.

    Parameters
    ----------
    settings : Settings, optional
        Those of the environment otherwise.
    with_worker : bool
        Run background work in this process too.

    Raises
    ------
    CatalogueError
        The registers are at fault; the service does not start on them.
    """
    settings = settings or Settings()
    metrics = Metrics()
    assessor = Assessor.of(open_catalogue(settings.registers_dir))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = open_engine(settings, as_service=True)
        async with AsyncExitStack() as stack:
            stack.callback(engine.dispose)
            events = await stack.enter_async_context(listening(engine))
            reading = await stack.enter_async_context(Reading(engine, settings))
            published = Published(assessor.catalogue)
            clients = Clients(settings)
            since = dt.datetime.now(dt.UTC)
            app.state.service = ServiceState(
                settings, engine, assessor, events, clients, metrics, reading, published, since
            )
            if with_worker:
                await stack.enter_async_context(worker_inside(settings, assessor))
            yield

    app = FastAPI(
        title="geomiljo",
        version=__version__,
        description=DESCRIPTION + limits_in_words(settings),
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        separate_input_output_schemas=False,
    )
    app.state.provider = Provider.of(settings)
    _wrap(app, settings, metrics)
    install_problems(app)
    app.router.routes[:] = [*ROUTES, *app.router.routes, *_included().routes]  # the first are asked most
    return app


@cache
def _included() -> APIRouter:
    """Return the routers with what is asked before each; FastAPI works their routes out at a first request, once."""
    included = APIRouter(dependencies=[Depends(current_caller), Depends(within_rate)])
    for router in ROUTERS:
        included.include_router(router)
    return included


def _wrap(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Put around the routes what every request passes, the innermost first."""
    if settings.cors_origins:
        app.add_middleware(
            ReadingCorsMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET"],
            allow_headers=["Authorization"],
            expose_headers=["X-Request-Id"],
        )
    app.add_middleware(HeadMiddleware)
    app.add_middleware(IdempotencyMiddleware, abandoned_after_s=2 * settings.request_deadline_s)
    app.add_middleware(DeadlineMiddleware, deadline_s=settings.request_deadline_s)
    app.add_middleware(SecurityHeadersMiddleware, settings=settings)
    app.add_middleware(ObserveMiddleware, metrics=metrics)
    app.add_middleware(RequestIdMiddleware)
