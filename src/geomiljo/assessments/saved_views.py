"""Questions to the queue that somebody keeps under names of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from geomiljo.database.review_tables import SavedView
from geomiljo.errors import InputError, LimitExceeded
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geomiljo.access import Caller

MOST_VIEWS = 50
_LONGEST_NAME, _LONGEST_QUERY = 80, 2_000


class View(NamedTuple):
    """A kept question: its name, and the query of its address."""

    name: str
    query: str


def saved_views(connection: Connection, caller: Caller) -> tuple[View, ...]:
    """Return the caller's own views by name."""
    rows = select(SavedView.name, SavedView.query).where(SavedView.by_id == caller.id).order_by(SavedView.name)
    return tuple(View(*row) for row in connection.execute(rows))


def save_view(connection: Connection, caller: Caller, name: str, query: str) -> View:
    """Keep a view; one of the same name gives way.

    Raises
    ------
    InputError, LimitExceeded
        The name is empty or too long; there are too many.
    """
    view = View(" ".join(name.split()), query)
    if not 0 < len(view.name) <= _LONGEST_NAME or len(query) > _LONGEST_QUERY or "\0" in name + query:
        raise InputError(
            _("A view has a name of 1 to {most} letters."), remedy=_("Give it a short name."), most=_LONGEST_NAME
        )
    others = select(func.count()).where(SavedView.by_id == caller.id, SavedView.name != view.name)
    if (connection.scalar(others) or 0) >= MOST_VIEWS:
        raise LimitExceeded(
            _("You have {most} views already."), remedy=_("Remove one that you no longer use."), most=MOST_VIEWS
        )
    row = insert(SavedView).values(by_id=caller.id, name=view.name, query=query)
    connection.execute(
        row.on_conflict_do_update(index_elements=["by_id", "name"], set_={"query": query, "saved_at": func.now()})
    )
    return view


def remove_view(connection: Connection, caller: Caller, name: str) -> None:
    """Remove one of the caller's views; one that is not there is none to remove."""
    connection.execute(delete(SavedView).where(SavedView.by_id == caller.id, SavedView.name == name))
