"""Subscribers of jobs are told, where they may be called."""

from __future__ import annotations

import time
import uuid

import pytest
from api.processes.asking import ASYNC, ECHO, PLANS, ask, ended, valid
from api.processes.subscribers import Subscriber
from fastapi.testclient import TestClient

from geomiljo.api import create_app
from geomiljo.settings import Settings


def test_a_subscriber_is_told_of_beginning_and_results(service: TestClient, subscriber: Subscriber) -> None:
    told = {
        "successUri": f"{subscriber.address}/done?case=1",
        "inProgressUri": f"{subscriber.address}/begun",
        "failedUri": f"{subscriber.address}/failed",
    }
    started = ask(service, ECHO, ASYNC, inputs={"text": "hej"}, subscriber=told)
    [(first, state), (second, results)] = subscriber.until(2)
    assert (first, valid(state, "statusInfo")["status"]) == ("/begun", "running")
    assert state["jobID"] == ended(service, started)["jobID"]
    assert (second, valid(results, "results")) == ("/done?case=1", {"text": "hej"})


def test_a_subscriber_is_told_of_a_failure(
    service: TestClient, subscriber: Subscriber, planner: dict[str, str]
) -> None:
    nothing = {"plans": [str(uuid.uuid4())]}
    told = {"failedUri": f"{subscriber.address}/failed", "successUri": f"{subscriber.address}/done"}
    ask(service, PLANS, {**ASYNC, **planner}, inputs=nothing, subscriber=told)
    [(path, state)] = subscriber.until(1)
    assert (path, valid(state, "statusInfo")["status"]) == ("/failed", "failed")


def test_a_subscriber_that_cannot_be_told_changes_nothing(
    service: TestClient, subscriber: Subscriber, admin: dict[str, str]
) -> None:
    """A redirection is not followed, and the job is successful all the same."""
    told = {"successUri": f"{subscriber.address}/elsewhere"}
    started = ask(service, ECHO, {**ASYNC, **admin}, inputs={"text": "x"}, subscriber=told)
    assert ended(service, started, admin)["status"] == "successful"
    subscriber.until(1)
    log = f"/api/v1/jobs/{started.headers['Location'].rpartition('/')[2]}/log?lang=en"
    until = time.monotonic() + 10
    while not (lines := service.get(log, headers=admin).json()):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert "/elsewhere could not be told" in lines[0]["text"]
    assert [path for path, _ in subscriber.got] == ["/elsewhere"]


@pytest.mark.parametrize("member", ["inProgressUri", "successUri"])
def test_an_address_that_cannot_be_called_changes_nothing(
    service: TestClient, subscriber: Subscriber, admin: dict[str, str], member: str
) -> None:
    told = {"successUri": f"{subscriber.address}/done", member: f"{subscriber.address}/\x01"}
    started = ask(service, ECHO, {**ASYNC, **admin}, inputs={"text": "x"}, subscriber=told)
    assert ended(service, started, admin)["status"] == "successful"


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:1/x",
        "https://127.0.0.1/x",
        "http://other.example/x",
        "https://other.example:8443/x",
        "https://other.example@evil.example/",
        "https://other.example.evil.example/",
        "https://user:pass@other.example/",
        "file:///etc/passwd",
        "//other.example/",
        "https://[::1",
        "gopher://other.example/",
    ],
)
def test_only_allowed_origins_are_called(idle: TestClient, uri: str) -> None:
    answer = ask(idle, f"{ECHO}?lang=en", ASYNC, inputs={"text": "x"}, subscriber={"successUri": uri})
    problem = answer.json()
    assert (answer.status_code, problem["location"]) == (400, "/subscriber/successUri")
    assert "GEOMILJO_CALLBACK_ORIGINS" in problem["remedy"]


def test_nobody_is_called_by_default(settings: Settings, subscriber: Subscriber) -> None:
    default = Settings(database_url=settings.database_url)
    told = {"successUri": f"{subscriber.address}/done"}
    with TestClient(create_app(default), base_url="http://127.0.0.1") as client:
        assert ask(client, ECHO, ASYNC, inputs={"text": "x"}, subscriber=told).status_code == 400
