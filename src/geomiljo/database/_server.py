"""Making a data folder, and starting the server on it."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from geomiljo.database._places import PORT, write_anew
from geomiljo.database._postmaster import server_name
from geomiljo.errors import ClusterError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from geomiljo.database._places import Places
    from geomiljo.database._programs import Programs

ROLE = "geomiljo"
START_S = 120  # a server that was killed first repeats up to max_wal_size of changes
_LOG_DAYS = 7
_QUOTED_LINES = 6
_LITTLE_ROOM = 1_000_000  # bytes
_CONFIGURATION = "geomiljo.conf"
_START_LOG = "start.log"
_INCLUDE = f"""
# Written at every start; use ALTER SYSTEM for settings of your own.
include '{_CONFIGURATION}'
"""

# For analysis on two cores. `ALTER SYSTEM` overrules each of them.
_SETTINGS = {
    "max_connections": "50",
    "shared_buffers": "512MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_parallel_workers_per_gather": "2",
    "max_wal_size": "2GB",
    # Nobody replicates from here, so a load into a new table need not be written twice.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # One file a weekday, begun anew each week.
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "server-%u.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_checkpoints": "off",
    # A statement may hold a geometry of megabytes.
    "log_min_error_statement": "panic",
}
_LZ4 = {"default_toast_compression": "lz4"}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def made_by(data: Path) -> int | None:
    """Return the PostgreSQL major version that made a data folder, None when there is none yet.

    Raises
    ------
    ClusterError
        When something else lies there.
    """
    try:
        return int((data / "PG_VERSION").read_text("ascii"))
    except (FileNotFoundError, ValueError) as error:
        if not data.exists() or not any(data.iterdir()):
            return None
        raise ClusterError(
            _("{folder} holds files, but no database."),
            remedy=_("Move it away; then a new database is made."),
            folder=data,
        ) from error


def make_data(places: Places, programs: Programs, *, is_durable: bool) -> None:
    """Make the data folder: in a folder beside it first, so that one that is there is whole."""
    for unfinished in places.home.glob("new-*"):
        shutil.rmtree(unfinished, ignore_errors=True)  # an initdb without its caller may still be at it
    fresh = Path(tempfile.mkdtemp(prefix="new-", dir=places.home))
    try:
        places.account.give(fresh)
        # "." because initdb and pg_ctl hand paths to a shell.
        command = [programs.path("initdb"), "-D", ".", "--username", ROLE, "--auth", "trust", "--encoding", "UTF8"]
        command += ["--locale", "C.UTF-8", "--lc-messages", "C", *([] if is_durable else ["--no-sync"])]
        done = places.account.run(command, fresh, timeout_s=START_S)
        if done.returncode != 0:
            raise _failure(_("The database could not be made in {folder}: {lines}"), places, done.stdout)
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(_INCLUDE)
        fresh.replace(places.data)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def start_server(places: Places, programs: Programs, *, is_durable: bool) -> None:
    """Start the server and wait until it takes connections.

    Raises
    ------
    ClusterError
        With the last lines of its log.
    """
    settings = _SETTINGS | (_LZ4 if programs.has_lz4 else {}) | ({} if is_durable else _NOT_DURABLE)
    text = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    write_anew(places.data / _CONFIGURATION, text, places.account)
    _drop_old_logs(places.data)
    # What keeps the server private and known stands in its command line, where no file overrules it.
    fixed = {
        "cluster_name": server_name(places.data),
        "listen_addresses": "",
        "port": PORT,
        "unix_socket_directories": places.sockets,
        "unix_socket_permissions": "0700",
    }
    options = " ".join(f"-c {name}={value}" for name, value in fixed.items())
    command = [programs.path("pg_ctl"), "start", "-D", ".", "-w", "-t", str(START_S), "-l", _START_LOG, "-o", options]
    done = places.account.run(command, places.data, timeout_s=START_S + 30)
    if done.returncode != 0:
        raise _failure(
            _("The private PostGIS in {folder} does not start: {lines}"), places, _log_lines(places.data) or done.stdout
        )


def _drop_old_logs(data: Path) -> None:
    (data / _START_LOG).unlink(missing_ok=True)
    for file in (data / "log").glob("server-*.log"):
        if file.stat().st_mtime < time.time() - (_LOG_DAYS - 1) * 86_400:
            file.unlink()


def _log_lines(data: Path) -> str:
    """Return what the server said last: its log of today, then what it said before that was open."""
    daily = sorted((data / "log").glob("server-*.log"), key=lambda file: file.stat().st_mtime)[-1:]
    files = [file for file in (*daily, data / _START_LOG) if file.exists()]
    text = "\n".join(file.read_text("utf-8", errors="replace") for file in files)
    return "\n".join(line for line in text.splitlines() if "log output" not in line)


def _failure(message: str, places: Places, output: str) -> ClusterError:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    # On a full disk the log may be empty.
    if "No space left on device" in output or shutil.disk_usage(places.home).free < _LITTLE_ROOM:
        return disk_full(places.home)
    return ClusterError(message, folder=places.data, lines=" | ".join(lines[-_QUOTED_LINES:]))


def disk_full(folder: Path) -> ClusterError:
    """Return the error for a disk without room."""
    return ClusterError(
        _("The disk of {folder} is full."),
        remedy=_("Make room, or set GEOMILJO_STATE_DIR to a folder on another disk."),
        folder=folder,
    )
