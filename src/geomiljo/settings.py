"""Settings: environment variables ``GEOMILJO_*``, read once where a program starts and handed down.

`docs/settings.md` describes each; a test holds the two together.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from geomiljo.access import Role

Language = Literal["sv", "en"]
_ORIGIN = r"^https?://[\w.-]+(:\d+)?$"
_RATE = r"^[1-9]\d*/(second|minute|hour)$"


class RoleRule(BaseModel):
    """Whom a claim of the OpenID provider makes what. The first rule that fits counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    claim: str = Field(description="Name of a claim; its value may be a list")
    value: str = Field(description="The claim's value, or an item of it")
    role: Role
    municipality: str | None = Field(default=None, pattern=r"^\d{4}$", description="Of a planner")
    municipality_claim: str | None = Field(default=None, description="Claim that holds a planner's municipality")
    county: str | None = Field(default=None, pattern=r"^\d{2}$", description="Of a reviewer")
    county_claim: str | None = Field(default=None, description="Claim that holds a reviewer's county")


class BaseMap(BaseModel):
    """A map from elsewhere that lies below what a map shows: tiles in Web Mercator, by XYZ or WMTS."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sv: str = Field(min_length=1, max_length=60, description="Title in Swedish")
    en: str = Field(min_length=1, max_length=60, description="Title in English")
    url: str = Field(description="Address of a tile with {z}, {x} and {y}")
    attribution: str = Field(min_length=1, max_length=200, description="Who stands behind it, as plain text")
    min_zoom: int = Field(default=0, ge=0, le=24)
    max_zoom: int = Field(default=18, ge=0, le=24)

    @field_validator("url")
    @classmethod
    def _is_a_template(cls, url: str) -> str:
        if not re.fullmatch(r"https?://[\w.-]+(:\d+)?/[^\s'\"<>]*", url):
            raise ValueError("an address begins with https:// and a host")
        if missing := [place for place in ("{z}", "{x}", "{y}") if place not in url]:
            raise ValueError(f"the address lacks {', '.join(missing)}")
        return url


class BasicCredentials(BaseModel):
    """User and password of a source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["basic"]
    user: str
    password: SecretStr


class HeaderCredentials(BaseModel):
    """A key that a source wants in a header."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["header"]
    header: str = Field(pattern=r"^[A-Za-z0-9-]+$")
    value: SecretStr


class OAuthCredentials(BaseModel):
    """OAuth2 client credentials of a source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["oauth2"]
    token_url: str = Field(pattern=r"^https?://")
    client_id: str
    client_secret: SecretStr
    scope: str = ""


Credentials = Annotated[BasicCredentials | HeaderCredentials | OAuthCredentials, Field(discriminator="kind")]


