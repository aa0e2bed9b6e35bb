"""Where a private cluster keeps its files.

::

    <state folder>/
     ├── postgres/        home: 0700, of the server's account
     │    ├── data/       made by initdb
     │    ├── run/        the socket
     │    └── lock        held while a server is started or stopped
     └── cluster.path     instead of postgres/: where home is, when the server's account cannot enter the state folder
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from geomiljo.database._account import Account, account_name, server_account
from geomiljo.errors import ClusterError
from geomiljo.texts import mark as _

PORT = 5432
_APART = Path("/var/lib/geomiljo")
_POINTER = "cluster.path"
_LONGEST_SOCKET_PATH = 107  # bytes in sockaddr_un, less the closing zero
# A comma separates hosts in libpq and folders in the server's settings; what else may need quoting stays out, too.
_PLAIN_PATH = re.compile(r"[\w./+=~@-]+")


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one cluster and the account that owns them."""

    home: Path
    account: Account

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.home / "data"

    @property
    def lock(self) -> Path:
        """The file that is locked while a server is started or stopped."""
        return self.home / "lock"

    @property
    def sockets(self) -> Path:
        """The folder of the socket: in `home`, or a short one elsewhere."""
        folder = self.home / "run"
        socket = str(folder / f".s.PGSQL.{PORT}")
        if len(os.fsencode(socket)) <= _LONGEST_SOCKET_PATH and _PLAIN_PATH.fullmatch(socket):
            return folder
        # Not tempfile.gettempdir(): processes with different TMPDIR must meet in one place.
        return Path(f"/tmp/geomiljo-{self.account.uid}-{_digest(self.home)}")  # noqa: S108

    @property
    def socket(self) -> Path:
        """The socket itself."""
        return self.sockets / f".s.PGSQL.{PORT}"

    @property
    def is_private(self) -> bool:
        """Whether the socket's folder is the account's alone; below /tmp anybody may lay out one of that name."""
        try:
            found = self.sockets.lstat()
        except FileNotFoundError:
            return False
        return stat.S_ISDIR(found.st_mode) and found.st_uid == self.account.uid and not found.st_mode & 0o077


def find_places(state: Path) -> Places:
    """Return where the cluster of a state folder is, or would be; nothing is made."""
    home = _pointed_to(state) or state / "postgres"
    account = server_account(home)
    if not home.exists() and not account.can_enter(_nearest(state)):
        home = _APART / _digest(state)
        account = server_account(home)
    return Places(home, account)


def make_places(state: Path) -> Places:
    """Return where the cluster of a state folder is, with the folders made.

    Raises
    ------
    ClusterError
        When what lies there is not ours.
    """
    state.mkdir(parents=True, exist_ok=True)
    places = find_places(state)
    if places.home.parent == _APART and _pointed_to(state) != places.home:
        _APART.mkdir(parents=True, exist_ok=True)
        _APART.chmod(0o755)  # whatever root's umask is
        write_anew(state / _POINTER, f"{places.home}\n")
    for folder in (places.home, places.sockets):
        _make_private(folder, places.account)
    return places


def write_anew(path: Path, text: str, owner: Account | None = None) -> None:
    """Put a new file in the place of `path`: root must not write through a link that another account laid there."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    if owner is not None:
        owner.give(Path(name))
    Path(name).replace(path)


def remove_places(state: Path, places: Places) -> None:
    """Remove the cluster's folders with all that is in them."""
    for folder in (places.sockets, places.home):
        if folder.exists():
            shutil.rmtree(folder)
    (state / _POINTER).unlink(missing_ok=True)


def _make_private(folder: Path, account: Account) -> None:
    """Make `folder` for `account` alone, or see that it is so."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077:
        raise ClusterError(
            _("{folder} is not a folder that its owner alone can enter."),
            remedy=_("Move it away, or close it with `chmod 700`."),
            folder=folder,
        )
    if found.st_uid == os.geteuid():
        account.give(folder)
    elif found.st_uid != account.uid:
        raise ClusterError(
            _("The folder {folder} belongs to the account {owner}."),
            remedy=_("Work as {owner} or root, or set GEOMILJO_STATE_DIR to a folder of your own."),
            folder=folder,
            owner=account_name(found.st_uid),
        )


def _pointed_to(state: Path) -> Path | None:
    """Return what the pointer file says; one that is not root's, or leads elsewhere, is nobody's word."""
    pointer = state / _POINTER
    try:
        if pointer.lstat().st_uid != 0:
            return None
        home = Path(pointer.read_text("utf-8").strip())
    except (FileNotFoundError, NotADirectoryError):
        return None
    return home if home.parent == _APART else None


def _nearest(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.is_dir())


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
