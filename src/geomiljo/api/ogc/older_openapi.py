"""OpenAPI 3.1, as FastAPI writes it, as 3.0, which clients of OGC APIs read."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]
_UNKNOWN = frozenset(
    {"$schema", "$id", "$defs", "contentMediaType", "contentEncoding", "propertyNames", "examples", "prefixItems"}
)
_SCHEMAS = "#/components/schemas/"


def paths_under(document: Document, prefix: str) -> tuple[Document, Document]:
    """Return the paths of a 3.1 document that begin with `prefix`, without it, and the schemas they speak of.

    Names of operations and schemas stay; references go to ``#/components/schemas`` as before.
    """
    chosen = {path: item for path, item in document["paths"].items() if path.startswith(f"{prefix}/")}
    paths = {path.removeprefix(prefix): older(item) for path, item in chosen.items()}
    known = document.get("components", {}).get("schemas", {}) | _inner(chosen)
    wanted: dict[str, Document] = {}
    open_names = _named(paths)
    while open_names:
        name = open_names.pop()
        if name not in wanted:
            wanted[name] = older(known[name])
            open_names |= _named(wanted[name])
    return paths, wanted


def older(value: Any) -> Any:
    """Return a part of a 3.1 document as 3.0 has it.

    Examples
    --------
    >>> older({"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Name"})
    {'title': 'Name', 'type': 'string', 'nullable': True}
    >>> older({"const": "x", "exclusiveMinimum": 0})
    {'exclusiveMinimum': True, 'enum': ['x'], 'minimum': 0}
    """
    if isinstance(value, list):
        return [older(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {name: older(item) for name, item in value.items() if name not in _UNKNOWN}
    if isinstance(found.get("$ref"), str):
        found["$ref"] = found["$ref"].replace("#/$defs/", _SCHEMAS)
    if "const" in found:
        found["enum"] = [found.pop("const")]
    for name in ("Minimum", "Maximum"):
        exclusive = f"exclusive{name}"
        if isinstance(found.get(exclusive), int | float) and not isinstance(found[exclusive], bool):
            found[name.lower()], found[exclusive] = found[exclusive], True
    if isinstance(found.get("anyOf"), list):
        found = _without_null(found)
    return found


def _without_null(schema: Document) -> Document:
    others = [choice for choice in schema["anyOf"] if choice != {"type": "null"}]
    if len(others) == len(schema["anyOf"]):
        return schema
    rest = {name: item for name, item in schema.items() if name not in {"anyOf", "default"} or item is not None}
    rest.pop("anyOf", None)
    if len(others) > 1 or "$ref" in others[0]:
        return {**rest, "anyOf" if len(others) > 1 else "allOf": others, "nullable": True}
    return {**rest, **others[0], "nullable": True}


def _inner(value: Any) -> Document:
    """Return the schemas that others define inside themselves."""
    parts = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    found: Document = dict(value.get("$defs", {})) if isinstance(value, dict) else {}
    for part in parts:
        found |= _inner(part)
    return found


def _named(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_named, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
    return own.union(*map(_named, value.values()))
