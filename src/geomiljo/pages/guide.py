"""The guide to local work with the environmental objectives that ships with geomiljo: chapters, process, conflicts."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import yaml
from pydantic import Field, TypeAdapter

from geomiljo.catalogue.base import Entry, Text
from geomiljo.errors import NotFound
from geomiljo.resources import shipped
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from geomiljo.catalogue import Catalogue

Status = Literal["verified", "named", "mixed", "own_knowledge"]
STATUS: dict[Status, str] = {
    "verified": _("verified"),
    "named": _("only its name was read"),
    "mixed": _("partly verified"),
    "own_knowledge": _("own knowledge"),
}
KIND = {
    "governance": _("Governance"),
    "planning": _("Planning"),
    "authority": _("Exercise of authority"),
    "grant": _("Grants"),
    "agreement": _("Agreements"),
    "protection": _("Protection"),
    "information": _("Information"),
    "land": _("Land"),
    "economy": _("Economy"),
}


class Advice(Text):
    """A piece of advice; `who` are ids of actors."""

    who: tuple[str, ...] = ()


class TitleText(Entry):
    """A title in Swedish, and in English where there is one."""

    sv: str
    en: str | None = None


class Reading(Entry):
    """Something to read, by the authority that stands behind it."""

    authority: str
    title: TitleText
    status: Status


class Tool(Entry):
    """A tool of the municipality: who decides on it and who does the work."""

    tool: Text
    decides: Text
    does: Text


class Funding(Entry):
    """A funding programme, as it was known once."""

    programme: str
    what: Text


class Chapter(Entry):
    """A chapter of the guide."""

    id: str
    title: Text
    summary: Text
    text: Text = Field(description="Paragraphs set apart by an empty line")
    status: Status
    objectives: tuple[int, ...] = Field(default=(), description="Empty: all")
    steps: tuple[Advice, ...] = ()
    tools: tuple[Tool, ...] = ()
    think_of: tuple[Text, ...] = ()
    know_more: tuple[Reading, ...] = ()
    county_support: tuple[Text, ...] = ()
    checklist: tuple[Text, ...] = ()
    example_prompts: tuple[Text, ...] = ()
    funding: tuple[Funding, ...] = ()
    indicators: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()


class Step(Entry):
    """A step of the work."""

    id: str
    title: Text
    text: Text
    checklist: tuple[Advice, ...]
    roles: tuple[Advice, ...]
    outputs: tuple[Text, ...]
    chapters: tuple[str, ...]


class LegalGround(Entry):
    """A section that a responsibility stands on."""

    ref: str | None
    about: Text
    status: Status


class Responsibility(Entry):
    """A tool, who decides and prepares it, and how far it reaches."""

    id: str
    tool: Text
    kind: str
    decides: tuple[str, ...]
    prepares: tuple[str, ...]
    reach: Text
    limit: Text
    objectives: tuple[int, ...]
    legal: tuple[LegalGround, ...]


class Conflict(Entry):
    """A goal conflict or synergy of physical planning."""

    id: str
    kind: Literal["conflict", "synergy"]
    objectives: tuple[int, ...]
    also: tuple[int, ...]
    title: Text
    why: Text
    ask: Text
    balance: tuple[Text, ...]


class Actor(Entry):
    """Somebody who takes part."""

    id: str
    name: Text


class Indicator(Entry):
    """An indicator that the guide names."""

    id: str
    title: Text


class Guide(Entry):
    """All of the guide. `methods`: how to work; `tools`: the municipality's tools, named as the rules name them."""

    methods: tuple[Chapter, ...]
    tools: tuple[Chapter, ...]
    process: tuple[Step, ...]
    responsibilities: tuple[Responsibility, ...]
    conflicts: tuple[Conflict, ...]
    actors: tuple[Actor, ...]
    indicators: tuple[Indicator, ...]


@cache
def guide() -> Guide:
    """Return the guide."""
    methods, tools, process, conflicts = map(_read, ("methods", "tools", "process", "conflicts"))
    document = {
        "methods": methods["chapters"],
        "tools": tools["chapters"],
        "indicators": tools["indicators"],
        **process,
        **conflicts,
    }
    return TypeAdapter(Guide).validate_python(document)


def _read(name: str) -> dict[str, Any]:
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (shipped("guide") / f"{name}.yaml").read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.load(text, loader)  # noqa: S506 - a safe loader
    return read


def chapter_of(part: Literal["methods", "tools"], chapter_id: str) -> Chapter:
    """Return a chapter.

    Raises
    ------
    NotFound
    """
    chapters: tuple[Chapter, ...] = getattr(guide(), part)
    for chapter in chapters:
        if chapter.id == chapter_id:
            return chapter
    raise NotFound(_("The guide has no chapter {chapter}."), chapter=chapter_id)


def actor_names() -> dict[str, Text]:
    """Return the names of those who take part, by id."""
    return {actor.id: actor.name for actor in guide().actors}


def indicator_title(indicator_id: str, catalogue: Catalogue) -> Text | None:
    """Return what an indicator of the guide or the account is called; None: it is one of Kolada."""
    named = {indicator.id: indicator.title for indicator in guide().indicators}
    if indicator_id in named:
        return named[indicator_id]
    known = catalogue.account_indicators.get(indicator_id)
    return known.name if known else None
