"""Third-party browser files: which ones, with which hashes, and how they are read.

`tools/assets.py` copies them from the npm lock into ``maps/static/vendor`` and writes the manifest that is read here.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from geomiljo.resources import shipped

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST_NAME = "manifest.json"
_MEDIA_TYPES = {".png": "image/png", ".woff2": "font/woff2"}
_CSS_URL = re.compile(r"url\(\s*([^)\s]+?)\s*\)")
_SOURCE_MAP = re.compile(r"\n//# sourceMappingURL=\S*\s*$")


class VendoredFile(BaseModel):
    """A file of a package as it was copied."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha384: str
    """Base64, as in Subresource Integrity."""
    licence: str
    """SPDX identifier."""


class Manifest(BaseModel):
    """What lies in ``maps/static/vendor``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: dict[str, VendoredFile]
    """By path: ``<package>@<version>/<file>``."""
    keys: dict[str, str]
    """Path of each file that the code asks for, by the key that it goes by; for scripts and stylesheets of the map
    the key is that which Folium gives its link."""


def vendor_folder() -> Path:
    """Return the folder of third-party files."""
    return shipped("maps") / "static" / "vendor"


@cache
def manifest() -> Manifest:
    """Return the manifest.

    Raises
    ------
    FileNotFoundError
        When the files have not been fetched.
    """
    path = vendor_folder() / MANIFEST_NAME
    if not path.is_file():
        raise FileNotFoundError(f"the browser files are missing: run `make setup` ({path} does not exist)")
    return Manifest.model_validate_json(path.read_bytes())


def sha384(content: bytes) -> str:
    """Return the hash of a file as Subresource Integrity writes it, without the name of the algorithm."""
    return base64.b64encode(hashlib.sha384(content).digest()).decode()


def data_uri(path: Path) -> str:
    """Return a file as a ``data:`` address."""
    return f"data:{_MEDIA_TYPES[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"


@cache
def vendored_script(key: str) -> str:
    """Return a third-party script as it can stand inside a page.

    Raises
    ------
    KeyError
        When nothing goes by that key: a new plug-in must be added to the npm lock first.
    """
    text = (vendor_folder() / manifest().keys[key]).read_text("utf-8")
    return inline_script(_SOURCE_MAP.sub("\n", text))


@cache
def vendored_style(key: str) -> str:
    """Return a third-party stylesheet with its images inside; see :func:`vendored_script`."""
    path = vendor_folder() / manifest().keys[key]

    def embed(match: re.Match[str]) -> str:
        address = match[1].strip("\"'")
        return match[0] if address.startswith(("data:", "#")) else f'url("{data_uri(path.parent / address)}")'

    return inline_style(_CSS_URL.sub(embed, path.read_text("utf-8")))


@cache
def vendored_uri(key: str) -> str:
    """Return a third-party font or image as a ``data:`` address."""
    return data_uri(vendor_folder() / manifest().keys[key])


def inline_script(text: str) -> str:
    r"""Return a script as it can stand inside a page: nothing in it ends the element or opens a comment.

    Examples
    --------
    >>> print(inline_script('"</script>"'))
    "<\/script>"
    """
    plain = text.replace("\r\n", "\n")
    return re.sub(r"<(/script|!--)", lambda match: "<\\" + match[1], plain, flags=re.IGNORECASE)


def inline_style(text: str) -> str:
    """Return a stylesheet as it can stand inside a page.

    Raises
    ------
    ValueError
        When it would end the element.
    """
    if "</style" in text.lower():
        raise ValueError("a stylesheet must not hold </style")
    return text.replace("\r\n", "\n")


def csp_hash(text: str) -> str:
    """Return the source expression that lets an inline script or stylesheet pass a Content-Security-Policy."""
    return f"'sha384-{sha384(text.encode())}'"
