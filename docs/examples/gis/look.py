"""Asks QGIS what lies at a place, and lets it draw vector tiles: `python3 look.py ADDRESS COLLECTION EAST NORTH`.

Runs with Debian's Python, which has QGIS; without a screen set QT_QPA_PLATFORM=offscreen. Prints the ids of the objects
at the place (longitude, latitude), and how many pixels of a picture of the vector tiles around it are not white.
"""

from __future__ import annotations

import sys

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeatureRequest,
    QgsGeometry,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

AROUND_DEG, AROUND_M, PIXELS = 1e-5, 2_000, 256


def identify(address: str, collection: str, place: QgsPointXY) -> list[str]:
    """Return the ids of the objects at a place, as the identify tool finds them."""
    layer = QgsVectorLayer(f"url='{address}' typename='{collection}' restrictToRequestBBOX='1'", collection, "OAPIF")
    if not layer.isValid():
        raise SystemExit(f"QGIS cannot read {collection}")
    box = QgsRectangle.fromCenterAndSize(place, AROUND_DEG, AROUND_DEG)
    request = QgsFeatureRequest().setFilterRect(box).setFlags(QgsFeatureRequest.ExactIntersect)
    point = QgsGeometry.fromPointXY(place)
    return sorted(str(f["id"]) for f in layer.getFeatures(request) if f.geometry().intersects(point))


def drawn(address: str, collection: str, place: QgsPointXY) -> int:
    """Return how many pixels the vector tiles of a collection colour around a place."""
    tiles = f"{address}/collections/{collection}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
    layer = QgsVectorTileLayer(f"type=xyz&url={tiles}&zmin=0&zmax=16", collection)
    if not layer.isValid():
        raise SystemExit(f"QGIS cannot read the tiles of {collection}")
    system = QgsCoordinateReferenceSystem("EPSG:3857")
    moved = QgsCoordinateTransform(QgsCoordinateReferenceSystem("OGC:CRS84"), system, QgsProject.instance())
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(system)
    settings.setExtent(QgsRectangle.fromCenterAndSize(moved.transform(place), AROUND_M, AROUND_M))
    settings.setOutputSize(QSize(PIXELS, PIXELS))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    picture = job.renderedImage()
    white = QColor("white").rgb()
    return sum(picture.pixel(x, y) != white for x in range(PIXELS) for y in range(PIXELS))


def main(address: str, collection: str, east: str, north: str) -> None:
    """Print what is there."""
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    place = QgsPointXY(float(east), float(north))
    print("identified", *identify(address, collection, place))
    print("pixels", drawn(address, collection, place))
    application.exitQgis()


if __name__ == "__main__":
    main(*sys.argv[1:])
