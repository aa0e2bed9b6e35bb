"""Decisions, README and contributing guide against what is there."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main
from docs.markdown import DOCS, ROOT, blocks, code, tables

from geomiljo.cli.app import app

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("gis/*.md"))]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
_REQUIREMENT = re.compile(r"[\w-]+")
_VARIABLE = re.compile(r"^[A-Z_]+=\S+$")


def commands(path: Path, program: str) -> list[list[str]]:
    """Return the command lines of a document that call `program`, without the variables before them."""
    found = []
    for block in blocks(path, "console"):
        for line in block.text.splitlines():
            words = [w for w in shlex.split(line.removeprefix("$ "), comments=True) if not _VARIABLE.match(w)]
            if line.startswith("$ ") and Path(words[0]).name == program:
                found.append(words[1:])
    return found


GEOMILJO = [pytest.param(c, id=" ".join(c)) for page in PAGES for c in commands(page, "geomiljo")]
MAKE = [(page, words) for page in PAGES for words in commands(page, "make")]


def test_every_library_has_a_line_of_why() -> None:
    needed = [_REQUIREMENT.match(text) for text in PROJECT["project"]["dependencies"]]
    rows = tables(DOCS / "decisions.md")["Libraries"]
    assert [code(row["library"]) for row in rows] == [[match.group()] for match in needed if match]
    assert all(row["why"] for row in rows)


def test_every_decision_says_why_what_else_and_when_again() -> None:
    text = (DOCS / "decisions.md").read_text(encoding="utf-8").partition("## Libraries")[0]
    entries = re.split(r"^### ", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 15
    for entry in entries:
        assert "*Why*:" in entry
        assert "*Again*:" in entry


@pytest.mark.parametrize("words", GEOMILJO)
def test_commands_are_understood(words: list[str]) -> None:
    """The command exists and takes these arguments and options; nothing is run."""
    command: Any = typer.main.get_command(app)
    rest = list(words)
    while hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    command.make_context(words[0], rest)


def test_documents_show_commands() -> None:
    assert len(GEOMILJO) > 10


@pytest.mark.parametrize(("page", "words"), MAKE, ids=[" ".join(words) for _, words in MAKE])
def test_make_targets_exist(page: Path, words: list[str]) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert set(words) <= set(targets)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_the_glossary_has_each_term_once() -> None:
    rows = [row for table in tables(DOCS / "glossary.md").values() for row in table]
    swedish = [row["svenska"] for row in rows]
    assert len(set(swedish)) == len(swedish) > 40
    assert all(row["English"] and row["in the code"] for row in rows)


def test_the_changelog_has_the_version_of_the_program() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text
    assert re.search(r"^## \[?0\.1\.0\]?", text, flags=re.MULTILINE)
