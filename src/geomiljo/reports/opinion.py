"""The county board's answer on a plan as text: ground by ground, numbered, with references. Always in Swedish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geomiljo.catalogue.rules import GROUNDS
from geomiljo.texts import mark as _
from geomiljo.texts import plural, translate
from geomiljo.wording import ADVICE, GROUND, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomiljo.catalogue.rules import Ground

STANCE = {
    "agree": _("Agrees"),
    "dispute": _("Disputes"),
    "handled": _("Handled in the plan"),
    "investigate": _("Needs investigation"),
}
"""The position of the county board on a finding, in a word or two."""
_SENTENCE = {
    "agree": _("The county board agrees with the finding."),
    "dispute": _("The county board disputes the finding."),
    "handled": _("The county board finds the question handled in the plan."),
    "investigate": _("The county board finds that the question needs to be investigated."),
}


@dataclass(frozen=True, slots=True)
class OpinionPoint:
    """What the answer says of a finding.

    Attributes
    ----------
    number : str
        ``4.2``: the second of ground 4; ``R.1``: the first piece of advice.
    finding : str
        Id in the assessment.
    title, statement, question : str
        Of the finding, in Swedish.
    text : str
        What was said, empty where the position says it all.
    references : tuple of str
        Sections that the finding stands on.
    is_draft : bool
        Written by the reader, not submitted.
    """

    number: str
    finding: str
    title: str
    statement: str
    question: str
    stance: str
    text: str
    references: tuple[str, ...]
    by: str
    is_draft: bool

    @property
    def sentence(self) -> str:
        """The position in a sentence."""
        return translate(_SENTENCE[self.stance], "sv")

    def document(self) -> dict[str, Any]:
        """Return the point as JSON has it."""
        return {
            "number": self.number,
            "finding": self.finding,
            "title": self.title,
            "statement": self.statement,
            "question": self.question,
            "stance": self.stance,
            "text": self.text,
            "references": list(self.references),
            "by": self.by,
            "isDraft": self.is_draft,
        }


@dataclass(frozen=True, slots=True)
class OpinionSection:
    """The points under a review ground; None: advice."""

    ground: Ground | None
    points: tuple[OpinionPoint, ...]

    @property
    def title(self) -> str:
        """Name of the ground, with its number."""
        return translate(ADVICE if self.ground is None else GROUND[self.ground], "sv").replace(" | ", ": ")


@dataclass(frozen=True, slots=True)
class Opinion:
    """The county board's answer on a plan, as far as it is written.

    Attributes
    ----------
    plan, designation, county_case, municipality : str
        Empty where not known.
    stage : str
        Status code of the national plan schema.
    assessment, assessed_at : str
        Id and time of the assessment that the findings are of.
    sections : tuple of OpinionSection
        All five grounds and advice, with or without points.
    unreviewed : int
        Findings that no county board has said anything of.
    undecided : tuple of str
        Names of the objectives that cannot be decided.
    """

    plan: str
    designation: str
    county_case: str
    municipality: str
    stage: str
    assessment: str
    assessed_at: str
    sections: tuple[OpinionSection, ...]
    unreviewed: int
    undecided: tuple[str, ...]

    @property
    def title(self) -> str:
        """The heading."""
        return translate(_("Opinion on {plan}"), "sv", plan=self.plan)

    @property
    def facts(self) -> tuple[str, ...]:
        """What it is about, a line each."""
        designation = translate(_("Plan: {name}"), "sv", name=self.designation) if self.designation else ""
        case = translate(_("Case number: {number}"), "sv", number=self.county_case) if self.county_case else ""
        lines = (
            translate(_("Municipality: {name}"), "sv", name=self.municipality),
            designation,
            case,
            translate(_("Stage: {stage}"), "sv", stage=self.stage),
            translate(
                _("Basis: assessment {id} of {time}"), "sv", id=self.assessment, time=moment(self.assessed_at, "sv")
            ),
        )
        return tuple(line for line in lines if line)

    @property
    def filled(self) -> tuple[OpinionSection, ...]:
        """The sections that have points."""
        return tuple(section for section in self.sections if section.points)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the answer does not say, so that nobody takes silence for a no."""
        empty = [str(GROUNDS.index(s.ground) + 1) for s in self.sections if s.ground and not s.points]
        remarks = []
        if empty:
            remarks.append(
                translate(_("No point has been chosen under ground {numbers}."), "sv", numbers=", ".join(empty))
            )
        if self.unreviewed:
            remarks.append(
                plural(
                    "{count} finding has not been reviewed by the county board.",
                    "{count} findings have not been reviewed by the county board.",
                    self.unreviewed,
                    "sv",
                )
            )
        if self.undecided:
            remarks.append(
                translate(
                    _("Of these objectives the material at hand cannot tell: {names}."),
                    "sv",
                    names=", ".join(self.undecided),
                )
            )
        return tuple(remarks)

    def document(self) -> dict[str, Any]:
        """Return the answer as JSON has it."""
        return {
            "title": self.title,
            "facts": list(self.facts),
            "assessment": self.assessment,
            "sections": [
                {
                    "ground": section.ground,
                    "title": section.title,
                    "points": [point.document() for point in section.points],
                }
                for section in self.sections
            ],
            "remarks": list(self.remarks),
        }


def opinion_text(opinion: Opinion) -> str:
    """Return the answer as plain text."""
    return "\n".join(_lines(opinion)).strip() + "\n"


def _lines(opinion: Opinion) -> Iterator[str]:
    yield from (opinion.title, "", *opinion.facts, "")
    for section in opinion.filled:
        yield from (section.title, "")
        for point in section.points:
            yield f"{point.number} {point.title} ({point.finding.upper()})"
            yield point.statement
            yield " ".join(part for part in (point.sentence, point.text) if part)
            if point.references:
                yield references_line(point)
            yield ""
    yield from opinion.remarks


def references_line(point: OpinionPoint) -> str:
    """Return the references of a point in a sentence."""
    return translate(_("References: {refs}"), "sv", refs="; ".join(point.references))
