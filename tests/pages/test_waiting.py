"""Checks that take long: cancelled while one watches, or going on in the background at an address to come back to.

A lock on the pieces of all layers makes checks wait as a slow database would.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2
import pytest
from databases import engine_at
from pages.conftest import AS_BROWSER, PLAN, Town, served
from pages.visit import SMALLEST, WIDE, Visitor, accessibility_faults, overflows, picture
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine, func, select, text

from geomiljo.access import ANONYMOUS
from geomiljo.assessments.checking import AreaRequest
from geomiljo.assessments.checks import keep_upload
from geomiljo.database.check_tables import KeptCheckRow
from geomiljo.jobs.store import cancel_job, enqueue, get_job, owner
from geomiljo.jobs.uploads import job_of
from geomiljo.plans.case import PlanSource

BUSY = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture(scope="module")
def hasty(town: Town) -> Iterator[str]:
    """The address of a service over the town that waits half a second for a check."""
    with served(town.settings.model_copy(update={"check_wait_s": 0.5})) as address:
        yield address


@pytest.fixture
def engine(town: Town) -> Iterator[Engine]:
    assert town.settings.database_url is not None
    with engine_at(town.settings.database_url.get_secret_value()) as engine:
        yield engine


@contextmanager
def held(engine: Engine) -> Iterator[None]:
    """Let nobody read pieces until the block ends."""
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE piece IN ACCESS EXCLUSIVE MODE"))
        yield


def count_checks(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(KeptCheckRow)) or 0


def until(is_so: Callable[[], bool], most_s: float = 20) -> None:
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun < most_s
        time.sleep(0.05)


def waiting(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(text(BUSY)) or 0


def press(page: Page) -> None:
    page.set_input_files("#file", PLAN)
    page.click("text=Kontrollera planområdet")


@pytest.mark.browser
def test_a_running_check_is_cancelled_and_its_work_stops(visitor: Visitor, engine: Engine) -> None:
    page = visitor.open("/")
    before = count_checks(engine)
    with held(engine):
        press(page)
        page.wait_for_selector("#progress:visible")
        until(lambda: waiting(engine) > 0)
        picture(page, "start-progress-1440")
        page.click("#cancel")
        page.wait_for_function("document.getElementById('status').textContent.includes('avbröts')")
        assert not page.locator("#progress").is_visible()
        assert page.evaluate("file.files.length") == 1, "what was chosen is still there"
        time.sleep(0.3)  # the service learns that nobody waits
    until(lambda: waiting(engine) == 0)
    time.sleep(1.5)  # a check of this plan takes half a second
    assert count_checks(engine) == before
    press(page)
    page.wait_for_url(re.compile("/checks/"))
    assert count_checks(engine) == before + 1


@pytest.mark.browser
@pytest.mark.parametrize("size", [WIDE, SMALLEST])
def test_one_may_leave_a_long_check_and_come_back(
    browser: Browser, hasty: str, engine: Engine, size: tuple[int, int]
) -> None:
    visitor = Visitor(browser, hasty)
    page = visitor.open("/", size)
    with held(engine):
        press(page)
        page.wait_for_url(re.compile("/checks/[0-9a-f]{32}"))
        address = page.url
        assert page.locator("h1").inner_text() == "Kontrollen fortsätter i bakgrunden"
        assert address.endswith(page.locator("#waiting .notice a").inner_text())
        assert accessibility_faults(page) == []
        assert overflows(page) <= 0
        picture(page, f"waiting-{size[0]}")
        page.goto(hasty + "/")
    back = visitor.open(address.removeprefix(hasty))
    back.wait_for_selector(".verdict")
    assert back.url == address
    assert back.locator("h1").inner_text() == "Lindö strand"
    visitor.close()


def test_without_script_a_long_check_goes_on_too_and_can_be_cancelled(hasty: str, engine: Engine) -> None:
    with httpx2.Client(base_url=hasty, headers=AS_BROWSER) as client, held(engine):
        sent = client.post("/checks", data={"way": "file"}, files={"file": (PLAN.name, PLAN.read_bytes())})
        address = sent.headers["location"]
        page = client.get(address)
        assert page.status_code == 202
        assert address in page.text
        cancelled = client.post(f"{address}/cancel")
        assert cancelled.headers["location"] == address
    with httpx2.Client(base_url=hasty, headers=AS_BROWSER) as client:
        until(lambda: "Kontrollen avbröts" in client.get(address).text)
        page = client.get(address)
        assert page.status_code == 200
        [upload] = re.findall(r'href="(/uploads/[0-9a-f]{32})"', page.text)
        assert client.get(upload).status_code == 200
        assert client.post(f"{address}/cancel").status_code == 409


def test_checks_in_the_background_are_among_the_recent_ones(hasty: str, engine: Engine, town: Town) -> None:
    with httpx2.Client(base_url=hasty, headers=AS_BROWSER) as client:
        client.post("/auth/demo", data={"role": "planner", "place": "0099"})
        with held(engine):
            sent = {"way": "file", "name": "Lindö <i>udde</i>"}
            file = {"file": (PLAN.name, PLAN.read_bytes())}
            address = client.post("/checks", data=sent, files=file).headers["location"]
            until(lambda: "Pågår" in recent(client, address))
            assert "Lindö &lt;i&gt;udde&lt;/i&gt;" in recent(client, address)
        until(lambda: "Klar" in recent(client, address))
        assert re.search(r'<td class="r">\d', recent(client, address))
        with engine.begin() as connection:
            caller = owner(get_job(connection, address.rpartition("/")[2]))
            upload = keep_upload(connection, caller, PlanSource("trasig.geojson", b"{}"), town.settings)
            broken = enqueue(connection, caller, job_of(AreaRequest(upload=upload)))
            stopped = enqueue(connection, caller, job_of(AreaRequest(upload=upload, name="Ångrad")))
            cancel_job(connection, stopped)
        assert "Avbruten" in recent(client, f"/checks/{stopped}")
        until(lambda: "Kunde inte göras" in recent(client, f"/checks/{broken}"))
        assert "trasig.geojson" in recent(client, f"/checks/{broken}")
        assert client.get("/").text.count(f'href="{address}"') == 1
    with httpx2.Client(base_url=hasty, headers=AS_BROWSER) as other:
        assert f'href="{address}"' not in other.get("/").text
        other.post("/auth/demo", data={"role": "planner", "place": "0180"})
        assert f'href="/checks/{broken}"' not in other.get("/").text


def recent(client: httpx2.Client, address: str) -> str:
    """Return the row of a check in the list of the start page; empty where it has none."""
    rows = client.get("/").text.partition('id="recent"')[2].split("<tr>")
    return next((row for row in rows if f'href="{address}"' in row), "")


def test_why_a_check_in_the_background_could_not_be_made_is_told(hasty: str, engine: Engine) -> None:
    with engine.begin() as connection:
        job = enqueue(connection, ANONYMOUS, job_of(AreaRequest(upload="0" * 32)))
    with httpx2.Client(base_url=hasty, headers=AS_BROWSER) as client:
        until(lambda: client.get(f"/checks/{job}").status_code == 200)
        page = client.get(f"/checks/{job}").text
    assert "Kontrollen kunde inte göras" in page
    assert "Skicka den igen" in page
