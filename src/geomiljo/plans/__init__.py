"""Planning areas: from files and GeoJSON documents to `geomiljo.analysis.area.PlanArea`."""

from geomiljo.plans.read import plan_area_from_geojson, read_each_plan_area, read_plan_area

__all__ = ["plan_area_from_geojson", "read_each_plan_area", "read_plan_area"]
