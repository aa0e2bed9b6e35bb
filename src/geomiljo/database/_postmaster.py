"""The running server as the machine sees it: its process, its lock files, and what a killed one leaves behind."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from geomiljo.database._places import write_anew

if TYPE_CHECKING:
    from collections.abc import Callable

    from geomiljo.database._places import Places

# Above the kernel's largest process number (2**22), so no process has it.
_NO_PROCESS = 2**22 + 1
_PATIENCE_S = 5.0


def server_name(data: Path) -> str:
    """Return the name that a server on `data` carries in its command line, and its children in their titles.

    The folder's inode, since that stays when a folder is moved, and differs in a copy.
    """
    found = data.stat()
    return f"geomiljo-{found.st_dev:x}-{found.st_ino:x}"


def running_pid(data: Path) -> int | None:
    """Return the process number of the server on `data`, None when none runs.

    A number alone proves nothing: after a kill or a restart of the machine it may belong to any program.
    """
    pid = _recorded_pid(data / "postmaster.pid")
    if pid is not None and f"cluster_name={server_name(data)}" in _command_line(pid):
        return pid
    return None


def is_listening(socket_file: Path) -> bool:
    """Whether a process listens at the socket; the file alone proves nothing."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(socket_file))
        except (TimeoutError, BlockingIOError):
            return True  # its queue is full
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


def clear_remains(places: Places) -> None:
    """Clear away what a killed server left; the caller knows that none runs and nobody listens at the socket.

    PostgreSQL clears most of it itself. It gives up where the number in a lock file belongs to another program
    of the same account by now. `postmaster.pid` is kept then, with a number that no process has: its other lines
    lead PostgreSQL to shared memory that may still be in use.
    """
    _end_orphans(places)
    for path in (places.socket, places.socket.with_name(f"{places.socket.name}.lock")):
        path.unlink(missing_ok=True)
    record = places.data / "postmaster.pid"
    pid = _recorded_pid(record)
    if pid is not None and _is_foreign(pid, places.data):
        write_anew(record, "\n".join([str(_NO_PROCESS), *_lines(record)[1:], ""]), places.account)


def end_server(pid: int, data: Path, timeout_s: float) -> bool:
    """Stop the server in an orderly way; whether it ended in time."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    return wait_until(lambda: running_pid(data) is None, timeout_s)


def wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Wait until `condition` holds; whether it did in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _is_foreign(pid: int, data: Path) -> bool:
    """Whether the process is surely no server on `data`, also none that somebody started by hand."""
    program = _command_line(pid)[0]
    if Path(program).name != "postgres" and not program.startswith("postgres:"):
        return True
    try:
        return not os.path.samestat(Path(f"/proc/{pid}/cwd").stat(), data.stat())
    except OSError as error:
        return not isinstance(error, PermissionError)  # gone meanwhile, or hidden from us


def _end_orphans(places: Places) -> None:
    """End the server's children that outlived it: one in a long statement holds the shared memory until its end."""
    for kind in (signal.SIGQUIT, signal.SIGKILL):
        for pid in _children(places):
            with suppress(ProcessLookupError):
                os.kill(pid, kind)
        if wait_until(lambda: not _children(places), _PATIENCE_S):
            return


def _children(places: Places) -> list[int]:
    title = f"postgres: {server_name(places.data)}: "
    numbers = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal()]
    return [pid for pid in numbers if _command_line(pid)[0].startswith(title) and _owner(pid) == places.account.uid]


def _owner(pid: int) -> int | None:
    try:
        return Path(f"/proc/{pid}").stat().st_uid
    except FileNotFoundError:
        return None


def _command_line(pid: int) -> list[str]:
    """Return the arguments of a process; an empty one for a process that is gone or a zombie."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return [""]
    return os.fsdecode(raw).rstrip("\0").split("\0")


def _recorded_pid(record: Path) -> int | None:
    lines = _lines(record)
    return int(lines[0]) if lines and lines[0].strip().isdecimal() else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
