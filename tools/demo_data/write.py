"""Writing the demo's files so that the same content gives the same bytes."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import pyogrio

if TYPE_CHECKING:
    from tools.demo_data.rows import Row

CRS, LOCAL_ZONE = "EPSG:3006", "EPSG:3009"
_DAY = "2026-03-31"
_ZIP_TIME = (2026, 3, 31, 0, 0, 0)


def write_table(path: Path, table: str, rows: list[Row], zone: str = CRS) -> None:
    """Write rows as a table of a GeoPackage, a zipped Shapefile or a GeoJSON file, by the file's name."""
    frame = geopandas.GeoDataFrame(rows, geometry="geometry", crs=CRS)
    {".gpkg": _geopackage, ".zip": _shapefile, ".geojson": _geojson}[path.suffix](path, table, frame.to_crs(zone))


def _geopackage(path: Path, table: str, frame: geopandas.GeoDataFrame) -> None:
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{_DAY}T00:00:00.000Z"})
    kinds = set(frame.geometry.geom_type)
    kind = kinds.pop() if len(kinds) == 1 else "Unknown"
    pyogrio.write_dataframe(
        frame,
        path,
        layer=table,
        driver="GPKG",
        geometry_type=kind,
        append=path.exists(),
        layer_options={"SPATIAL_INDEX": "NO"},
    )


def _shapefile(path: Path, table: str, frame: geopandas.GeoDataFrame) -> None:
    with tempfile.TemporaryDirectory() as folder:
        loose = Path(folder) / f"{table}.shp"
        pyogrio.write_dataframe(
            frame, loose, driver="ESRI Shapefile", encoding="UTF-8", layer_options={"DBF_DATE_LAST_UPDATE": _DAY}
        )
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member in sorted(loose.parent.iterdir()):
                info = zipfile.ZipInfo(member.name, date_time=_ZIP_TIME)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, member.read_bytes())


def _geojson(path: Path, table: str, frame: geopandas.GeoDataFrame) -> None:
    is_global = frame.crs.is_geographic
    options = {"COORDINATE_PRECISION": "7" if is_global else "1", "RFC7946": "YES" if is_global else "NO"}
    pyogrio.write_dataframe(frame, path, layer=table, driver="GeoJSON", layer_options=options)


def write_document(path: Path, document: dict[str, Any]) -> None:
    """Write a JSON document."""
    import orjson

    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def clear(folder: Path, names: set[str]) -> None:
    """Remove files that are written anew."""
    for name in sorted(names):
        if (folder / name).exists():
            (folder / name).unlink()
