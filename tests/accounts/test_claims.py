"""From an OpenID provider's claims to roles, and what settings of a provider are refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from geomiljo.accounts.claims import caller_of_claims
from geomiljo.accounts.provider import Provider
from geomiljo.errors import InputError
from geomiljo.settings import RoleRule, Settings

RULES = (
    RoleRule(claim="groups", value="it", role="admin"),
    RoleRule(claim="groups", value="planners", role="planner", municipality_claim="kommun"),
    RoleRule(claim="department", value="board", role="reviewer", county="01"),
)
WHO = {"iss": "https://id.example", "sub": "7"}


@pytest.mark.parametrize(
    ("claims", "role", "municipality", "county"),
    [
        ({"groups": ["planners"], "kommun": "0180"}, "planner", "0180", None),
        ({"groups": "planners", "kommun": "0180"}, "planner", "0180", None),
        ({"groups": ["planners", "it"], "kommun": "0180"}, "admin", None, None),
        ({"department": "board"}, "reviewer", None, "01"),
        ({"department": "board", "county": "14"}, "reviewer", None, "01"),
        ({}, "public", None, None),
        ({"groups": []}, "public", None, None),
        ({"groups": ["planners of nothing"], "kommun": "0180"}, "public", None, None),
        ({"groups": ["planners"]}, "public", None, None),
        ({"groups": ["planners"], "kommun": "180"}, "public", None, None),
        ({"groups": ["planners"], "kommun": ["0180"]}, "public", None, None),
        ({"groups": ["planners"], "kommun": "0180\n"}, "public", None, None),
        ({"role": "admin", "groups": "administrators"}, "public", None, None),
    ],
)
def test_the_first_rule_that_fits_gives_the_role(
    claims: dict[str, Any], role: str, municipality: str | None, county: str | None
) -> None:
    caller = caller_of_claims({**WHO, **claims}, RULES)
    assert (caller.role, caller.municipality, caller.county) == (role, municipality, county)
    assert caller.id == "oidc:https://id.example#7"


def provider(**changes: Any) -> Provider | None:
    whole: dict[str, Any] = {
        "oidc_issuer": "https://id.example",
        "oidc_client_id": "geomiljo",
        "oidc_client_secret": SecretStr("of this test"),
        "public_url": "https://plan.example",
    }
    return Provider.of(Settings(**{**whole, **changes}))


def test_whole_settings_make_a_provider_and_none_make_none() -> None:
    assert provider() is not None
    assert provider(oidc_issuer=None) is None


@pytest.mark.parametrize("missing", ["oidc_client_id", "oidc_client_secret", "public_url"])
@pytest.mark.parametrize("env", ["production", "development"])
def test_nothing_that_signing_in_needs_has_a_default(missing: str, env: str) -> None:
    with pytest.raises(InputError, match="GEOMILJO_" + missing.upper()):
        provider(**{missing: None, "env": env})


@pytest.mark.parametrize("address", ["oidc_issuer", "public_url"])
def test_https_is_needed_outside_development(address: str) -> None:
    with pytest.raises(InputError, match="https"):
        provider(**{address: "http://127.0.0.1:8000"})
    assert provider(**{address: "http://127.0.0.1:8000", "env": "development"}) is not None