class Settings(BaseSettings):
    """What an installation decides for itself."""

    model_config = SettingsConfigDict(env_prefix="GEOMILJO_", frozen=True, extra="ignore")

    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL address with PostGIS, postgresql://…; unset: a private cluster in the state folder",
    )
    state_dir: Path = Field(default=Path(".geomiljo"), description="Folder of the private cluster and of caches")
    raster_dir: Path | None = Field(
        default=None, description="Folder of raster layers; unset: `rasters` in the state folder"
    )
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
    max_area_km2: float = Field(default=50_000.0, gt=0, description="Largest planning area, in square kilometres")
    request_deadline_s: float = Field(default=60.0, gt=0, description="Longest time until an answer begins")
    check_wait_s: float = Field(
        default=10.0, gt=0, description="Longest time that a page waits for a check before it goes on in the background"
    )
    rate_limit: str = Field(default="3000/minute", pattern=_RATE, description="Requests of one key or signed-in person")
    rate_limit_anonymous: str = Field(
        default="600/minute", pattern=_RATE, description="Requests of one address without a key"
    )
    checks_per_client: int = Field(default=8, ge=1, description="Checks of one client at a time")
    jobs_per_client: int = Field(default=20, ge=1, description="Unfinished jobs of one client")
    worker_concurrency: int = Field(default=1, ge=1, description="Jobs that one worker runs at a time")
    worker_heartbeat_s: float = Field(default=10.0, gt=0, description="How often a worker says that it lives")
    job_retention_days: int = Field(default=90, ge=1, description="How long finished jobs and their files are kept")
    jobs_anonymous: int = Field(default=20, ge=0, description="Unfinished jobs of all callers without a key together")
    result_retention_hours: float = Field(
        default=24.0,
        gt=0,
        description="How long checks of areas that are no plans are kept, and files that were sent for them",
    )
    uploads_anonymous_bytes: int = Field(
        default=5_000_000_000, ge=0, description="Most bytes that are kept of what callers without a key have sent"
    )
    callback_origins: tuple[str, ...] = Field(
        default=(), description="Origins that jobs may tell of their end, as a JSON list; none by default"
    )
    tile_features: int = Field(
        default=10_000, ge=1, description="Most features in a vector tile; the smallest go first"
    )
    refresh_at: str = Field(
        default="15 2 * * *",
        pattern=r"^[\d*/,-]+( [\d*/,-]+){4,5}$",
        description="When workers look for layers that are due: a cron expression, in UTC",
    )
    slow_query_ms: float = Field(default=500.0, ge=0, description="Statements slower than this are logged")
    log_format: Literal["json", "text"] = Field(default="json", description="Form of the log of service and worker")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least serious level that is logged"
    )
    env: Literal["production", "development"] = Field(
        default="production", description="development: signing in works without HTTPS"
    )
    public_url: str | None = Field(
        default=None, pattern=r"^https?://[^/]+(/[^?#]*[^/?#])?$", description="The service's address as users see it"
    )
    contact: str | None = Field(
        default=None, max_length=200, description="Whom users tell of faults: a mail address or a web address"
    )
    oidc_issuer: str | None = Field(
        default=None, pattern=r"^https?://", description="OpenID provider; unset: nobody signs in"
    )
    oidc_client_id: str | None = Field(default=None, description="This service's name at the provider")
    oidc_client_secret: SecretStr | None = Field(default=None, description="This service's secret at the provider")
    oidc_scopes: str = Field(default="openid profile", description="What is asked of the provider")
    oidc_roles: tuple[RoleRule, ...] = Field(default=(), description="Which claims give which role, as JSON")
    session_hours: float = Field(default=12.0, gt=0, description="Longest time that somebody stays signed in")
    session_idle_hours: float = Field(default=2.0, gt=0, description="The same without a request")
    cors_origins: tuple[str, ...] = Field(
        default=(), description="Origins whose pages may read the service, as a JSON list; none by default"
    )
    base_maps: tuple[BaseMap, ...] = Field(
        default=(), description="Base maps of the pages, as a JSON list; the first is shown, none by default"
    )
    embed_origins: tuple[Annotated[str, Field(pattern=_ORIGIN)], ...] = Field(
        default=(), description="Origins whose pages may hold maps, as a JSON list; none by default"
    )
    restricted_layers_for: tuple[Role, ...] = Field(
        default=("reviewer", "admin"), description="Roles that restricted layers are measured for, as a JSON list"
    )
    source_timeout_s: float = Field(default=60.0, gt=0, description="Longest silence of a layer source")
    source_answer_timeout_s: float = Field(default=3600.0, gt=0, description="Longest time for one answer of a source")
    source_attempts: int = Field(default=5, ge=1, le=20, description="How often a source is asked before it has failed")
    source_backoff_s: float = Field(default=1.0, ge=0, description="Wait before the second attempt; then doubled")
    source_pause_s: float = Field(default=0.2, ge=0, description="Shortest time between two requests to a source")
    source_max_bytes: int = Field(default=20_000_000_000, ge=1_000, description="Largest answer of a source")
    source_proxy: SecretStr | None = Field(
        default=None, description="HTTP proxy for sources; unset: HTTPS_PROXY and its like"
    )
    source_credentials: dict[str, Credentials] = Field(
        default={}, description="Credentials of sources by name, as JSON"
    )
    plan_search_url: str = Field(
        default="https://api.lantmateriet.se/distribution/geodatakatalog/sokning/v1/detaljplan/v2",
        pattern=r"^https?://",
        description="National plan search",
    )
    source_resume_hours: float = Field(
        default=2.0, ge=0, description="How long a harvest that broke off can be continued"
    )
