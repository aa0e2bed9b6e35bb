"""What was made lately and stays as it was, such as drawings of kept assessments."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Made = TypeVar("Made")


class Remembered(Generic[Made]):
    """Holds as many values as it may, those longest unused forgotten first; for all threads.

    Examples
    --------
    >>> remembered = Remembered[str](most=1)
    >>> remembered.of("a", lambda: "made"), remembered.of("a", lambda: "made again")
    ('made', 'made')
    >>> remembered.of("b", lambda: "other"), remembered.of("a", lambda: "made again")
    ('other', 'made again')
    """

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._made: OrderedDict[Hashable, Made] = OrderedDict()
        self._lock = Lock()

    def of(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return the value of a key; it is made where there is none."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
        made = make()
        with self._lock:
            self._made[key] = made
            while len(self._made) > self._most:
                self._made.popitem(last=False)
        return made
