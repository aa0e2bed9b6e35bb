"""Who asks, and what that caller may do: the one policy of every door, of background work and of the database.

`allows` decides on one plan; `geomiljo.plans.visibility` says the same of many plans as a condition, and the row-level
security of the database says it once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

Role = Literal["public", "planner", "reviewer", "admin"]
"""`public`: anybody; `planner`: of a municipality; `reviewer`: of a county; `admin`: of the installation."""

Action = Literal[
    "plan.read",
    "plan.create",
    "plan.write",
    "assessment.create",
    "review.write",
    "report.write",
    "ledger.read",
    "queue.read",
    "job.read",
    "layer.write",
    "key.write",
]
"""What can be done to plans and to the installation; reading registers and unsaved checks are open to all."""

ROLES: tuple[Role, ...] = get_args(Role)

PUBLISHED_STAGES = frozenset({"samråd", "granskning", "antagen", "överklagad", "tillsyn", "laga kraft", "upphävd"})
"""Stages from consultation on. At every other stage, known or not, a plan is its municipality's own."""

_READ: frozenset[Action] = frozenset({"plan.read", "ledger.read", "job.read"})
_OF_ROLE: dict[Role, frozenset[Action]] = {
    "public": _READ,
    "planner": _READ | {"plan.create", "plan.write", "assessment.create", "review.write", "report.write"},
    "reviewer": _READ | {"assessment.create", "review.write", "report.write", "queue.read"},
    "admin": frozenset(get_args(Action)),
}
_OF_ANYONES_PLAN: frozenset[Action] = _READ | {"report.write"}
"""What a role may do to any plan that it sees; everything else it does in its own municipality or county."""


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
    scope : str
        ``read``: a key that changes nothing, whatever its role may.
    """

    id: str
    name: str
    role: Role
    municipality: str | None = None
    county: str | None = None
    scope: Literal["read", "write"] = "write"


ANONYMOUS = Caller("anonymous", "", "public")
LOCAL = Caller("local", "local", "admin")
"""The command line: who may run it on the machine may do everything there."""

SCHEDULE = Caller("schedule", "schedule", "admin")
"""The worker, where it asks for something by itself."""


class Subject(Protocol):
    """What is acted on: a plan, or anything that knows whose plan it belongs to."""

    @property
    def municipality(self) -> str | None:
        """Four digits."""

    @property
    def county(self) -> str | None:
        """Two digits."""

    @property
    def stage(self) -> str:
        """Stage of the plan, as the national plan schema calls it."""

    @property
    def state(self) -> str:
        """``withdrawn`` hides the plan from all but its municipality."""


def owns(caller: Caller, subject: Subject) -> bool:
    """Return whether the plan lies in the caller's own municipality or county."""
    if caller.role == "admin":
        return True
    if caller.role == "planner":
        return caller.municipality is not None and caller.municipality == subject.municipality
    if caller.role == "reviewer":
        return caller.county is not None and caller.county == subject.county
    return False


def is_published(subject: Subject) -> bool:
    """Return whether the plan has come to consultation and has not been withdrawn."""
    return subject.stage in PUBLISHED_STAGES and subject.state != "withdrawn"


def allows(caller: Caller, action: Action, subject: Subject | None = None) -> bool:
    """Return whether `caller` may do `action`: the policy.

    Parameters
    ----------
    subject : Subject, optional
        The plan acted on. Without one the answer is whether the role may ever do it.

    Examples
    --------
    >>> allows(ANONYMOUS, "plan.create"), allows(LOCAL, "plan.create")
    (False, True)
    """
    if action not in _OF_ROLE[caller.role] or (caller.scope == "read" and action not in _READ | {"queue.read"}):
        return False
    if subject is None or caller.role == "admin":
        return True
    is_own = owns(caller, subject)
    is_seen = is_published(subject) or (is_own and caller.role == "planner")
    return is_seen and (is_own or action in _OF_ANYONES_PLAN)
