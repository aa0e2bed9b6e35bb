"""Ancient remains, listed buildings, the church, and the cultural landscape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from tools.demo_data.landscape import CHURCH, MANOR
from tools.demo_data.noise import Noise
from tools.demo_data.rows import COUNTY, MUNICIPALITY, Row, identity, row
from tools.demo_data.shapes import at, blob, merged, natural, plot, wander

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from tools.demo_data.landscape import Landscape

_KINDS = (
    "Stensättning",
    "Hög",
    "Boplats",
    "Röse",
    "Stensättning",
    "Gravfält",
    "Skärvstenshög",
    "Stensättning",
    "Runristning",
)
_YOUNGER = ("Kolningsanläggning", "Fossil åker", "Torplämning", "Gränsmärke", "Husgrund, historisk tid", "Kvarn")


def tables(land: Landscape) -> dict[str, list[Row]]:
    """Return the tables of the cultural environment."""
    return {
        "fornlamning": _ancient(land),
        "ovrig_kulturhistorisk_lamning": _younger(land),
        "byggnadsminne": _buildings(land),
        "kyrkligt_kulturminne": _church(),
        "riksintresse_kulturmiljo": _national_interest(land),
    }


def _remain(number: int, shape: BaseGeometry, kind: str, judged: str, name: str | None = None) -> Row:
    return row(
        shape,
        uuid=identity(judged, number),
        lamningsnummer=f"L0000:{number:04d}",
        raa_nummer=f"Älvdala {number}:1" if number % 3 else None,
        lamningstyp=kind,
        lamningsnamn=name,
        antikvariskbedomning=judged,
        aktualitetstatus="Kvarvarande",
        undersokningsstatus="Ej undersökt" if number % 11 else "Delvis undersökt",
        beskrivning=f"{kind}. Påhittad lämning.",
        lan=COUNTY[1],
        kommun=MUNICIPALITY[1],
        socken="Älvdala",
        inmatningskvalitet="God",
        lagesosakerhet_i_meter=10 if number % 4 else 50,
    )


def _ancient(land: Landscape) -> list[Row]:
    """Return remains on dry ground by the old shores: single ones as points, grave fields with an outline."""
    terrain = land.terrain
    slopes = shapely.difference(
        merged([terrain.grid.below(terrain.upland, 0.42).difference(terrain.grid.below(terrain.upland, 0.06))]),
        merged([land.open_water.buffer(80), land.town.buffer(-250), land.clay.buffer(-40), land.roads.buffer(30)]),
    )
    near_water = merged([terrain.lake, terrain.river]).buffer(1_600)
    points = land.scatter(96, 97, shapely.intersection(slopes, near_water), 90)
    points += [shapely.Point(at(p)[0]) for p in ((11.47, 6.62), (11.36, 6.42), (11.58, 6.85), (8.66, 9.2))]
    rows = []
    for number, point in enumerate(points, 1):
        kind = _KINDS[number % len(_KINDS)]
        origin = at((0, 0))[0]
        place = ((point.x - origin[0]) / 1_000, (point.y - origin[1]) / 1_000)
        field = kind in ("Gravfält", "Boplats") and number % 2
        shape: BaseGeometry = (
            natural(place, 24 + 3 * (number % 13), seed=800 + number, stretch=1.7, bearing=31 * number)
            if field
            else point
        )
        rows.append(_remain(number, shape, kind, "Fornlämning"))
    rows.append(
        _remain(201, natural((11.43, 6.55), 62, seed=899, stretch=1.6), "Gravfält", "Fornlämning", "Lindö gravfält")
    )
    rows.append(
        _remain(
            202,
            natural((8.6, 9.2), 170, seed=898, stretch=1.4),
            "Stadslager",
            "Fornlämning",
            "Älvdala gamla marknadsplats",
        )
    )
    return rows


def _younger(land: Landscape) -> list[Row]:
    woods = shapely.difference(
        land.frame.buffer(-150),
        merged([land.clay, land.open_water, land.town.buffer(100), land.peat, land.roads.buffer(40)]),
    )
    rows = [
        _remain(300 + n, p, _YOUNGER[n % len(_YOUNGER)], "Övrig kulturhistorisk lämning")
        for n, p in enumerate(land.scatter(70, 98, woods, 350))
    ]
    jetty = shapely.LineString(at((10.965, 6.36), (10.93, 6.366)))
    rows.append(_remain(390, jetty, "Brygga", "Övrig kulturhistorisk lämning", "Ångbåtsbryggan"))
    return rows


def _buildings(land: Landscape) -> list[Row]:
    manor = natural(MANOR, 105, seed=24, stretch=1.3, bearing=15)
    places = [
        ("Lindö herrgård", shapely.difference(manor, land.terrain.lake), "Enskilt byggnadsminne"),
        ("Älvdala järnvägsstation", plot((8.14, 9.78), 95, 45, 92), "Enskilt byggnadsminne"),
        ("Rådmansgården", shapely.Point(at((8.52, 9.3))[0]), "Enskilt byggnadsminne"),
    ]
    return [
        row(shape, objektid=f"2130000099{n:04d}", namn=name, typ=kind, fastighet=f"Påhittad {n}:1")
        for n, (name, shape, kind) in enumerate(places, 1)
    ]


def _church() -> list[Row]:
    return [row(plot(CHURCH, 130, 95, 12), namn="Älvdala kyrka", byggår="1300-talet"),
            row(plot((3.45, 10.86), 80, 70, 30), namn="Västanå kapell", byggår="1782")]  # fmt: skip


def _national_interest(land: Landscape) -> list[Row]:
    estate = blob(
        (10.75, 7.0), (11.1, 7.35), (11.8, 7.4), (12.4, 7.1), (12.5, 6.3), (12.1, 5.7), (11.4, 5.5), (10.95, 6.0)
    )
    town = blob((8.3, 9.5), (8.35, 9.05), (8.7, 8.95), (9.0, 9.15), (8.85, 9.5), (8.55, 9.6))
    texts = [
        (
            "Lindö herrgårdslandskap",
            wander(estate, Noise(88), 50, 500),
            "Herrgårdslandskap från 1700-talet.",
            "Allé, ekhagar, park och torp.",
        ),
        (
            "Älvdala stadskärna",
            wander(town, Noise(89), 20, 200),
            "Småstad vid ån med medeltida kyrka.",
            "Gatunät, kyrka, handelsgårdar.",
        ),
    ]
    return [
        row(shape, objectid=n, namn=name, id_ri=f"KX{n}", motivering=why, uttryck=how)
        for n, (name, shape, why, how) in enumerate(texts, 1)
    ]
