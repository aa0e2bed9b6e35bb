"""`geomiljo worker`: background work in a process of its own."""

from __future__ import annotations

import logging.config

from geomiljo.cli.context import database, read_registers, read_settings
from geomiljo.cli.words import say
from geomiljo.texts import mark as _

HELP = say(_("Run background work."))


def worker() -> None:
    """Run background work until it is told to stop; several may run, on several machines."""
    from geomiljo.assessments import Assessor
    from geomiljo.jobs.worker import run_worker
    from geomiljo.logs import log_config

    settings = read_settings()
    assessor = Assessor.of(read_registers(settings))
    with database(settings):
        pass  # the schema is brought up before the work begins
    logging.config.dictConfig(log_config(settings.log_format, settings.log_level))
    run_worker(settings, assessor)
