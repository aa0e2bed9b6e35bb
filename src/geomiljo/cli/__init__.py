"""The command line. Heavy rooms are imported by the command that needs them, so that `--help` answers at once."""

from __future__ import annotations

import sys
import warnings

from geomiljo.errors import GeomiljoError


def main() -> None:
    """Run the command line; errors of ours end in one message on standard error and their exit code."""
    from geomiljo.cli.app import app

    warnings.showwarning = _show_warning
    warnings.filterwarnings("ignore", "Non closed ring", RuntimeWarning)  # the reports tell it themselves
    try:
        app()
    except GeomiljoError as error:
        from geomiljo.cli.context import tell_error

        tell_error(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _show_warning(message: Warning | str, *_where: object, **_more: object) -> None:
    """Show what a library warns of, GDAL above all, without the line of code that did so."""
    from geomiljo.cli.words import say
    from geomiljo.texts import mark as _

    sys.stderr.write(say(_("Note: {message}"), message=message) + "\n")
