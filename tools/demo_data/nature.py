"""Protected nature, shore protection, woods, mires, meadows and trees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from tools.demo_data.noise import Noise
from tools.demo_data.rows import COUNTY, MUNICIPALITY, Row, hectares, largest, protected, row
from tools.demo_data.shapes import at, blob, curve, merged, natural, polygons, wander

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from tools.demo_data.landscape import Landscape

STATE, TOWN_HALL = f"Länsstyrelsen i {COUNTY[1]}", f"{MUNICIPALITY[1]} kommun"
AVENUE = curve((11.95, 6.9), (11.75, 6.84), (11.5, 6.76), (11.38, 6.73), step_m=10)


def tables(land: Landscape) -> dict[str, list[Row]]:
    """Return the tables of the theme nature."""
    reserves = _reserves(land)
    return {
        "naturreservat": list(reserves.values()),
        "natura2000": _natura2000(land, {name: r["geometry"] for name, r in reserves.items()}),
        "riksintresse_naturvard": _national_interest(land),
        "riksintresse_friluftsliv": _outdoor(land),
        "strandskydd_generellt": _shores(land),
        "strandskydd_beslutat": _decided_shores(land),
        "vatmarksinventering": _wetlands(land),
        **_woods(land),
        "skyddsvarda_trad": _trees(land),
        "generellt_biotopskydd": _small_habitats(land),
    }


def _reserves(land: Landscape) -> dict[str, Row]:
    lake = land.terrain.lake
    oaks = blob(
        (10.95, 6.95), (11.15, 6.72), (11.2, 6.4), (11.1, 6.1), (11.42, 6.0), (11.62, 6.25), (11.5, 6.55), (11.2, 7.0)
    )
    mire = blob((17.3, 5.2), (17.0, 4.2), (17.3, 3.0), (18.0, 2.4), (18.9, 2.9), (19.0, 4.1), (18.5, 5.1), (18.0, 5.6))
    ridge = blob((8.1, 5.2), (8.3, 4.7), (9.0, 4.75), (9.7, 4.9), (9.9, 5.5), (9.5, 6.0), (8.9, 5.8), (8.4, 5.7))
    grove = blob((7.3, 13.6), (7.6, 13.0), (8.0, 13.2), (8.05, 13.9), (7.7, 14.3))
    bog = merged([mire, *(part.buffer(70) for part in polygons(land.peat) if part.intersects(mire))])
    shapes = {
        "Lindö ekhagar": (shapely.difference(_bounded(oaks, 81), lake), "1987-05-12", STATE),
        "Stormossen": (_bounded(bog, 82), "1979-11-02", STATE),
        "Västerskogen": (shapely.difference(_bounded(ridge, 83), lake), "2011-06-20", TOWN_HALL),
        "Åsbranten": (_bounded(grove, 84), "2004-03-15", TOWN_HALL),
    }
    return {
        name: protected(number, f"{name}s naturreservat" if name != "Lindö ekhagar" else name, "Naturreservat", *parts)
        for number, (name, parts) in enumerate(shapes.items(), 1)
    }


def _bounded(shape: BaseGeometry, seed: int) -> BaseGeometry:
    """Return an outline with long straight stretches, as boundaries between properties have."""
    return shapely.simplify(wander(shapely.segmentize(shape, 60), Noise(seed), 70, 700), 22)


def _natura2000(land: Landscape, reserves: dict[str, BaseGeometry]) -> list[Row]:
    bay = blob(
        (10.7, 7.65), (11.1, 7.55), (11.6, 7.85), (12.2, 8.2), (12.35, 8.6), (12.0, 8.75), (11.4, 8.45), (10.9, 8.1)
    )
    sites = [
        ("Lindö ekhagar", "SCI", reserves["Lindö ekhagar"], "6270, 9070"),
        ("Stormossen", "SPA/SCI", reserves["Stormossen"], "7110, 7140, 91D0"),
        ("Lindöviken", "SPA", wander(bay, Noise(85), 30, 250), None),
    ]
    return [
        row(
            shape,
            OMRADESKOD=f"SE9900{n:03d}",
            OMRADESNAMN=name,
            OMRADESTYP=kind,
            naturtyper=types,
            uppdateringsdatum="2024-12-31",
        )
        for n, (name, kind, shape, types) in enumerate(sites, 1)
    ]


def _national_interest(land: Landscape) -> list[Row]:
    bog = blob((16.8, 5.6), (16.6, 4.0), (17.0, 2.4), (18.2, 1.8), (19.4, 2.6), (19.5, 4.6), (18.8, 5.9), (17.6, 6.1))
    text = "Högmosse med orörd hydrologi och rik fågelfauna."
    shape = wander(bog, Noise(86), 80, 600)
    return [
        row(shape, objektid="NRO99001", namn="Stormossen", lan=COUNTY[1], beskrivning=text, beslutsdatum="2000-02-07")
    ]


def _outdoor(land: Landscape) -> list[Row]:
    places = [
        (9.0, 8.0), (8.3, 6.6), (7.8, 5.0), (8.6, 3.4), (10.5, 2.2), (12.3, 1.9), (12.3, 3.6), (11.9, 5.6),
        (11.75, 7.1), (10.9, 8.0),
    ]  # fmt: skip
    shape = wander(blob(*places), Noise(87), 90, 700)
    text = "Sjö och stränder för bad, fiske, paddling och strövande."
    return [row(shape, objektid="FL99001", namn="Älvsjön med stränder", beskrivning=text)]


def _shores(land: Landscape) -> list[Row]:
    """Return the general protection, 100 m to both sides of each shoreline."""
    standing = {"Älvsjön": land.terrain.lake, "Tvärsjön": land.second_lake, **land.tarns}
    rows = [
        row(
            shapely.simplify(shape.boundary.buffer(100, quad_segs=4), 2.0),
            vattentyp="sjö",
            bredd_m=None,
            yta_ha=hectares(shape),
            osakerhet=name,
        )
        for name, shape in standing.items()
    ]
    running = {"Älvån": (12.0, land.terrain.river_line), **land.brooks}
    for name, (width, line) in running.items():
        zone = shapely.intersection(shapely.simplify(line, 2.0).buffer(100 + width / 2, quad_segs=4), land.frame)
        rows.append(
            row(shapely.simplify(zone, 2.0), vattentyp="vattendrag", bredd_m=width, yta_ha=None, osakerhet=name)
        )
    return rows


def _decided_shores(land: Landscape) -> list[Row]:
    lake = land.terrain.lake
    east = blob((10.6, 7.3), (11.4, 7.5), (12.4, 8.0), (12.2, 6.4), (11.9, 5.0), (11.3, 4.4), (10.5, 5.6))
    wide = shapely.intersection(shapely.simplify(lake.buffer(200, quad_segs=4), 4), east)
    wide = shapely.difference(wide, lake.buffer(-200))
    water = merged([lake, land.terrain.river]).buffer(100, quad_segs=4)
    centre = shapely.intersection(shapely.difference(water, merged([lake, land.terrain.river])), land.town.buffer(-60))
    code = {"kommunkod": MUNICIPALITY[0]}
    lifted = polygons(shapely.simplify(centre, 2), 3_000)
    return [
        row(wide, strandskyddstyp="Utvidgat strandskydd", **code, omfattning_land="200 m", omfattning_vatten="200 m"),
        *(
            row(part, strandskyddstyp="Upphävt strandskydd", **code, omfattning_land="100 m", omfattning_vatten="0 m")
            for part in lifted
        ),
    ]


def _wetlands(land: Landscape) -> list[Row]:
    names = [
        "Stormossen",
        "Tjärnmossen",
        "Kärrmossen",
        "Långmossen",
        "Ormmossen",
        "Flymossen",
        "Gåsmossen",
        "Skatkärret",
    ]
    rows = []
    for number, part in enumerate(largest(land.peat, 16, 60_000)):
        size = hectares(part)
        grade = None if number == 5 else 1 if size > 70 else 2 if size > 45 else 3 if number % 2 else 4
        name = names[number] if number < len(names) else None
        rows.append(row(part, OBJEKTID=f"99H{number + 1:03d}", NAMN=name, KLASS=grade, AREAL=size))
    return rows


def _woods(land: Landscape) -> dict[str, list[Row]]:
    """Return key habitats, protected habitats, agreements and swamp forests: small stands in the woods."""
    grid, upland = land.terrain.grid, land.terrain.upland
    heights = shapely.difference(
        shapely.intersection(grid.below(-upland, -0.55), land.frame.buffer(-400)),
        merged([land.open_water, land.peat, land.roads.buffer(150), land.railway.buffer(100)]),
    )
    stands = land.scatter(46, 91, heights, 500)
    biotopes = [
        "Barrnaturskog",
        "Lövrik barrnaturskog",
        "Bäckdal",
        "Sumpskog",
        "Brant",
        "Hällmarkstallskog",
        "Örtrik allund",
    ]
    shapes = [
        natural(_km(p), 45 + 7 * (n % 9), seed=400 + n, stretch=1 + (n % 4) / 3, bearing=37 * n)
        for n, p in enumerate(stands)
    ]
    shore = [
        ("Lindö lund", (11.27, 6.86), 85.0),
        ("Viken", (10.95, 5.2), 60.0),
        ("Kvarnbäcksravinen", (7.6, 6.5), 75.0),
    ]
    keys = [(name, shapely.difference(natural(p, r, seed=460 + n, stretch=1.8, bearing=20), land.open_water))
            for n, (name, p, r) in enumerate(shore)]  # fmt: skip
    keys += [(f"Objekt {n + 1}", shape) for n, shape in enumerate(shapes[:26])]
    swamps = polygons(land.peat.buffer(70).difference(land.peat.buffer(8)).difference(land.open_water), 9_000)
    return {
        "nyckelbiotop": [
            row(
                s,
                Beteckn=f"N {9900 + n}-2003",
                Objnamn=name,
                Biotop1=biotopes[n % 7],
                Hektar=hectares(s),
                Kommun=MUNICIPALITY[1],
            )
            for n, (name, s) in enumerate(keys)
        ],
        "biotopskydd_sks": [
            row(s, Beteckn=f"SK {n + 1}-2009", Biotyp=b, Naturtyp="Skog", AreaTot=hectares(s), Kommun=MUNICIPALITY[1])
            for n, (s, b) in enumerate(
                zip(shapes[26:35], ["Äldre naturskogsartade skogar", "Alkärr", "Rasbranter"] * 3, strict=True)
            )
        ],
        "naturvardsavtal": [
            row(s, Beteckn=f"NVA {n + 1}-2014", Avtalstid=f"{2014 + n}-01-01 - {2064 + n}-01-01")
            for n, s in enumerate(shapes[35:42])
        ],
        "sumpskog": [
            row(
                shapely.simplify(s.buffer(-6), 5),
                Beteckn=f"S 99-{n + 1}",
                Typ=["Tallsumpskog", "Gransumpskog", "Lövsumpskog"][n % 3],
            )
            for n, s in enumerate(swamps[::3])
        ],
    }


def _trees(land: Landscape) -> list[Row]:
    """Return old trees: oaks around the manor, lindens along its avenue and by the church."""
    oaks = land.scatter(46, 92, shapely.difference(shapely.Point(at((11.33, 6.5))[0]).buffer(520), land.open_water), 22)
    lindens = [shapely.line_interpolate_point(AVENUE, s) for s in np.arange(20.0, AVENUE.length, 55.0)]
    yard = land.scatter(12, 93, shapely.Point(at((8.62, 9.16))[0]).buffer(70), 12)
    rest = land.scatter(24, 94, shapely.difference(land.clay.buffer(-30), land.town), 500)
    rows = []
    for number, (point, kind) in enumerate(
        [(p, "Ek") for p in oaks]
        + [(p, "Lind") for p in lindens]
        + [(p, "Ask") for p in yard]
        + [(p, "Ek") for p in rest]
    ):
        girth = 180 + (number * 73) % 260 if kind != "Lind" else 200 + (number * 31) % 110
        state = "Friskt" if number % 4 else "Klart försämrad vitalitet"
        rows.append(row(point, Tradslag=kind, Stamomkret=girth, Tradstatus=state, Kommun=MUNICIPALITY[1]))
    return rows


def _small_habitats(land: Landscape) -> list[Row]:
    """Return avenues, stone walls and field islets."""
    rows = [
        row(AVENUE.parallel_offset(side), typ="allé", längd=round(AVENUE.length), belägen_i_jordbruksmark="ja")
        for side in (-6, 6)
    ]
    fields = shapely.difference(land.clay.buffer(-60), merged([land.town.buffer(200), land.roads.buffer(40)]))
    for number, point in enumerate(land.scatter(30, 95, fields, 400)):
        if number % 2:
            shape: BaseGeometry = natural(_km(point), 14 + number % 9, seed=500 + number)
            rows.append(row(shape, typ="åkerholme", längd=None, belägen_i_jordbruksmark="ja"))
        else:
            turn = np.radians(47 * number)
            wall = shapely.LineString(
                [(point.x, point.y), (point.x + 110 * np.cos(turn), point.y + 110 * np.sin(turn))]
            )
            rows.append(row(wall, typ="stenmur", längd=round(wall.length), belägen_i_jordbruksmark="ja"))
    return rows


def _km(point: shapely.Point) -> tuple[float, float]:
    origin = at((0, 0))[0]
    return (point.x - origin[0]) / 1_000, (point.y - origin[1]) / 1_000
