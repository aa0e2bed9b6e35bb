"""The door of `/ogc`: who asks, and for what, without more work than that.

Routes here are plain ASGI: what FastAPI does for a request takes several times as long as reading a feature does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_compress import CompressMiddleware

from geomiljo.access import Caller
from geomiljo.api.limits import client_of, within_rate
from geomiljo.api.ogc.known import require_known
from geomiljo.api.ogc.links import ogc_address
from geomiljo.api.security import current_caller
from geomiljo.api.state import ServiceState, service_state, wanted_language
from geomiljo.errors import InvalidQuery
from geomiljo.layers.hidden import hidden_layers
from geomiljo.publishing.collections import Collection
from geomiljo.publishing.visible import find_collection, visible_collections
from geomiljo.texts import Language
from geomiljo.texts import mark as _

WORTH_PACKING = 1_000
"""Bytes from which an answer is packed for those who take it so."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for something of `/ogc`.

    Attributes
    ----------
    hidden : frozenset of str
        Layers that the caller may not see.
    base : str
        Address of `/ogc` as the client sees it.
    parameters : mapping of str to str
        Of the query, each given once.
    """

    request: Request
    state: ServiceState
    caller: Caller
    hidden: frozenset[str]
    language: Language
    base: str
    parameters: Mapping[str, str]

    def require_known(self, *names: str) -> None:
        """Raise unless all parameters are general ones or named; see :func:`geomiljo.api.ogc.known.require_known`.

        Raises
        ------
        InvalidQuery
        """
        require_known(self.parameters, names)

    async def collections(self) -> tuple[Collection, ...]:
        """Return all collections that the caller may see."""
        return await run_in_threadpool(self._visible)

    def _visible(self) -> tuple[Collection, ...]:
        with self.state.engine.connect() as connection:
            return visible_collections(connection, self.state.assessor.catalogue, self.caller, self.hidden)

    async def collection(
        self, version: str | None = None, *, is_sure: bool = True, is_reach_asked: bool = False
    ) -> Collection:
        """Return the collection of the path.

        Parameters
        ----------
        version : str, optional
            The version of a layer that paging began with.
        is_sure : bool
            Otherwise a layer's version may be one that is no longer active; see :meth:`is_active`.
        is_reach_asked : bool
            See :func:`geomiljo.publishing.visible.find_collection`.

        Raises
        ------
        NotFound
            There is none, or it is not open to the caller.
        Gone
            The version is no longer kept.
        """
        collection_id = self.request.path_params["collection_id"]
        published = self.state.published
        known = published.known(collection_id) if published.is_layer(collection_id, self.hidden) else None
        if known is not None and version in (None, known.version) and (not is_sure or await self.is_active(known)):
            return known
        found = await run_in_threadpool(self._found, collection_id, version, is_reach_asked)
        if version is None and found.layer is not None:
            published.keep(found)
        return found

    async def is_active(self, collection: Collection) -> bool:
        """Return whether the version of a layer is still the active one."""
        async with self.state.reading.session(is_told=False) as session:
            return await self.state.published.is_active(session, collection)

    def _found(self, collection_id: str, version: str | None, is_reach_asked: bool) -> Collection:
        who = (self.state.assessor.catalogue, self.caller, self.hidden)
        with self.state.engine.connect() as connection:
            return find_collection(connection, *who, collection_id, version=version, is_reach_asked=is_reach_asked)


Handler = Callable[[Asked], Awaitable[ASGIApp]]


def route(path: str, handler: Handler) -> Route:
    """Return a route of `/ogc` that is read."""
    return _NotedRoute(f"/ogc{path}", _Door(handler), methods=["GET"])


class _NotedRoute(Route):
    """A route that stands in logs and counters as those of FastAPI do."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the request is for this route, and what is known then."""
        match, known = super().matches(scope)
        return match, {**known, "route": self} if match is Match.FULL else known


class _Door:
    """A route's ASGI application."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._packed = CompressMiddleware(self._answer, minimum_size=WORTH_PACKING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        await self._packed(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._handler(await _asked(Request(scope, receive)))
        await answer(scope, receive, send)


async def _asked(request: Request) -> Asked:
    state = service_state(request)
    caller = await current_caller(request)
    await within_rate(request, state, client_of(request, caller), caller)
    return Asked(
        request=request,
        state=state,
        caller=caller,
        hidden=hidden_layers(caller, state.assessor.catalogue, state.settings),
        language=wanted_language(request),
        base=ogc_address(request, state),
        parameters=_parameters(request),
    )


def _parameters(request: Request) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in found or "\0" in name + value:
            raise InvalidQuery(
                _("The parameter {name} is given twice, or holds what is not text."),
                remedy=_("Give each parameter once."),
                location=name[:80],
                name=name[:80],
            )
        found[name] = value
    return found
