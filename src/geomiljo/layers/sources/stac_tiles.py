"""The raster files of a STAC catalogue: fetched, gone on with where they broke off, held against size and checksum."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from geomiljo.errors import LimitExceeded
from geomiljo.layers.sources.base import Inventory
from geomiljo.layers.sources.stac import StacCatalogue
from geomiljo.layers.sources.tables import require_whole
from geomiljo.remote import Asked, Remote, no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from pathlib import Path

    from geomiljo.catalogue.sources import StacSource
    from geomiljo.layers.sources.stac import Listing
    from geomiljo.layers.sources.stac_items import Tile

_HASHES = {
    0x11: "sha1",
    0x12: "sha256",
    0x13: "sha512",
    0x14: "sha3_512",
    0x15: "sha3_384",
    0x16: "sha3_256",
    0x17: "sha3_224",
    0x20: "sha384",
}
"""Codes of the multihash table, of those that Python computes."""


class StacRasters:
    """The newest raster of each place.

    Parameters
    ----------
    scratch : Path
        Where the bodies of the catalogue's answers go.
    most_bytes : int
        What all files together may have.
    """

    def __init__(self, source: StacSource, remote: Remote, scratch: Path, most_bytes: int) -> None:
        self.address = source.url
        self._remote = remote
        self._catalogue = StacCatalogue(source, remote, scratch)
        self._most_bytes = most_bytes
        self._listing: Listing | None = None
        self._marks: dict[str, str | None] = {}

    def inventory(self) -> Inventory:
        """Return a state that is another when there are other files, or the content of one is another."""
        self._listing = self._catalogue.listing()
        tiles = self._listing.tiles
        self._marks = {tile.href: tile.checksum or self._tag(tile) for tile in tiles}
        told = repr([(tile.href, self._marks[tile.href]) for tile in tiles])
        state = None if None in self._marks.values() else hashlib.sha256(told.encode()).hexdigest()[:32]
        return Inventory(len(tiles), state, max(tile.when for tile in tiles).date())

    def sample(self) -> tuple[int | None, tuple[str, ...]]:
        """Return how many items are meant and the keys of their files, when the newest file can be had.

        Raises
        ------
        SourceUnavailable
            It cannot, or the catalogue does not answer as it should.
        """
        listing = self._catalogue.listing()
        self._tag(listing.tiles[-1])
        return listing.count, listing.assets

    def bring(self, folder: Path) -> list[Path]:
        """Return the files, the oldest first; what is in the folder already is not fetched again.

        Raises
        ------
        SourceUnavailable
            One does not come, is not what the catalogue says, or the catalogue changed meanwhile.
        LimitExceeded
            They are too large together.
        """
        listing = self._listing or self._catalogue.listing()
        self._require_room(sum(tile.size or 0 for tile in listing.tiles))
        files: list[Path] = []
        for tile in listing.tiles:
            files.append(self._file(tile, folder))
            self._require_room(sum(file.stat().st_size for file in files))
        if self._catalogue.listing() != listing:
            raise self._changed()
        return files

    def _file(self, tile: Tile, folder: Path) -> Path:
        mark = self._marks.get(tile.href)
        name = hashlib.sha256(f"{tile.href} {mark}".encode()).hexdigest()[:12]
        path = folder / f"{name}-{PurePosixPath(urlsplit(tile.href).path).name}"
        if mark is None or not path.exists():
            answer = self._remote.fetch(Asked(tile.href, resumes=True), path)
            if tile.checksum is None and answer.state != mark:
                path.unlink()
                raise self._changed()
        fault = _fault(tile, path)
        if fault is not None:
            path.unlink()
            raise no_answer(
                _("{address} sent a file whose {what} is not what the catalogue says."), tile.href, what=fault
            )
        require_whole(path, tile.href)
        return path

    def _tag(self, tile: Tile) -> str | None:
        headers = self._remote.peek(Asked(tile.href))
        return headers.get("etag") or headers.get("last-modified")

    def _require_room(self, size: int) -> None:
        if size > self._most_bytes:
            raise LimitExceeded(
                _("The files of {address} are more than {limit} bytes together."),
                remedy=_("State --coverage or a smaller bbox in the register, or raise GEOMILJO_SOURCE_MAX_BYTES."),
                address=self.address,
                limit=self._most_bytes,
            )

    def _changed(self) -> Exception:
        return no_answer(_("{address} changed while it was read."), self.address)


def _fault(tile: Tile, path: Path) -> str | None:
    """Return what is wrong with a file by the catalogue: size or checksum."""
    if tile.size is not None and path.stat().st_size != tile.size:
        return "file:size"
    code, length, digest = _parts(tile.checksum or "")
    if code not in _HASHES or len(digest) != length:
        return None
    with path.open("rb") as file:
        found = hashlib.file_digest(file, _HASHES[code]).digest()
    return None if found == digest else "file:checksum"


def _parts(multihash: str) -> tuple[int, int, bytes]:
    r"""Return code, length and digest of a multihash.

    Examples
    --------
    >>> _parts("1202abcd")
    (18, 2, b'\xab\xcd')
    """
    try:
        code, length, *digest = bytes.fromhex(multihash)
    except ValueError:
        return 0, 0, b""
    return code, length, bytes(digest)
