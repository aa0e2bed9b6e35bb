"""Collections of STAC catalogues: rasters are listed and counted, not measured yet."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from geomiljo.remote import Asked, Remote, at_home, no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from geomiljo.catalogue.sources import StacSource
    from geomiljo.settings import Settings

_MOST_PAGES = 10_000


def list_items(source: StacSource, settings: Settings) -> int:
    """Return how many items the collection lists.

    Raises
    ------
    SourceUnavailable
        The catalogue does not answer as it should.
    """
    address = f"{source.url.rstrip('/')}/collections/{source.collection}/items"
    asked = Asked(address, {"limit": "1000"})
    count = 0
    with Remote(settings, source.credentials) as remote, tempfile.TemporaryDirectory(prefix="geomiljo-") as folder:
        for _page in range(_MOST_PAGES):
            document = remote.fetch(asked, Path(folder) / "answer").json()
            features = document.get("features") if isinstance(document, dict) else None
            if not isinstance(features, list):
                raise no_answer(_("{address} is no STAC catalogue."), address)
            if isinstance(document.get("numberMatched"), int):
                return int(document["numberMatched"])
            count += len(features)
            following = next((link["href"] for link in document.get("links", []) if link.get("rel") == "next"), None)
            if following is None:
                return count
            asked = Asked(at_home(urljoin(address, following), address))
    raise no_answer(_("{address} lists without an end."), address)
