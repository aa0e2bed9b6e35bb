"""Pages that explain: the help, the guide to local work with the objectives, the accessibility statement."""

from __future__ import annotations

from typing import Literal

from fastapi import Response

from geomiljo.api.pages.answers import PageFrame, page, page_router
from geomiljo.api.state import State
from geomiljo.pages.glossary import TERMS
from geomiljo.pages.guide import KIND, STATUS, actor_names, chapter_of, guide, indicator_title

router = page_router()


@router.get("/guide")
def help_page(frame: PageFrame, state: State) -> Response:
    """Tell how to check a plan, how to read the result, and what the method cannot tell."""
    return page(frame, "guide.html", catalogue=state.assessor.catalogue, guide=guide(), terms=TERMS)


@router.get("/guide/process")
def process(frame: PageFrame) -> Response:
    """Show the four steps of the work with their checklists."""
    return page(frame, "guide_process.html", guide=guide(), actors=actor_names())


@router.get("/guide/responsibilities")
def responsibilities(frame: PageFrame, state: State) -> Response:
    """Show who decides and prepares what."""
    return page(
        frame,
        "guide_responsibilities.html",
        catalogue=state.assessor.catalogue,
        guide=guide(),
        actors=actor_names(),
        kinds=KIND,
        statuses=STATUS,
    )


@router.get("/guide/conflicts")
def conflicts(frame: PageFrame, state: State) -> Response:
    """Show goal conflicts and synergies."""
    return page(frame, "guide_conflicts.html", catalogue=state.assessor.catalogue, guide=guide())


@router.get("/guide/{part}/{chapter_id}")
def chapter(part: Literal["methods", "tools"], chapter_id: str, frame: PageFrame, state: State) -> Response:
    """Show a chapter of the guide."""
    catalogue = state.assessor.catalogue
    found = chapter_of(part, chapter_id)
    return page(
        frame,
        "guide_chapter.html",
        catalogue=catalogue,
        chapter=found,
        part=part,
        actors=actor_names(),
        statuses=STATUS,
        indicators=[(name, indicator_title(name, catalogue)) for name in found.indicators],
        examples=[example for example in catalogue.good_examples.values() if chapter_id in example.chapters],
    )


@router.get("/accessibility")
def accessibility(frame: PageFrame, state: State) -> Response:
    """Tell how accessible the service is, what is not, and whom to tell."""
    return page(frame, "accessibility.html", contact=state.settings.contact)
