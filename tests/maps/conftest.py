"""The page of a small world in both languages."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from functools import partial

import pytest
from maps.swedish import WAITING, swedish
from maps.world import World, lakeside

from geomiljo import texts
from geomiljo.catalogue import Catalogue
from geomiljo.maps import map_page
from geomiljo.texts import Language


@pytest.fixture(scope="module", autouse=True)
def swedish_texts() -> Iterator[None]:
    """Swedish texts that still wait to be merged are used as if they were."""
    with pytest.MonkeyPatch.context() as patch:
        if WAITING.is_file():
            catalogues = {"sv": swedish(), "en": gettext.NullTranslations()}
            patch.setattr(texts, "_catalogue", catalogues.__getitem__)
        yield


@pytest.fixture(scope="module")
def world(catalogue: Catalogue, swedish_texts: None) -> World:
    """An assessment with findings of every severity and layers of every status."""
    return lakeside(catalogue)


@pytest.fixture(scope="module")
def pages(catalogue: Catalogue, world: World) -> dict[Language, str]:
    """The page in both languages."""
    render = partial(map_page, world.assessment, world.shapes, catalogue=catalogue)
    return {"sv": render(language="sv"), "en": render(language="en")}
