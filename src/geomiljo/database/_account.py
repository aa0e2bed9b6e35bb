"""The account that the server programs run under: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geomiljo.errors import ClusterError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CANDIDATES = ("postgres", "nobody")
# What the user's environment says about PostgreSQL (PGDATA, PGPORT) or language must not reach the server.
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Account:
    """The account of the server programs; `is_dropped_to` when this process is root."""

    uid: int
    gid: int
    is_dropped_to: bool

    @property
    def name(self) -> str:
        """The account's name, or its number when it has none."""
        return account_name(self.uid)

    def run(self, command: Sequence[str], folder: Path, *, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
        """Run `command` in `folder` as this account; output and errors are collected together.

        Raises
        ------
        ClusterError
            When the account cannot be switched to, or the program does not end in time.
        """
        switch: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []}
        try:
            return subprocess.run(  # noqa: S603
                command,
                cwd=folder,
                env=_ENVIRONMENT,
                umask=0o077,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=timeout_s,
                check=False,
                **(switch if self.is_dropped_to else {}),
            )
        except OSError as error:
            raise ClusterError(
                _("{program} cannot be run as the account {account}: {reason}."),
                program=command[0],
                account=self.name,
                reason=error.strerror,
            ) from error
        except subprocess.TimeoutExpired as error:
            raise ClusterError(
                _("{program} did not end within {seconds} seconds."), program=command[0], seconds=int(timeout_s)
            ) from error

    def can_enter(self, folder: Path) -> bool:
        """Whether this account can reach what lies in `folder`."""
        return not self.is_dropped_to or self.run(["test", "-x", str(folder)], folder).returncode == 0

    def give(self, path: Path) -> None:
        """Make this account the owner of `path`, when that is another than our own."""
        if self.is_dropped_to:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def account_name(uid: int) -> str:
    """Return the name of the account with number `uid`, or the number when it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def server_account(home: Path) -> Account:
    """Return the account for the cluster in `home`: ours, or an unprivileged one when we are root.

    A cluster that exists keeps its owner, whatever accounts have come since.

    Raises
    ------
    ClusterError
        When root has no unprivileged account to switch to.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), is_dropped_to=False)
    try:
        owner = home.lstat()
    except FileNotFoundError:
        pass
    else:
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid, is_dropped_to=True)
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, is_dropped_to=True)
    raise ClusterError(
        _("PostgreSQL does not run as root, and there is no account {accounts} to switch to."),
        remedy=_("Make one, on Debian `adduser --system --group postgres`."),
        accounts=" / ".join(_CANDIDATES),
    )
