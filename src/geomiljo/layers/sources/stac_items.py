"""Items of STAC catalogues: which of them a source means, which of their files, and the newest of each place."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
import pystac
import shapely

from geomiljo.remote import no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geomiljo.catalogue.sources import StacSource

_SAME_DEGREES = 4
"""Decimals to which footprints agree that are the same: ten metres."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A raster file of an item.

    Attributes
    ----------
    item : str
        Id of the item.
    href : str
        Address of the file.
    when : datetime
        Of the data; of a span its end.
    updated : datetime or None
        When the item was last changed.
    size : int or None
        Bytes, where the catalogue tells.
    checksum : str or None
        A multihash in hexadecimal digits, where the catalogue tells.
    bounds : tuple of four float
        West, south, east, north, degrees.
    """

    item: str
    href: str
    when: dt.datetime
    updated: dt.datetime | None
    size: int | None
    checksum: str | None
    bounds: tuple[float, float, float, float]

    @classmethod
    def of(cls, item: pystac.Item, source: StacSource) -> Tile:
        """Return the file that the source means of an item.

        Raises
        ------
        SourceUnavailable
            The item lacks it, or has several that could be meant.
        """
        asset = _asset(item, source)
        return cls(
            item.id,
            asset.get_absolute_href() or asset.href,
            _span(item)[1],
            item.common_metadata.updated,
            asset.extra_fields.get("file:size"),
            asset.extra_fields.get("file:checksum"),
            _bounds(item),
        )


def is_meant(item: pystac.Item, source: StacSource) -> bool:
    """Return whether an item is of the source's collection and reaches into its box and its time."""
    if source.collection is not None and item.collection_id not in {None, source.collection}:
        return False
    first, last = interval(source.datetime)
    begins, ends = _span(item)
    in_time = (first is None or ends >= first) and (last is None or begins <= last)
    return in_time and (source.bbox is None or shapely.box(*_bounds(item)).intersects(shapely.box(*source.bbox)))


def newest(tiles: Iterable[Tile]) -> tuple[Tile, ...]:
    """Return the newest tile of each footprint, the oldest first: what comes later lies on top."""
    ordered = sorted(tiles, key=lambda tile: (tile.when, tile.updated or tile.when, tile.item))
    latest = {tuple(round(edge, _SAME_DEGREES) for edge in tile.bounds): tile for tile in ordered}
    chosen = set(latest.values())
    return tuple(tile for tile in ordered if tile in chosen)


def interval(text: str | None) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Return the first and the last moment of a day, or of the days from one to another.

    Examples
    --------
    >>> [str(end) for end in interval("2024-05-01/..")]
    ['2024-05-01 00:00:00+00:00', 'None']
    """
    if text is None:
        return None, None
    first, _slash, last = text.partition("/")
    return _moment(first, dt.time.min), _moment(last or first, dt.time(23, 59, 59))


def _moment(day: str, time: dt.time) -> dt.datetime | None:
    return None if day == ".." else dt.datetime.combine(dt.date.fromisoformat(day), time, dt.UTC)


def _span(item: pystac.Item) -> tuple[dt.datetime, dt.datetime]:
    """Return when the data begin and end; where nothing is told pystac has refused the item."""
    facts = item.common_metadata
    begins, ends = facts.start_datetime or item.datetime, facts.end_datetime or item.datetime
    if begins is None or ends is None:
        raise pystac.STACError(f"{item.id}: datetime")
    return begins, ends


def _bounds(item: pystac.Item) -> tuple[float, float, float, float]:
    if item.bbox is not None:
        half = len(item.bbox) // 2
        west, south, east, north = (*item.bbox[:2], *item.bbox[half : half + 2])
    else:
        west, south, east, north = shapely.from_geojson(orjson.dumps(item.geometry)).bounds
    return west, south, east, north


def _asset(item: pystac.Item, source: StacSource) -> pystac.Asset:
    fitting = {
        key: asset
        for key, asset in item.assets.items()
        if (key == source.asset if source.asset else (asset.media_type or "").startswith(source.media_type))
        and (source.role is None or source.role in (asset.roles or ()))
    }
    if len(fitting) > 1:
        fitting = {key: asset for key, asset in fitting.items() if "data" in (asset.roles or ())}
    if len(fitting) != 1:
        raise no_answer(
            _("{address}: item {item} has the files {found}; the source must say by `asset` or `role` which is meant."),
            source.url,
            item=item.id,
            found=", ".join(item.assets) or "-",
        )
    return next(iter(fitting.values()))
