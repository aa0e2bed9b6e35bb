"""An assessment as a page with a map: one file that opens from disk without network."""

from geomiljo.maps.page import map_page

__all__ = ["map_page"]
