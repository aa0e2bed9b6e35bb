"""What stands above a result: that it is no longer what one would get now, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomiljo.texts import mark as _
from geomiljo.texts import plural, translate

if TYPE_CHECKING:
    from geomiljo.analysis.results import Assessment
    from geomiljo.texts import Language


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice with what can be done about it.

    Attributes
    ----------
    look, icon : str
        Class and icon.
    title, text : str
    action : tuple of str, or None
        Where a form is sent, and what its button says.
    """

    look: str
    icon: str
    title: str
    text: str
    action: tuple[str, str] | None = None


def result_notices(assessment: Assessment, changed: int, again: str, language: Language) -> list[Notice]:
    """Return what is to be known of a result before it is read.

    Parameters
    ----------
    changed : int
        Layers that have another version now.
    again : str
        Where the area is checked again; empty: the reader may not.
    """
    notices = []
    retry = (again, translate(_("Check again"), language)) if again else None
    failed = sum(layer.status == "failed" for layer in assessment.layers)
    if failed:
        title = plural("{count} layer failed.", "{count} layers failed.", failed, language)
        text = translate(_("They count as unknown, not as no."), language)
        retry_failed = (again, translate(_("Try again"), language)) if again else None
        notices.append(Notice("unk", "st-fail", title, text, retry_failed))
    if changed:
        title = translate(_("There are newer data."), language)
        text = plural(
            "{count} layer has a new version since the check.",
            "{count} layers have a new version since the check.",
            changed,
            language,
        )
        notices.append(Notice("warn", "retry", title, text, retry))
    return notices
