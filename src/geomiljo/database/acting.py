"""For whom the database answers: the service's transactions carry the caller, and row-level security reads it there.

The service connects as the role `SERVICE_ROLE`, which owns nothing. Whatever a statement forgets to ask for, the
database hands out no plan and no assessment that the caller may not see. Without a caller it answers as to anybody.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from geomiljo.access import ANONYMOUS, Caller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

SERVICE_ROLE = "geomiljo_service"
_TELL = (
    "SELECT CASE WHEN %s THEN set_config('transaction_read_only', 'on', true) END,"
    " set_config('geomiljo.caller', %s, true),"
    " set_config('geomiljo.role', %s, true), set_config('geomiljo.municipality', %s, true),"
    " set_config('geomiljo.county', %s, true), set_config('geomiljo.hidden', %s, true)"
)


@dataclass(frozen=True, slots=True)
class Acting:
    """The caller of the transactions to come.

    Attributes
    ----------
    caller : Caller
    hidden : frozenset of str or None
        Layers that the caller may not see; None: not known, so that no assessment is seen.
    is_read_only : bool
    """

    caller: Caller = ANONYMOUS
    hidden: frozenset[str] | None = None
    is_read_only: bool = False


NOBODY = Acting()
_acting: ContextVar[Acting] = ContextVar("geomiljo_acting", default=NOBODY)


def act(acting: Acting) -> None:
    """Let the transactions of this request be `acting`'s, until it ends."""
    _acting.set(acting)


@contextmanager
def acting_as(acting: Acting) -> Iterator[None]:
    """Let the transactions inside the block be `acting`'s."""
    token = _acting.set(acting)
    try:
        yield
    finally:
        _acting.reset(token)


def tell_database(engine: Engine) -> None:
    """Begin every transaction of `engine` by telling the database who acts."""
    event.listen(engine, "begin", _tell)


def _tell(connection: Connection) -> None:
    connection.exec_driver_sql(*telling())


def telling() -> tuple[str, tuple[Any, ...]]:
    """Return the statement with which a transaction begins, and its values: who acts."""
    acting = _acting.get()
    caller = acting.caller
    hidden = "" if acting.hidden is None else "{" + ",".join(f'"{layer}"' for layer in sorted(acting.hidden)) + "}"
    return _TELL, (
        acting.is_read_only,
        caller.id,
        caller.role,
        caller.municipality or "",
        caller.county or "",
        hidden,
    )
