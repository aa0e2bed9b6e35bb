"""Settings: environment variables ``GEOMILJO_*``, read once where a program starts and handed down.

`docs/settings.md` describes each; a test holds the two together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Language = Literal["sv", "en"]


class Settings(BaseSettings):
    """What an installation decides for itself."""

    model_config = SettingsConfigDict(env_prefix="GEOMILJO_", frozen=True, extra="ignore")

    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL address with PostGIS, postgresql://…; unset: a private cluster in the state folder",
    )
    state_dir: Path = Field(default=Path(".geomiljo"), description="Folder of the private cluster and of caches")
    registers_dir: Path | None = Field(
        default=None, description="The organisation's own registers, laid over the shipped ones"
    )
    language: Language = Field(default="sv", description="Language of the command line: sv or en")
    max_upload_bytes: int = Field(default=200_000_000, ge=1_000, description="Largest planning area file")
    max_vertices: int = Field(default=1_000_000, ge=100, description="Most vertices in a planning area")
    max_features: int = Field(default=10_000, ge=1, description="Most features in a planning area file")
    statement_timeout_s: float = Field(
        default=120.0, gt=0, description="Longest time for one database statement of a check"
    )
