"""A result with 500 findings and 20,000 objects: paged by the service, its map light, the rest as tiles."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest
from pages.conftest import AS_BROWSER
from pages.heavy import CLASSES, LAYERS, OBJECTS, heavy_check, heavy_service
from pages.slow import MOST_TASK_MS, at_rest, best, moved, slow_tabs
from pages.visit import Visitor
from playwright.sync_api import Browser

from geomiljo.maps.sheet import MAX_SHAPES

pytestmark = pytest.mark.speed
MOST_EMBEDDED_BYTES = 300_000


@pytest.fixture(scope="module")
def heavy(
    cluster_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """The address of the service and the path of the result."""
    with heavy_service(cluster_url, migrated_template, tmp_path_factory.mktemp("heavy")) as address:
        yield address, heavy_check(address)


def test_a_large_result_is_paged_and_its_map_light(heavy: tuple[str, str]) -> None:
    address, path = heavy
    page = httpx2.get(address + path, headers=AS_BROWSER, timeout=60).text
    table = httpx2.get(f"{address}{path}/export", params={"f": "csv"}, timeout=60).text
    rows = [row.split(",") for row in table.splitlines() if row.startswith("finding,")]
    assert len(rows) == LAYERS * CLASSES * OBJECTS, "one for each object"
    assert len({row[6] for row in rows}) == LAYERS * CLASSES
    assert page.count('class="pill pill--sq"') == LAYERS * CLASSES / 25
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    embedded = re.findall(r"\{\"features\":.*?\}\);", script)
    assert sum(data.count('"Feature"') for data in embedded) == script.count('"Feature"') > MAX_SHAPES
    assert sum(map(len, embedded)) < MOST_EMBEDDED_BYTES
    assert f"{path}/pieces/" in script, "the rest of the 20,000 objects comes as tiles"


@pytest.fixture
def visitor(browser: Browser, heavy: tuple[str, str]) -> Iterator[Visitor]:
    visitor = Visitor(browser, heavy[0])
    yield visitor
    visitor.close()


@pytest.mark.browser
def test_a_large_result_stays_smooth_on_a_slow_laptop(visitor: Visitor, heavy: tuple[str, str]) -> None:
    page = at_rest(visitor.session().new_page(), visitor.address + heavy[1])
    assert slow_tabs(page, MOST_TASK_MS) == {}
    assert best(lambda: moved(page), MOST_TASK_MS) <= MOST_TASK_MS
