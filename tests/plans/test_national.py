"""The national plan search, against a server that is shaped like it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from factories import box
from plans.test_schema41 import delivery, plan, use
from sources.servers import Question, Reply, Server, serving

from geomiljo.errors import GeomiljoError, InputError, NotFound, SourceUnavailable
from geomiljo.plans.national import fetch_plan
from geomiljo.settings import Settings

PLACE = "/distribution/geodatakatalog/sokning/v1/detaljplan/v2"
DOCUMENT = json.dumps(delivery(plan(box(0, 0, 100, 100)), use("Bostäder", box(0, 0, 100, 100)))).encode()


@dataclass
class Search:
    """Plans, and tokens that hold for some requests each."""

    plans: list[dict[str, Any]]
    requests_per_token: int = 1
    left: int = 0
    tokens: list[str] = field(default_factory=list)

    def __call__(self, question: Question) -> Reply:
        if question.path == "/token":
            self.tokens.append(f"t{len(self.tokens)}")
            self.left = self.requests_per_token
            return Reply(json.dumps({"access_token": self.tokens[-1], "expires_in": 3600}).encode())
        if question.headers.get("authorization") != f"Bearer {self.tokens[-1]}" or not self.left:
            return Reply(b"", status=401)
        self.left -= 1
        if question.path == f"{PLACE}/search":
            asked = json.loads(question.body)
            wanted = asked["query"]["detaljplan.beteckning"]["eq"]
            assert asked["query"]["feature.typ"] == {"eq": "detaljplan"}
            assert asked["limit"] <= 1_000
            found = [p for p in self.plans if p["properties"]["detaljplan"]["beteckning"] == wanted]
            return Reply(json.dumps({"type": "FeatureCollection", "features": found}).encode())
        assert question.path == PLACE.replace("sokning", "nedladdning") + "/dokument/7"
        return Reply(DOCUMENT)


def found_plan(designation: str, **more: Any) -> dict[str, Any]:
    about = {"beteckning": designation, "namn": "Kvarnen", "status": "samråd", "typ": "detaljplan", **more}
    return {
        "type": "Feature",
        "id": "7",
        "geometry": None,
        "properties": {
            "feature.typ": "detaljplan",
            "detaljplan": about,
            "providers": [{"name": "Sundsvall", "kod": "2281", "roles": ["producer"]}],
        },
        "assets": {"detaljplan": {"href": "dokument/7"}},
    }


@pytest.fixture
def search() -> Search:
    return Search([found_plan("2281K-DP199"), found_plan("2281K-DP2"), found_plan("2281K-DP2", namn="Ån")])


@pytest.fixture
def server(search: Search) -> Iterator[Server]:
    with serving(search) as server:
        yield server


def settings_for(server: Server) -> Settings:
    oauth = {"kind": "oauth2", "token_url": f"{server.url}/token", "client_id": "a", "client_secret": "b"}
    return Settings.model_validate(
        {
            "plan_search_url": f"{server.url}{PLACE}",
            "source_credentials": {"ngp": oauth},
            "source_pause_s": 0.0,
            "source_backoff_s": 0.01,
            "source_attempts": 2,
        }
    )


def test_a_plan_is_found_and_fetched_with_a_new_token_when_the_old_one_ends(
    search: Search, server: Server, tmp_path: Path
) -> None:
    found = fetch_plan("2281K-DP199", settings_for(server), tmp_path)
    assert found.path.read_bytes() == DOCUMENT
    assert found.stated == {
        "municipality": "2281",
        "name": "Kvarnen",
        "designation": "2281K-DP199",
        "type": "detaljplan",
        "stage": "samråd",
    }
    assert search.tokens == ["t0", "t1"]


@pytest.mark.parametrize(
    ("designation", "error"), [("2281K-DP1", NotFound), ("2281K-DP2", InputError)], ids=["none", "two"]
)
def test_none_or_several_are_no_plan(
    designation: str, error: type[GeomiljoError], server: Server, tmp_path: Path
) -> None:
    with pytest.raises(error) as caught:
        fetch_plan(designation, settings_for(server), tmp_path)
    assert caught.value.remedy


def test_a_document_elsewhere_is_not_fetched(search: Search, server: Server, tmp_path: Path) -> None:
    search.plans[0]["assets"]["detaljplan"]["href"] = "http://elsewhere.example/7"
    with pytest.raises(SourceUnavailable, match=r"elsewhere\.example"):
        fetch_plan("2281K-DP199", settings_for(server), tmp_path)


def test_without_credentials_or_with_wrong_ones_it_is_told(search: Search, server: Server, tmp_path: Path) -> None:
    settings = settings_for(server)
    with pytest.raises(InputError, match="credentials ngp"):
        fetch_plan("2281K-DP199", settings.model_copy(update={"source_credentials": {}}), tmp_path)
    search.requests_per_token = 0
    with pytest.raises(SourceUnavailable, match="refuses access"):
        fetch_plan("2281K-DP199", settings, tmp_path)
