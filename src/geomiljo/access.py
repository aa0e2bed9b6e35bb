"""Who asks: the caller of a use case, as every door knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["public", "planner", "reviewer", "admin"]
"""`public`: anybody; `planner`: of a municipality; `reviewer`: of a county; `admin`: of the installation."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A person or a program that asks.

    Attributes
    ----------
    id : str
        Stable: ``anonymous``, ``local``, ``key:<prefix>`` or ``oidc:<issuer>#<subject>``.
    name : str
        For people.
    role : Role
    municipality : str or None
        Four digits; a planner's own.
    county : str or None
        Two digits; a reviewer's own.
    """

    id: str
    name: str
    role: Role
    municipality: str | None = None
    county: str | None = None


ANONYMOUS = Caller("anonymous", "", "public")
LOCAL = Caller("local", "local", "admin")
"""The command line: who may run it on the machine may do everything there."""
