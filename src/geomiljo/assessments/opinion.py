"""The county board's answer on a plan, put together from what it has said of the findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geomiljo.catalogue.rules import GROUNDS
from geomiljo.reports.opinion import Opinion, OpinionPoint, OpinionSection

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from geomiljo.analysis.results import Finding
    from geomiljo.assessments.drafts import Draft
    from geomiljo.assessments.reviews import Reviews, Statement
    from geomiljo.assessments.store import StoredAssessment
    from geomiljo.catalogue import Catalogue
    from geomiljo.catalogue.rules import Ground
    from geomiljo.plans.case import StoredPlan

COUNTY_ROLES = frozenset({"reviewer", "admin"})
"""Who speaks for the county board."""


def last_words(reviews: Reviews) -> dict[str, Statement]:
    """Return the county board's last statement on each finding as a whole, by the finding's id here."""
    here = [(s.finding, s) for s in reviews.made if s.finding is not None]
    said = sorted([*reviews.earlier, *here], key=lambda pair: pair[1].id)
    return {
        finding: statement
        for finding, statement in said
        if statement.by_role in COUNTY_ROLES and statement.object_id is None
    }


def compose_opinion(
    catalogue: Catalogue,
    plan: StoredPlan,
    stored: StoredAssessment,
    reviews: Reviews,
    drafts: Collection[Draft] = (),
) -> Opinion:
    """Return the county board's answer.

    Parameters
    ----------
    drafts : collection of Draft
        The reader's own, which take the place of what was said of the same findings.
    """
    said = last_words(reviews)
    findings = stored.assessment.findings
    chosen = list(_chosen(findings, said, drafts))
    municipality = catalogue.municipalities.get(plan.municipality)
    return Opinion(
        plan=plan.metadata.name,
        designation=plan.metadata.designation,
        county_case=plan.metadata.county_case or "",
        municipality=municipality.name if municipality else plan.municipality,
        stage=plan.stage,
        assessment=stored.id,
        assessed_at=stored.created_at.isoformat(),
        sections=tuple(_section(ground, chosen) for ground in (*GROUNDS, None)),
        unreviewed=sum(finding.id not in said for finding in findings),
        undecided=tuple(o.name.sv for o in stored.assessment.objectives if o.flag == "unknown"),
    )


_Chosen = tuple["Finding", "Ground | None", "dict[str, object]"]


def _chosen(findings: Iterable[Finding], said: dict[str, Statement], drafts: Collection[Draft]) -> Iterator[_Chosen]:
    """Yield the findings that the answer takes in, under which ground, and with which words."""
    for finding in findings:
        draft = next((d for d in drafts if d.is_about(finding) and d.stance is not None), None)
        statement = said.get(finding.id)
        if draft is not None:
            if draft.included:
                words: dict[str, object] = {"stance": draft.stance, "text": draft.text, "by": "", "is_draft": True}
                yield finding, finding.ground, words
        elif statement is not None and statement.included:
            text = "\n".join(part for part in (statement.reason, statement.reference, statement.comment) if part)
            words = {"stance": statement.stance, "text": text, "by": statement.by_name, "is_draft": False}
            yield finding, statement.ground, words


def _section(ground: Ground | None, chosen: Iterable[_Chosen]) -> OpinionSection:
    mark = "R" if ground is None else str(GROUNDS.index(ground) + 1)
    mine = [(finding, words) for finding, under, words in chosen if under == ground]
    return OpinionSection(
        ground,
        tuple(
            OpinionPoint(
                number=f"{mark}.{number}",
                finding=finding.id,
                title=finding.title.sv,
                statement=finding.statement.sv,
                question=finding.question.sv,
                references=tuple(legal.ref for legal in finding.legal),
                **words,  # type: ignore[arg-type]
            )
            for number, (finding, words) in enumerate(mine, start=1)
        ),
    )
