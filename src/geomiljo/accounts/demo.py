"""Demo identities: whom one can be in an installation that runs for development, to try a whole case alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geomiljo.access import Caller
from geomiljo.errors import NotFound
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Mapping


def demo_identity(role: str, place: str, municipalities: Mapping[str, str], counties: Mapping[str, str]) -> Caller:
    """Return a planner of a municipality, an officer of a county, or the administrator.

    Parameters
    ----------
    role : str
    place : str
        Code of the municipality or county.
    municipalities, counties : mapping of str to str
        Names by code.

    Raises
    ------
    NotFound
        There is no such role or place.

    Examples
    --------
    >>> demo_identity("planner", "0180", {"0180": "Stockholm"}, {}).municipality
    '0180'
    """
    if role == "planner" and place in municipalities:
        return Caller(f"demo:planner-{place}", municipalities[place], "planner", municipality=place)
    if role == "reviewer" and place in counties:
        return Caller(f"demo:reviewer-{place}", counties[place], "reviewer", county=place)
    if role == "admin":
        return Caller("demo:admin", "geomiljo", "admin")
    raise NotFound(_("There is no demo identity {role} {place}."), role=role, place=place)
