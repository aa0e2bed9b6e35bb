"""What a running job has at hand, and what comes of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geomiljo.database.acting import Acting, acting_as
from geomiljo.database.engine import open_engine
from geomiljo.errors import GeomiljoError, InputError
from geomiljo.layers.hidden import hidden_layers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Engine

    from geomiljo.access import Caller
    from geomiljo.assessments import Assessor
    from geomiljo.jobs.progress import Progress
    from geomiljo.settings import Settings


@dataclass(frozen=True, slots=True)
class Tools:
    """What all jobs of a worker share.

    Attributes
    ----------
    engine : Engine
        As the owner of the tables: for layers, and for the jobs themselves.
    service : Engine
        As the role that owns nothing: for plans, with the rights of who asked for the job.
    """

    engine: Engine
    service: Engine
    assessor: Assessor
    settings: Settings


@contextmanager
def open_tools(settings: Settings, assessor: Assessor) -> Iterator[Tools]:
    """Open the engines of a worker, and close them at the end."""
    engine = open_engine(settings)
    service = open_engine(settings, as_service=True)
    try:
        yield Tools(engine, service, assessor, settings)
    finally:
        service.dispose()
        engine.dispose()


@dataclass(frozen=True, slots=True)
class Work:
    """One run of a job: the tools, whose rights it has, and where it tells how far it has come."""

    tools: Tools
    caller: Caller
    progress: Progress | AtOnce

    @property
    def hidden(self) -> frozenset[str]:
        """Layers that the asker may not see."""
        return hidden_layers(self.caller, self.tools.assessor.catalogue, self.tools.settings)

    def as_caller(self) -> AbstractContextManager[None]:
        """Let the database answer as to the asker."""
        return acting_as(Acting(self.caller, self.hidden))


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Progress of work whose asker waits: nobody is told, and the first error ends it."""

    job_id: str = ""

    def step(self, done: int | None = None, total: int | None = None) -> None:
        """Go on."""

    def say(self, message: str, level: str = "info", **params: Any) -> None:
        """Raise what is told as an error."""
        if level == "error":
            raise InputError(message, **params)

    def say_error(self, error: GeomiljoError) -> None:
        """Raise the error."""
        raise error


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job.

    Attributes
    ----------
    result : dict
        As JSON has it.
    failed, of : int
        How many of how many things could not be done; the job then counts as failed, and the result is kept.
    """

    result: dict[str, Any] = field(default_factory=dict)
    failed: int = 0
    of: int = 0
