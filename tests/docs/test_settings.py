"""The settings document and the settings, held together in both directions."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from docs.markdown import DOCS, code, tables

from geomiljo.settings import Language, Settings

ROWS = tables(DOCS / "settings.md")["Settings"]
PREFIX = str(Settings.model_config["env_prefix"])
FIELDS = {PREFIX + name.upper(): field for name, field in Settings.model_fields.items()}
EXAMPLES = {
    "GEOMILJO_DATABASE_URL": "postgresql://planner@localhost/geomiljo",
    "GEOMILJO_STATE_DIR": "elsewhere",
    "GEOMILJO_REGISTERS_DIR": "registers",
    "GEOMILJO_LANGUAGE": "en",
    "GEOMILJO_ENV": "development",
    "GEOMILJO_PUBLIC_URL": "https://geomiljo.example",
    "GEOMILJO_OIDC_ISSUER": "https://sign-in.example",
    "GEOMILJO_OIDC_ROLES": '[{"claim": "groups", "value": "board", "role": "reviewer", "county": "01"}]',
    "GEOMILJO_BASE_MAPS": '[{"sv": "Karta", "en": "Map", "url": "https://m.example/{z}/{y}/{x}", "attribution": "M"}]',
    "GEOMILJO_EMBED_ORIGINS": '["https://map.example"]',
    "GEOMILJO_CORS_ORIGINS": '["https://map.example"]',
    "GEOMILJO_CALLBACK_ORIGINS": '["https://diary.example"]',
    "GEOMILJO_RESTRICTED_LAYERS_FOR": '["admin"]',
    "GEOMILJO_REFRESH_AT": "0 4 * * 1",
    "GEOMILJO_RATE_LIMIT": "7/hour",
    "GEOMILJO_RATE_LIMIT_ANONYMOUS": "7/hour",
    "GEOMILJO_LOG_FORMAT": "text",
    "GEOMILJO_LOG_LEVEL": "error",
    "GEOMILJO_PLAN_SEARCH_URL": "https://plans.example",
    "GEOMILJO_SOURCE_ATTEMPTS": "7",
    "GEOMILJO_SOURCE_CREDENTIALS": '{"ngp": {"kind": "header", "header": "X-Key", "value": "k"}}',
}


def test_every_setting_has_a_row_and_every_row_a_setting() -> None:
    assert [code(row["variable"]) for row in ROWS] == [[name] for name in FIELDS]


@pytest.mark.parametrize("row", [pytest.param(row, id=code(row["variable"])[0]) for row in ROWS])
def test_defaults_are_those_of_the_code(row: dict[str, str]) -> None:
    default = FIELDS[code(row["variable"])[0]].default
    assert code(row["default"]) == ([] if default is None else [str(default)])
    assert row["meaning"]


@pytest.mark.parametrize("variable", FIELDS)
def test_the_variable_is_read(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, EXAMPLES.get(variable, "4321"))
    before = FIELDS[variable].default
    value = getattr(Settings(), variable.removeprefix(PREFIX).lower())
    assert value != before
    assert type(value) is type(before) or before is None or isinstance(value, Path)


def test_the_languages_are_those_named() -> None:
    [meaning] = [row["meaning"] for row in ROWS if "LANGUAGE" in row["variable"]]
    assert set(code(meaning)) >= set(get_args(Language))
