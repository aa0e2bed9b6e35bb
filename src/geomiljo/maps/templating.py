"""The templates' environment: one for the map that is a file and for the pages that are served."""

from __future__ import annotations

import re
from functools import cache, partial
from operator import attrgetter
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from geomiljo import wording
from geomiljo.catalogue.rules import SEVERITIES
from geomiljo.maps import symbols, view
from geomiljo.resources import shipped
from geomiljo.texts import plural, translate
from geomiljo.units import format_area, format_count, format_length, format_share

if TYPE_CHECKING:
    from geomiljo.texts import Language

_NUMBER_WITH_UNIT = re.compile(r"((?:&lt;|&gt;)?\d[\d\u00a0.,]*\u00a0(?:ha|m²|km|m|%))(?!\w)")


@cache
def environment(language: Language) -> Environment:
    """Return the environment of the templates in ``maps/templates``.

    Texts are translated by ``_`` and ``ngettext``, escaped unless they are markup of ours, and a name that a template
    uses but nobody gives is an error.
    """
    environment = Environment(
        loader=FileSystemLoader(shipped("maps") / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "_": partial(_translated, language),
        "ngettext": lambda one, many, count, **params: plural(one, many, count, language, **params),
        "wording": wording,
        "severities": SEVERITIES,
        "symbol_of": symbols.SEVERITY,
        "status_icon": symbols.STATUS_ICON,
        "status_family": symbols.STATUS_FAMILY,
        "theme_colour": symbols.THEME_COLOUR,
        "short": view.short,
        "finding_measure": partial(view.finding_measure, language=language),
    }
    formats = {"area": format_area, "length": format_length, "share": format_share, "count": format_count}
    for name, function in formats.items():
        environment.filters["as_" + name] = partial(function, language=language)
    environment.filters["zone_label"] = partial(wording.zone_label, language=language)
    environment.filters |= {"divided": wording.divided, "numbers_bold": numbers_bold, "text": attrgetter(language)}
    return environment


def _translated(language: Language, template: str, **params: object) -> str:
    return translate(template, language, **params)


def numbers_bold(text: str) -> Markup:
    r"""Escape a statement and set its measured numbers in bold.

    Examples
    --------
    >>> numbers_bold("4,9\N{NO-BREAK SPACE}ha of <it>").replace("\N{NO-BREAK SPACE}", " ")
    Markup('<b>4,9 ha</b> of &lt;it&gt;')
    """
    return Markup(_NUMBER_WITH_UNIT.sub(r"<b>\1</b>", str(escape(text))))  # noqa: S704 - escaped on this line
