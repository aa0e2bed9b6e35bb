"""The ecosystem-service account as the page shows it: a table with bars, and the questions that a person answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomiljo import wording
from geomiljo.account_words import account_remarks
from geomiljo.texts import mark as _
from geomiljo.texts import translate
from geomiljo.units import format_decimals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geomiljo.analysis.account_results import AccountResult, IndicatorResult, ServiceResult
    from geomiljo.analysis.results import Assessment, LayerResult
    from geomiljo.texts import Language

_BAR = 100


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An indicator, as text; `bars` are the lengths of before and after, of 100."""

    name: str
    unit: str
    hidden: str = ""
    before: str = ""
    after: str = ""
    span: str = ""
    change: str = ""
    bars: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service with its question and what there is to look at."""

    number: str
    name: str
    question: str
    evidence: str


@dataclass(frozen=True, slots=True)
class AccountView:
    """What the section of the page is made from."""

    reasons: tuple[str, ...]
    rows: tuple[AccountRow, ...]
    services: tuple[ServiceRow, ...]
    losses: str
    gains: str
    source: str
    remarks: tuple[str, ...]


def account_view(assessment: Assessment, language: Language) -> AccountView:
    """Return the account of an assessment in words."""
    account = assessment.account
    layers = {layer.id: layer for layer in assessment.layers}
    return AccountView(
        tuple(translate(wording.ACCOUNT_REASON[reason], language) for reason in account.reasons),
        tuple(_row(entry, language) for entry in account.indicators),
        tuple(_service(service, layers, language) for service in account.services),
        wording.named_services(account, "loss", language),
        wording.named_services(account, "gain", language),
        _source(account, layers, language),
        account_remarks(account, language),
    )


def _row(entry: IndicatorResult, language: Language) -> AccountRow:
    name, unit = entry.name.get(language), wording.account_unit(entry.unit, language)
    if entry.hidden is not None:
        return AccountRow(name, unit, translate(wording.ACCOUNT_HIDDEN[entry.hidden], language))

    before, mid = (wording.indicator_number(entry, value, language) for value in (entry.before, entry.mid))
    span = wording.indicator_span(entry, language)
    change = ""
    if entry.change is not None:
        sign = "+" if entry.change > 0 else "−"
        change = sign + format_decimals(abs(entry.change), entry.decimals, language)
        if not entry.clear:
            change = translate(wording.no_change(entry), language)
    return AccountRow(name, unit, "", before, mid, span, change, _bars(entry))


def _bars(entry: IndicatorResult) -> tuple[int, int] | None:
    if entry.before is None or entry.mid is None:
        return None
    most = max(entry.before, entry.mid)
    return (round(_BAR * entry.before / most), round(_BAR * entry.mid / most)) if most > 0 else None


def _service(service: ServiceResult, layers: Mapping[str, LayerResult], language: Language) -> ServiceRow:
    evidence = ", ".join(layers[layer].title.get(language) for layer in service.evidence)
    return ServiceRow(service.number, service.name.get(language), service.question.get(language), evidence)


def _source(account: AccountResult, layers: Mapping[str, LayerResult], language: Language) -> str:
    if account.cover_layer is None:
        return ""
    title = layers[account.cover_layer].title.get(language)
    return translate(_("Land cover: {layer}."), language, layer=title)
