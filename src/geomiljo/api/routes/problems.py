"""What each kind of problem means: the addresses that problem details point to."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from geomiljo.api.pages.answers import frame_of, page, wants_page
from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.api.security import CurrentCaller
from geomiljo.errors import GeomiljoError, NotFound, kinds
from geomiljo.pages.problems import MEANING
from geomiljo.texts import mark as _

router = APIRouter(prefix="/problems", tags=["problems"], responses={404: PROBLEM_RESPONSES[404]})


@router.get("", summary="All kinds of problems", response_model=list[dict[str, Any]])
def all_kinds(request: Request, caller: CurrentCaller) -> Any:
    """List the kinds of problems that the service answers with."""
    if wants_page(request):
        return page(frame_of(request, caller), "problem_kinds.html", kinds=list(kinds()), meaning=MEANING, chosen=None)
    return [_describe(kind) for kind in kinds()]


@router.get("/{code}", summary="One kind of problem", response_model=dict[str, Any])
def one_kind(code: str, request: Request, caller: CurrentCaller) -> Any:
    """Describe one kind of problem."""
    found = next((kind for kind in kinds() if kind.code == code), None)
    if found is None:
        raise NotFound(_("There is no kind of problem called {code}."), code=code)
    if wants_page(request):
        return page(frame_of(request, caller), "problem_kinds.html", kinds=[found], meaning=MEANING, chosen=found)
    return _describe(found)


def _describe(kind: type[GeomiljoError]) -> dict[str, Any]:
    about = (kind.__doc__ or "").strip().splitlines()[0]
    return {"type": f"/problems/{kind.code}", "title": kind.title, "status": kind.status, "about": about}
