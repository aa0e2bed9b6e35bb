"""The Swedish user guide: its pictures are of the pages as they are, made when `GEOMILJO_TEST_PICTURES` is set."""

from __future__ import annotations

import os
import re
import struct
from pathlib import Path

import pytest
from pages.conftest import Town
from pages.pictures import write_picture
from pages.visit import ROOT, Visitor
from playwright.sync_api import APIRequestContext

GUIDE = ROOT / "docs" / "anvandarguide.md"
PICTURES = ROOT / "docs" / "pictures"
SIZE = (1200, 720)
MOST_BYTES = 150_000
PLANNER, REVIEWER = ("planner", "0099"), ("reviewer", "00")
SHOTS = {
    "start": (PLANNER, "/", "Kontrollera en plan mot miljömålen"),
    "resultat": (PLANNER, "/assessments/{assessment}?plan={plan}", "Lindö strand"),
    "fynd": (PLANNER, "/assessments/{assessment}?plan={plan}&tab=findings", "Lindö strand"),
    "ej-kontrollerat": (PLANNER, "/assessments/{assessment}?plan={plan}&tab=not-checked", "Lindö strand"),
    "planer": (PLANNER, "/plans", "Planer"),
    "plan": (PLANNER, "/plans/{plan}", "Lindö strand"),
    "jamfor": (PLANNER, "/plans/{plan}/compare", "Vad som skiljer: Lindö strand"),
    "granskning": (REVIEWER, "/review", "Planer att granska"),
    "granska-plan": (REVIEWER, "/review/{plan}", "Lindö strand"),
    "lansoversikt": (REVIEWER, "/overview", "Miljömål per kommun"),
    "kartlager": (PLANNER, "/layers", "Kartlager"),
    "lager": (PLANNER, "/layers/naturreservat?places=kommun", "Naturreservat (statligt och kommunalt)"),
    "regel": (PLANNER, "/rules/naturreservat.overlap", "Naturreservat inom planområdet"),
    "mal": (PLANNER, "/objectives/8", "8 Levande sjöar och vattendrag"),
}


def linked() -> list[str]:
    return re.findall(r"!\[[^\]]+\]\(pictures/([a-z-]+)\.png\)", GUIDE.read_text(encoding="utf-8"))


def width_of(picture: Path) -> int:
    """Return the width that a PNG file states."""
    width: int = struct.unpack(">I", picture.read_bytes()[16:20])[0]
    return width


def test_the_guide_shows_every_picture_and_none_besides() -> None:
    assert sorted(linked()) == sorted(SHOTS) == sorted(path.stem for path in PICTURES.glob("*.png"))
    for name in SHOTS:
        picture = PICTURES / f"{name}.png"
        assert picture.stat().st_size < MOST_BYTES, picture
        assert width_of(picture) == SIZE[0]


@pytest.mark.browser
@pytest.mark.parametrize("name", SHOTS)
def test_what_the_guide_shows_is_there(visitor: Visitor, town: Town, name: str) -> None:
    who, path, heading = SHOTS[name]
    plan = town.plans["plan_strand"]
    context = visitor.session(SIZE)
    sign_in(context.request, town, *who)
    latest = context.request.get(f"{town.address}/api/v1/plans/{plan}").json()["latestAssessment"]["id"]
    address = path.format(plan=plan, assessment=latest)
    answer = context.request.get(town.address + address, headers={"Accept": "text/html"})
    [shown] = re.findall(r"<h1[^>]*>(.*?)</h1>", answer.text(), flags=re.DOTALL)
    assert " ".join(re.sub(r"<[^>]+>", "", shown).split()).startswith(heading)
    if os.environ.get("GEOMILJO_TEST_PICTURES"):
        page = visitor.open(address, context=context)
        page.wait_for_timeout(2_500)  # maps and their tiles come after the page
        PICTURES.mkdir(exist_ok=True)
        write_picture(page.screenshot(), PICTURES / f"{name}.png")


def sign_in(request: APIRequestContext, town: Town, role: str, place: str) -> None:
    form: dict[str, str | float | bool] = {"role": role, "place": place, "to": "/plans"}
    assert request.post(f"{town.address}/auth/demo", form=form, headers={"Sec-Fetch-Site": "same-origin"}).ok
