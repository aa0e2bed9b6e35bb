"""Files that pages point to: ours and third parties', each at an address that changes with its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from geomiljo.maps import assets, symbols
from geomiljo.resources import shipped

if TYPE_CHECKING:
    from collections.abc import Mapping

_MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_FONTS = (("Source Sans 3", "font_sans"), ("Source Serif 4", "font_serif"))
_STYLE_SHEETS = ("geomiljo.css", "site.css", "planner.css", "registers.css", "county.css", "products.css")
STYLE = "style.css"
"""All styles of ours in one file: fonts, severities, tokens and components."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is served.

    Attributes
    ----------
    content : bytes
    media_type : str
    integrity : str
        As Subresource Integrity writes it.
    """

    content: bytes
    media_type: str
    integrity: str


def address(path: str) -> str:
    """Return the address of a file below ``/static``.

    Raises
    ------
    KeyError
        There is no such file.
    """
    files()[path]
    return f"/static/{version()}/{path}"


def vendored(key: str) -> str:
    """Return the path of a third-party file by its key in the manifest."""
    return f"vendor/{assets.manifest().keys[key]}"


@cache
def version() -> str:
    """Return what stands for the content of all files together: modules find each other by relative addresses."""
    digest = hashlib.sha256()
    for path, file in sorted(files().items()):
        digest.update(f"{path} {file.integrity}\n".encode())
    return digest.hexdigest()[:16]


@cache
def files() -> Mapping[str, StaticFile]:
    """Return every file by its path below the version."""
    folder = shipped("maps") / "static"
    found = {path.name: path.read_bytes() for path in folder.glob("*.js")}
    found[STYLE] = _style().encode()
    for path in assets.manifest().files:
        source = assets.vendor_folder() / path
        if source.suffix in _MEDIA_TYPES:
            found[f"vendor/{path}"] = source.read_bytes()
    return {path: _file(path, content) for path, content in found.items()}


def _file(path: str, content: bytes) -> StaticFile:
    media_type = _MEDIA_TYPES[path[path.rindex(".") :]]
    return StaticFile(content, media_type, f"sha384-{assets.sha384(content)}")


def _style() -> str:
    fonts = (
        f'@font-face {{ font-family: "{family}"; src: url("{vendored(key)}") format("woff2");'
        " font-weight: 200 900; font-display: swap; }"
        for family, key in _FONTS
    )
    folder = shipped("maps") / "static"
    return "\n".join(
        [*fonts, symbols.severity_style(), *((folder / name).read_text("utf-8") for name in _STYLE_SHEETS)]
    )
