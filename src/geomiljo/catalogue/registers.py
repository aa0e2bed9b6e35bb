"""The smaller registers: objectives, layer sets, law, land uses, codes, and what an organisation switches off."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from geomiljo.catalogue.base import BasisStatus, Entry, NonEmpty, Owned, Text
from geomiljo.catalogue.layers import LayerId

SetId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class Objective(Entry):
    """One of the sixteen environmental quality objectives."""

    number: Annotated[int, Field(ge=1, le=16)]
    slug: str
    name: Text
    authority: str
    summary: Text
    preciseringar: tuple[str, ...]
    preciseringar_basis: str = Field(description="Where the specifications are from: own knowledge, or a source")
    spatial_evidence: bool = Field(
        default=True, description="False: no layer here can clear the objective; it is never `not_touched`"
    )
    indicators: tuple[str, ...] = ()
    sdg: tuple[int, ...] = ()


class GenerationalGoal(Entry):
    """The overall goal of environmental policy."""

    name: Text
    summary: Text
    basis: BasisStatus


class LayerSet(Owned):
    """The layers that must answer before an objective may be called untouched."""

    id: SetId
    title: Text
    about: Text | None = None
    extends: SetId | None = None
    layers: tuple[LayerId, ...] = ()
    all: bool = Field(default=False, description="Every layer that has a rule")
    default: bool = False


class LegalSource(Entry):
    """A text that was read."""

    title: str
    publisher: str
    as_of: str
    where: str


class LegalSection(Entry):
    """What a section says, in our own words, and how sure that is. Not legal advice: the wording decides."""

    ref: NonEmpty
    act: dict[Literal["name", "sfs"], str]
    section: str
    gist: Text
    status: Literal["verified", "not_found", "contradicted"]
    source: LegalSource | None = None
    note: str | None = None


class LandUse(Owned):
    """A land use of detailed plans: its letter, form, name, and the wordings of provisions that mean it."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-ZÅÄÖ][A-ZÅÄÖ_]*$", max_length=20)]
    form: Literal["kvartersmark", "allman_plats", "vattenomrade"]
    name: Text
    wordings: tuple[NonEmpty, ...] = Field(min_length=1)
    basis: BasisStatus


class County(Entry):
    """A county and its two codes."""

    code: Annotated[str, StringConstraints(pattern=r"^\d{2}$")]
    letter: str
    name: str


class Municipality(Entry):
    """A municipality; the first two digits of its code are its county's."""

    code: Annotated[str, StringConstraints(pattern=r"^\d{4}$")]
    name: str
    county: Annotated[str, StringConstraints(pattern=r"^\d{2}$")]


class EvidenceType(Entry):
    """An investigation that a plan may need; `sv` is its name in plan deliveries where one exists."""

    id: NonEmpty
    en: NonEmpty


class GuidanceChapter(Entry):
    """A chapter of the guide that rules point to."""

    id: str
    title: Text


class SwitchedOff(Owned):
    """A layer that an organisation does not use, and why."""

    layer: LayerId
    reason: Text


class GoodExample(Owned):
    """What somebody has done, told by those who did it, for chapters of the guide."""

    id: NonEmpty
    chapters: tuple[str, ...] = Field(min_length=1)
    title: Text
    text: Text
    source: NonEmpty = Field(description="Where it is told: a document, or who to ask")
    address: Annotated[str, StringConstraints(pattern=r"^https://\S+$")] | None = None
    date: dt.date = Field(description="Of the source")


class NamedExtent(Entry):
    """A named area outside which a layer has nothing: mountains, reindeer husbandry, coast."""

    id: str
    name: Text
    about: str
    basis: BasisStatus
