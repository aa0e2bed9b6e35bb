"""The ecosystem-service account as rows of a workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geomiljo import wording
from geomiljo.account_words import account_remarks
from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomiljo.analysis.account_results import AccountResult
    from geomiljo.texts import Language

HEADINGS = (
    _("Indicator or service"), _("Unit"), _("Before"), _("After, gently built"), _("After"), _("After, hard built"),
    _("Change"), _("Clear"), _("Remark"),
)  # fmt: skip


def account_rows(account: AccountResult, language: Language) -> Iterator[tuple[Any, ...]]:
    """Yield the indicators, the services and the reasons why numbers are missing."""
    for reason in account.reasons:
        yield (translate(wording.ACCOUNT_REASON[reason], language), *[None] * (len(HEADINGS) - 1))
    for entry in account.indicators:
        hidden = translate(wording.ACCOUNT_HIDDEN.get(entry.hidden or "", ""), language)
        numbers = (entry.before, entry.low, entry.mid, entry.high, entry.change)
        name, unit = entry.name.get(language), wording.account_unit(entry.unit, language)
        yield (name, unit, *numbers, translate(_("Yes") if entry.clear else _("No"), language), hidden)
    for service in account.services:
        change = None if service.mid is None or service.before is None else service.mid - service.before
        is_clear = service.direction in wording.ACCOUNT_DIRECTION
        yield (
            f"{service.number} {service.name.get(language)}",
            "0–5",
            service.before,
            service.low,
            service.mid,
            service.high,
            change,
            translate(_("Yes") if is_clear else _("No"), language),
            service.question.get(language),
        )
    for remark in account_remarks(account, language):
        yield (remark, *[None] * (len(HEADINGS) - 1))
