"""`geomiljo key`: made once, listed without the secret, revoked."""

from __future__ import annotations

import json

import pytest
from commands import Run
from sqlalchemy import Engine, text

from geomiljo.access import Caller
from geomiljo.accounts.keys import caller_of_key


def make(run: Run, *options: str) -> dict[str, str]:
    outcome = run("key", "create", "GIS", "--json", *options)
    assert outcome.code == 0, outcome.err
    made: dict[str, str] = json.loads(outcome.out)
    return made


def holder(engine: Engine, key: str) -> Caller | None:
    with engine.begin() as connection:
        return caller_of_key(connection, key)


def test_a_key_is_its_holders_role(run: Run, engine: Engine) -> None:
    made = make(run, "--role", "planner", "--municipality", "0180", "--write")
    caller = holder(engine, made["key"])
    assert caller == Caller(f"key:{made['prefix']}", "GIS", "planner", "0180", None, "write")
    reads = make(run, "--role", "reviewer", "--county", "01")
    assert reads["scope"] == "read"


def test_the_database_keeps_the_hash_alone(run: Run, engine: Engine) -> None:
    made = make(run, "--role", "admin")
    secret = made["key"].rpartition(made["prefix"] + "_")[2]
    with engine.connect() as connection:
        row = connection.scalar(text("SELECT api_key::text || encode(hash, 'escape') FROM api_key"))
    assert made["prefix"] in row
    assert secret not in row
    listed = run("key", "list")
    assert made["prefix"] in listed.out
    assert secret not in listed.out


def test_using_a_key_is_noted(run: Run, engine: Engine) -> None:
    made = make(run, "--role", "admin")
    [before] = json.loads(run("key", "list", "--json").out)
    assert before["lastUsedAt"] is None
    assert holder(engine, made["key"]) is not None
    [after] = json.loads(run("key", "list", "--json").out)
    assert after["lastUsedAt"] is not None
    assert after["state"] == "valid"


def test_a_revoked_key_opens_nothing(run: Run, engine: Engine) -> None:
    made = make(run, "--role", "admin")
    assert run("key", "revoke", made["prefix"]).code == 0
    assert holder(engine, made["key"]) is None
    assert "revoked" in run("key", "list").out


def test_an_expired_key_opens_nothing(run: Run, engine: Engine) -> None:
    made = make(run, "--role", "admin", "--days", "1")
    with engine.begin() as connection:
        connection.execute(text("UPDATE api_key SET expires_at = now() - interval '1 second'"))
    assert holder(engine, made["key"]) is None
    assert json.loads(run("key", "list", "--json").out)[0]["state"] == "expired"


@pytest.mark.parametrize("change", [lambda k: k[:-1] + ("A" if k[-1] != "A" else "B"), lambda k: k[3:], str.upper])
def test_a_key_that_is_nearly_right_opens_nothing(run: Run, engine: Engine, change: object) -> None:
    made = make(run, "--role", "admin")
    assert callable(change)
    assert holder(engine, change(made["key"])) is None
    assert holder(engine, made["key"]) is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--role", "planner"], "needs its municipality"),
        (["--role", "planner", "--municipality", "18"], "four digits"),
        (["--role", "reviewer"], "needs its county"),
        (["--role", "admin", "--days", "0"], "1 to"),
    ],
)
def test_refusals(run: Run, options: list[str], message: str) -> None:
    outcome = run("key", "create", "GIS", *options)
    assert outcome.code == 2
    assert message in outcome.err


def test_an_unknown_prefix(run: Run) -> None:
    outcome = run("key", "revoke", "00000000")
    assert outcome.code == 2
    assert "key list" in outcome.err
