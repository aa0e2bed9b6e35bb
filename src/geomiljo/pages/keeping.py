"""What is offered of keeping a check as a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomiljo.pages import plan_words
from geomiljo.plans.case import STAGES
from geomiljo.texts import translate
from geomiljo.wording import moment

if TYPE_CHECKING:
    from geomiljo.access import Caller
    from geomiljo.assessments.checks import KeptCheck
    from geomiljo.catalogue import Catalogue
    from geomiljo.texts import Language


@dataclass(frozen=True, slots=True)
class Keeping:
    """What the form shows.

    Attributes
    ----------
    until : str
        How long the check is kept.
    may : bool
        Whether the reader's role makes plans.
    municipalities : tuple of (str, str)
        Code and name of those that the reader makes plans of.
    municipality : str
        Code of the one that is chosen.
    stages : tuple of (str, str)
    """

    until: str
    may: bool
    municipalities: tuple[tuple[str, str], ...]
    municipality: str
    stages: tuple[tuple[str, str], ...]


def keeping_of(check: KeptCheck, catalogue: Catalogue, caller: Caller, *, may: bool, language: Language) -> Keeping:
    """Return what is offered to a reader."""
    known = catalogue.municipalities
    codes = [caller.municipality] if caller.municipality in known else list(known)
    lies_in = check.assessment.area.municipality
    return Keeping(
        until=moment(check.expires_at.isoformat(), language),
        may=may,
        municipalities=tuple((code, known[code].name) for code in codes if code) if may else (),
        municipality=lies_in if lies_in and lies_in in codes else next(iter(codes), "") or "",
        stages=tuple((stage, translate(plan_words.STAGE[stage], language)) for stage in STAGES),
    )
