"""Text for the terminal: the sources of a layer, tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geomiljo.reports.console import new_console, new_table
from geomiljo.texts import explain, translate
from geomiljo.texts import mark as _
from geomiljo.units import format_count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geomiljo.layers.probe import Probe
    from geomiljo.texts import Language

_STATUS = {"verified": _("verified"), "own_knowledge": _("not verified")}


def print_probes(probes: Iterable[Probe], language: Language) -> None:
    """Print what each source answered."""
    heads = (_("No."), _("Source"), _("Objects"), _("Outcome"))
    justify = ("right", "left", "right", "left")
    table = new_table(*zip((translate(head, language) for head in heads), justify, strict=True))
    for probe in probes:
        table.add_row(
            str(probe.number),
            f"{probe.protocol} · {translate(_STATUS[probe.status], language)}\n{probe.address}",
            format_count(probe.count, language) if probe.count is not None else "–",
            _outcome(probe, language),
        )
    new_console().print(table)


def _outcome(probe: Probe, language: Language) -> str:
    if probe.error is not None:
        return " ".join(explain(probe.error, language))
    if not probe.is_asked:
        return translate(_("a place for people to look at; a program cannot ask it"), language)
    if probe.crs is None:
        return ": ".join([translate(_("answers"), language), *([", ".join(probe.columns)] if probe.columns else [])])
    order = (
        translate(_("north before east"), language) if probe.is_swapped else translate(_("east before north"), language)
    )
    return f"{translate(_('answers'), language)}: {probe.crs}, {order}; {', '.join(probe.columns)}"
