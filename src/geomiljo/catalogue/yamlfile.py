"""YAML files whose faults can be told by file, line and key."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml

from geomiljo.errors import CatalogueError
from geomiljo.texts import mark as _

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import ValidationError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A parsed YAML file that remembers where it came from.

    Line numbers are looked up in the file only when a fault has to be told.
    """

    path: Path
    data: Any

    @classmethod
    def read(cls, path: Path) -> YamlFile:
        """Parse `path`.

        Raises
        ------
        CatalogueError
            When the file is missing or is no YAML; the message names file and line.
        """
        try:
            return cls(path, _parsed(path.read_bytes()))
        except OSError as error:
            raise CatalogueError(_("{file} cannot be read: {reason}."), file=path, reason=error.strerror) from error
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 0
            raise CatalogueError(
                _("{file}:{line}: this is not YAML: {reason}."),
                file=path,
                line=line,
                reason=str(getattr(error, "problem", None) or error),
                location=f"{path}:{line}",
            ) from error

    def line(self, keys: Sequence[int | str]) -> int:
        """Return the line (from 1) of the deepest node that `keys` lead to."""
        with self.path.open("rb") as source:
            node = yaml.compose(source, Loader=_Loader)
        for key in keys:
            child = _child(node, key)
            if child is None:
                break
            node = child
        return int(node.start_mark.line) + 1 if node is not None else 1

    def fault(self, keys: Sequence[int | str], reason: str, **params: Any) -> CatalogueError:
        """Return an error that names this file, the line and the key that `keys` lead to."""
        line = self.line(keys)
        key = ".".join(str(key) for key in keys)
        return CatalogueError(
            "{file}:{line}: {key}: " + reason,
            file=self.path,
            line=line,
            key=key,
            location=f"{self.path}:{line}",
            **params,
        )

    def faults(self, error: ValidationError, prefix: Sequence[int | str] = ()) -> CatalogueError:
        """Return one error with a line for each of pydantic's findings."""
        lines = []
        for detail in error.errors(include_url=False, include_input=False):
            keys = [*prefix, *(key for key in detail["loc"] if not _is_union_tag(key, detail["loc"]))]
            lines.append(f"{self.path}:{self.line(keys)}: {'.'.join(map(str, keys))}: {detail['msg']}")
        return CatalogueError("{faults}", faults="\n".join(lines), location=lines[0].split(": ")[0])


@lru_cache(maxsize=64)
def _parsed(content: bytes) -> Any:
    """Return what YAML says; a process that reads the registers again parses only what has changed."""
    return yaml.load(content, Loader=_Loader)  # noqa: S506 - the C build of the safe loader


def _is_union_tag(key: int | str, loc: tuple[int | str, ...]) -> bool:
    """Tell whether pydantic put `key` in the path as the name of a union's branch (after ``when``)."""
    position = loc.index(key)
    return position > 0 and loc[position - 1] == "when"


def _child(node: Any, key: int | str) -> Any:
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key]
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == str(key)), None)
    return None
