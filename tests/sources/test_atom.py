"""Atom feeds: which files are meant, and what is told where that is not clear."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sources.servers import Handler, Reply, serving
from sources.shapes import atom
from sources.test_contract import OWN, assert_same, harvested

from geomiljo.catalogue import Catalogue
from geomiljo.catalogue.sources import AtomSource
from geomiljo.errors import SourceUnavailable
from geomiljo.layers.sources.harvest import Harvested
from geomiljo.settings import BasicCredentials, Settings
from geomiljo.vectorfile import RawLayer, read_vector_file

TWO = '<link href="data/a.gpkg"/><link rel="enclosure" href="data/b.zip"/>'
SECTIONS = '<link rel="section" href="data/1.zip"/><link rel="section" href="data/2.zip"/>'


@contextmanager
def followed(handler: Handler, catalogue: Catalogue, settings: Settings, **more: Any) -> Iterator[Harvested]:
    with serving(handler) as server:
        source = AtomSource(url=f"{server.url}/feed.xml", **{**OWN, **more})
        with harvested(catalogue.layers["naturreservat"], source, settings) as outcome:
            yield outcome


def test_the_only_entry_needs_no_name_and_the_feed_tells_the_day(
    files: Path, reserves: RawLayer, catalogue: Catalogue, impatient: Settings
) -> None:
    with followed(atom((files / "reservat.zip").read_bytes()), catalogue, impatient) as outcome:
        assert outcome.path is not None
        assert_same(read_vector_file(outcome.path), reserves)
        assert (outcome.source_date, outcome.is_reconciled) == (dt.date(2026, 8, 5), True)


def test_a_file_is_chosen_by_its_name(
    files: Path, reserves: RawLayer, catalogue: Catalogue, impatient: Settings
) -> None:
    feed = atom((files / "reservat.gpkg").read_bytes(), files=TWO)
    with pytest.raises(SourceUnavailable, match=r"a\.gpkg, b\.zip"), followed(feed, catalogue, impatient):
        pass
    with followed(feed, catalogue, impatient, file="*.gpkg") as outcome:
        assert outcome.path is not None
        assert_same(read_vector_file(outcome.path), reserves)


def test_sections_are_parts_of_one_layer(files: Path, catalogue: Catalogue, impatient: Settings) -> None:
    feed = atom((files / "reservat.zip").read_bytes(), files=SECTIONS)
    with followed(feed, catalogue, impatient) as outcome:
        assert outcome.count == 2 * 524


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<feed/>", "no Atom feed"),
        (b"<feed", "no Atom feed"),
        (b'<!DOCTYPE feed [<!ENTITY a "b">]><feed xmlns="http://www.w3.org/2005/Atom"/>', "no Atom feed: DOCTYPE"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"/>', "offers -"),
    ],
)
def test_what_is_no_feed_is_told(body: bytes, told: str, catalogue: Catalogue, impatient: Settings) -> None:
    with (
        pytest.raises(SourceUnavailable, match=told),
        followed(lambda _question: Reply(body, "application/atom+xml"), catalogue, impatient),
    ):
        pass


def test_an_entry_that_is_not_there_is_told_with_those_that_are(catalogue: Catalogue, impatient: Settings) -> None:
    with (
        pytest.raises(SourceUnavailable, match="offers Naturreservat;"),
        followed(atom(b""), catalogue, impatient, entry="Nat*x"),
    ):
        pass


def test_credentials_do_not_go_to_another_host(catalogue: Catalogue, impatient: Settings) -> None:
    secret = impatient.model_copy(
        update={"source_credentials": {"geo": BasicCredentials(kind="basic", user="u", password=SecretStr("p"))}}
    )
    elsewhere = '<link rel="alternate" href="http://other.example.se/reservat.zip"/>'
    with (
        pytest.raises(SourceUnavailable, match="another host"),
        followed(atom(b"", files=elsewhere), catalogue, secret, credentials="geo"),
    ):
        pass
