"""Harvesting from geomiljo's own OGC API Features: what one installation has loaded, another can fetch."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sources.servers import FAULTS, Question, Reply, serving
from sources.test_contract import LAYER, OWN, assert_same, harvested, registered, state
from sqlalchemy import Engine

from geomiljo.api import create_app
from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.sources import OgcFeaturesSource
from geomiljo.errors import SourceUnavailable
from geomiljo.layers.fetch import load_from_source
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.settings import Settings
from geomiljo.vectorfile import RawLayer, read_vector_file


def test_a_layer_goes_from_one_installation_to_another_whole_or_not_at_all(
    engine: Engine,
    database_url: str,
    catalogue: Catalogue,
    test_data: Path,
    reserves: RawLayer,
    patient: Settings,
    tmp_path: Path,
) -> None:
    path = test_data / "nature" / "naturreservat_stockholm_uppsala_3006.gpkg"
    load_layer(engine, catalogue, LAYER, path, LoadOptions(coverage="sweden"))
    with TestClient(create_app(Settings(database_url=SecretStr(database_url))), base_url="http://127.0.0.1") as client:

        def answer(question: Question) -> Reply:
            kept = {name: question.headers[name] for name in ("accept",) if name in question.headers}
            found = client.get(question.path, params=question.query, headers=kept)
            return Reply(found.content, found.headers["content-type"], found.status_code)

        with serving(answer) as server:
            source = OgcFeaturesSource(url=f"{server.url}/ogc", collections=(LAYER,), page_size=200, **OWN)
            with harvested(catalogue.layers[LAYER], source, patient) as outcome:
                assert outcome.path is not None
                assert (outcome.count, outcome.is_reconciled) == (524, True)
                assert_same(read_vector_file(outcome.path), reserves)
            before = state(engine)
            faulty = registered(catalogue, source)
            once = patient.model_copy(update={"source_attempts": 1, "source_timeout_s": 1.0, "state_dir": tmp_path})
            for fault in FAULTS:  # of the page after the first, and of all that follow
                server.fault, server.when = fault, lambda question, _number: "cursor" in question.query
                with pytest.raises(SourceUnavailable, match=r"^http://127\.0\.0\.1") as caught:
                    load_from_source(engine, faulty, LAYER, once)
                assert caught.value.remedy
                assert state(engine) == before, fault
