"""Fixtures that many tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from geomiljo.catalogue import Catalogue, open_catalogue

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The shipped registers."""
    return open_catalogue()


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Real geodata; must be there where CI runs."""
    folder = Path(os.environ.get("GEOMILJO_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        missing = f"no real geodata at {folder}: set GEOMILJO_TEST_DATA"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return folder
