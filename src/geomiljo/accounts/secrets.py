"""Random secrets, and the hash under which the database knows them.

A secret has 256 random bits, so that a plain hash keeps it: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32


def new_secret() -> str:
    """Return 256 random bits as text for URLs, headers and cookies."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(secret: str) -> bytes:
    """Return the SHA-256 hash of a secret, 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()
