"""Small values that findings are made of: texts in two languages, evidence, measures, legal references, trust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from geomiljo.texts import translate

CAMEL_CASE = ConfigDict(alias_generator=to_camel, populate_by_name=True)
"""Names as they are written in JSON."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text in Swedish and English."""

    sv: Annotated[str, Field(description="In Swedish")]
    en: Annotated[str, Field(description="In English")]

    @classmethod
    def of(cls, template: str, **params: object) -> Words:
        """Return a marked template in both languages."""
        return cls(translate(template, "sv", **params), translate(template, "en", **params))

    def get(self, language: str) -> str:
        """Return the text in `language`."""
        return self.en if language == "en" else self.sv


@dataclass(frozen=True, slots=True)
class EvidenceResult:
    """An investigation that is normally needed."""

    __pydantic_config__ = CAMEL_CASE
    id: Annotated[str, Field(description="Id of the investigation in the registers")]
    sv: Annotated[str, Field(description="Name of the investigation in Swedish")]
    en: Annotated[str, Field(description="Name of the investigation in English")]


@dataclass(frozen=True, slots=True)
class MeasureResult:
    """A step of the mitigation hierarchy."""

    __pydantic_config__ = CAMEL_CASE
    step: Annotated[
        Literal["avoid", "minimise", "restore", "compensate"],
        Field(description="Step of the hierarchy; they are tried in this order"),
    ]
    sv: Annotated[str, Field(description="The measure in Swedish")]
    en: Annotated[str, Field(description="The measure in English")]


@dataclass(frozen=True, slots=True)
class LegalResult:
    """A section that the rule stands on."""

    __pydantic_config__ = CAMEL_CASE
    ref: Annotated[str, Field(description="Section and act, in Swedish")]
    about: Annotated[Words, Field(description="What the section says, in our own words; the statute decides")]
    status: Annotated[
        Literal["verified", "not_found", "contradicted"],
        Field(description="Whether the content of the section was read in a source"),
    ]


@dataclass(frozen=True, slots=True)
class BasisResult:
    """How sure the rule is."""

    __pydantic_config__ = CAMEL_CASE
    status: Annotated[Literal["verified", "own_knowledge"], Field(description="Of the rule's thresholds and relation")]
    source: Annotated[str | None, Field(description="Source of the rule; null: none is named")]
    legal: Annotated[Literal["verified", "partly", "unverified", "none"], Field(description="Of its legal references")]
