"""Where the files that ship with geomiljo lie: registers, templates, browser assets, migrations.

In a wheel they are inside the package; in a checkout they are the top-level `data/catalogue` and `maps`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent.parent
_IN_CHECKOUT = {"catalogue": "data/catalogue", "example": "data/example", "guide": "data/guide", "maps": "maps"}


@cache
def shipped(name: str) -> Path:
    """Return the folder of shipped files called `name`: ``catalogue``, ``example``, ``guide`` or ``maps``.

    Raises
    ------
    FileNotFoundError
        When the installation is incomplete.

    Examples
    --------
    >>> shipped("catalogue").is_dir()
    True
    """
    for folder in (_PACKAGE / "_shipped" / name, _CHECKOUT / _IN_CHECKOUT[name]):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"geomiljo was installed without its {name} files")
