"""The page of a small world in both languages."""

from __future__ import annotations

from functools import partial

import pytest
from maps.world import World, lakeside

from geomiljo.catalogue import Catalogue
from geomiljo.maps import map_page
from geomiljo.texts import Language


@pytest.fixture(scope="module")
def world(catalogue: Catalogue) -> World:
    """An assessment with findings of every severity and layers of every status."""
    return lakeside(catalogue)


@pytest.fixture(scope="module")
def pages(catalogue: Catalogue, world: World) -> dict[Language, str]:
    """The page in both languages."""
    render = partial(map_page, world.assessment, world.shapes, catalogue=catalogue)
    return {"sv": render(language="sv"), "en": render(language="en")}
