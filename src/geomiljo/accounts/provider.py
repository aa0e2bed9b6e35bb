"""Signing in at an OpenID provider: authorisation code with PKCE; the provider is found by its discovery document."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from geomiljo.accounts.claims import caller_of_claims
from geomiljo.errors import GeomiljoError, InputError, NotSignedIn, SourceUnavailable
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geomiljo.access import Caller
    from geomiljo.settings import Settings

CALLBACK = "/auth/callback"
_ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")
_TIMEOUT_S = 10.0
_LEEWAY_S = 60


@dataclass(frozen=True)
class Provider:
    """The OpenID provider of an installation; its description is fetched when first needed, and then kept."""

    settings: Settings

    @classmethod
    def of(cls, settings: Settings) -> Provider | None:
        """Return the provider of the settings; None: nobody can sign in.

        Raises
        ------
        InputError
            An issuer without client, secret or public address, or without HTTPS outside development.
        """
        if settings.oidc_issuer is None:
            return None
        missing = [
            name for name in ("oidc_client_id", "oidc_client_secret", "public_url") if not getattr(settings, name)
        ]
        if missing:
            raise InputError(
                _("GEOMILJO_OIDC_ISSUER is set, but {missing} is not."),
                remedy=_("Set all that signing in needs; docs/settings.md describes it."),
                missing=", ".join("GEOMILJO_" + name.upper() for name in missing),
            )
        addresses = (settings.oidc_issuer, settings.public_url or "")
        if settings.env != "development" and not all(address.startswith("https://") for address in addresses):
            raise InputError(
                _("Signing in needs https:// in GEOMILJO_OIDC_ISSUER and GEOMILJO_PUBLIC_URL."),
                remedy=_("Use HTTPS, or GEOMILJO_ENV=development on a machine of your own."),
            )
        return cls(settings)

    def depart(self, state: str, nonce: str, verifier: str) -> str:
        """Return the provider's address to send the browser to."""
        with self._client() as client:
            url, _state = client.create_authorization_url(
                self._description["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce
            )
        return cast("str", url)

    def arrive(self, code: str, nonce: str, verifier: str, issuer: str | None = None) -> Caller:
        """Return who came back with `code`.

        Parameters
        ----------
        issuer : str, optional
            What the provider called itself when it sent the browser back (RFC 9207).

        Raises
        ------
        NotSignedIn
            The provider does not take the code, or its ID token does not hold.
        SourceUnavailable
            The provider does not answer.
        """
        if issuer not in (None, self._description["issuer"]):
            raise _refused("iss")
        with self._client() as client, _provider_errors():
            token = client.fetch_token(self._description["token_endpoint"], code=code, code_verifier=verifier)
            claims = self._claims(str(token.get("id_token", "")), nonce)
            if endpoint := self._description.get("userinfo_endpoint"):
                more = client.get(endpoint).raise_for_status().json()
                if more.get("sub") != claims["sub"]:
                    raise _refused("sub")
                claims = {**more, **claims}
        return caller_of_claims(claims, self.settings.oidc_roles)

    def _claims(self, id_token: str, nonce: str) -> dict[str, Any]:
        try:
            found = jwt.decode(id_token, self._keys(), algorithms=list(_ALGORITHMS)).claims
            jwt.JWTClaimsRegistry(
                leeway=_LEEWAY_S,
                iss={"essential": True, "value": self._description["issuer"]},
                aud={"essential": True, "value": self.settings.oidc_client_id or ""},
                nonce={"essential": True, "value": nonce},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
            ).validate(found)
        except (JoseError, ValueError) as error:
            raise _refused(type(error).__name__) from error
        if found.get("azp", self.settings.oidc_client_id) != self.settings.oidc_client_id:
            raise _refused("azp")
        return dict(found)

    def _keys(self) -> KeySet:
        """Return the provider's keys as they are now: it may change them at any time."""
        return KeySet.import_key_set(_get(self._description["jwks_uri"]))

    @cached_property
    def _description(self) -> dict[str, Any]:
        issuer = self.settings.oidc_issuer or ""
        found: dict[str, Any] = _get(issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise SourceUnavailable(
                _("The OpenID provider calls itself {found}, not {issuer}."),
                remedy=_("Set GEOMILJO_OIDC_ISSUER to what the provider calls itself."),
                found=found.get("issuer"),
                issuer=issuer,
            )
        return found

    def _client(self) -> Any:
        settings = self.settings
        secret = settings.oidc_client_secret
        return OAuth2Client(
            settings.oidc_client_id,
            secret.get_secret_value() if secret else None,
            scope=settings.oidc_scopes,
            redirect_uri=f"{settings.public_url}{CALLBACK}",
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
        )


def new_nonce_and_verifier() -> tuple[str, str]:
    """Return a nonce and a PKCE code verifier."""
    return secrets.token_urlsafe(32), secrets.token_urlsafe(48)


def _get(address: str) -> Any:
    with _provider_errors():
        return httpx2.get(address, timeout=_TIMEOUT_S).raise_for_status().json()


@contextmanager
def _provider_errors() -> Iterator[None]:
    try:
        yield
    except GeomiljoError:
        raise
    except OAuthError as error:
        raise _refused(str(error.error)) from error
    except (httpx2.HTTPError, ValueError) as error:
        raise SourceUnavailable(
            _("The OpenID provider does not answer as it should ({kind})."),
            remedy=_("Try again in a while; tell the administrator if it goes on."),
            kind=type(error).__name__,
        ) from error


def _refused(reason: str) -> NotSignedIn:
    return NotSignedIn(_("Signing in did not work ({reason})."), remedy=_("Sign in again."), reason=reason)
