"""Credentials of foreign services, from the settings: user and password, a header, or OAuth2 client credentials."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import httpx2

from geomiljo.errors import InputError
from geomiljo.remote.answers import no_answer
from geomiljo.settings import BasicCredentials, HeaderCredentials, OAuthCredentials
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Generator

    from geomiljo.settings import Credentials, Settings

_EARLY_S = 30.0
_DEFAULT_LIFE_S = 300.0


def credentials_of(settings: Settings, name: str) -> Credentials:
    """Return the credentials called `name`.

    Raises
    ------
    InputError
        The settings hold none of that name.
    """
    found = settings.source_credentials.get(name)
    if found is None:
        raise InputError(
            _("The source needs the credentials {name}, which are not set."),
            remedy=_("Put them into GEOMILJO_SOURCE_CREDENTIALS; docs/settings.md shows how."),
            name=name,
        )
    return found


def basic_credentials(settings: Settings, name: str) -> tuple[str, str]:
    """Return user and password called `name`.

    Raises
    ------
    InputError
        The settings hold none of that name, or others.
    """
    found = credentials_of(settings, name)
    if not isinstance(found, BasicCredentials):
        raise InputError(
            _("The credentials {name} must be of the kind basic: user and password."),
            remedy=_("Correct GEOMILJO_SOURCE_CREDENTIALS."),
            name=name,
        )
    return found.user, found.password.get_secret_value()


def auth_of(settings: Settings, name: str | None) -> httpx2.Auth | None:
    """Return what puts the credentials called `name` on each request; None without a name."""
    if name is None:
        return None
    match credentials_of(settings, name):
        case BasicCredentials() as basic:
            return httpx2.BasicAuth(basic.user, basic.password.get_secret_value())
        case HeaderCredentials() as header:
            return HeaderAuth(header)
        case OAuthCredentials() as oauth:
            return _ClientCredentials(oauth)


class HeaderAuth(httpx2.Auth):
    """A key in a header."""

    def __init__(self, credentials: HeaderCredentials) -> None:
        self._credentials = credentials

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Put the key on a request."""
        request.headers[self._credentials.header] = self._credentials.value.get_secret_value()
        yield request


class _ClientCredentials(httpx2.Auth):
    """OAuth2 client credentials (RFC 6749, 4.4): a token is fetched when needed, and anew after a 401."""

    requires_response_body = True

    def __init__(self, credentials: OAuthCredentials) -> None:
        self._credentials = credentials
        self._token = ""
        self._until = 0.0
        self._lock = threading.Lock()

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Put a token on a request; a refused one is replaced once."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._keep((yield self._ask()))
            token = self._token
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code != httpx2.codes.UNAUTHORIZED:
            return
        with self._lock:
            if self._token == token:
                self._keep((yield self._ask()))
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request

    def _ask(self) -> httpx2.Request:
        secret = self._credentials.client_secret.get_secret_value()
        form = {"grant_type": "client_credentials"} | (
            {"scope": self._credentials.scope} if self._credentials.scope else {}
        )
        request = httpx2.Request("POST", self._credentials.token_url, data=form)
        basic = httpx2.BasicAuth(self._credentials.client_id, secret)
        return next(basic.auth_flow(request))

    def _keep(self, response: httpx2.Response) -> None:
        try:
            response.read()
            document = response.raise_for_status().json()
            self._token = str(document["access_token"])
            life = float(document.get("expires_in", _DEFAULT_LIFE_S))
        except (httpx2.HTTPStatusError, ValueError, KeyError, TypeError) as error:
            raise no_answer(
                _("{address} gave no token: {reason}."), self._credentials.token_url, reason=type(error).__name__
            ) from error
        self._until = time.monotonic() + max(life - _EARLY_S, 1.0)
