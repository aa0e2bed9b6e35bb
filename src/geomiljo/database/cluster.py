"""The private PostGIS: a server of our own from the installed programs, used when no database address is set.

It takes connections at a Unix socket in a folder that only its account and root can enter, and at no TCP port.
That folder is the whole protection: the server itself trusts every connection.
"""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import psycopg
from psycopg.rows import scalar_row

from geomiljo.database._places import PORT, Places, find_places, make_places, remove_places
from geomiljo.database._postmaster import clear_remains, end_server, is_listening, running_pid, wait_until
from geomiljo.database._programs import find_programs
from geomiljo.database._server import ROLE, START_S, disk_full, made_by, make_data, start_server
from geomiljo.errors import ClusterError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATABASE = "geomiljo"
_CONNECT_S = 5
_STOP_S = 60
_POSTGIS_VERSION = "SELECT extversion FROM pg_extension WHERE extname = 'postgis'"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterStatus:
    """What there is of a private cluster, and whether it runs."""

    state: Literal["running", "stopped", "absent"]
    data_dir: Path
    socket_dir: Path
    pid: int | None = None
    server_version: str | None = None
    """Full version while it runs, otherwise the major version that made the data."""
    postgis_version: str | None = None


@dataclass(frozen=True)
class Cluster:
    """The private PostGIS of a state folder.

    Parameters
    ----------
    state_dir : Path
        Folder of the data, made when missing. Where root's unprivileged account cannot enter it, the data lie
        below ``/var/lib/geomiljo`` and the state folder says where.
    durable : bool
        Whether what is committed survives a power cut; False is for tests. Counts when the server is started.
    program_folders : tuple of Path or None
        Where to look for the PostgreSQL programs; None: where they usually are.
    """

    state_dir: Path
    durable: bool = True
    program_folders: tuple[Path, ...] | None = None

    def ensure_running(self) -> str:
        """Return the SQLAlchemy address of the database, after making and starting what is missing.

        Any number of processes may call it at the same time.

        Raises
        ------
        ClusterError
            When it cannot run, with the reason and what to do about it.
        """
        with self._file_errors():
            places = find_places(self._state)
            if not _answers(places):
                places = make_places(self._state)
                with _locked(places):
                    if not _answers(places):
                        self._start(places)
        return f"postgresql+psycopg://{ROLE}@/{DATABASE}?host={quote(str(places.sockets))}&port={PORT}"

    def status(self) -> ClusterStatus:
        """Return what there is and whether it runs; nothing is made or started."""
        with self._file_errors():
            places = find_places(self._state)
            major = made_by(places.data)
            status = partial(ClusterStatus, data_dir=places.data, socket_dir=places.sockets)
            if major is None:
                return status(state="absent")
            if not _answers(places):
                return status(state="stopped", server_version=str(major))
            with _connect(places) as connection:
                return status(
                    state="running",
                    pid=running_pid(places.data),
                    server_version=connection.execute("SHOW server_version").fetchone(),
                    postgis_version=connection.execute(_POSTGIS_VERSION).fetchone(),
                )

    def stop(self) -> None:
        """Stop the server if it runs; open connections are ended.

        Raises
        ------
        ClusterError
            When it does not end, or runs where this process cannot see it.
        """
        with self._file_errors():
            places = find_places(self._state)
            if places.data.exists():
                with _locked(places):
                    _stop(places)

    def remove(self) -> None:
        """Stop the server and delete the database with all that is in it."""
        self.stop()
        with self._file_errors():
            remove_places(self._state, find_places(self._state))

    @property
    def _state(self) -> Path:
        return self.state_dir.resolve()

    def _start(self, places: Places) -> None:
        if running_pid(places.data) is not None and not is_listening(places.socket):
            _stop(places)  # its socket was cleared away, as happens below /tmp
        if running_pid(places.data) is None:
            _refuse_unseen(places)
            major = made_by(places.data)
            programs = find_programs(self.program_folders, major)
            if major is None:
                make_data(places, programs, is_durable=self.durable)
            clear_remains(places)
            start_server(places, programs, is_durable=self.durable)
        # It may have been found in the middle of a start, or of its recovery.
        wait_until(lambda: _answers(places, "postgres") or running_pid(places.data) is None, START_S)
        _make_database(places)

    @contextmanager
    def _file_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise disk_full(self._state) from error
            raise ClusterError(
                _("The state folder {folder} cannot be used: {reason} ({place})."),
                remedy=_("Set GEOMILJO_STATE_DIR to a folder of your own."),
                folder=self.state_dir,
                reason=error.strerror,
                place=error.filename,
            ) from error


def _connect(places: Places, database: str = DATABASE) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=str(places.sockets),
        port=PORT,
        user=ROLE,
        dbname=database,
        connect_timeout=_CONNECT_S,
        autocommit=True,
        row_factory=scalar_row,
    )


def _answers(places: Places, database: str = DATABASE) -> bool:
    if not places.is_private:
        return False
    try:
        _connect(places, database).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def _locked(places: Places) -> Iterator[None]:
    """Let one process at a time start or stop the server; the lock ends with the process that holds it."""
    handle = os.open(places.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        places.account.give(places.lock)
        if not wait_until(lambda: _take(handle), START_S + _STOP_S):
            raise ClusterError(
                _("Another process has been starting or stopping the private PostGIS for long."),
                remedy=_("End the process that holds {lock}; `fuser {lock}` tells which."),
                lock=places.lock,
            )
        yield
    finally:
        os.close(handle)


def _take(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _make_database(places: Places) -> None:
    """Make the database with its extensions under another name first, so that one that is there is whole."""
    try:
        with _connect(places, "postgres") as server:
            if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                return
            server.execute("DROP DATABASE IF EXISTS geomiljo_unfinished")
            server.execute("CREATE DATABASE geomiljo_unfinished")
            with _connect(places, "geomiljo_unfinished") as fresh:
                fresh.execute("SET client_min_messages = warning")
                fresh.execute("CREATE EXTENSION postgis")
                fresh.execute("CREATE EXTENSION btree_gist")
            server.execute("ALTER DATABASE geomiljo_unfinished RENAME TO geomiljo")
    except psycopg.errors.DiskFull as error:
        raise disk_full(places.home) from error
    except psycopg.Error as error:
        raise ClusterError(
            _("The private PostGIS runs, but does not do its work: {reason}"), reason=str(error).strip()
        ) from error


def _stop(places: Places) -> None:
    pid = running_pid(places.data)
    if pid is None:
        _refuse_unseen(places)
    elif not end_server(pid, places.data, _STOP_S):
        raise ClusterError(
            _("The private PostGIS (process {pid}) has not ended within {seconds} seconds."),
            remedy=_("Try again when its work is done."),
            pid=pid,
            seconds=_STOP_S,
        )


def _refuse_unseen(places: Places) -> None:
    """Leave a server alone that listens, but is none of the processes seen from here."""
    if is_listening(places.socket):
        raise ClusterError(
            _("The private PostGIS in {folder} is run by a process that cannot be seen from here."),
            remedy=_("Stop it where it was started, for example in another container."),
            folder=places.data,
        )
