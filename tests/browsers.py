"""The browser that tests drive."""

from __future__ import annotations

import os
import shutil

import pytest


def chromium() -> str:
    """Return the program; without it the test fails where CI runs and is skipped elsewhere."""
    program = shutil.which("chromium")
    if program is not None:
        return program
    missing = "no chromium on this machine: apt-get install chromium"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
