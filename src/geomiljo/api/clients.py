"""What the clients of a process have asked lately, and how many of their checks are running."""

from __future__ import annotations

import math
import time
from collections import Counter

import limits
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from geomiljo.errors import TooManyRequests
from geomiljo.settings import Settings
from geomiljo.texts import mark as _


class Clients:
    """What the clients of this process have asked lately, and how many checks of each are running.

    A client is a key, a signed-in person, or else an address (of IPv6 the network that one customer gets).
    """

    def __init__(self, settings: Settings) -> None:
        self._known = limits.parse(settings.rate_limit)
        self._anonymous = limits.parse(settings.rate_limit_anonymous)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._most_checks = settings.checks_per_client
        self._checks: Counter[str] = Counter()

    async def note_request(self, client: str, *, is_known: bool) -> None:
        """Count a request.

        Raises
        ------
        TooManyRequests
            The client has made as many as it may.
        """
        limit = self._known if is_known else self._anonymous
        if await self._limiter.hit(limit, client):
            return
        window = await self._limiter.get_window_stats(limit, client)
        seconds = max(1, math.ceil(window.reset_time - time.time()))
        raise TooManyRequests(
            _("More than {limit} requests."),
            remedy=_("Wait {seconds} s. Many plans are assessed faster as one job: POST /api/v1/jobs."),
            limit=f"{limit.amount}/{limit.GRANULARITY.name}",
            seconds=seconds,
        )

    def begin_check(self, client: str) -> None:
        """Count a check that begins.

        Raises
        ------
        TooManyRequests
            As many checks of the client are running as may.
        """
        if self._checks[client] >= self._most_checks:
            raise TooManyRequests(
                _("{count} checks of yours are running, as many as are allowed."),
                remedy=_("Wait for an answer before the next. Many plans are assessed as one job: POST /api/v1/jobs."),
                count=self._most_checks,
                seconds=1,
            )
        self._checks[client] += 1

    def end_check(self, client: str) -> None:
        """Count a check that has ended."""
        self._checks[client] -= 1
        if not self._checks[client]:
            del self._checks[client]
