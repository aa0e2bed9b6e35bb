"""JSON Schema of register files, so that editors complete keys and mark faults while one types."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from geomiljo.catalogue.load import REGISTERS


def register_schema() -> dict[str, Any]:
    """Return the JSON Schema of a register file: any of the registers under its top-level key."""
    inputs = [(name, "validation", TypeAdapter(model)) for name, (model, _identity) in REGISTERS.items()]
    by_key, definitions = TypeAdapter.json_schemas(
        inputs,  # type: ignore[arg-type]
        ref_template="#/$defs/{model}",
    )
    properties = {
        name: by_key[name, "validation"]
        if name == "generational_goal"
        else {"type": "array", "items": by_key[name, "validation"]}
        for name in REGISTERS
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "geomiljo registers",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        **definitions,
    }
