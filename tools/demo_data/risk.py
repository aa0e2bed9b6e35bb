"""Contaminated ground, noise, dangerous goods, power lines and landslides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from tools.demo_data.landscape import MAIN_ROAD, NORTH_ROAD, SHORE_ROAD
from tools.demo_data.rows import COUNTY, MUNICIPALITY, Row, row
from tools.demo_data.shapes import Place, at, merged, polygons

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from tools.demo_data.landscape import Landscape

_SITES: tuple[tuple[str, Place, str, str], ...] = (
    ("Lindö ångsåg", (11.06, 6.58), "2", "Sågverk med doppning"),
    ("Älvdala garveri", (8.47, 9.08), "1", "Garveri"),
    ("Gasverkstomten", (8.2, 9.3), "1", "Gasverk"),
    ("Älvdala bangård", (8.12, 9.62), "3", "Bangård"),
    ("Impregneringen", (7.99, 8.35), "1", "Träimpregnering"),
    ("Norra tippen", (8.75, 10.75), "2", "Avfallsdeponi, icke farligt avfall"),
    ("Kemtvätt, Storgatan", (8.58, 9.36), "2", "Kemtvätt med lösningsmedel"),
    ("Bilverkstad, Hamngatan", (8.95, 9.05), "3", "Bilvårdsanläggning, bilverkstad"),
    ("Drivmedelsstation, Norra infarten", (8.98, 10.1), "E", "Drivmedelshantering"),
    ("Drivmedelsstation, väg 499", (9.5, 9.42), "E", "Drivmedelshantering"),
    ("Mekaniska verkstaden", (7.95, 9.35), "2", "Verkstadsindustri med halogenerade lösningsmedel"),
    ("Plantskola, Sörbyn", (14.6, 10.3), "E", "Plantskola"),
    ("Västanå kvarn", (3.62, 11.5), "4", "Kvarn med betning"),
    ("Skjutbanan", (5.6, 8.3), "3", "Skjutbana"),
    ("Åsens grustag", (7.0, 3.9), "4", "Grustäkt"),
    ("Sörbyns handelsträdgård", (14.25, 10.05), "3", "Handelsträdgård"),
    ("Tegelbruket", (6.3, 10.05), "4", "Tegelbruk"),
    ("Brandövningsplatsen", (9.25, 10.35), "2", "Brandövningsplats"),
)


def tables(land: Landscape) -> dict[str, list[Row]]:
    """Return the tables of the themes health risk and climate risk."""
    return {
        "fororenat_omrade": _contaminated(),
        "buller": _noise(land),
        "farligt_gods": _dangerous_goods(land),
        "kraftledning": _power_lines(land),
        "aktsamhet_skred": _landslides(land),
        "seveso": [row(shapely.Point(at((6.05, 9.25))[0]), namn="Älvdala gasoldepå", kravniva="Högre kravnivån")],
    }


def _contaminated() -> list[Row]:
    return [
        row(
            shapely.Point(at(place)[0]),
            EBH_id=f"F0099-{n:04d}",
            namn=name,
            status="Identifiering" if grade == "E" else "Inventering",
            riskklass=grade,
            branschkla=trade,
            lan=COUNTY[1],
            kommun=MUNICIPALITY[1],
        )
        for n, (name, place, grade, trade) in enumerate(_SITES, 1)
    ]


def _noise(land: Landscape) -> list[Row]:
    """Return noise bands, the loudest where several meet: the main road, the railway and the streets of the town."""
    streets = shapely.intersection(merged([NORTH_ROAD, MAIN_ROAD]), land.town)
    road, rail = MAIN_ROAD, land.railway
    bands: list[tuple[int, int, BaseGeometry, float]] = [
        (65, 56, road, 38), (60, 52, rail, 45), (61, 48, streets, 75), (60, 50, road, 72), (57, 51, rail, 105),
        (57, 47, road, 140), (55, 46, SHORE_ROAD, 30), (54, 50, rail, 150), (52, 43, road, 250),
        (50, 42, SHORE_ROAD, 75),
    ]  # fmt: skip
    taken: BaseGeometry = shapely.Polygon()
    rows = []
    for number, (day, night, source, reach) in enumerate(bands, 1):
        zone = shapely.intersection(shapely.simplify(source, 3).buffer(reach, quad_segs=3), land.frame)
        area = shapely.simplify(shapely.difference(zone, taken), 0.5)
        taken = merged([taken, zone])
        rows.append(row(merged(polygons(area, 200)), lden=day, lnight=night, gridcode=number))
    return rows


def _dangerous_goods(land: Landscape) -> list[Row]:
    road = shapely.simplify(shapely.intersection(MAIN_ROAD, land.frame), 1)
    return [
        row(road, vag="Väg 499", kategori="Primär"),
        row(shapely.simplify(land.railway, 1), vag="Järnvägen", kategori="Järnväg"),
    ]


def _power_lines(land: Landscape) -> list[Row]:
    places = {400: ((-0.2, 7.4), (2.0, 8.6), (4.4, 13.2), (5.2, 16.2)), 130: ((4.4, 13.2), (7.3, 11.6), (9.3, 10.55))}
    return [
        row(shapely.intersection(shapely.LineString(at(*way)), land.frame), spanning=volt)
        for volt, way in places.items()
    ]


def _landslides(land: Landscape) -> list[Row]:
    """Return clay on slopes towards open water."""
    terrain = land.terrain
    rise = np.hypot(*np.gradient(terrain.height, terrain.grid.step))
    steep = terrain.grid.below(-rise, -0.028)
    water = merged([terrain.lake, terrain.river]).buffer(260)
    area = shapely.intersection(merged([steep.buffer(35), merged([terrain.lake, terrain.river]).buffer(45)]), water)
    clay = shapely.simplify(shapely.intersection(area, land.clay).buffer(-8).buffer(8, quad_segs=3), 3)
    text = "Aktsamhetsområde, finkornig jordart vid vatten"
    return [row(part, aktskre="1", aktskre_tx=text) for part in polygons(clay, 4_000)]
