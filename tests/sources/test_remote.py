"""Patience, politeness and limits towards foreign services."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest
from pydantic import SecretStr
from sources.servers import Question, Reply, serving

from geomiljo.errors import LimitExceeded, SourceUnavailable
from geomiljo.remote import Asked, Remote
from geomiljo.settings import Settings


def ok(_question: Question) -> Reply:
    return Reply(b"{}")


def test_a_service_says_how_long_to_wait(impatient: Settings, tmp_path: Path) -> None:
    waits = [Reply(b"", status=429, headers={"Retry-After": "1"}), Reply(b"{}")]
    with serving(lambda _question: waits.pop(0)) as server, Remote(impatient) as remote:
        start = time.monotonic()
        assert remote.fetch(Asked(server.url), tmp_path / "a").json() == {}
        assert time.monotonic() - start >= 1.0


def test_each_wait_is_longer_than_the_one_before(impatient: Settings, tmp_path: Path) -> None:
    """0.1, 0.2 and 0.4 s, each a quarter more or less; then no more is asked."""
    times: list[float] = []

    def busy(_question: Question) -> Reply:
        times.append(time.monotonic())
        return Reply(b"", status=503)

    thrice = impatient.model_copy(update={"source_attempts": 4, "source_backoff_s": 0.1})
    with serving(busy) as server, Remote(thrice) as remote, pytest.raises(SourceUnavailable, match="4 attempts"):
        remote.fetch(Asked(server.url), tmp_path / "a")
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(waits) == 3
    assert all(wait >= least for wait, least in zip(waits, (0.075, 0.15, 0.3), strict=True)), waits


def test_an_answer_that_takes_too_long_altogether_is_broken_off(impatient: Settings, tmp_path: Path) -> None:
    """Each of its bytes comes in time."""
    strict = impatient.model_copy(update={"source_answer_timeout_s": 0.2, "source_attempts": 1})
    with serving(lambda _question: Reply(b"{}" * 100)) as server, Remote(strict) as remote:
        server.fault, server.slowness_s = "slow", 0.4
        with pytest.raises(SourceUnavailable, match=r"still sending after 0\.2 s"):
            remote.fetch(Asked(server.url), tmp_path / "a")


def test_nobody_asked_whether_it_has_changed(impatient: Settings, tmp_path: Path) -> None:
    """An empty answer that tells to use what one has would be no objects."""
    with (
        serving(lambda _question: Reply(b"", status=304)) as server,
        Remote(impatient) as remote,
        pytest.raises(SourceUnavailable, match="answered 304"),
    ):
        remote.fetch(Asked(server.url), tmp_path / "a")


def test_requests_keep_their_distance(impatient: Settings, tmp_path: Path) -> None:
    polite = impatient.model_copy(update={"source_pause_s": 0.2})
    with serving(ok) as server, Remote(polite) as remote:
        start = time.monotonic()
        for _number in range(3):
            remote.fetch(Asked(server.url), tmp_path / "a")
        assert time.monotonic() - start >= 0.4


def test_a_body_beyond_the_limit_is_refused(impatient: Settings, tmp_path: Path) -> None:
    strict = impatient.model_copy(update={"source_max_bytes": 1_000})
    with serving(lambda _question: Reply(b"x" * 1_001)) as server, Remote(strict) as remote:
        with pytest.raises(LimitExceeded):
            remote.fetch(Asked(server.url), tmp_path / "a")
        assert not (tmp_path / "a").exists()


def test_a_proxy_is_asked_instead(impatient: Settings, tmp_path: Path) -> None:
    with serving(ok) as server:
        behind = impatient.model_copy(update={"source_proxy": SecretStr(server.url)})
        with Remote(behind) as remote:
            remote.fetch(Asked("http://agency.example/wfs?a=1"), tmp_path / "a")
        assert [(question.headers["host"], question.query) for question in server.asked] == [
            ("agency.example", {"a": "1"})
        ]


def test_a_key_in_a_header_does_not_follow_a_redirect(impatient: Settings, tmp_path: Path) -> None:
    key = {"kind": "header", "header": "X-Key", "value": "secret"}
    settings = Settings.model_validate({**impatient.model_dump(), "source_credentials": {"k": key}})
    with serving(ok) as elsewhere:
        away = Reply(b"", status=302, headers={"Location": elsewhere.url})
        with serving(lambda _question: away) as server, Remote(settings, "k") as remote:
            with pytest.raises(SourceUnavailable, match="answered 302"):
                remote.fetch(Asked(server.url), tmp_path / "a")
            assert server.asked[0].headers["x-key"] == "secret"
        assert elsewhere.asked == []
