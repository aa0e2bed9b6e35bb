"""What each kind of problem means: the addresses that problem details point to."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from geomiljo.api.problems import PROBLEM_RESPONSES
from geomiljo.errors import GeomiljoError, NotFound, kinds
from geomiljo.texts import mark as _

router = APIRouter(prefix="/problems", tags=["problems"], responses={404: PROBLEM_RESPONSES[404]})


@router.get("", summary="All kinds of problems")
def all_kinds() -> list[dict[str, Any]]:
    """List the kinds of problems that the service answers with."""
    return [_describe(kind) for kind in kinds()]


@router.get("/{code}", summary="One kind of problem")
def one_kind(code: str) -> dict[str, Any]:
    """Describe one kind of problem."""
    found = next((kind for kind in kinds() if kind.code == code), None)
    if found is None:
        raise NotFound(_("There is no kind of problem called {code}."), code=code)
    return _describe(found)


def _describe(kind: type[GeomiljoError]) -> dict[str, Any]:
    about = (kind.__doc__ or "").strip().splitlines()[0]
    return {"type": f"/problems/{kind.code}", "title": kind.title, "status": kind.status, "about": about}
