"""`geomiljo serve`: the service."""

from __future__ import annotations

import os
import socket
import tempfile
from typing import TYPE_CHECKING, Annotated

import typer

from geomiljo.cli.context import read_settings
from geomiljo.cli.words import say
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from uvicorn import Config

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
"""Where the processes of one service count together; read by the metrics library when it is imported."""
HELP = say(_("Run the service."))
GRACE_S = 10
"""How long requests may take to end when the service is told to stop; those who follow a job would never."""


def serve(
    host: Annotated[str, typer.Option(help=say(_("Address to listen on")))] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help=say(_("Port to listen on")))] = 8000,
    workers: Annotated[int, typer.Option(min=1, help=say(_("Number of processes")))] = 1,
    with_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help=say(_("Run background work in the service too")))
    ] = True,
) -> None:
    """Run the service until it is told to stop."""
    import uvicorn

    from geomiljo.cli.context import database
    from geomiljo.logs import log_config

    settings = read_settings()
    with database(settings):
        pass  # the schema is brought up once, before the processes start
    if workers > 1:
        os.environ.setdefault(MULTIPROCESS, tempfile.mkdtemp(prefix="geomiljo-metrics-"))
    factory = "geomiljo.api:create_service" if with_worker else "geomiljo.api:create_app"
    config = uvicorn.Config(
        factory,
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_config=log_config(settings.log_format, settings.log_level),
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    if workers > 1:
        _run_processes(config)
        return
    server = uvicorn.Server(config)
    server.run()
    if not server.started:
        raise typer.Exit(1)


def _run_processes(config: Config) -> None:
    """Run several processes on one socket, of which every connection inherits that nothing is held back.

    Without that each answer over a connection that stays open comes 40 ms late: it is sent in two parts, and the second
    waits for the first to be acknowledged.
    """
    from uvicorn.supervisors import Multiprocess

    with config.bind_socket() as listening:
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        Multiprocess(config, sockets=[listening]).run()
