"""What every source can do, whatever its protocol: say what it holds, and give it step by step."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from pathlib import Path

    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a source says of itself, before and after a harvest.

    Attributes
    ----------
    count : int or None
        How many objects it holds; None where it does not say.
    state : str or None
        Entity tag, time of the last change or the like: the same only while the content is.
    date : date or None
        Day of the data, where the source tells.
    """

    count: int | None
    state: str | None = None
    date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A request to a source. Steps are kept in the journal of a harvest, so they are plain values.

    Attributes
    ----------
    name : str
        Feature type, collection, layer or table.
    value : str, int or None
        Value of the partition's attribute.
    rest : bool
        All objects with none of the partition's values.
    bbox : tuple of four float or None
        xmin, ymin, xmax, ymax in the source's coordinate system.
    start : int or None
        First object of a page, or first id.
    stop : int or None
        First id or object that is not asked for.
    link : str or None
        Address of a page that the page before it named.
    expected : int or None
        How many objects there must be.
    is_page : bool
        Objects are asked for; otherwise how many there are.
    """

    name: str
    value: str | int | None = None
    rest: bool = False
    bbox: tuple[float, float, float, float] | None = None
    start: int | None = None
    stop: int | None = None
    link: str | None = None
    expected: int | None = None
    is_page: bool = True

    def document(self) -> dict[str, Any]:
        """Return the step as JSON has it."""
        return asdict(self)

    @classmethod
    def of(cls, document: dict[str, Any]) -> Step:
        """Return the step of a document."""
        bbox = document["bbox"]
        return cls(**{**document, "bbox": tuple(bbox) if bbox else None})


@dataclass(frozen=True, slots=True)
class Page:
    """Objects as they came.

    Attributes
    ----------
    columns : Arrow table
        Attributes as the source has them.
    wkb : Arrow array of binary
        Geometries.
    crs : str or None
        What the page says of its coordinates.
    ids : list of str or None
        The source's own ids; None where it has none.
    """

    columns: pa.Table
    wkb: pa.Array
    crs: str | None
    ids: list[str] | None


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a step: pages, and the steps that it leads to."""

    pages: Iterable[Page] = ()
    steps: list[Step] = field(default_factory=list)


class Source(Protocol):
    """A source that is open."""

    address: str
    """What people are told; no secrets."""
    crs: int | None
    """EPSG code that coordinates are asked for in."""
    ends_by_itself: bool
    """Reading to the end is all of it; otherwise the source must say how many objects there are."""

    def inventory(self) -> Inventory:
        """Return what the source says that it holds now."""

    def first_steps(self) -> list[Step]:
        """Return what a harvest begins with."""

    def take(self, step: Step, path: Path) -> Taken:
        """Take a step; `path` is for the body of the answer."""
