"""A planning area by a lake, with layers of every status around it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from factories import EVERYWHERE, box, line, plan, point, reader_over, staged
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geomiljo.analysis.area import PlanArea
from geomiljo.analysis.pieces import LayerSearch
from geomiljo.analysis.results import Assessment
from geomiljo.analysis.shapes import Shapes
from geomiljo.assessments import Assessor
from geomiljo.assessments.assess import shapes_of
from geomiljo.catalogue import Catalogue
from geomiljo.errors import SourceUnavailable
from geomiljo.layers.readers import LoadedLayer, MemoryReader, Reader
from geomiljo.layers.readers.base import Found

EVIL = "<img src=x onerror=alert(1)></script><script>window.pwned=1</script>"
"""A name as nobody should get away with."""


@dataclass(frozen=True)
class World:
    """An assessment with what it was made of."""

    assessment: Assessment
    shapes: Shapes


class ShakyReader:
    """A reader of which one layer cannot be read and another is switched off."""

    def __init__(self, reader: MemoryReader, failing: str, off: Mapping[str, str]) -> None:
        self._reader = reader
        self._failing = failing
        self._off = off

    def layers(self) -> Mapping[str, LoadedLayer]:
        return self._reader.layers()

    def off(self) -> Mapping[str, str]:
        return self._off

    def pieces(self, areas: NDArray[np.object_], searches: Sequence[LayerSearch]) -> Found:
        return Found(self._reader.pieces(areas, searches).pieces, {self._failing: SourceUnavailable("gone")})

    def objects(self, layer: str, ids: Sequence[str]) -> dict[str, BaseGeometry]:
        return self._reader.objects(layer, ids)


def ring(*vertices: tuple[float, float]) -> shapely.Polygon:
    """Return a polygon in metres from the corner of the test world, its edges a little uneven."""
    corners = shapely.get_coordinates(shapely.segmentize(line(*vertices, vertices[0]), 12.0))[:-1]
    wave = np.array([[3 * math.sin(0.9 * i), 3 * math.cos(1.3 * i)] for i in range(len(corners))])
    return shapely.Polygon(corners + wave).buffer(0)


def lakeside_plan(name: str = "Detaljplan för Strandängen, del av Ekudden") -> PlanArea:
    """Return a planning area of 50 ha with six land uses, one of them unknown."""
    outline = shapely.Polygon(
        shapely.get_coordinates(
            line((0, 520), (130, 700), (420, 780), (880, 640), (960, 300), (760, 60), (420, 0), (110, 210))
        )
    )
    strips: list[tuple[BaseGeometry, tuple[str, ...] | None]] = [
        (box(-50, -50, 1100, 170), ("W",)),
        (box(-50, 170, 1100, 290), ("NATUR",)),
        (box(-50, 290, 420, 900), ("B", "C")),
        (box(430, 300, 720, 900), ("B",)),
        (box(730, 300, 1100, 560), ("S",)),
        (box(730, 560, 1100, 900), None),
    ]
    parts = [(shapely.intersection(outline, strip), uses) for strip, uses in strips]
    made = plan(*parts, outline=outline)
    return PlanArea(name, made.geometry, made.parts)


def lakeside_reader(catalogue: Catalogue, evil: str = "Lundby") -> Reader:
    """Return layers of every status; `evil` names some objects."""
    cover_west = box(-5_000, -5_000, 640, 5_000)
    layers = {
        "naturreservat": staged(
            catalogue,
            "naturreservat",
            [
                ring((-700, 400), (-500, 900), (60, 760), (190, 520), (90, 380)),
                ring((1010, 500), (1400, 700), (1500, 400), (1040, 360)),
            ],
            NVRID=["2001", "2002"],
            NAMN=["Ekuddens naturreservat", evil],
            BESLUTSMYNDIGHET=["Länsstyrelsen", "Kommunen"],
        ),
        "strandskydd_generellt": staged(
            catalogue,
            "strandskydd_generellt",
            [
                ring(
                    (-400, 60),
                    (200, -60),
                    (600, -140),
                    (1000, 40),
                    (1100, 240),
                    (800, 190),
                    (500, 180),
                    (200, 260),
                    (-300, 400),
                )
            ],
            vattentyp=["sjö"],
            bredd_m=[100.0],
            yta_ha=[400.0],
            osakerhet=["låg"],
        ),
        "ytvattenforekomst": staged(
            catalogue,
            "ytvattenforekomst",
            [
                ring(
                    (-600, 100),
                    (200, -100),
                    (700, -300),
                    (1200, -100),
                    (1000, 110),
                    (700, 130),
                    (400, 110),
                    (150, 160),
                    (-500, 300),
                )
            ],
            Name=["Ekesjön"],
            WaterCategory=["LW"],
            ECO_STAT=["Måttlig"],
        ),
        "fornlamning": staged(
            catalogue,
            "fornlamning",
            [point(300, 430).buffer(45), point(560, 520).buffer(60), point(1000, 330).buffer(18), point(250, 600)],
            uuid=["a", "b", "c", "d"],
            lamningsnummer=["L1", "L2", "L3", "L4"],
            lamningsnamn=["Gravfält", evil, "Stensättning", "Runsten"],
        ),
        "natura2000": staged(
            catalogue,
            "natura2000",
            [ring((1200, 700), (1900, 1200), (2600, 700), (1600, 400))],
            OMRADESKOD=["SE01"],
            OMRADESNAMN=["Ekbackarna"],
            OMRADESTYP=["SCI"],
        ),
        "fororenat_omrade": staged(
            catalogue,
            "fororenat_omrade",
            [point(800, 480), point(850, 430), point(1020, 600)],
            EBH_id=["E1", "E2", "E3"],
            namn=["F.d. bensinstation", "Kemtvätt", "Deponi"],
            riskklass=["2", "3", "1"],
        ),
        "leder": staged(
            catalogue,
            "leder",
            [line((-100, 240), (200, 250), (500, 230), (900, 280), (1200, 260))],
            namn=["Strandleden"],
            typ=["vandring"],
        ),
        "jordbruksblock": staged(
            catalogue,
            "jordbruksblock",
            [ring((600, 560), (900, 640), (960, 480), (700, 400))],
            blockid=["J1"],
            agoslag=["åker"],
        ),
        "genomslapplighet": staged(
            catalogue,
            "genomslapplighet",
            [ring((440, 620), (520, 760), (700, 700), (690, 600))],
            genomslapp=[3],
            genomslapp_tx=["Hög genomsläpplighet"],
        ),
        "aktsamhet_skred": staged(catalogue, "aktsamhet_skred", [ring((720, 120), (960, 320), (900, 420), (700, 260))]),
        "nyckelbiotop": staged(
            catalogue,
            "nyckelbiotop",
            [box(400, -40, 460, 4)],
            Beteckn=["N1"],
            Objnamn=["Strandskogen"],
        ),
        "sumpskog": staged(catalogue, "sumpskog", [box(960.2, 270, 1020, 330)], Beteckn=["S1"]),
        "delavrinningsomrade": staged(
            catalogue,
            "delavrinningsomrade",
            [box(-3_000, -3_000, 3_000, 3_000)],
            NAME=["Ekesjön"],
            ms_cd=["WA1"],
        ),
        "skyddsvarda_trad": staged(
            catalogue,
            "skyddsvarda_trad",
            [point(180 + 45 * n, 320 + 20 * (n % 3)) for n in range(6)],
            Tradslag=["Ek"] * 6,
            Stamomkret=[3.5] * 6,
        ),
        "kraftledning": staged(catalogue, "kraftledning", [line((900, 900), (1000, 0))], spanning=[130.0]),
        "seveso": staged(catalogue, "seveso", [point(0, 0)], namn=["Depån"]),
        "vattenskyddsomrade": staged(catalogue, "vattenskyddsomrade", [], nvrid=[], namn=[]),
        "kulturreservat": staged(catalogue, "kulturreservat", [], NVRID=[], NAMN=[]),
        "kommun": staged(
            catalogue,
            "kommun",
            [box(-20_000, -20_000, 20_000, 20_000)],
            kommunkod=["0180"],
            kommun=["Stockholm"],
        ),
    }
    coverage = {
        "ytvattenforekomst": cover_west,
        "kraftledning": None,
        "kulturreservat": box(9_000, 9_000, 9_100, 9_100),
        "vattenskyddsomrade": EVERYWHERE,
    }
    return ShakyReader(reader_over(layers, coverage), "seveso", {"badvatten": "Ersatt av kommunens egen mätning."})


def lakeside(catalogue: Catalogue, plan_name: str | None = None, evil: str = "Lundby") -> World:
    """Return the assessment of the planning area by the lake."""
    area = lakeside_plan(plan_name) if plan_name else lakeside_plan()
    reader = lakeside_reader(catalogue, evil)
    assessment = Assessor.of(catalogue).assess(area, reader)
    return World(assessment, shapes_of(assessment, area, reader))
