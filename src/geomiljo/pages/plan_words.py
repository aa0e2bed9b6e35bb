"""Words for what is known about plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from geomiljo.plans.case import PlanType, Stage

STAGE: dict[Stage, str] = {
    "planbesked": _("planning notice"),
    "program": _("programme"),
    "påbörjad": _("begun"),
    "samråd": _("consultation"),
    "granskning": _("review"),
    "antagen": _("adopted"),
    "överklagad": _("appealed"),
    "tillsyn": _("supervised"),
    "laga kraft": _("in force"),
    "upphävd": _("repealed"),
    "avslutad": _("ended"),
}
TYPE: dict[PlanType, str] = {
    "detaljplan": _("detailed plan"),
    "områdesbestämmelser": _("area regulations"),
    "översiktsplan": _("comprehensive plan"),
    "program": _("planning programme"),
    "other": _("other"),
}
