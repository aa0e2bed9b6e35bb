"""What objects are called: by the first of the layer's name columns that says something."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import point, staged

from geomiljo.catalogue import Catalogue
from geomiljo.layers.load import LoadOptions, stage_file

REMAINS = ("fornlamning", "mojlig_fornlamning", "ovrig_kulturhistorisk_lamning")
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("layer", REMAINS)
def test_a_remain_without_a_name_is_called_by_its_number(catalogue: Catalogue, layer: str) -> None:
    remains = staged(
        catalogue,
        layer,
        [point(n, 0) for n in range(4)],
        uuid=["a", "b", "c", "d"],
        lamningsnamn=["Högarna", None, "  ", None],
        lamningsnummer=["L2020:1", "L2020:2", None, ""],
        raa_nummer=["By 1:1", "By 2:1", "By 3:1", None],
    )
    assert remains.names.tolist() == ["Högarna", "L2020:2", "By 3:1", None]


def test_the_remains_of_the_demo_all_have_something_to_be_called_by(catalogue: Catalogue) -> None:
    file = ROOT / "data" / "demo" / "layers.gpkg"
    found, _pieces = stage_file(catalogue.layer("fornlamning"), file, LoadOptions(table="fornlamning"))
    assert None not in found.names.tolist()
    assert "Lindö gravfält" in found.names
    assert sum(name.startswith("L0000:") for name in found.names) > 50
