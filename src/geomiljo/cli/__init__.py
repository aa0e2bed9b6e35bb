"""The command line. Heavy rooms are imported by the command that needs them, so that `--help` answers at once."""

from __future__ import annotations

import sys

from geomiljo.errors import GeomiljoError


def main() -> None:
    """Run the command line; errors of ours end in one message on standard error and their exit code."""
    from geomiljo.cli.app import app

    try:
        app()
    except GeomiljoError as error:
        from geomiljo.cli.context import tell_error

        tell_error(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
