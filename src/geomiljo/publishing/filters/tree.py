"""A filter as a tree of CQL2 JSON in which every node knows its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from geomiljo.texts import Marked

MAX_DEPTH = 30
"""Operators inside one another."""


class Fault(Exception):
    """What is wrong with a filter, before it is known how the caller wrote it.

    Parameters
    ----------
    message : Marked
        Template with places for `params`.
    pointer : str
        JSON pointer of the node at fault.
    fragment : str
        How the place is written in CQL2 text, as far as that is known.
    position : int or None
        Number of the character in CQL2 text, from 1; None: to be found by `fragment`.
    """

    def __init__(
        self, message: Marked, *, pointer: str = "", fragment: str = "", position: int | None = None, **params: Any
    ) -> None:
        super().__init__(message)
        self.message = message
        self.pointer = pointer
        self.fragment = fragment
        self.position = position
        self.params = params


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a filter."""

    value: Any
    pointer: str = ""
    depth: int = 0

    @property
    def op(self) -> str | None:
        """Return the operator or function in small letters, None for a property or literal."""
        return str(self.value["op"]).lower() if isinstance(self.value, dict) and "op" in self.value else None

    def member(self, key: str) -> Any:
        """Return a member of an object, None where this is none or lacks it."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def items(self, values: list[Any], place: str) -> tuple[Node, ...]:
        """Return the nodes of a list inside this one."""
        if self.depth >= MAX_DEPTH:
            raise self.fault(_("The filter is nested deeper than {limit} levels."), limit=MAX_DEPTH)
        return tuple(Node(v, f"{self.pointer}{place}/{i}", self.depth + 1) for i, v in enumerate(values))

    def args(self, least: int, most: int | None = None) -> tuple[Node, ...]:
        """Return the operands, of which there must be `least`, or up to `most`."""
        values = self.member("args")
        if not least <= len(values) <= (most or least):
            raise self.fault(
                _("{operator} takes {expected} operands, not {count}."),
                operator=str(self.op).upper(),
                expected=least if most in {None, least} else f"{least}–{most}",
                count=len(values),
            )
        return self.items(values, "/args")

    def fault(self, message: Marked, **params: Any) -> Fault:
        """Return what is wrong at this node."""
        return Fault(message, pointer=self.pointer, fragment=self._fragment(), **params)

    def _fragment(self) -> str:
        if isinstance(self.value, dict):
            name = self.value.get("property") or self.value.get("op") or self.value.get("type")
            return str(name or next((key for key in self.value), ""))
        return f"{self.value:g}" if isinstance(self.value, float) else str(self.value)
