"""What all register entries share: strictness, two languages and an owner."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from geomiljo.texts import translate

OWNER_SHIPPED = "geomiljo"
NonEmpty = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
BasisStatus = Literal["verified", "own_knowledge"]


class Entry(BaseModel):
    """A frozen register entry; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Entry):
    """A text in Swedish and English."""

    sv: NonEmpty
    en: NonEmpty

    def get(self, language: str) -> str:
        """Return the text in `language`; anything but English is Swedish."""
        return self.en if language == "en" else self.sv


def in_both(template: str) -> Text:
    """Return a text of the program in both its languages."""
    return Text(sv=translate(template, "sv"), en=template)


class Owned(Entry):
    """An entry that shows whose it is: geomiljo's or an organisation's."""

    owner: str = Field(default=OWNER_SHIPPED, description="Who stands behind the entry; set at load")
