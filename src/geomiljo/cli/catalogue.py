"""`geomiljo catalogue`: the registers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from geomiljo.cli.context import note, read_registers, read_settings
from geomiljo.cli.words import language, say
from geomiljo.errors import NotFound
from geomiljo.texts import mark as _

app = typer.Typer(no_args_is_help=True, help=say(_("The registers: layers, rules, objectives, law.")))


@app.command("check", help=say(_("Check the registers; faults are told with file, line and key.")))
def check() -> None:
    """Check the registers, an organisation's own laid over the shipped ones."""
    registers = read_registers(read_settings())
    note(
        say(
            _("{layers} layers, {rules} rules, {objectives} objectives: no fault. Version {version}"),
            layers=len(registers.layers),
            rules=len(registers.rules),
            objectives=len(registers.objectives),
            version=registers.version,
        )
    )


@app.command("schema", help=say(_("JSON Schemas of the registers and of assessments, for editors and programs.")))
def schema(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help=say(_("Write one file for each here")))
    ] = None,
) -> None:
    """Print or write the JSON Schemas."""
    import orjson

    from geomiljo.analysis.document import json_schema
    from geomiljo.catalogue.schema import register_schema

    schemas = {"registers.schema.json": register_schema(), "assessment.schema.json": json_schema()}
    if out is None:
        typer.echo(orjson.dumps(schemas, option=orjson.OPT_INDENT_2).decode())
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, content in schemas.items():
        (out / name).write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    note(say(_("Written to {folder}: {names}"), folder=out, names=", ".join(schemas)))


@app.command("show", help=say(_("A rule as people read it: when it fires, on what ground, and what follows.")))
def show(rule_id: Annotated[str, typer.Argument(metavar="RULE")]) -> None:
    """Print a rule."""
    registers = read_registers(read_settings())
    if rule_id not in registers.rules:
        raise NotFound(
            _("There is no rule {rule}."),
            remedy=_("Rules of that layer: {rules}."),
            rule=rule_id,
            rules=", ".join(rule for rule in registers.rules if rule.startswith(rule_id.partition(".")[0])) or "-",
        )
    from geomiljo.reports.terminal import print_rule

    print_rule(registers, registers.rules[rule_id], language())
