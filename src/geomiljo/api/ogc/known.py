"""Parameters that a route knows: any other is at fault, and so is a language that is not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fastapi import Request
from fastapi.routing import APIRoute

from geomiljo.errors import InvalidQuery
from geomiljo.texts import LANGUAGES
from geomiljo.texts import mark as _

GENERAL = frozenset({"f", "lang"})
"""Parameters of every route."""


def require_known(parameters: Mapping[str, str], names: Iterable[str]) -> None:
    """Raise unless all parameters are general ones or named, and the language is there.

    Raises
    ------
    InvalidQuery
    """
    for name in parameters:
        if name not in GENERAL and name not in names:
            raise InvalidQuery(
                _("There is no parameter {name} here."),
                remedy=_("There are {names}."),
                location=name[:80],
                name=name[:80],
                names=", ".join([*sorted(GENERAL), *names]),
            )
    if parameters.get("lang", "sv") not in LANGUAGES:
        raise InvalidQuery(
            _("There is no language {language} here."),
            remedy=_("There are {languages}."),
            location="lang",
            language=parameters["lang"][:40],
            languages=", ".join(LANGUAGES),
        )


def no_such_form(form: str, forms: Iterable[str]) -> InvalidQuery:
    """Return the error that there is no such form of something."""
    return InvalidQuery(
        _("There is no form {form} of this."),
        remedy=_("There are {forms}."),
        location="f",
        form=form[:40],
        forms=", ".join(forms),
    )


def require_declared(request: Request) -> None:
    """Raise unless a route of FastAPI declares all parameters; one that declares no form has JSON alone.

    Raises
    ------
    InvalidQuery
    """
    route: APIRoute = request.scope["route"]
    names = [parameter.alias for parameter in route.dependant.query_params]  # codespell:ignore dependant
    require_known(request.query_params, names)
    form = request.query_params.get("f", "json")
    if "f" not in names and form != "json":
        raise no_such_form(form, ["json"])
