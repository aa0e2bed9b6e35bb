"""Words of the command line in the user's language, known before any heavy import."""

from __future__ import annotations

import os

from geomiljo.texts import LANGUAGES, Language, translate


def language() -> Language:
    """Return the language that the environment asks for; Swedish unless it is English."""
    wanted = os.environ.get("GEOMILJO_LANGUAGE", "sv").lower()
    return next((known for known in LANGUAGES if known == wanted), "sv")


def say(template: str, **params: object) -> str:
    """Return a marked template in the user's language, filled."""
    return translate(template, language(), **params)
