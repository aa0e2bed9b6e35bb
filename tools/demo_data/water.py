"""Waters, their status and their protection, and floods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from tools.demo_data.noise import Noise
from tools.demo_data.rows import MUNICIPALITY, Row, hectares, identity, row
from tools.demo_data.shapes import at, blob, natural, polygons, wander

if TYPE_CHECKING:
    from tools.demo_data.landscape import Landscape


def tables(land: Landscape) -> dict[str, list[Row]]:
    """Return the tables of water and of floods."""
    return {
        "hydrografi": _hydrography(land),
        "ytvattenforekomst": _water_bodies(land),
        "grundvattenforekomst": _groundwater(land),
        "vattenskyddsomrade": _supply(land),
        "badvatten": _bathing(),
        "oversvamning_vattendrag": _floods(land),
        "skyfall_lagpunkt": _low_points(land),
    }


def _hydrography(land: Landscape) -> list[Row]:
    surfaces = {"Älvsjön": land.terrain.lake, "Tvärsjön": land.second_lake, **land.tarns}
    rows = [row(s, objektidentitet=identity("sjö", n), objekttyp="Sjö", namn=n) for n, s in surfaces.items()]
    for number, part in enumerate(polygons(shapely.intersection(land.terrain.river, land.frame), 1_000)):
        rows.append(row(part, objektidentitet=identity("älv", number), objekttyp="Vattendragsyta", namn="Älvån"))
    for name, (_width, line) in land.brooks.items():
        middle = shapely.simplify(line, 1.0)
        rows.append(row(middle, objektidentitet=identity("bäck", name), objekttyp="Vattendrag", namn=name))
    return rows


def _water_bodies(land: Landscape) -> list[Row]:
    upper, lower = sorted(shapely.get_parts(land.terrain.river_line), key=lambda part: part.centroid.x)
    bodies = [
        ("Älvsjön", "LW", "Måttlig", land.terrain.lake, "God ekologisk status 2033"),
        ("Tvärsjön", "LW", "God", land.second_lake, "God ekologisk status"),
        ("Älvån ovan Älvsjön", "RW", "God", upper, "God ekologisk status"),
        ("Älvån nedan Älvsjön", "RW", "Otillfredsställande", lower, "God ekologisk status 2033"),
    ]
    return [
        row(
            shapely.intersection(shape, land.frame),
            EU_CD=f"SE99000{n}-990001",
            MS_CD=f"WA9900000{n}",
            Name=name,
            WaterCategory=kind,
            ECO_STAT=status,
            ECO_POT=None,
            CHEM_STAT="Uppnår ej god",
            MKN_EKOLOGISK=norm,
            tidsfrist="2033" if "2033" in norm else None,
        )
        for n, (name, kind, status, shape, norm) in enumerate(bodies, 1)
    ]


def _groundwater(land: Landscape) -> list[Row]:
    parts = polygons(land.esker, 200_000)
    return [
        row(
            shapely.simplify(part.buffer(60), 8),
            eu_cd=f"SE99010{n}-990002",
            ms_cd=f"WA9901000{n}",
            name=f"Älvdalaåsen {n}",
            district="SE2",
            comp_auth="Demovattenmyndigheten",
            wb_type="Sand- och grusförekomst",
        )
        for n, part in enumerate(parts, 1)
    ]


def _supply(land: Landscape) -> list[Row]:
    works = blob((6.75, 7.9), (6.45, 7.0), (6.2, 6.1), (6.6, 5.6), (7.15, 6.2), (7.45, 7.2), (7.5, 8.0), (7.1, 8.3))
    village = natural((6.95, 12.9), 330, seed=22, stretch=2.2, bearing=88)
    areas = [
        ("Älvdala vattentäkt, Åsen", wander(works, Noise(21), 50, 400), "1996-09-30"),
        ("Norra åsens vattentäkt", village, "1974-04-18"),
    ]
    return [
        row(
            shape,
            nvrid=f"9910{n:04d}",
            namn=name,
            beslutsstatus="Gällande",
            beslutsmyndighet="Länsstyrelsen",
            kommun=MUNICIPALITY[1],
            area_ha=hectares(shape),
            skog_ha=round(hectares(shape) * 0.6, 1),
            urspr_beslutsdatum=date,
        )
        for n, (name, shape, date) in enumerate(areas, 1)
    ]


def _bathing() -> list[Row]:
    places = [("Lindöbadet", (10.975, 6.45), "Utmärkt kvalitet"), ("Stadsbadet", (9.3, 8.25), "Bra kvalitet")]
    return [
        row(shapely.Point(at(p)[0]), nutsCode=f"SE9990099000{n}", namn=name, klassificering=quality)
        for n, (name, p, quality) in enumerate(places, 1)
    ]


def _floods(land: Landscape) -> list[Row]:
    return [
        row(area, objectid=n, return_period=period, typeofhazard="Översvämning", likelihoodofoccurence=chance)
        for n, ((period, area), chance) in enumerate(
            zip(land.flooded.items(), ("1 %", "0,5 %", "extrem"), strict=True), 1
        )
    ]


def rain_study(land: Landscape) -> shapely.Polygon:
    """Return what the municipality's cloudburst study covers: the town and its surroundings."""
    outline = blob(
        (6.9, 9.6),
        (7.1, 8.4),
        (8.2, 7.9),
        (9.6, 8.0),
        (10.5, 8.7),
        (10.75, 9.6),
        (10.6, 10.7),
        (10.45, 11.6),
        (9.2, 11.9),
        (7.7, 11.3),
    )
    area: shapely.Polygon = shapely.simplify(wander(outline, Noise(23), 60, 900), 10)
    return area


def _low_points(land: Landscape) -> list[Row]:
    inside = shapely.difference(rain_study(land).buffer(-150), land.open_water)
    rows = []
    for number, point in enumerate(land.scatter(70, 96, inside, 110)):
        origin = at((0, 0))[0]
        place = ((point.x - origin[0]) / 1_000, (point.y - origin[1]) / 1_000)
        radius = 9 + (number * 7) % 24
        for depth, share in ((0.1, 1.0), (0.3, 0.72), (0.6, 0.42)):
            if depth < 0.2 or radius * share > 8:
                outer = natural(place, radius * share, seed=600 + number, stretch=1.6, bearing=29 * number)
                inner = {0.1: 0.72, 0.3: 0.42}.get(depth)
                hole = (
                    natural(place, radius * inner, seed=600 + number, stretch=1.6, bearing=29 * number)
                    if inner and radius * inner > 8
                    else None
                )
                shape = shapely.difference(outer, hole) if hole else outer
                rows.append(row(shapely.simplify(shape, 0.4), maxdjup=depth, regn_ar="100"))
    return rows
