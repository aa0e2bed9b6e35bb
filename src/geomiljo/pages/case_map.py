"""The conflict map of a plan under review: now, at the consultation, and what differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomiljo.maps.fragments import split
from geomiljo.maps.sheet import draw_sheet
from geomiljo.maps.web_map import Earlier, web_map
from geomiljo.pages.case import gone_findings
from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    from geomiljo.analysis.shapes import Shapes
    from geomiljo.assessments.store import StoredAssessment
    from geomiljo.maps.fragments import Fragments
    from geomiljo.maps.overlays import Surroundings
    from geomiljo.maps.sheet import LeftOut

SIDES = {"before": _("Consultation"), "now": _("Now"), "difference": _("Difference")}
"""What the map shows."""
_MODULE_TEXTS = {
    "map": _("Map of the planning area with its findings. All that it shows is in the list too."),
    "close": _("Close"),
    "shown": _("The map shows {number}"),
    "all": _("All findings are shown"),
    "saving": _("Saving …"),
    "saved": _("Draft saved {time}"),
    "kept": _("Not saved. The text is kept in this browser until it can be saved."),
    "signedOut": _("You are no longer signed in. The text is kept in this browser; sign in, and it is saved."),
    "offline": _("No contact with the service. The text is kept in this browser, and is saved when there is."),
    "restored": _("Text that had not been saved was taken back from this browser."),
    "elsewhere": _("The draft has been changed in another window. Nothing has been overwritten."),
    "other": _("There it says:"),
    "mine": _("Keep mine"),
    "theirs": _("Take the other"),
    "signIn": _("Sign in"),
    "nothing": _("(no text)"),
}


@dataclass(frozen=True, slots=True)
class CaseMap:
    """The conflict map.

    Attributes
    ----------
    left_out : LeftOut
        Objects that it does not hold; those inside the plan are on it as tiles.
    """

    fragments: Fragments
    left_out: LeftOut


def case_map(
    stored: StoredAssessment,
    consulted: tuple[StoredAssessment, Shapes] | None,
    shapes: Shapes,
    surroundings: Surroundings,
) -> CaseMap:
    """Return the conflict map, with what was found at the consultation where there is something to compare with."""
    sheets = 1 if consulted is None else 2
    sheet = draw_sheet(stored.assessment, shapes, sheets=sheets)
    earlier = None
    if consulted is not None:
        before, its_shapes = consulted
        gone = frozenset(finding.id for finding in gone_findings(stored, before))
        earlier = Earlier(draw_sheet(before.assessment, its_shapes, sheets=sheets), gone)
    texts = {
        name: translate(text, surroundings.language, number="{number}", time="{time}")
        for name, text in _MODULE_TEXTS.items()
    }
    return CaseMap(split(web_map(sheet, surroundings, {"texts": texts}, earlier)), sheet.left_out)
