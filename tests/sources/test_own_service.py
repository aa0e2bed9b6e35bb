"""Harvesting from geomiljo's own OGC API Features: what one installation has loaded, another can fetch."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient
from pydantic import SecretStr
from sources.servers import Question, Reply, serving
from sources.test_contract import assert_same, harvested
from sqlalchemy import Engine

from geomiljo.api import create_app
from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.sources import OgcFeaturesSource
from geomiljo.layers.load import LoadOptions, load_layer
from geomiljo.settings import Settings
from geomiljo.vectorfile import RawLayer, read_vector_file


def test_a_layer_goes_from_one_installation_to_another(
    engine: Engine,
    database_url: str,
    catalogue: Catalogue,
    test_data: Path,
    reserves: RawLayer,
    patient: Settings,
) -> None:
    path = test_data / "nature" / "naturreservat_stockholm_uppsala_3006.gpkg"
    load_layer(engine, catalogue, "naturreservat", path, LoadOptions(coverage="sweden"))
    with TestClient(create_app(Settings(database_url=SecretStr(database_url))), base_url="http://127.0.0.1") as client:

        def answer(question: Question) -> Reply:
            kept = {name: question.headers[name] for name in ("accept",) if name in question.headers}
            found = client.get(question.path, params=question.query, headers=kept)
            return Reply(found.content, found.headers["content-type"], found.status_code)

        with serving(answer) as server:
            source = OgcFeaturesSource(
                url=f"{server.url}/ogc", collections=("naturreservat",), page_size=200, status="own_knowledge"
            )
            with harvested(catalogue.layers["naturreservat"], source, patient) as outcome:
                assert outcome.path is not None
                assert (outcome.count, outcome.is_reconciled) == (524, True)
                assert_same(read_vector_file(outcome.path), reserves)
