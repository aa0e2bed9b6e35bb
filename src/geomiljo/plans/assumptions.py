"""What a planner states of the ground, from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from geomiljo.analysis.assumptions import Assumptions
from geomiljo.errors import InputError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from pathlib import Path

    from geomiljo.catalogue import Catalogue


def read_assumptions(path: Path, catalogue: Catalogue) -> Assumptions:
    """Return the assumptions of a YAML or JSON file; `docs/account.md` tells its form.

    Raises
    ------
    InputError
        The file cannot be read, has another form, or names a use or a variant that the registers do not have.
    """
    try:
        stated: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        assumptions = Assumptions.model_validate(stated or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(
            _("{file} cannot be read as assumptions: {reason}."),
            remedy=_("Give a file of YAML or JSON, as docs/account.md tells."),
            file=path.name,
            reason=str(error).splitlines()[0],
        ) from error
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise InputError(
            _("{file} states something else than assumptions: {place}: {reason}."),
            remedy=_("Give a file of YAML or JSON, as docs/account.md tells."),
            file=path.name,
            place=".".join(map(str, fault["loc"])) or "-",
            reason=fault["msg"],
        ) from error
    _require_known(assumptions, catalogue, path.name)
    return assumptions


def _require_known(assumptions: Assumptions, catalogue: Catalogue, file: str) -> None:
    for use, stated in assumptions.uses.items():
        name = f"{use}.{stated.variant}" if stated.variant else use
        if name not in catalogue.land_use_scenarios:
            raise InputError(
                _("{file}: the registers do not say what becomes of {use}."),
                remedy=_("They know {known}."),
                file=file,
                use=name,
                known=", ".join(catalogue.land_use_scenarios),
            )
