"""What requests share: settings, engine, registers. Nothing in it changes while the service runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy import Engine

from geomiljo.api.clients import Clients
from geomiljo.api.metrics import Metrics
from geomiljo.assessments import Assessor
from geomiljo.database.reading import Reading
from geomiljo.jobs.events import JobEvents
from geomiljo.publishing.published import Published
from geomiljo.settings import Settings
from geomiljo.texts import LANGUAGES, Language

LANGUAGE_COOKIE = "geomiljo-language"
"""Holds the language that somebody has chosen on a page."""


@dataclass(frozen=True, slots=True)
class ServiceState:
    """Shared by all requests of a process.

    Attributes
    ----------
    since : datetime
        When the process began to serve: before then settings and registers may have been others.
    """

    settings: Settings
    engine: Engine
    assessor: Assessor
    events: JobEvents
    clients: Clients
    metrics: Metrics
    reading: Reading
    published: Published
    since: dt.datetime


def service_state(request: Request) -> ServiceState:
    """Return what requests share."""
    return cast("ServiceState", request.app.state.service)


def wanted_language(request: Request) -> Language:
    """Return the language of the answer: ``?lang=``, what was chosen, then ``Accept-Language``, then Swedish.

    Of the languages that a browser lists, the first of ours in order of preference counts.
    """
    for asked in (request.query_params.get("lang", ""), request.cookies.get(LANGUAGE_COOKIE, "")):
        if asked in LANGUAGES:
            return asked
    preferences = []
    for position, item in enumerate(request.headers.get("accept-language", "").split(",")):
        tag, _, weight = item.strip().partition(";q=")
        try:
            preferences.append((-float(weight or 1), position, tag[:2].lower()))
        except ValueError:
            continue
    return next((known for _, _, tag in sorted(preferences) for known in LANGUAGES if known == tag), "sv")


State = Annotated[ServiceState, Depends(service_state)]
Lang = Annotated[Language, Depends(wanted_language)]
