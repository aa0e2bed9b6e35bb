"""`geomiljo plan compare`: what differs between two kept assessments, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from geomiljo.cli.context import database, read_registers, read_settings
from geomiljo.cli.words import language, say
from geomiljo.texts import mark as _

HELP = say(_("What differs between two kept assessments, and why."))


def compare(
    before: Annotated[str, typer.Argument(metavar="ASSESSMENT", help=say(_("Id of the earlier assessment")))],
    after: Annotated[str, typer.Argument(metavar="ASSESSMENT", help=say(_("Id of the later assessment")))],
    as_json: Annotated[bool, typer.Option("--json", help=say(_("Print JSON instead of a table")))] = False,
) -> None:
    """Compare two assessments; each difference is told with its cause."""
    from geomiljo.assessments import Assessor
    from geomiljo.assessments.compare import compare_assessments
    from geomiljo.assessments.store import get_assessment

    settings = read_settings()
    assessor = Assessor.of(read_registers(settings))
    with database(settings) as engine:
        with engine.connect() as connection:
            sides = [get_assessment(connection, side) for side in (before, after)]
        found = compare_assessments(engine, assessor, *sides)
    if as_json:
        from geomiljo.analysis.differences import comparison_json

        typer.echo(comparison_json(found))
        return
    from geomiljo.reports.comparison_terminal import print_comparison

    print_comparison(found, language())
