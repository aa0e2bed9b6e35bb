"""GeoJSON feature collections as pages: how many features, with which ids, and where the next page is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from geomiljo.layers.sources.read import read_pages
from geomiljo.remote import no_answer
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomiljo.layers.sources.base import Page
    from geomiljo.remote import Answer


class _Feature(BaseModel):
    id: Any = None


class _Link(BaseModel):
    href: str = ""
    rel: str | None = None


class _Envelope(BaseModel):
    """What is read of a collection beside its objects; the rest is skipped without making anything of it."""

    features: list[_Feature]
    numberMatched: Any = None  # noqa: N815 - the members' names
    totalFeatures: Any = None  # noqa: N815
    links: list[_Link] = []


@dataclass(frozen=True, slots=True)
class Collection:
    """A feature collection that has arrived.

    Attributes
    ----------
    answer : Answer
    matched : int or None
        How many features the service says there are.
    count : int
        Features in this page.
    ids : list of str or None
        None where one feature has none.
    next : str or None
        Address of the next page.
    """

    answer: Answer
    matched: int | None
    count: int
    ids: list[str] | None
    next: str | None

    @classmethod
    def of(cls, answer: Answer) -> Collection:
        """Read the envelope of an answer.

        Raises
        ------
        SourceUnavailable
            It is no feature collection.
        """
        try:
            found = _Envelope.model_validate_json(answer.body())
        except ValidationError as error:
            raise no_answer(
                _("{address} answered with something that is no feature collection: {reason}."),
                answer.address,
                reason=_said(answer.json()),
            ) from error
        ids = [feature.id for feature in found.features]
        matched = found.numberMatched if found.numberMatched is not None else found.totalFeatures
        return cls(
            answer,
            matched if isinstance(matched, int) else None,
            len(ids),
            [str(value) for value in ids] if all(value is not None for value in ids) else None,
            next((link.href for link in found.links if link.rel == "next"), None),
        )

    def pages(self) -> Iterator[Page]:
        """Yield the features; nothing where there are none."""
        if self.count:
            yield from read_pages(self.answer.path, self.answer.address, "GeoJSON", ids=self.ids)


def _said(document: Any) -> str:
    """Return what an error document says."""
    if not isinstance(document, dict):
        return type(document).__name__
    error = document.get("error", document)
    told = error if isinstance(error, dict) else document
    return str(told.get("message") or told.get("detail") or told.get("description") or told.get("code") or "-")
