"""The PostgreSQL programs installed on this machine, with PostGIS beside them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geomiljo.errors import ClusterError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterable

OLDEST_MAJOR = 14
_NEEDED = ("initdb", "postgres", "pg_ctl")
_EXTENSIONS = ("postgis", "btree_gist")
_DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Programs:
    """The server programs of one PostgreSQL major version."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        """Return the full path of the program called `name`."""
        return str(self.folder / name)

    @property
    def has_postgis(self) -> bool:
        """Whether the extensions that geomiljo needs are installed for this version."""
        share = Path(self._config("--sharedir") or f"/usr/share/postgresql/{self.major}")
        return all((share / "extension" / f"{name}.control").is_file() for name in _EXTENSIONS)

    @property
    def has_lz4(self) -> bool:
        """Whether this PostgreSQL is built with LZ4 compression."""
        return "--with-lz4" in self._config("--configure")

    def _config(self, what: str) -> str:
        return _output(self.folder / "pg_config", what)


def find_programs(folders: Iterable[Path] | None, made_by: int | None) -> Programs:
    """Return the newest usable programs, or those of the major version that made the data.

    Parameters
    ----------
    folders : iterable of Path or None
        Where to look; None: Debian's places, what ``pg_config`` says, and ``PATH``.
    made_by : int or None
        Major version of an existing data folder: no other version can read it.

    Raises
    ------
    ClusterError
        Missing, without PostGIS, too old, or of another major version than the data.
    """
    found = list(_installed(_usual_folders() if folders is None else folders))
    if not found:
        raise ClusterError(
            _("PostgreSQL is not installed."),
            remedy=_("On Debian: `sudo apt-get install postgresql-postgis`."),
        )
    recent = [one for one in found if one.major >= OLDEST_MAJOR]
    if not recent:
        raise ClusterError(
            _("PostgreSQL {installed} is too old; geomiljo needs {oldest} or newer."),
            remedy=_("On Debian: `sudo apt-get install postgresql-postgis`."),
            installed=_versions(found),
            oldest=OLDEST_MAJOR,
        )
    fitting = [one for one in recent if made_by in {None, one.major}]
    if not fitting:
        raise ClusterError(
            _("The data folder was made by PostgreSQL {made_by}; installed is {installed}."),
            remedy=_(
                "Install that version again, on Debian `sudo apt-get install postgresql-{made_by}-postgis-3`, "
                "or move the data folder away and load the layers anew."
            ),
            made_by=made_by,
            installed=_versions(recent),
        )
    for programs in sorted(fitting, key=lambda one: one.major, reverse=True):
        if programs.has_postgis:
            return programs
    raise ClusterError(
        _("PostgreSQL {installed} is installed without PostGIS."),
        remedy=_("On Debian: `sudo apt-get install postgresql-{major}-postgis-3`."),
        installed=_versions(fitting),
        major=max(one.major for one in fitting),
    )


def _usual_folders() -> list[Path]:
    folders = [*_DEBIAN.glob("*/bin")]
    if (config := shutil.which("pg_config")) and (folder := _output(Path(config), "--bindir")):
        folders.append(Path(folder))
    folders += [Path(entry) for entry in os.get_exec_path() if entry]
    return folders


def _installed(folders: Iterable[Path]) -> Iterable[Programs]:
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        if all(os.access(folder / name, os.X_OK) for name in _NEEDED) and (major := _major(folder)):
            yield Programs(folder, major)


def _major(folder: Path) -> int | None:
    match = re.search(r"PostgreSQL\) (\d+)", _output(folder / "postgres", "--version"))
    return int(match[1]) if match else None


def _versions(found: Iterable[Programs]) -> str:
    return ", ".join(str(major) for major in sorted({one.major for one in found}))


def _output(program: Path, argument: str) -> str:
    """Return what `program` prints; nothing when it is missing or broken."""
    try:
        done = subprocess.run([program, argument], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
