"""Asking foreign services over HTTP: patience, politeness, credentials, and refusing what is no answer."""

from __future__ import annotations

from geomiljo.remote.answers import Answer, at_home, no_answer
from geomiljo.remote.client import Asked, Remote
from geomiljo.remote.credentials import basic_credentials

__all__ = ["Answer", "Asked", "Remote", "at_home", "basic_credentials", "no_answer"]
