"""The ecosystem-service account for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from geomiljo import wording
from geomiljo.account_words import account_remarks
from geomiljo.reports.console import new_table
from geomiljo.texts import mark as _
from geomiljo.texts import translate

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from geomiljo.analysis.account_results import AccountResult
    from geomiljo.texts import Language


def print_account(console: Console, account: AccountResult, language: Language) -> None:
    """Print what the land gives before and after, and why numbers are missing."""
    for reason in account.reasons:
        console.print(Text(translate(wording.ACCOUNT_REASON[reason], language), style="dim"))
    if account.indicators:
        console.print(_indicator_table(account, language))
        console.print(
            Text(translate(_("Standard scores by land cover; they replace no inventory."), language), style="dim")
        )
    for remark in account_remarks(account, language):
        console.print(remark)
    for direction, heading in wording.ACCOUNT_DIRECTION.items():
        names = wording.named_services(account, direction, language)
        if names:
            console.print(f"{translate(heading, language)}: {names}")


def _indicator_table(account: AccountResult, language: Language) -> Table:
    heads = (_("Indicator"), _("Before"), _("After"), _("Gently–hard built"), "")
    justified = ("left", "right", "right", "right", "left")
    table = new_table(*((translate(head, language), side) for head, side in zip(heads, justified, strict=True)))
    for entry in account.indicators:
        if entry.hidden is not None:
            hidden = translate(wording.ACCOUNT_HIDDEN[entry.hidden], language)
            table.add_row(entry.name.get(language), Text(hidden, style="dim"), "", "", "")
            continue
        table.add_row(
            f"{entry.name.get(language)} ({wording.account_unit(entry.unit, language)})",
            wording.indicator_number(entry, entry.before, language),
            wording.indicator_number(entry, entry.mid, language),
            wording.indicator_span(entry, language),
            "" if entry.mid is None or entry.clear else translate(wording.no_change(entry), language),
        )
    return table
