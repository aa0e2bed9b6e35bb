"""One foreign service at a time: requests with timeouts, retries, a polite pace, and bodies that go to disk."""

from __future__ import annotations

import random
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, TypeVar

import httpx2

from geomiljo import __version__
from geomiljo.errors import LimitExceeded, SourceUnavailable
from geomiljo.remote.answers import Answer, no_answer, without_query
from geomiljo.remote.credentials import HeaderAuth, auth_of
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from geomiljo.settings import Settings

T = TypeVar("T")
_RETRIED = frozenset({429, 500, 502, 503, 504})
_PARTIAL, _UNSATISFIABLE = 206, 416
_MOST_PATIENCE_S = 300.0
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes
    ----------
    url : str
    params : mapping
        Added to the query that the address has already.
    headers : mapping
    json : object, optional
        Sent as a POST.
    resumes : bool
        A body that broke off is asked for from where it broke off, if it is still the same.
    """

    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    resumes: bool = False

    def address(self) -> str:
        """Return the whole address with its query."""
        return str(httpx2.URL(self.url).copy_merge_params(dict(self.params)))


class _Broken(Exception):
    """An attempt that may be tried again; `wait_s`: the service said how long to wait."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.wait_s = wait_s


class _Growing:
    """A body on its way: the bytes so far, and the entity tag that they belong to."""

    def __init__(self, path: Path, asked: Asked) -> None:
        self._asked = asked
        self.partial = path.with_name(path.name + ".part")
        self.mark = path.with_name(path.name + ".part.state")
        self._held = self.partial.stat().st_size if self.partial.exists() and self.mark.exists() else 0

    def headers(self) -> dict[str, str]:
        """Return the headers that ask for the rest, or for all."""
        headers = dict(self._asked.headers)
        if self._asked.resumes:
            headers["Accept-Encoding"] = "identity"  # a range of a compressed body is of no use
            if self._held:
                headers |= {"Range": f"bytes={self._held}-", "If-Range": self.mark.read_text(encoding="utf-8")}
        return headers

    def open(self, response: httpx2.Response) -> IO[bytes]:
        """Open the file to go on, or anew where the service sends all of it or something else."""
        continues = self._asked.resumes and self._held > 0 and response.status_code == _PARTIAL
        state = response.headers.get("etag") or response.headers.get("last-modified")
        if self._asked.resumes and state and not state.startswith("W/"):
            self.mark.write_text(state, encoding="utf-8")
        else:
            self.mark.unlink(missing_ok=True)
        return self.partial.open("ab" if continues else "wb")

    def drop(self) -> None:
        """Begin anew at the next attempt."""
        self.partial.unlink(missing_ok=True)
        self.mark.unlink(missing_ok=True)


