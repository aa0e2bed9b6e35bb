"""Land uses: from the words of a plan to the codes of the register. What stands nowhere there stays unknown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geomiljo.errors import InputError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geomiljo.catalogue import Catalogue

_VARIABLE = re.compile(r"\[[^\]]*\]")
_TRAILING_NUMBER = re.compile(r"[\s\d]+$")
_PUNCTUATION = re.compile(r"[^\w\s]+")


def plain_wording(text: str) -> str:
    """Return a wording without case, punctuation, variables in brackets and a number at its end.

    Examples
    --------
    >>> plain_wording("Bostäder, [antal:heltal] 2."), plain_wording("Gång- och cykelväg")
    ('bostäder', 'gång och cykelväg')
    """
    words = _PUNCTUATION.sub(" ", _VARIABLE.sub(" ", text)).casefold()
    return _TRAILING_NUMBER.sub("", " ".join(words.split()))


def known_uses(catalogue: Catalogue, codes: Iterable[str]) -> tuple[str, ...]:
    """Return codes that a caller states, sorted.

    Raises
    ------
    InputError
        A code that the register does not have.
    """
    wanted = sorted(set(codes))
    for code in wanted:
        if code not in catalogue.land_uses:
            raise InputError(
                _("There is no land use {code}."),
                remedy=_("The codes are {codes}."),
                code=code,
                codes=", ".join(catalogue.land_uses),
            )
    return tuple(wanted)


class UseWords:
    """The register's wordings, ready to be looked up."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._codes = frozenset(catalogue.land_uses)
        self._wordings: dict[str, set[str]] = {}
        for use in catalogue.land_uses.values():
            for wording in use.wordings:
                self._wordings.setdefault(plain_wording(wording), set()).add(use.code)
        for code in self._codes:
            self._wordings.setdefault(plain_wording(code), {code})

    def uses(self, wordings: Iterable[str]) -> tuple[str, ...] | None:
        """Return the codes that wordings mean, sorted; None where one of them is unknown or there is none.

        Ground with one known and one unknown use counts as unknown, so that no rule is passed over.
        """
        found: set[str] = set()
        for wording in wordings:
            codes = {wording} if wording in self._codes else self._wordings.get(plain_wording(wording))
            if not codes:
                return None
            found |= codes
        return tuple(sorted(found)) or None
