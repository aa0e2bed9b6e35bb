"""Makes `geomiljo.qgz` and `geomiljo.qlr`; run with the Python that has QGIS.

    QT_QPA_PLATFORM=offscreen python3 make_project.py http://127.0.0.1:8000/ogc FOLDER

The service must answer there, so that the layers get their fields. Prints each layer's number of features, and its
extent in EPSG:3006.
"""

from __future__ import annotations

import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsLayerDefinition,
    QgsProject,
    QgsVectorLayer,
)

COLLECTIONS = {
    "plans": "Planer",
    "findings": "Utfall",
    "conflict-pieces": "Konfliktytor",
    "naturreservat": "Naturreservat",
}


def main(address: str, folder: Path) -> int:
    """Write project and layer definition; 1 where a layer is not valid."""
    application = QgsApplication([], False)
    application.initQgis()
    project = QgsProject.instance()
    sweref = QgsCoordinateReferenceSystem("EPSG:3006")
    project.setCrs(sweref)
    project.setTitle("geomiljo")
    for collection, title in COLLECTIONS.items():
        source = f"url='{address}' typename='{collection}' pagingEnabled='true' pageSize='500'"
        layer = QgsVectorLayer(source, title, "OAPIF")
        if not layer.isValid():
            print(collection, layer.error().message(), file=sys.stderr)
            return 1
        extent = QgsCoordinateTransform(layer.crs(), sweref, project).transformBoundingBox(layer.extent())
        count = sum(1 for _ in layer.getFeatures())
        print(
            collection,
            count,
            *(round(n) for n in (extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum())),
        )
        project.addMapLayer(layer)
    project.write(str(folder / "geomiljo.qgz"))
    QgsLayerDefinition.exportLayerDefinition(str(folder / "geomiljo.qlr"), project.layerTreeRoot().children())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