class Remote:
    """A foreign service.

    Parameters
    ----------
    settings : Settings
        Timeouts, attempts, pause, proxy, limits.
    credentials : str or None
        Name of the credentials in the settings.
    """

    def __init__(self, settings: Settings, credentials: str | None = None) -> None:
        self._settings = settings
        self._next_s = 0.0
        auth = auth_of(settings, credentials)
        self._client = httpx2.Client(
            auth=auth,
            headers={"User-Agent": f"geomiljo/{__version__}"},
            timeout=httpx2.Timeout(settings.source_timeout_s),
            follow_redirects=not isinstance(auth, HeaderAuth),  # a redirect would carry the key to another host
            proxy=settings.source_proxy.get_secret_value() if settings.source_proxy else None,
        )

    def __enter__(self) -> Remote:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def fetch(self, asked: Asked, path: Path) -> Answer:
        """Fetch a body into a file.

        Raises
        ------
        SourceUnavailable
            The service does not answer, refuses, breaks off, or shows a web page instead.
        LimitExceeded
            The body is larger than the settings allow.
        """
        return self._tried(asked, lambda: self._attempt(asked, path))

    def peek(self, asked: Asked) -> Mapping[str, str]:
        """Return the headers of an answer, without its body; some services do not know HEAD."""
        return self._tried(asked, lambda: self._headers(asked))

    def _headers(self, asked: Asked) -> Mapping[str, str]:
        with (
            self._broken_as_told(asked, None),
            self._client.stream("GET", asked.address(), headers={"Accept-Encoding": "identity"}) as response,
        ):
            self._refuse(asked, response, None)
            return dict(response.headers.items())

    def _tried(self, asked: Asked, attempt_once: Callable[[], T]) -> T:
        attempts = self._settings.source_attempts
        for attempt in range(1, attempts + 1):
            self._pace()
            try:
                return attempt_once()
            except _Broken as broken:
                if attempt == attempts:
                    raise no_answer(
                        _("{address} did not answer whole in {attempts} attempts; the last: {reason}."),
                        asked.url,
                        attempts=attempts,
                        reason=broken,
                    ) from broken
                time.sleep(self._wait_s(attempt, broken))
        raise AssertionError("a fetch ends by returning or raising")

    def _wait_s(self, attempt: int, broken: _Broken) -> float:
        if broken.wait_s is not None:
            return min(broken.wait_s, _MOST_PATIENCE_S)
        spread = random.uniform(0.75, 1.25)  # noqa: S311 - no secret
        return float(self._settings.source_backoff_s * 2 ** (attempt - 1) * spread)

    def _pace(self) -> None:
        now = time.monotonic()
        if now < self._next_s:
            time.sleep(self._next_s - now)
        self._next_s = time.monotonic() + self._settings.source_pause_s

    def _attempt(self, asked: Asked, path: Path) -> Answer:
        growing = _Growing(path, asked)
        method = "GET" if asked.json is None else "POST"
        with (
            self._broken_as_told(asked, growing),
            self._client.stream(method, asked.address(), json=asked.json, headers=growing.headers()) as response,
        ):
            self._refuse(asked, response, growing)
            self._receive(response, growing)
        growing.partial.replace(path)
        growing.mark.unlink(missing_ok=True)
        answer = Answer(without_query(asked.url), response.status_code, dict(response.headers.items()), path)
        answer.refuse_html()
        return answer

    @contextmanager
    def _broken_as_told(self, asked: Asked, growing: _Growing | None) -> Iterator[None]:
        try:
            yield
        except httpx2.DecodingError as error:
            if growing is not None:
                growing.drop()
            raise _Broken(f"{type(error).__name__}: {error}") from error
        except httpx2.TransportError as error:
            raise _Broken(f"{type(error).__name__}: {error}") from error
        except (httpx2.InvalidURL, httpx2.RequestError) as error:
            raise no_answer(_("{address} cannot be asked: {reason}."), asked.url, reason=error) from error

    def _refuse(self, asked: Asked, response: httpx2.Response, growing: _Growing | None) -> None:
        code = response.status_code
        if code == _UNSATISFIABLE and growing is not None:
            growing.drop()
            raise _Broken(str(code))
        if code in _RETRIED:
            raise _Broken(str(code), _retry_after_s(response))
        if not response.is_success:
            if code in {401, 403}:
                raise SourceUnavailable(
                    _("{address} refuses access ({code})."),
                    remedy=_("Check the credentials of the source in GEOMILJO_SOURCE_CREDENTIALS."),
                    address=without_query(asked.url),
                    code=code,
                )
            raise no_answer(_("{address} answered {code}."), asked.url, code=code)

    def _receive(self, response: httpx2.Response, growing: _Growing) -> None:
        settings = self._settings
        end = time.monotonic() + settings.source_answer_timeout_s
        with growing.open(response) as file:
            size = file.tell()
            for chunk in response.iter_bytes(_CHUNK):
                size += len(chunk)
                if size > settings.source_max_bytes:
                    raise LimitExceeded(
                        _("{address} sends more than {limit} bytes."),
                        remedy=_("Raise GEOMILJO_SOURCE_MAX_BYTES if that is right."),
                        address=without_query(str(response.url)),
                        limit=settings.source_max_bytes,
                    )
                file.write(chunk)
                if time.monotonic() > end:
                    raise _Broken(f"still sending after {settings.source_answer_timeout_s:g} s")


def _retry_after_s(response: httpx2.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdigit() else None
