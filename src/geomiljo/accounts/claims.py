"""From what an OpenID provider says of a person to the caller that geomiljo knows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from geomiljo.access import Caller

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geomiljo.settings import RoleRule

_MUNICIPALITY = re.compile(r"\d{4}")
_COUNTY = re.compile(r"\d{2}")


def caller_of_claims(claims: Mapping[str, Any], rules: Iterable[RoleRule]) -> Caller:
    """Return the caller: the role of the first rule that fits, `public` when none does.

    A planner without municipality and a reviewer without county fit no rule: they would own nothing, or everything.

    Examples
    --------
    >>> from geomiljo.settings import RoleRule
    >>> rule = RoleRule(claim="groups", value="planners", role="planner", municipality_claim="kommun")
    >>> claims = {"iss": "https://id.example", "sub": "7", "name": "Anna", "groups": ["planners"], "kommun": "0180"}
    >>> caller_of_claims(claims, [rule])
    Caller(id='oidc:https://id.example#7', name='Anna', role='planner', municipality='0180', county=None, scope='write')
    """
    who = f"oidc:{claims['iss']}#{claims['sub']}"
    name = str(claims.get("name") or claims.get("preferred_username") or claims["sub"])
    for rule in rules:
        if rule.value not in _items(claims.get(rule.claim)):
            continue
        municipality = _code(rule.municipality, rule.municipality_claim, claims, _MUNICIPALITY)
        county = _code(rule.county, rule.county_claim, claims, _COUNTY)
        if rule.role == "planner" and municipality:
            return Caller(who, name, "planner", municipality=municipality)
        if rule.role == "reviewer" and county:
            return Caller(who, name, "reviewer", county=county)
        if rule.role in ("admin", "public"):
            return Caller(who, name, rule.role)
    return Caller(who, name, "public")


def _items(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _code(fixed: str | None, claim: str | None, claims: Mapping[str, Any], shape: re.Pattern[str]) -> str | None:
    code = fixed if fixed is not None else str(claims.get(claim or "", ""))
    return code if shape.fullmatch(code) else None
