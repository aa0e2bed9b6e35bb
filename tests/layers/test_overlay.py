"""Layers from files for one run."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import box, write_layer

from geomiljo.catalogue import open_catalogue
from geomiljo.errors import InputError
from geomiljo.layers.overlay import read_overlay


def test_a_layer_that_the_registers_switch_off_is_not_let_in_silently(tmp_path: Path) -> None:
    own = tmp_path / "registers"
    own.mkdir()
    (own / "organisation.yaml").write_text("name: Testkommun\n", encoding="utf-8")
    (own / "switched_off.yaml").write_text(
        "switched_off:\n  - {layer: ramsar, reason: {sv: Fel i källan, en: Faulty source}}\n", encoding="utf-8"
    )
    path = write_layer(tmp_path / "r.gpkg", [box(0, 0, 10, 10)])
    with pytest.raises(InputError, match="Fel i källan"):
        read_overlay(open_catalogue(own), {"ramsar": path})
